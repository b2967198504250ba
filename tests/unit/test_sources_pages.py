from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from sources.parsing.charset import decode
from sources.parsing.page import ExtractedPage, extract, extract_plain

SAVED = sorted((Path(__file__).parents[1] / "data" / "sources" / "pages").glob("*.html"))
FROM_LIFE = Path(__file__).parents[2].parent / "shared" / "data" / "pages"
URL = "https://quay.test/news/archive"


def expectation(path: Path) -> dict[str, Any]:
    found = re.match(r"<!-- expect: (.*?) -->", path.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None, f"{path} says not what is expected of it"
    expected: dict[str, Any] = json.loads(found[1])
    return expected


def paragraphs(*texts: str) -> bytes:
    body = "".join(f"<p>{text}</p>" for text in texts)
    return f"<html><head><title>T</title></head><body><article><h1>T</h1>{body}</article></body></html>".encode()


LONG = "The ferry leaves the old landing at seven in the morning and comes back with the tide. " * 4


@pytest.mark.parametrize("path", SAVED, ids=lambda path: path.stem)
def test_a_saved_page_gives_what_its_first_line_expects(path: Path) -> None:
    page = extract(path.read_bytes(), URL)
    expected = expectation(path)
    if problem := expected.pop("problem", None):
        assert page.problem is not None
        assert problem in page.problem
        assert page.text == ""
        return
    assert page.problem is None
    for words in expected.pop("contains", []):
        assert words in page.text
    for words in expected.pop("lacks", []):
        assert words not in page.text
    if moment := expected.pop("published_at", None):
        assert page.published_at == datetime.fromisoformat(moment)
    for field, value in expected.items():
        assert getattr(page, field) == (tuple(value) if isinstance(value, list) else value), field


def test_paragraphs_are_lines_of_their_own() -> None:
    page = extract(paragraphs(LONG, "A second paragraph, which says something else altogether."), URL)
    assert page.text.split("\n")[-1] == "A second paragraph, which says something else altogether."


def test_tables_of_figures_are_left_out_and_cells_of_prose_are_kept() -> None:
    prose = "A cell that holds a whole sentence, long enough to be read as one by anybody."
    table = f"<table><tr><td>Mo</td><td>Tu</td></tr><tr><td>1</td><td>{prose}</td></tr></table>"
    page = extract(paragraphs(LONG, table), URL)
    assert "|" not in page.text
    assert prose in page.text


def test_text_after_a_hidden_element_stays() -> None:
    page = extract(paragraphs(LONG, 'Before <b hidden>PLANTED</b>and <i style="display:none">PLANTED</i>after.'), URL)
    assert page.text.endswith("Before and after.")


def test_an_element_that_holds_most_of_the_page_is_not_taken_for_hidden() -> None:
    markup = paragraphs(LONG, LONG).replace(b"<article>", b'<article style="opacity: 0">')
    assert extract(markup, URL).problem is None


@pytest.mark.parametrize(
    "style", ["opacity:0.9", "opacity: 1", "font-size:0.9em", "margin-left:-10px", "line-height:0"]
)
def test_a_style_that_only_resembles_hiding_hides_nothing(style: str) -> None:
    shown = "A paragraph that every visitor of the page is able to read without any trouble."
    page = extract(
        paragraphs(LONG, LONG, LONG).replace(b"</article>", f'<p style="{style}">{shown}</p></article>'.encode()), URL
    )
    assert shown in page.text


def test_a_sentence_hidden_in_zero_width_characters_is_gone() -> None:
    page = extract(
        paragraphs(LONG, "The mu\u200bseum\u202e opens\U000e0041\U000e0042 in May, as the town council said."), URL
    )
    assert "The museum opens in May" in page.text


@pytest.mark.parametrize("markup", [b"", b"   ", b"\x00\x00", b"<!-- nothing -->", b"<html></html>", b"\xff\xfe"])
def test_an_empty_page_is_a_problem_and_no_crash(markup: bytes) -> None:
    assert extract(markup, URL).problem is not None


def test_a_page_nested_beyond_reason_is_a_problem_and_no_crash() -> None:
    page = extract(b"<html><body>" + b"<div>" * 50_000 + b"deep", URL)
    assert page.problem is not None


def test_a_plain_text_is_an_article_without_a_title() -> None:
    assert extract_plain("Grüße\r\naus dem Hafen".encode("cp1252")) == ExtractedPage(text="Grüße\naus dem Hafen")
    assert extract_plain(b" \n ").problem == "the text is empty"


@pytest.mark.parametrize(
    ("body", "header", "text"),
    [
        ("Käse".encode(), None, "Käse"),
        ("Käse".encode("latin-1"), None, "Käse"),
        ("Käse".encode("latin-1"), "iso-8859-1", "Käse"),
        ("“Käse”".encode("cp1252"), "iso-8859-1", "“Käse”"),
        ("сыр".encode("koi8-r"), "koi8-r", "сыр"),
        ("チーズ".encode("shift_jis"), "Shift_JIS", "チーズ"),
        (b"\xef\xbb\xbf" + "Käse".encode(), "iso-8859-1", "Käse"),
        (b"\xff\xfe" + "Käse".encode("utf-16-le"), None, "Käse"),
        (b"\xfe\xff" + "Käse".encode("utf-16-be"), "utf-8", "Käse"),
        ("Käse".encode(), "no-such-charset", "Käse"),
        ("Käse".encode(), "zlib", "Käse"),
        ("Käse".encode(), "punycode", "Käse"),
        (b"\x00ok", "utf\x00-8", "\x00ok"),
    ],
)  # fmt: skip
def test_the_charset_is_found_by_mark_header_and_likelihood(body: bytes, header: str | None, text: str) -> None:
    assert decode(body, header) == text


def test_the_charset_that_a_page_declares_is_used_when_the_header_gives_none() -> None:
    for declaration in (
        '<meta charset="windows-1251">',
        '<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">',
    ):
        page = f"<html><head>{declaration}</head>сыр".encode("cp1251")
        assert decode(page).endswith("сыр")
        assert decode(page, "koi8-r").endswith("сыр") is False


@pytest.mark.skipif(not FROM_LIFE.is_dir(), reason="the pages from life are not kept in this repository")
def test_pages_from_life_are_articles_but_for_the_one_that_is_a_calendar() -> None:
    pages = {path.name: extract(path.read_bytes(), URL) for path in sorted(FROM_LIFE.glob("*.html"))}
    problems = {name: page.problem for name, page in pages.items() if page.problem}
    assert list(problems) == ["villacc.de.galaxy.html"]
    read = [page for page in pages.values() if not page.problem]
    assert len(read) >= 59
    assert all(page.title for page in read)
    assert sum(1 for page in read if page.language) >= 50
