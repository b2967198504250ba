"""Taking out of a page what a reader does not see: the usual place for planted instructions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from lxml import etree  # type: ignore[import-untyped]
from lxml.html import HtmlElement  # type: ignore[import-untyped]

_NEVER_SHOWN = (
    *("template", "noscript", "style", "script", "object", "embed", "iframe", "svg", "math", "datalist"),
    *(etree.Comment, etree.ProcessingInstruction, etree.Entity),
)
# What may be hidden by its own attributes; asked in C, because nearly all elements have none of them.
_SUSPECTS = etree.XPath(
    "descendant-or-self::*[@hidden or @aria-hidden or @style or self::dialog or (self::input and @type)]"
)
_WITH_CLASS = etree.XPath("descendant-or-self::*[@class]")
_WITH_ID = etree.XPath("descendant-or-self::*[@id]")
_HIDING = re.compile(
    r"""display\s*:\s*none | visibility\s*:\s*(?:hidden|collapse) | (?<![\w-])opacity\s*:\s*0*(?:\.0+)?%?\s*(?:;|!|$)
    | content-visibility\s*:\s*hidden
    | font-size\s*:\s*0*(?:\.0+)?(?:px|pt|em|rem|%)?\s*(?:;|!|$)
    | (?<![\w-])color\s*:\s*transparent
    | text-indent\s*:\s*-\s*\d{3,} | (?<![\w-])(?:left|top|right|bottom|margin-left|margin-top)\s*:\s*-\s*\d{3,}
    | clip\s*:\s*rect\(\s*(?:0|1px)[^)]*\) | clip-path\s*:\s*(?:inset\(\s*(?:50|100)%|circle\(\s*0)
    | transform\s*:[^;]*(?:scale\(\s*0\s*[,)]|translate\w*\(\s*-\s*\d{4,})""",
    re.VERBOSE | re.IGNORECASE,
)
_ZERO_SIZE = re.compile(r"(?<![\w-])(?:max-)?(?:height|width)\s*:\s*0(?:px|em|rem|%)?\s*(?:;|!|$)", re.IGNORECASE)
_CLIPPED = re.compile(r"overflow(?:-[xy])?\s*:\s*(?:hidden|clip)", re.IGNORECASE)
_NO_TEXT_SHOWN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_RULE = re.compile(r"([^{}]*)\{([^{}]*)\}")
_SIMPLE_SELECTOR = re.compile(r"([.#])([\w-]{1,80})")
_STYLE_LIMIT = 500_000  # characters of style sheets looked at per page


def remove_hidden(tree: HtmlElement) -> None:
    """Remove in place comments, scripts, and every element that is hidden from the eye.

    Looked at are inline styles (not shown, transparent, zero-sized, off screen, clipped), the attributes `hidden`,
    `aria-hidden` and `type=hidden`, closed dialogs, and the page's own style sheets where a rule hides one plain class
    or id. What outside style sheets and scripts hide is not known here. An element with more than half of the page's
    text stays: it is the page itself, hidden until a script shows it.
    """
    classes, ids = _hidden_by_style_sheets(tree)
    etree.strip_elements(tree, *_NEVER_SHOWN, with_tail=False)
    suspects = [element for element in _SUSPECTS(tree) if _is_hidden(element)]
    suspects += (
        [element for element in _WITH_CLASS(tree) if not classes.isdisjoint(element.get("class").split())]
        if classes
        else []
    )
    suspects += [element for element in _WITH_ID(tree) if element.get("id") in ids] if ids else []
    if suspects:
        most = len(tree.text_content()) / 2
        _drop_all([element for element in suspects if len(element.text_content()) <= most])


def _drop_all(elements: Iterable[HtmlElement]) -> None:
    for element in elements:
        parent = element.getparent()
        if parent is not None and element.tag not in ("html", "body"):
            _drop(element, parent)


def _drop(element: HtmlElement, parent: HtmlElement) -> None:
    """Remove *element* and keep the text that follows it."""
    if element.tail:
        before = element.getprevious()
        if before is None:
            parent.text = (parent.text or "") + element.tail
        else:
            before.tail = (before.tail or "") + element.tail
        element.tail = None
    parent.remove(element)


def _is_hidden(element: HtmlElement) -> bool:
    attributes = element.attrib
    return (
        ("hidden" in attributes and attributes["hidden"].lower() != "until-found")
        or attributes.get("aria-hidden", "").strip().lower() == "true"
        or (element.tag == "input" and attributes.get("type", "").lower() == "hidden")
        or (element.tag == "dialog" and "open" not in attributes)
        or _style_hides(attributes.get("style", ""))
    )


def _style_hides(style: str) -> bool:
    if not style:
        return False
    style = _without_comments(style)
    return bool(_HIDING.search(style)) or bool(_ZERO_SIZE.search(style) and _CLIPPED.search(style))


def _hidden_by_style_sheets(tree: HtmlElement) -> tuple[frozenset[str], frozenset[str]]:
    classes: set[str] = set()
    ids: set[str] = set()
    for sign, name in _hiding_selectors("\n".join(sheet.text or "" for sheet in tree.iter("style"))[:_STYLE_LIMIT]):
        (classes if sign == "." else ids).add(name)
    return frozenset(classes), frozenset(ids)


def _hiding_selectors(sheet: str) -> Iterator[tuple[str, str]]:
    """Give ('.', class) and ('#', id) of rules that hide just that, outside @media and the like."""
    for selectors, body in _RULE.findall(_outside_at_rules(_without_comments(sheet))):
        if _NO_TEXT_SHOWN.search(body):
            for selector in selectors.split(","):
                if simple := _SIMPLE_SELECTOR.fullmatch(selector.strip()):
                    yield simple[1], simple[2]


def _without_comments(sheet: str) -> str:
    return "".join(piece.partition("/*")[0] for piece in sheet.split("*/"))  # linear, however the sheet is made


def _outside_at_rules(sheet: str) -> str:
    """Drop `@media … { … }` and other nested blocks: what holds for print or a narrow screen hides nothing here."""
    kept: list[str] = []
    rule: list[str] = []
    depth = deepest = 0
    for piece in re.split(r"([{};])", sheet):
        rule.append(piece)
        if piece == "{":
            depth += 1
            deepest = max(deepest, depth)
        elif piece == "}":
            depth = max(0, depth - 1)
        if depth == 0 and piece in ("}", ";"):
            if deepest == 1 and not rule[0].lstrip().startswith("@"):
                kept += rule
            rule, deepest = [], 0
    return "".join(kept)
