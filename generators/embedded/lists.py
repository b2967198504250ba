"""Lists, recipes and changelogs: their lines are points under a headline, not sentences of a story."""

from __future__ import annotations

import re
from collections.abc import Iterator

from domain.material import Material, MaterialKind
from domain.template import TweetStyle
from domain.weighted_length import weighted_length
from generators.embedded import boilerplate, filters
from generators.embedded.language import language_of
from generators.embedded.shapes import Body, Shape, joined, weight
from generators.embedded.titles import headline, site_name
from generators.phrases import BULLET
from generators.pieces import fixed, quoted, site

FEWEST_LINES = 4
FEWEST_OF_ENTRY = 2  # a feed's entry has no menus, so two items are a list already
SHARE = 0.5  # of a document's lines are items, and
SUBSTANCE = 0.4  # of its characters stand in them
MOST = 4
SHORTEST, LONGEST = 4, 90  # characters of an item

_ITEM = re.compile(r"^\s*(?:[-–—•*·▪►✓✔●○]|\d{1,2}[.)])\s+")
_AMOUNT = re.compile(
    r"^\s*(?:\d+(?:[.,/]\d+)?|[½¼¾⅓⅔])\s?(?:g|kg|ml|l|cl|dl|el|tl|tbsp|tsp|cups?|oz|lbs?|prise|stück|esslöffel|teelöffel"
    r"|pck|pkg|cuillères?|cucharad\w+|dag|szt|łyżk\w+|st|msk|tsk|dl|ss|ts)\b",
    re.IGNORECASE,
)
_VERSION = re.compile(r"(?:v|version|release)?[ ./-]?\d+(?:\.\d+)+(?:[-+.]\w+)*", re.IGNORECASE)
_CREDIT = re.compile(
    r"\s+(?:\(?by|\(?thanks(?: to)?|[–—-])\s+@[\w-]+\b.*$|(?:\s+(?:\(?in\s+)?\(?(?:#\d+|[0-9a-f]{7,40})\)?[.,]?)+$"
)
# What a changelog lists and no reader asks for.
_CHORE = re.compile(
    r"(?:chore|build|ci|docs|test|refactor|style)(?:\([\w-]+\))?!?:|bump\s|update dependency\b", re.IGNORECASE
)


def is_list(material: Material) -> bool:
    """Whether most lines of *material* are items."""
    lines = [line for line in material.text.split("\n") if line.strip()]
    items = [line for line in lines if _ITEM.match(line) or _AMOUNT.match(line)]
    fewest = FEWEST_OF_ENTRY if material.kind is MaterialKind.FEED_ITEM else FEWEST_LINES
    return (
        len(items) >= fewest
        and len(items) >= SHARE * len(lines)
        and sum(map(len, items)) >= SUBSTANCE * sum(map(len, lines))
    )


def list_shapes(material: Material, room: int) -> list[Shape]:
    """A headline and its first items; empty where there is no headline, or too few items fit."""
    head = name_body(material)
    if not head:
        return []
    lines: list[Body] = []
    for span in _items(material):
        line: Body = (fixed(BULLET), quoted(material, "text", (span,)))
        if len(lines) < MOST and weight(joined(head, joined(*lines, line, gap="\n"))) <= room:
            lines.append(line)
    if len(lines) < 2:
        return []
    return [Shape((joined(head, joined(*lines, gap="\n")),), TweetStyle.EXPLAINER, 2.0, "list")]


def name_body(material: Material) -> Body:
    """The headline, even a short one, as a body; that of a version says of what. Empty where there is none."""
    title = headline(material, short=True)
    if title is None or filters.speaks_as_first_person(material.title, language_of(material)):
        return ()
    head = quoted(material, "title", (title,))
    if _VERSION.fullmatch(head.text) and site_name(material):
        return (site(material), fixed(" "), head)
    return (head,)


def _items(material: Material) -> Iterator[tuple[int, int]]:
    offset = 0
    for line in material.text.split("\n"):
        mark = _ITEM.match(line)
        start = mark.end() if mark else 0
        text = _without_credit(line[start:])
        if (mark or _AMOUNT.match(line)) and SHORTEST <= len(text) <= LONGEST and _is_fit(text, material):
            yield offset + start, offset + start + len(text)
        offset += len(line) + 1


def _without_credit(text: str) -> str:
    """*text* without who did it and where, at its end: "by @somebody in #12", "(#12)", "(1a2b3c4)"."""
    return _CREDIT.sub("", text.rstrip()).rstrip()


def _is_fit(text: str, material: Material) -> bool:
    owned = material.kind is MaterialKind.TEXT
    return (
        weighted_length(text) <= LONGEST
        and filters.balanced(text)
        and not text.endswith((":", "..."))
        and not boilerplate.CHROME.search(text)
        and not _CHORE.match(text)
        and (owned or filters.is_safe(text, material))
        and not filters.speaks_as_first_person(text, language_of(material))
    )
