"""Pictures of numbers: the same bytes for the same numbers, bars to scale, and words for those who cannot see them."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO

import pytest
from PIL import Image

from domain.picture import ALT_LIMIT, Bar, Comparison
from generators.charts.choosing import alt_text, drawn
from generators.charts.drawing import FALL, RISE, SIZE
from generators.charts.lettering import FONT, cut, is_written, width, wrapped, written


def comparison(*values: str, title: str = "Cities", labels: str = "ABCDEFGHIJKL") -> Comparison:
    bars = tuple(Bar(label, Decimal(value), f"{value} km") for label, value in zip(labels, values, strict=False))
    return Comparison("m0", title, "Distance", "km", bars)


def runs(png: bytes, colour: str) -> list[int]:
    """Give how many pixels wide each bar of *colour* is, from the top."""
    image = Image.open(BytesIO(png)).convert("RGB")
    wanted = bytes.fromhex(colour[1:])
    lines = [image.crop((0, y, SIZE[0], y + 1)).tobytes() for y in range(SIZE[1])]
    lengths = [
        sum(line[at : at + 3] == wanted for at in range(0, len(line), 3)) if wanted in line else 0 for line in lines
    ]
    return [now for before, now in zip([0, *lengths], lengths, strict=False) if now and not before]


def test_the_same_numbers_are_the_same_bytes() -> None:
    first, again = drawn(comparison("1", "2.5")), drawn(comparison("1", "2.5"))

    assert first == again
    assert first != drawn(comparison("1", "2.6"))


def test_bars_are_to_scale_and_begin_at_zero() -> None:
    chart = drawn(comparison("100", "50", "25")).bar_chart

    assert chart is not None
    whole, half, quarter = runs(chart, RISE)
    assert half == pytest.approx(whole / 2, abs=2)
    assert quarter == pytest.approx(whole / 4, abs=2)


def test_what_is_less_than_nothing_goes_the_other_way_in_another_colour() -> None:
    chart = drawn(comparison("10", "-5")).bar_chart

    assert chart is not None
    (up,), (down,) = runs(chart, RISE), runs(chart, FALL)
    assert down == pytest.approx(up / 2, abs=3)


@pytest.mark.parametrize("values", [("1", "2000"), ("0", "0")])
def test_bars_that_could_not_be_told_apart_are_a_table_only(values: tuple[str, ...]) -> None:
    found = drawn(comparison(*values))

    assert found.bar_chart is None
    assert found.data_table.startswith(b"\x89PNG")


@pytest.mark.parametrize("title", ["Cities", "日本の都市の人口", "", "word " * 60, "x" * 300, "العربية"])
@pytest.mark.parametrize("count", [2, 12])
def test_any_title_and_any_number_of_bars_fit_the_sheet(title: str, count: int) -> None:
    found = drawn(comparison(*[str(number + 1) for number in range(count)], title=title))

    assert found.bar_chart is not None
    assert Image.open(BytesIO(found.bar_chart)).size == SIZE
    table = Image.open(BytesIO(found.data_table)).size
    assert table[0] == SIZE[0]
    assert table[1] <= SIZE[1]


def test_a_picture_of_numbers_is_small() -> None:
    found = drawn(comparison(*[str(number + 1) for number in range(12)], title="日本の都市の人口 " * 5))

    assert len(found.bar_chart or b"") < 100_000


def test_the_alt_text_says_every_number() -> None:
    assert alt_text(comparison("1", "2.5"), "Bar chart") == "Bar chart: Cities, Distance (km). A: 1 km; B: 2.5 km."


def test_a_long_alt_text_says_how_many_it_leaves_out() -> None:
    bars = tuple(Bar("x" * 40 + str(number), Decimal(number), "y" * 60) for number in range(12))

    said = alt_text(Comparison("m0", "t", "", "", bars), "Table")

    assert len(said) <= ALT_LIMIT
    assert said.endswith("; and 3 more.")


@pytest.mark.parametrize(
    "text", ["Revenue €1,234.5", "Ünïcödé ąęłß", "Ωλ Привет", "東京都 臺灣 ひらがな カタカナ", "서울 매출액"]
)
def test_the_font_writes_latin_greek_cyrillic_and_the_letters_of_east_asia(text: str) -> None:
    assert is_written(text)
    assert written(text) == text


@pytest.mark.parametrize(("text", "shown"), [("₹5 “x” … 🎉", 'Rs 5 "x" ...'), ("a\nb\tc", "a b c"), ("שלום", "")])
def test_what_the_font_has_not_is_written_otherwise_or_left_out(text: str, shown: str) -> None:
    assert written(text) == shown


def test_text_is_cut_and_wrapped_to_its_room() -> None:
    assert cut("short", 20, 500) == "short"
    lines = wrapped("one two three four five six seven", 20, 120, 2)
    assert len(lines) == 2
    assert all(width(line, 20) <= 120 for line in lines)
    assert lines[-1].endswith("...")


def test_the_font_stands_beside_its_licence() -> None:
    assert "Apache License" in (FONT.parent / "LICENSE").read_text()
