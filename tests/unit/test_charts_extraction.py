"""Which numbers can be compared: in tables, lists and sentences, and which look like it and are not."""

from __future__ import annotations

import pytest

from domain.material import Material, MaterialKind
from generators.charts.choosing import best, comparisons
from generators.charts.numbers import is_year, quantities, read_cell

Table = tuple[tuple[str, ...], ...]


def material(text: str = "", *, language: str | None = "en", tables: tuple[Table, ...] = (), **fields: str) -> Material:
    given = {"id": "m0", "kind": MaterialKind.PAGE, "title": "A title", **fields}
    return Material(text=text, language=language, tables=tables, **given)  # type: ignore[arg-type]


def bars(found: Material) -> list[tuple[str, str]] | None:
    """Give names and values of the first comparison, as text."""
    first = next(comparisons([found]), None)
    return None if first is None else [(bar.label, f"{bar.value:f}") for bar in first.bars]


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("1,234.5 tons", "en", [("1234.5", "tons")]),
        ("1.234,5 Tonnen", "de", [("1234.5", "Tonnen")]),
        ("1.234,5 tons", "en", [("1234.5", "tons")]),
        ("1.234 km", "en", [("1.234", "km")]),
        ("1.234 km", "de", [("1234", "km")]),
        ("1,234 km", "en", [("1234", "km")]),
        ("0,125 kg", "en", [("0.125", "kg")]),
        ("1 234 567 people", "en", [("1234567", "people")]),
        ("1\u202f234,5 €", "fr", [("1234.5", "€")]),
        ("1'234 CHF", "de", [("1234", "CHF")]),
        ("3.2 % and 3,2 %", "en", [("3.2", "%"), ("3.2", "%")]),
        ("3.2 percent", "en", [("3.2", "%")]),
        ("-3.5%, −4 points, +2 points", "en", [("-3.5", "%"), ("-4", "points"), ("2", "points")]),
        ("€12.5 million or €900,000", "en", [("12500000", "€"), ("900000", "€")]),
        ("$5bn and US$3.1 billion", "en", [("5000000000", "$"), ("3100000000", "US$")]),
        ("3,4 Mio. Euro", "de", [("3400000", "Euro")]),
        ("14k users", "en", [("14000", "users")]),
        ("100 m² at 60 km/h", "en", [("100", "m²"), ("60", "km/h")]),
        ("1,400万人と880万人", "ja", [("14000000", "人"), ("8800000", "人")]),
        ("5億円", "ja", [("500000000", "円")]),
        ("3.2％", "ja", [("3.2", "%")]),
    ],
)
def test_an_amount_is_read_with_its_unit(text: str, language: str, expected: list[tuple[str, str]]) -> None:
    found = quantities(text, language)

    assert [(f"{each.value.normalize():f}", each.unit) for each in found] == expected


@pytest.mark.parametrize(
    "text",
    [
        "In 2023 people voted",
        "on May 5 and 6 June",
        "am 3. Mai",
        "at 12:30",
        "2024-05-06 and 05/06/2024 and 6.5.2024",
        "version 1.2.3 on 192.168.1.1",
        "10-20 or 10–20%",
        "the 5th and the 21st",
        "COVID-19 in the F-16 with 5G and A4 in 3D",
        "2023年10月5日15時",
        "issue #42 and @user7",
        "https://example.com/12/34",
    ],
)
def test_what_counts_nothing_is_no_amount(text: str) -> None:
    assert quantities(text, "en") == []


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("1,234", "1234"),
        ("14.1 million", "14100000"),
        ("-3.5", "-3.5"),
        ("€ 5", "5"),
        ("12 %", "12"),
        ("1,400万", "14000000"),
        ("May 5", None),
        ("5 May", None),
        ("12:30", None),
        ("5th", None),
        ("10–20", None),
        ("2024-05-01", None),
        ("n/a", None),
        ("", None),
        ("3 of 5 people asked", None),
    ],
)
def test_a_cell_is_one_amount_or_none(cell: str, value: str | None) -> None:
    found = read_cell(cell)

    assert (f"{found.value.normalize():f}" if found else None) == value


def test_a_year_is_four_digits_and_nothing_else() -> None:
    years = {cell: is_year(found) for cell in ("2023", "2,023", "2023 km", "99") if (found := read_cell(cell))}

    assert years == {"2023": True, "2,023": False, "2023 km": False, "99": False}


CITIES = (
    ("Rank", "City", "Census", "Population (millions)", "Growth"),
    ("1", "Tokyo", "2020", "14.1", "1.2%"),
    ("2", "Osaka", "2021", "8.8", "-0.3%"),
    ("", "Total", "2021", "22.9", "0.9%"),
)


def test_a_column_of_a_table_is_compared_by_the_names_of_its_rows() -> None:
    found = list(comparisons([material(tables=(CITIES,))]))

    assert [(each.measure, each.unit) for each in found] == [("Population", "millions"), ("Growth", "%")]
    assert [(bar.label, bar.shown) for bar in found[0].bars] == [("Tokyo", "14.1"), ("Osaka", "8.8")]
    assert found[0].table == CITIES


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (
            (("Year", "Sales"), ("2021", "€1.2 million"), ("2022", "€1.5 million")),
            [("2021", "1200000"), ("2022", "1500000")],
        ),
        ((("City", "Founded"), ("Rome", "1871"), ("Oslo", "1905")), None),
        ((("Name", "Rank"), ("Ann", "1"), ("Bob", "2")), None),
        ((("Name", "Place no."), ("Ann", "1"), ("Bob", "2"), ("Cat", "3")), None),
        ((("Name", "Born"), ("Ann", "5 May 1990"), ("Bob", "6 May 1991")), None),
        ((("Name", "Price"), ("Ann", "€5"), ("Bob", "$6")), None),
        ((("Name", "Price"), ("Ann", "5"), ("Ann", "6")), None),
        ((("Name", "Price"), ("Ann", "5"), ("Bob", "n/a")), None),
        ((("Name", "Note"), ("Ann", "good"), ("Bob", "bad")), None),
        ((("都市", "人口"), ("東京", "1,400万"), ("大阪", "880万")), [("東京", "14000000"), ("大阪", "8800000")]),
    ],
)
def test_years_ranks_dates_and_mixed_units_are_not_compared(
    table: Table, expected: list[tuple[str, str]] | None
) -> None:
    found = bars(material(tables=(table,)))

    assert (
        found and [(label, value.removesuffix(".0")) for label, value in found] == expected if expected else not found
    )


def test_a_long_table_is_compared_in_its_first_rows() -> None:
    rows = tuple((f"Row {number}", f"{number * number + 7}") for number in range(40))

    first = next(comparisons([material(tables=((("Name", "Value"), *rows),))]))

    assert len(first.bars) == 12
    assert len(first.table) == 13


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- Tokyo: 14.1 million\n- Osaka: 8.8 million", [("Tokyo", "14100000.0"), ("Osaka", "8800000.0")]),
        ("Prices:\n1. Bread – €3.20\n2. Milk – €1.10\nThat is all.", [("Bread", "3.20"), ("Milk", "1.10")]),
        ("Ann: 12\n\nBob: 9\n\nCat: 7", [("Ann", "12"), ("Bob", "9"), ("Cat", "7")]),
        ("서울: 940만 명\n부산: 330만 명", [("서울", "9400000"), ("부산", "3300000")]),
        ("Ann: 12\nBob: 9", None),
        ("Founded: 1999\nClosed: 2004\nOpened: 2011", None),
        ("Opens: 12:30\nCloses: 18:00", None),
        ("Bread: €3\nMilk: $2", None),
        ("Ann: 12 km\nAnn: 9 km", None),
    ],
)
def test_the_lines_of_a_list_are_compared(text: str, expected: list[tuple[str, str]] | None) -> None:
    assert bars(material(text)) == expected


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        (
            "Germany counted 5.4 million visitors, France 3.2 million and Spain 2.1 million.",
            "en",
            ["Germany", "France", "Spain"],
        ),
        ("Revenue rose from $4.1 million in 2023 to $5.6 million in 2024.", "en", ["2023", "2024"]),
        ("Alpha (12 %), Beta (9.5 %) and Gamma (3 %) lead the poll.", "en", ["Alpha", "Beta", "Gamma"]),
        ("Python has 28% of users, while JavaScript's share is 62%.", "en", ["Python", "JavaScript"]),
        ("東京は1,400万人、大阪は880万人。", "ja", ["東京", "大阪"]),
        ("2024年北京人口为2,183万人，上海为2,480万人。", "zh", ["北京", "上海"]),
        ("Sales in Germany rose 5% to 20%.", "en", None),
        ("According to Reuters, 5,000 people came, and on Monday 3,000 people.", "en", None),
        ("Microsoft lost 5% while Apple gained 3%.", "en", None),
        ("The meeting had 12 people and 30 chairs.", "en", None),
        ("Apple earned $90 billion and Microsoft €70 billion.", "en", None),
        ("In 2023 Rome had 3 mayors and in 2024 Oslo had 2 parks.", "en", None),
    ],
)
def test_a_sentence_is_compared_where_each_amount_has_a_name_of_its_own(
    text: str, language: str, expected: list[str] | None
) -> None:
    found = bars(material(text, language=language))

    assert (None if found is None else [label for label, _ in found]) == expected


def test_the_comparison_that_the_post_speaks_of_is_the_best() -> None:
    found = material("Ann: 12 km\nBob: 9 km", tables=(CITIES,))

    said = [best([found], text) for text in ("", "Growth of 1.2% in Tokyo", "Ann ran 12 km and Bob 9 km")]

    assert [each.measure if each else None for each in said] == ["Population", "Growth", ""]


def test_what_the_font_cannot_write_is_not_drawn() -> None:
    assert best([material("القاهرة: 10 km\nالإسكندرية: 5 km")], "") is None
