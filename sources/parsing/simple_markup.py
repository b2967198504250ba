"""The text of HTML that is nothing but everyday elements, without building its tree: what most feeds carry.

It refuses whatever could mean something else to a browser, and all that can hide text: then the tree is asked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from html import unescape

_BLOCKS = (
    r"address|article|aside|blockquote|br|dd|div|dl|dt|figcaption|figure|footer|h[1-6]|header|hr|li|main|nav|ol|p"
    r"|section|ul"
)
_INLINE = r"a|abbr|b|bdi|big|cite|code|del|dfn|em|font|i|img|ins|kbd|mark|q|s|samp|small|span|strong|sub|sup|time|u|var"
_ATTRIBUTE = r"""\s+(?!style|hidden|aria-hidden|popover)[a-zA-Z][a-zA-Z:-]{0,40}(?:=(?:"[^"]*"|'[^']*'|[\w./:#%-]+))?"""
_TAG = re.compile(r"(<[^<>]*>)")
_KNOWN = re.compile(rf"<(/?)(?:({_BLOCKS})|{_INLINE})((?:{_ATTRIBUTE})*)\s*/?>", re.IGNORECASE)
_PLAIN_REFERENCES = re.compile(r"&(?:(?:amp|lt|gt|quot|apos|nbsp|[lr][ds]quo|[mn]dash|hellip|bull);|\s)")
_MAY_STAND_ALONE = frozenset({"p", "br"})  # an end without a start makes an element of its own


def simple_text(markup: str) -> str | None:
    """Give the text of *markup*, blocks on lines of their own; None when that takes a look at its tree."""
    if "\r" in markup:
        markup = markup.replace("\r\n", "\n")
    pieces = _TAG.split(markup.replace("\n", " "))
    tags = pieces[1::2]
    if len(tags) != markup.count("<") or "\r" in markup:
        return None
    edges = _edges(tags)
    if edges is None:
        return None
    pieces[1::2] = map(edges.__getitem__, tags)
    text = "".join(pieces)
    references = text.count("&")
    if references == text.count("&amp;"):
        return text.replace("&amp;", "&")
    return unescape(text) if references == len(_PLAIN_REFERENCES.findall(text)) else None


def _edges(tags: Sequence[str]) -> dict[str, str] | None:
    """Give what each tag stands for in the text; None when one is not known, or ends what was not begun."""
    edges: dict[str, str] = {}
    open_blocks: dict[str, int] = {}
    for tag in dict.fromkeys(tags):
        known = _known(tag)
        if known is None:
            return None
        edges[tag], name, step = known
        if step:
            open_blocks[name] = open_blocks.get(name, 0) + step * tags.count(tag)
    return None if any(left < 0 for left in open_blocks.values()) else edges


@lru_cache(maxsize=1_000)  # feeds are written by programs: their tags are few, but for addresses
def _known(tag: str) -> tuple[str, str, int] | None:
    """Give what *tag* stands for, its name, and whether one more block is open or closed by it; None if not known."""
    known = _KNOWN.fullmatch(tag)
    if known is None:
        return None
    ends, block, attributes = known.groups()
    name = (block or "").lower()
    if ends and attributes:
        return None
    edge = "\n• " if name == "li" and not ends else "\n" if name else ""
    return edge, name, 0 if not name or name in _MAY_STAND_ALONE else -1 if ends else 1
