"""The text of HTML that is nothing but everyday elements, without building its tree: what most feeds carry.

It refuses whatever could mean something else to a browser, and all that can hide text: then the tree is asked.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from html import unescape

_BLOCKS = (
    r"address|article|aside|blockquote|br|dd|div|dl|dt|figcaption|figure|footer|h[1-6]|header|hr|li|main|nav|ol|p"
    r"|section|ul"
)
_INLINE = r"a|abbr|b|bdi|big|cite|code|del|dfn|em|font|i|img|ins|kbd|mark|q|s|samp|small|span|strong|sub|sup|time|u|var"
_ATTRIBUTE = r"""\s+(?!style|hidden|aria-hidden)[a-zA-Z][a-zA-Z:-]{0,40}(?:=(?:"[^"]*"|'[^']*'|[\w./:#%-]+))?"""
_TAG = re.compile(r"(<[^<>]*>)")
_KNOWN = re.compile(rf"<(/?)(?:({_BLOCKS})|{_INLINE})((?:{_ATTRIBUTE})*)\s*/?>", re.IGNORECASE)
_PLAIN_REFERENCES = re.compile(r"&(?:(?:amp|lt|gt|quot|apos|nbsp|[lr][ds]quo|[mn]dash|hellip|bull);|\s)")
_MAY_STAND_ALONE = frozenset({"p", "br"})  # an end without a start makes an element of its own


def simple_text(markup: str) -> str | None:
    """Give the text of *markup*, blocks on lines of their own; None when that takes a look at its tree."""
    pieces = _TAG.split(markup.replace("\r\n", " ").replace("\n", " "))
    tags = pieces[1::2]
    if len(tags) != markup.count("<") or markup.count("\r") != markup.count("\r\n"):
        return None
    edges = _edges(Counter(tags))
    if edges is None:
        return None
    pieces[1::2] = [edges[tag] for tag in tags]
    text = "".join(pieces)
    if "&" not in text:
        return text
    return unescape(text) if text.count("&") == len(_PLAIN_REFERENCES.findall(text)) else None


def _edges(tags: Mapping[str, int]) -> dict[str, str] | None:
    """Give what each tag stands for in the text; None when one is not known, or ends what was not begun."""
    edges: dict[str, str] = {}
    open_blocks: Counter[str] = Counter()
    for tag, times in tags.items():
        known = _KNOWN.fullmatch(tag)
        if known is None:
            return None
        ends, block, attributes = known.groups()
        if not block:
            edges[tag] = ""
            continue
        name = block.lower()
        if ends and attributes:
            return None
        open_blocks[name] += -times if ends else times
        edges[tag] = "\n• " if name == "li" and not ends else "\n"
    return None if _ended_too_often(open_blocks.items()) else edges


def _ended_too_often(open_blocks: Iterable[tuple[str, int]]) -> bool:
    return any(left < 0 and name not in _MAY_STAND_ALONE for name, left in open_blocks)
