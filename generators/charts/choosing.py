"""Which numbers of a post's material are drawn, what stands beside the picture for those who cannot see it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from domain.material import Material
from domain.picture import ALT_LIMIT, Comparison
from generators.charts.lists import in_list
from generators.charts.sentences import in_sentences
from generators.charts.tables import in_table

TEXT_LIMIT = 60_000  # characters of a material that are looked through
WIDEST = 1_000  # times the smallest bar that the largest may be: else the smallest could not be seen


@dataclass(frozen=True, slots=True)
class Drawn:
    """The pictures of one comparison as PNGs; *bar_chart* is None where bars could not be told apart."""

    compared: Comparison
    bar_chart: bytes | None
    data_table: bytes


def comparisons(materials: Iterable[Material]) -> Iterator[Comparison]:
    """Give what can be compared in *materials*: tables first, then lists, then sentences; in their order."""
    kept = list(materials)
    for material in kept:
        for rows in material.tables:
            yield from in_table(rows, material_id=material.id, title=material.title, language=material.language)
    for look in (in_list, in_sentences):
        for material in kept:
            yield from look(
                material.text[:TEXT_LIMIT], material_id=material.id, title=material.title, language=material.language
            )


def best(materials: Sequence[Material], text: str) -> Comparison | None:
    """Give the comparison of whose names and numbers the post's *text* says most, else the first; None without any."""
    found = [each for each in comparisons(materials) if _can_be_written(each)]
    return max(found, key=lambda each: _said(each, text), default=None)


def draw(materials: Sequence[Material], text: str) -> Drawn | None:
    """Give the pictures of the best comparison in *materials* for a post that says *text*."""
    found = best(materials, text)
    return drawn(found) if found is not None else None


def drawn(compared: Comparison) -> Drawn:
    """Draw *compared*: the same numbers give the same bytes, so that what was kept can be checked and drawn anew."""
    from generators.charts.drawing import bar_chart, data_table

    return Drawn(compared, bar_chart(compared) if _fits_bars(compared) else None, data_table(compared))


def alt_text(compared: Comparison, what: str) -> str:
    """Say what the picture shows, number by number; *what* is the kind of picture: Bar chart, Table."""
    from generators.charts.drawing import counted_in

    about = ", ".join(part for part in (compared.title, counted_in(compared)) if part)
    said = f"{what}: {about}." if about else f"{what}."
    for at, bar in enumerate(compared.bars):
        more = f" {bar.label}: {bar.shown}" + ("." if at == len(compared.bars) - 1 else ";")
        if len(said) + len(more) > ALT_LIMIT - 40:
            return f"{said} and {len(compared.bars) - at} more."
        said += more
    return said


def _said(compared: Comparison, text: str) -> int:
    return sum((bar.label in text) + (bar.shown in text) for bar in compared.bars)


def _fits_bars(compared: Comparison) -> bool:
    sizes = [abs(bar.value) for bar in compared.bars if bar.value]
    return bool(sizes) and max(sizes) <= WIDEST * min(sizes)


def _can_be_written(compared: Comparison) -> bool:
    from generators.charts.lettering import is_written

    return all(is_written(bar.label) and is_written(bar.shown) for bar in compared.bars)
