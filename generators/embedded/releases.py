"""Releases: entries of changelogs, whose headline is a version and whose lines carry credits and chores."""

from __future__ import annotations

import re
from collections.abc import Iterator

from domain.material import Material, MaterialKind
from domain.template import TweetStyle
from generators.embedded import filters
from generators.embedded.language import language_of
from generators.embedded.reading import Reading
from generators.embedded.shapes import Body, Room, Shape, joined, sentence_body, weight
from generators.embedded.titles import headline, site_name
from generators.pieces import fixed, quoted, site

_VERSION = re.compile(
    r"(?:(?:version|release)[ ./-])?(?P<number>(?:v[. ]?)?\d+(?:\.\d+)+(?:[-+.]\w+)*|v\d+)", re.IGNORECASE
)
_KIND = re.compile(r"(?:feat|feature|fix|bugfix|perf)(?:\([\w ./-]+\))?!?:\s+(?=\w)", re.IGNORECASE)
_CREDIT = re.compile(
    r"\s+(?:\(?by|\(?thanks(?: to)?|[–—-])\s+@[\w-]+\b.*$|(?:\s+(?:\(?in\s+)?\(?(?:#\d+|[0-9a-f]{7,40})\)?[.,]?)+$"
)
# What a changelog lists and no reader asks for.
_CHORE = re.compile(
    r"(?:chore|build|ci|docs|test|refactor|style)(?:\([\w ./-]+\))?!?:|bump\s|update dependency\b", re.IGNORECASE
)
_OF_IT = re.compile(r"(?:This|The new) (?:release|version|update)\b|(?:Diese|Die neue) Version\b")
MOST = 2  # sentences of a release without a list


def is_version(material: Material) -> bool:
    """Whether the headline is a version's number and says nothing else."""
    return material.kind is MaterialKind.FEED_ITEM and bool(_VERSION.fullmatch(material.title.strip()))


def names_version(material: Material) -> bool:
    """Whether the headline of a feed's entry names a version, alone or with words around it."""
    words = material.title.replace(",", " ").replace(":", " ").split()
    return is_version(material) or (
        material.kind is MaterialKind.FEED_ITEM and any(_VERSION.fullmatch(word) for word in words)
    )


def name_body(material: Material) -> Body:
    """The headline, even a short one, as a body; that of a version says of what. Empty where there is none."""
    title = headline(material, short=True)
    if title is None or filters.speaks_as_first_person(material.title, language_of(material)):
        return ()
    version = _VERSION.fullmatch(material.title, *title)
    if version is None or not site_name(material):
        return (quoted(material, "title", (title,)),)
    return (site(material), fixed(" "), quoted(material, "title", (version.span("number"),)))


def told(line: str, start: int) -> tuple[int, int]:
    """Where what a reader asks for stands in *line*, from *start* on.

    Left out are the kind before it ("fix(api): "), and who did it and where after it: "by @somebody in #12", "(#12)".
    """
    kind = _KIND.match(line, start)
    start = kind.end() if kind else start
    return start, start + len(_CREDIT.sub("", line[start:].rstrip()).rstrip())


def is_chore(text: str) -> bool:
    """Whether an item is about the work on a program and not about the program."""
    return bool(_CHORE.match(text))


def release_shapes(reading: Reading, room: Room) -> list[Shape]:
    """The name of a version and the first sentences about it; empty for what is no release."""
    head = name_body(reading.material) if is_version(reading.material) else ()
    if not head:
        return []
    body, count = head, 0
    for said in _sentences(reading, room.last - weight(head) - 2):
        longer = joined(body, said, gap="\n\n" if not count else " ")
        if count < MOST and weight(longer) <= room.last:
            body, count = longer, count + 1
    return [Shape((body,), TweetStyle.PARAGRAPHS, 2.0, "release")] if count else []


def _sentences(reading: Reading, limit: int) -> Iterator[Body]:
    """What can be said below the name of a release, in the order of the text: there "this release" leans on nothing."""
    for quote in reading.quotes:
        names_it = quote.alone or _OF_IT.match(quote.sentence.text)
        if names_it and not quote.first_person and (body := sentence_body(reading, quote, limit)):
            yield body
