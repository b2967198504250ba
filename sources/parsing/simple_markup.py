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
_MOST = 1_000  # tags that are remembered: feeds are written by programs, and their tags are few but for addresses
_MAY_STAND_ALONE = frozenset({"p", "br"})  # an end without a start makes an element of its own


def simple_text(markup: str) -> str | None:
    """Give the text of *markup*, blocks on lines of their own; None when that takes a look at its tree."""
    if "\r" in markup:
        markup = markup.replace("\r\n", "\n")
    begun = markup.count("<")
    pieces = _pieces(markup.replace("\n", " "), begun)
    tags = pieces[1::2]
    if len(tags) != begun or "\r" in markup:
        return None
    try:
        pieces[1::2] = map(_EDGES.__getitem__, tags)
    except KeyError:
        edges = _edges(tags)
        if edges is None:
            return None
        pieces[1::2] = map(edges.__getitem__, tags)
    text = "".join(pieces)
    references = text.count("&")
    plain = text.replace("&amp;", "&")
    if len(text) - len(plain) == references * len("amp;"):
        return plain
    return unescape(text) if references == len(_PLAIN_REFERENCES.findall(text)) else None


def _pieces(markup: str, begun: int) -> list[str]:
    """Give text and tags in turn, text first and last; *begun* is how many "<" there are."""
    if begun != markup.count(">") or "\0" in markup:
        return _TAG.split(markup)
    # Where tags are all that these letters stand for, this takes half the time; where not, no tag is known.
    return markup.replace("<", "\0<").replace(">", ">\0").split("\0")


class _KnownEdges(dict[str, str]):
    """What tags stand for that may stand anywhere, each looked at once. Raises KeyError for others."""

    def __missing__(self, tag: str) -> str:
        known = _known(tag)
        if known is None or known[2]:
            raise KeyError(tag)
        if len(self) >= _MOST:
            self.clear()
        self[tag] = known[0]
        return known[0]


_EDGES = _KnownEdges()


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


@lru_cache(maxsize=_MOST)
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
