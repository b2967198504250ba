"""From a piece of HTML to plain text, for what feeds carry."""

from __future__ import annotations

import re

from lxml import etree  # type: ignore[import-untyped]
from lxml.html import HtmlElement, document_fromstring  # type: ignore[import-untyped]

from sources.cleaning import clean
from sources.parsing.hidden import remove_hidden
from sources.parsing.simple_markup import simple_text
from sources.parsing.trees import CONTROLS, html_parser

_BLOCKS = frozenset(
    """address article aside blockquote br dd details div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6
    header hr li main nav ol p pre section summary table td th tr ul""".split()  # noqa: SIM905
)
_MARKUP = re.compile(r"<[a-zA-Z!/][^>]{0,2000}>|&(?:[a-zA-Z][a-zA-Z0-9]{1,30}|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});")
_BULLETS = re.compile(r"^(?:•\s*)+", re.MULTILINE)  # an item may begin with a block, or with another list


def plain_text(markup: str, *, limit: int) -> str:
    """Give the visible text of *markup*, at most *limit* characters of it.

    Blocks stand on lines of their own, and an item of a list begins with a bullet.
    """
    markup = markup[: limit * 10].translate(CONTROLS)
    if not _MARKUP.search(markup):
        return clean(markup)[:limit].strip()
    text = simple_text(markup)
    if text is None:
        try:
            text = text_of_tree(markup)
        except (etree.ParserError, etree.XMLSyntaxError, ValueError):
            return ""  # nothing tells what of it is hidden
    lines = clean(text)
    if "•" in lines:
        lines = _BULLETS.sub("• ", lines)
    return lines.replace("\n\n", "\n")[:limit].strip()  # there are no more than two in a row


def text_of_tree(markup: str) -> str:
    """Give the visible text of *markup*. Raises lxml's errors, or ValueError, when it makes no tree."""
    body = document_fromstring(f"<html><body>{markup}</body></html>", parser=html_parser()).find("body")
    if body is None:
        return ""
    remove_hidden(body)
    return "".join(_pieces(body))


def _pieces(tree: HtmlElement) -> list[str]:
    pieces: list[str] = []
    kept = 0  # how many elements around the text keep their line breaks
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        text = (element.text if event == "start" else element.tail) or ""
        kept += (event == "start") - (event == "end") if element.tag == "pre" else 0
        # Elsewhere a line break of the source is only a space; a block's edge is a line break.
        edge = "\n" if element.tag in _BLOCKS else ""
        edge += "• " if event == "start" and element.tag == "li" else ""
        pieces += [edge, text if kept else text.replace("\n", " ")]
    return pieces
