"""Hostile documents made by hypothesis, out of the blocks of the hand-made ones and of raw damage to their bytes."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from hypothesis import strategies as st

from tests.chaos.hostile.cases.entries import BESIDE, CHANNELS, DATES, LINKS
from tests.chaos.hostile.cases.hiding import ELEMENTS, INLINE, SHEETS
from tests.chaos.hostile.cases.speaking import DECLARED, SAID, TONGUES, WRITTEN
from tests.chaos.hostile.documents import item, page, rss
from tests.chaos.hostile.planting import FACT, ORDERS

_KINDS = ("text/html; charset=utf-8", "text/html", "text/plain; charset=utf-8", "application/xhtml+xml; charset=koi8-r")
_FEED_KINDS = ("application/rss+xml; charset=utf-8", "text/xml", "text/html; charset=latin-1", "")


@dataclass(frozen=True, slots=True)
class Made:
    """A document to be taken apart. *damaged*: bytes were changed, so that what was hidden may have come to light."""

    kind: str
    body: bytes
    content_type: str
    damaged: bool


_orders = st.sampled_from((*ORDERS, *TONGUES.values()))
_written = st.builds(
    lambda write, order: write(order), st.sampled_from(list(WRITTEN.values())), st.sampled_from(ORDERS[:4])
)
_said = st.builds(
    lambda said, order: said.format(escape(order)), st.sampled_from(list(SAID.values())), st.one_of(_orders, _written)
)
_sheets = st.builds(
    lambda rule: f"<style>{rule[0]}</style><p {rule[1]}>{FACT}</p>", st.sampled_from(list(SHEETS.values()))
)
_inline = st.builds(
    lambda style, element: f"<{element} style='{style}'>{FACT}</{element}>",
    st.sampled_from([style for style in INLINE.values() if "'" not in style]),
    st.sampled_from(("p", "div", "span", "section", "blockquote")),
)
_wrapped = st.builds(
    lambda block, element: f"<{element}>{block}</{element}>",
    st.one_of(_inline, st.sampled_from(list(ELEMENTS.values()))),
    st.sampled_from(("div", "section", "article", "blockquote", "b")),
)
_noise = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="@."), max_size=60).map(escape)
_blocks = st.lists(st.one_of(_said, _sheets, _inline, _wrapped, _noise), min_size=1, max_size=5).map("".join)
_heads = st.one_of(st.just(""), st.sampled_from(list(DECLARED.values())))
_pages = st.builds(lambda more, head: page(more, head=head), _blocks, _heads)
_titles = st.one_of(st.just("Council approves harbour tram line"), _orders.map(escape), _written.map(escape))
_items = st.builds(
    lambda more, title, link, rest, date: item(more, title=title, link=link, rest=f"{rest}<pubDate>{date}</pubDate>"),
    _blocks,
    _titles,
    st.sampled_from(["https://harbour.example/tram", *LINKS.values()]),
    st.one_of(st.just(""), st.sampled_from(list(BESIDE.values()))),
    st.sampled_from(["Sun, 01 Mar 2026 09:00:00 GMT", *DATES.values()]),
)
_feeds = st.builds(
    lambda items, channel: rss("".join(items), channel=channel),
    st.lists(_items, min_size=1, max_size=3),
    st.sampled_from(["<title>Harbour Notes</title>", *CHANNELS.values()]),
)


@st.composite
def _damaged(draw: st.DrawFn, body: bytes) -> bytes:
    """Cut out, doubled, or written over at one to three places."""
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(body)))
        length = draw(st.integers(0, 200))
        put = draw(st.one_of(st.just(b""), st.binary(max_size=12), st.just(body[at : at + 3 * length]), st.just(b"<")))
        body = body[:at] + put + body[at + length :]
    return body


@st.composite
def documents(draw: st.DrawFn) -> Made:
    """Give a page or a feed, one in three of them damaged."""
    kind = draw(st.sampled_from(("page", "feed")))
    body = draw(_pages if kind == "page" else _feeds).encode("utf-8", "replace")
    damaged = draw(st.sampled_from((False, False, True)))
    if damaged:
        body = draw(_damaged(body))
    kinds = (
        (_KINDS if kind == "page" else _FEED_KINDS) if damaged else (_KINDS[:1] if kind == "page" else _FEED_KINDS[:1])
    )
    return Made(kind, body, draw(st.sampled_from(kinds)), damaged)
