from __future__ import annotations

import time

import pytest
from lxml.html import document_fromstring  # type: ignore[import-untyped]

from sources.parsing.hidden import remove_hidden
from sources.parsing.markup import plain_text
from sources.parsing.sheets import hidden_by_sheets
from sources.parsing.styles import hides, hides_for_good


@pytest.mark.parametrize(
    "style",
    [
        *(
            "display:none",
            "DISPLAY : none !important",
            r"d\69 splay:none",
            "display:/**/none",
            "display:none;display:x",
        ),
        *("visibility:hidden", "opacity:.01", "opacity:5%", "filter:opacity(0)", "font-size:1px", "font:0/0 a"),
        *("color:transparent", "color:rgba(1,2,3,0)", "color:#fff0", "color:#fff;background:#FFFFFF"),
        *(
            "background:rgb(255, 255, 255);color:white",
            "left:-9999px",
            "top:-200vh",
            "inset:-999rem 0",
            "margin:-900px",
        ),
        *("text-indent:-100em", "left:9999px", "transform:scale(0)", "transform:translate(-99999px,0)", "scale:0"),
        *("height:1px;overflow:hidden", "max-height:0;overflow-y:clip", "clip:rect(0 0 0 0)", "clip-path:inset(50%)"),
    ],
)
def test_a_style_that_hides_is_known(style: str) -> None:
    assert hides(style)


@pytest.mark.parametrize(
    "style",
    [
        *("", "display:block", "visibility:visible", "opacity:1", "opacity:.5", "opacity:50%", "filter:opacity(90%)"),
        *("font-size:12px", "font-size:.8em", "font-size:80%", "font:700 16px/1.2 a", "font:inherit", "color:#000"),
        *(
            "color:#fff;background:#000",
            "color:white",
            "color:rgba(0,0,0,.8)",
            "left:-10px",
            "margin:-1px 0",
            "z-index:-9999",
        ),
        *(
            "text-indent:2em",
            "transform:scale(1)",
            "transform:translateX(-50%)",
            "height:0",
            "overflow:hidden",
            "width:100%",
        ),
        *("clip-path:inset(10%)", "line-height:0", "margin-left:auto", "background:none;color:red", "a:b:c;;;", "::"),
    ],
)
def test_a_style_that_shows_is_known(style: str) -> None:
    assert not hides(style)


@pytest.mark.parametrize(
    "style", ["opacity:0", "height:0;overflow:hidden", "transform:scale(0)", "left:50%;margin-left:-300px"]
)
def test_what_scripts_unfold_and_layouts_move_is_no_hiding_in_a_style_sheet(style: str) -> None:
    assert not hides_for_good(style)


def hidden(sheet: str) -> list[str]:
    body = "<div id=a class='one two'><p id=b class=three data-x=7>t</p></div><p id=c>t</p>"
    tree = document_fromstring(f"<html><head><style>{sheet}</style></head><body>{body}</body></html>")
    return sorted(element.get("id") for element in hidden_by_sheets(tree))


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        *((".three", ["b"]), ("#c", ["c"]), ("p.three", ["b"]), ("div.one.two", ["a"]), ("p", ["b", "c"])),
        *(
            (".one p", ["b"]),
            (".one > .three", ["b"]),
            ("body p#c", ["c"]),
            ("[data-x]", ["b"]),
            ("p[data-x='7']", ["b"]),
        ),
        *((".four, #c", ["c"]), ("[data-x=8]", []), (".three .one", []), ("p:hover", []), ("*", []), ("p::after", [])),
        *(("p + p", []), ("[x='']or[1]", []), ("", []), ("> p", [])),
    ],
)
def test_the_selectors_of_style_sheets(selector: str, found: list[str]) -> None:
    assert hidden(f"{selector}{{display:none}}") == found


@pytest.mark.parametrize(
    ("sheet", "found"),
    [
        *(("@media screen{#c{display:none}}", ["c"]), ("@media print{#c{display:none}}", [])),
        *(("@media (max-width:600px){#c{display:none}}", []), ("@layer a{@media all{#c{display:none}}}", ["c"])),
        *(("@import url(x);#c{display:none}", ["c"]), ("/*}*/#c{/*x*/display:none}", ["c"]), ("#c{color:red}", [])),
        *(
            ("@keyframes x{from{display:none}}", []),
            ("@font-face{font-family:x}#c{display:none}", ["c"]),
            ("}}}{{", []),
        ),
        *((".one{p{display:none}}", []), ("@media print{x{}}#c{display:none}", ["c"])),
    ],
)
def test_the_rules_of_style_sheets(sheet: str, found: list[str]) -> None:
    assert hidden(sheet) == found


def left(markup: str) -> str:
    tree = document_fromstring(f"<html><body>{markup}</body></html>")
    remove_hidden(tree)
    return str(tree.text_content())


def test_a_page_that_a_script_will_show_stays() -> None:
    assert left(f"<nav>menu</nav><div style='opacity:0'>{'story ' * 100}</div>").count("story") == 100


def test_more_hidden_text_than_story_does_not_take_its_place() -> None:
    assert "planted" not in left(f"<p>{'story ' * 100}</p><div style='opacity:0'>{'planted ' * 1_000}</div>")


@pytest.mark.parametrize(
    "style",
    [
        "clip-path:polygon(" + "0 " * 900 + "x)",
        "color:rgba(" + "0," * 900 + "x)",
        "left:" + "-" * 1_900,
        "font:" + "1 " * 900,
    ],
)
def test_a_style_made_to_be_slow_is_read_at_once(style: str) -> None:
    began = time.perf_counter()
    assert not hides(style)
    assert time.perf_counter() - began < 1


def test_a_page_made_to_be_slow_to_match_is_read_in_seconds() -> None:
    rules = "".join(
        f"div div div .c{at % 9} {{display:none}} div div div p{{color:#fff;background:#fff}}" for at in range(300)
    )
    tree = document_fromstring(f"<style>{rules}</style>" + "<div>" * 200 + "<p class='c1 c2 c3'>x</p>" * 20_000)
    began = time.perf_counter()
    assert len(hidden_by_sheets(tree)) == 20_000
    assert time.perf_counter() - began < 10


@pytest.mark.parametrize("letter", ["\x1f", "\x0c", "\ufffe", "&#31;", "&#xFFFF;"])
def test_what_is_no_xml_behind_a_hidden_element_brings_nothing_to_light(letter: str) -> None:
    markup = f"<p>seen</p>{letter}<p style='display:none'>planted</p>{letter} and this"
    assert plain_text(markup, limit=1_000).split() == ["seen", "and", "this"]


@pytest.mark.parametrize(
    "attribute", ["popover", "popover=manual", "hidden", "aria-hidden=true", "style='display:none'"]
)
def test_no_short_way_to_the_text_leads_past_what_is_hidden(attribute: str) -> None:
    markup = f"<p>what is seen</p><div {attribute}><p>planted</p></div>"
    assert plain_text(markup, limit=1_000) == "what is seen"
