"""Whether a draft says again what the account has said already: exactly, nearly, with the same link or opening. Pure.

`rapidfuzz` does the near matches; callers run this in the process pool, so that it never weighs on the daemon.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from domain.draft import Draft, Measure, Repeats
from domain.weighted_length import link_spans

NEAR = 0.8  # texts more alike than this say the same
SHINGLE = 3  # words that stand together
OPENING_WORDS, OPENING_CHARACTERS = 6, 24  # what an opening must have, so that two of them are not alike by chance

# Letters of scripts that are written without spaces count as words of their own.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_\u3040-\u30ff\u3400-\u9fff]+")
_SCHEME = re.compile(r"^https?://(?:www\.)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Earlier:
    """What the account has said, or is about to: the parts of one post or thread, and the id of its first post."""

    post_id: str
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Said:
    """A text as it is compared: its words in lower case, without links, and its links."""

    text: str
    shingles: frozenset[tuple[str, ...]]
    numbers: frozenset[str]
    opening: str | None
    links: frozenset[str]


def mark(drafts: Sequence[Draft], earlier: Sequence[Earlier], *, standing_links: Collection[str]) -> tuple[Draft, ...]:
    """Give the drafts, each that repeats something with what it repeats.

    *standing_links* may stand in every post: the pages that a template writes about again and again, and the links of
    the owner's own text.
    """
    if not earlier:
        return tuple(drafts)
    known = [(each.post_id, _said(each.parts)) for each in earlier]
    standing = frozenset(_link(link) for link in standing_links)
    return tuple(replace(draft, repeats=_closest(draft, known, standing)) for draft in drafts)


def links_of(text: str) -> tuple[str, ...]:
    """Give the links in *text*, with or without a scheme."""
    return tuple(text[start:end] for start, end in link_spans(text))


def _closest(draft: Draft, known: Iterable[tuple[str, _Said]], standing: frozenset[str]) -> Repeats | None:
    """Give what *draft* repeats, the plainest repetition first; None when it says something new."""
    said = _said([part.text for part in draft.parts])
    found = [match for post_id, other in known if (match := _compare(said, post_id, other, standing))]
    order = list(Measure)
    return min(found, key=lambda match: (order.index(match.measure), -match.likeness), default=None)


def _compare(said: _Said, post_id: str, other: _Said, standing: frozenset[str]) -> Repeats | None:
    if said.text and said.text == other.text:
        return Repeats(post_id, Measure.EXACT, 1.0)
    likeness = _likeness(said, other)
    if likeness > NEAR:
        return Repeats(post_id, Measure.NEAR, round(likeness, 2))
    if (said.links & other.links) - standing:
        return Repeats(post_id, Measure.LINK, round(likeness, 2))
    if said.opening is not None and said.opening == other.opening:
        return Repeats(post_id, Measure.OPENING, round(likeness, 2))
    return None


def _likeness(said: _Said, other: _Said) -> float:
    """Give how alike two texts are, 0 to 1. Other numbers are other news: a weekly figure is no repetition."""
    from rapidfuzz import fuzz

    if said.numbers != other.numbers and said.numbers and other.numbers:
        return 0.0
    common = len(said.shingles & other.shingles)
    jaccard = common / len(said.shingles | other.shingles) if common else 0.0
    return max(jaccard, fuzz.ratio(said.text, other.text) / 100)


def _said(parts: Sequence[str]) -> _Said:
    whole = "\n".join(parts)
    words = _words(whole)
    return _Said(
        text=" ".join(words),
        shingles=frozenset(zip(*(words[start:] for start in range(SHINGLE)), strict=False)),
        numbers=frozenset(word for word in words if any(character.isdigit() for character in word)),
        opening=_opening(_words(parts[0])) if parts else None,
        links=frozenset(_link(link) for link in links_of(whole)),
    )


def _words(text: str) -> tuple[str, ...]:
    for start, end in reversed(list(link_spans(text))):
        text = text[:start] + " " + text[end:]
    return tuple(_WORD.findall(unicodedata.normalize("NFKC", text).casefold()))


def _opening(words: Sequence[str]) -> str | None:
    """Give the first words, as many as make an opening; None for a text that is shorter."""
    for count in range(OPENING_WORDS, len(words) + 1):
        opening = " ".join(words[:count])
        if len(opening) >= OPENING_CHARACTERS:
            return opening
    return None


def _link(link: str) -> str:
    """Give *link* so that two ways of writing one address are equal: no scheme, www, fragment or closing slash."""
    host, slash, path = _SCHEME.sub("", link).partition("#")[0].partition("/")
    return (host.casefold() + slash + path).rstrip("/")
