"""Whether a draft says again what the account has said already: exactly, nearly, with the same link or opening. Pure.

`rapidfuzz` does the near matches; callers run this in the process pool, so that it never weighs on the daemon.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from domain.draft import Draft, Measure, Repeats
from domain.weighted_length import link_spans

NEAR = 0.8  # texts more alike than this say the same
SHINGLE = 3  # words that stand together
OPENING_WORDS, OPENING_CHARACTERS = 6, 24  # what an opening must have, so that two of them are not alike by chance

# Letters of scripts that are written without spaces count as words of their own.
_UNSPACED = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")
_BETWEEN = re.compile(rf"(?<=[{_UNSPACED}]) (?=[{_UNSPACED}])")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_SCHEME = re.compile(r"^https?://(?:www\.)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Earlier:
    """What the account has said, or is about to: the parts of one post or thread, and the id of its first post."""

    post_id: str
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Said:
    """A text as it is compared: its words in lower case, without links, and its links.

    *text* holds the signs of a text that has no words, such as emoji. *numbers* counts each figure as it is written.
    """

    text: str
    shingles: frozenset[tuple[str, ...]]
    numbers: Counter[str]
    opening: str | None
    links: frozenset[str]


def mark(
    drafts: Sequence[Draft],
    earlier: Sequence[Earlier],
    *,
    standing_links: Collection[str],
    standing_opening: bool = False,
) -> tuple[Draft, ...]:
    """Give the drafts, each that repeats something with what it repeats.

    *standing_links* may stand in every post: the pages that a template writes about again and again, and the links of
    the owner's own text. *standing_opening* says that the same words may begin every post: the owner's sentence that is
    filled in anew.
    """
    if not earlier:
        return tuple(drafts)
    known = [(each.post_id, _said(each.parts)) for each in earlier]
    standing = frozenset(_link(link) for link in standing_links)
    found = ((draft, _closest(draft, known, standing, anew=standing_opening)) for draft in drafts)
    return tuple(replace(draft, repeats=repeats) for draft, repeats in found)


def say_the_same(one: Draft, other: Draft) -> bool:
    """Tell whether two drafts have the same words, or nearly: one run must not post both."""
    said, meant = (_said([part.text for part in draft.parts]) for draft in (one, other))
    found = _compare(said, other.id, meant, said.links)
    return found is not None and found.measure in (Measure.EXACT, Measure.NEAR)


def links_of(text: str) -> tuple[str, ...]:
    """Give the links in *text*, with or without a scheme."""
    return tuple(text[start:end] for start, end in link_spans(text))


def shingles(text: str) -> frozenset[tuple[str, ...]]:
    """Give the groups of words that stand together in *text*."""
    return _groups(_words(text))


def _groups(words: Sequence[str]) -> frozenset[tuple[str, ...]]:
    return frozenset(zip(*(words[start:] for start in range(SHINGLE)), strict=False))


def _closest(
    draft: Draft, known: Iterable[tuple[str, _Said]], standing: frozenset[str], *, anew: bool
) -> Repeats | None:
    """Give what *draft* repeats, the plainest repetition first; None when it says something new."""
    said = _said([part.text for part in draft.parts])
    said = replace(said, opening=None) if anew else said
    found = [match for post_id, other in known if (match := _compare(said, post_id, other, standing))]
    order = list(Measure)
    return min(found, key=lambda match: (order.index(match.measure), -match.likeness), default=None)


def _compare(said: _Said, post_id: str, other: _Said, standing: frozenset[str]) -> Repeats | None:
    if said.text and said.text == other.text:
        return Repeats(post_id, Measure.EXACT, 1.0)
    likeness, figures = _likeness(said, other), _other_figures(said, other)
    if likeness > NEAR and not figures:
        return Repeats(post_id, Measure.NEAR, round(likeness, 2))
    if (said.links & other.links) - standing:
        return Repeats(post_id, Measure.LINK, round(likeness, 2))
    # The same sentence with other figures is a formula of its account: a countdown, a figure of each week.
    if said.opening is not None and said.opening == other.opening and not (figures and likeness > NEAR):
        return Repeats(post_id, Measure.OPENING, round(likeness, 2))
    return None


def _other_figures(said: _Said, other: _Said) -> bool:
    """Whether each of two texts has a figure that the other lacks: other news, however alike the words are."""
    return bool(said.numbers - other.numbers) and bool(other.numbers - said.numbers)


def _likeness(said: _Said, other: _Said) -> float:
    """Give how alike two texts are, 0 to 1; texts without words are not alike."""
    from rapidfuzz import fuzz

    if not said.shingles and not other.shingles and not (_WORD.search(said.text) and _WORD.search(other.text)):
        return 0.0
    common = len(said.shingles & other.shingles)
    jaccard = common / len(said.shingles | other.shingles) if common else 0.0
    return max(jaccard, fuzz.ratio(said.text, other.text) / 100)


def _said(parts: Sequence[str]) -> _Said:
    whole = "\n".join(parts)
    plain = _plain(whole)
    words = tuple(_WORD.findall(plain))
    return _Said(
        text=_BETWEEN.sub("", " ".join(words)) or "".join(plain.split()),
        shingles=_groups(words),
        numbers=Counter(_NUMBER.findall(plain)),
        opening=_opening(_words(parts[0])) if parts else None,
        links=frozenset(_link(link) for link in links_of(whole)),
    )


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(_plain(text)))


def _plain(text: str) -> str:
    """Give *text* without links and characters that nobody sees, in small letters and compatibility forms."""
    for start, end in reversed(list(link_spans(text))):
        text = text[:start] + " " + text[end:]
    if not text.isascii():
        seen = (character for character in text if unicodedata.category(character) != "Cf" and character != "\ufe0f")
        text = unicodedata.normalize("NFKC", "".join(seen))
    return text.casefold()


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
