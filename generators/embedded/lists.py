"""Lists, recipes and changelogs: their lines are points under a headline, not sentences of a story."""

from __future__ import annotations

import re
from collections.abc import Iterator

from domain.material import Material, MaterialKind
from domain.template import TweetStyle
from domain.weighted_length import weighted_length
from generators.embedded import boilerplate, filters, releases
from generators.embedded.language import language_of
from generators.embedded.shapes import Body, Shape, joined, weight
from generators.phrases import BULLET
from generators.pieces import capitalised, fixed, quoted

FEWEST_LINES = 4
FEWEST_OF_ENTRY = 2  # a feed's entry has no menus, so two items are a list already
FEWEST_OF_RELEASE = 1  # many a release has one change
SHARE = 0.5  # of a document's lines are items, and
SUBSTANCE = 0.4  # of its characters stand in them
MOST = 4
FEWEST_TOLD = 2
SHORTEST, LONGEST = 4, 90  # characters of an item
LONGEST_ALONE = 230  # of one that has hardly others beside it

_ITEM = re.compile(r"^\s*(?:[-–—•*·▪►✓✔●○]|\d{1,2}[.)])\s+")
_AMOUNT = re.compile(
    r"^\s*(?:\d+(?:[.,/]\d+)?|[½¼¾⅓⅔])\s?(?:g|kg|ml|l|cl|dl|el|tl|tbsp|tsp|cups?|oz|lbs?|prise|stück|esslöffel|teelöffel"
    r"|pck|pkg|cuillères?|cucharad\w+|dag|szt|łyżk\w+|st|msk|tsk|dl|ss|ts)\b",
    re.IGNORECASE,
)


def is_list(material: Material) -> bool:
    """Whether most lines of *material* are items; a feed's entry has headings too, but items are its substance."""
    lines = [line for line in material.text.split("\n") if line.strip()]
    items = [line for line in lines if _ITEM.match(line) or _AMOUNT.match(line)]
    entry = material.kind is MaterialKind.FEED_ITEM
    fewest = FEWEST_OF_RELEASE if releases.names_version(material) else FEWEST_OF_ENTRY if entry else FEWEST_LINES
    return (
        len(items) >= fewest
        and (entry or len(items) >= SHARE * len(lines))
        and sum(map(len, items)) >= SUBSTANCE * sum(map(len, lines))
    )


def list_shapes(material: Material, room: int) -> list[Shape]:
    """A headline and its first items; empty where there is no headline, or too few items fit."""
    head = releases.name_body(material)
    if not head:
        return []
    lines = _lines(material, head, room, LONGEST)
    if len(lines) < FEWEST_TOLD and material.kind is MaterialKind.FEED_ITEM:
        lines = _lines(material, head, room, LONGEST_ALONE) or lines
    elif len(lines) < FEWEST_TOLD:
        return []
    return [Shape((joined(head, joined(*lines, gap="\n")),), TweetStyle.EXPLAINER, 2.0, "list")] if lines else []


def _lines(material: Material, head: Body, room: int, longest: int) -> list[Body]:
    """The first items of at most *longest* characters that fit below *head*."""
    lines: list[Body] = []
    spans = list(_items(material, longest))
    telling = [span for span in spans if " " in material.text[slice(*span)]]  # a single word heads items below it
    for span in telling if len(telling) >= FEWEST_TOLD else spans:
        said = quoted(material, "text", (span,))
        after_kind = material.text[: span[0]].endswith(": ")
        line: Body = (fixed(BULLET), capitalised(said) if after_kind else said)
        if len(lines) < MOST and weight(joined(head, joined(*lines, line, gap="\n"))) <= room:
            lines.append(line)
    return lines


def _items(material: Material, longest: int) -> Iterator[tuple[int, int]]:
    offset = 0
    for line in material.text.split("\n"):
        mark = _ITEM.match(line)
        start, end = releases.told(line, mark.end() if mark else 0)
        text = line[start:end]
        if (mark or _AMOUNT.match(line)) and SHORTEST <= len(text) <= longest and _is_fit(text, material, longest):
            yield offset + start, offset + end
        offset += len(line) + 1


def _is_fit(text: str, material: Material, longest: int) -> bool:
    owned = material.kind is MaterialKind.TEXT
    return (
        weighted_length(text) <= longest
        and filters.balanced(text)
        and not text.endswith((":", "..."))
        and not boilerplate.CHROME.search(text)
        and not releases.is_chore(text)
        and (owned or filters.is_safe(text, material))
        and not filters.speaks_as_first_person(text, language_of(material))
    )
