"""Sentences with offsets, in any language, without model data."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from generators.embedded.abbreviations import ABBREVIATIONS, AFTER_ORDINALS

_END = re.compile(r"[.!?…]+[\"'”’»«“)\]]*(?=\s)|(?!(?<=[a-zA-Z0-9])[。｡][a-zA-Z0-9])[。！？｡।॥]+[」』”’）)\]]*")
_LAST_WORD = re.compile(r"[^\s(\[„“\"'«»‚‘/–—-]*$")
# A date or a place before the first sentence: "06.11.23 - ", "WASHINGTON — ", "Berlin (dpa) - ".
_DATELINE = re.compile(
    r"^\s*(?:\d{1,2}[./]\s?\d{1,2}[./]\s?\d{2,4}|[A-ZÄÖÜ][^\W\d_a-z]{2,}(?:[ ,/.][^–—-]{0,30})?"
    r"|[^–—.-]{0,40}\([^()]{2,20}\))"
    r"\s[–—-]+\s+(?=[„“\"«A-ZÄÖÜ])"
)
_ARTICLE = re.compile(r"\b(?:der|die|das|den|dem|des|am|vom|zum|zur|im|ab|beim|seit|bis)\s$", re.IGNORECASE)
_INITIAL = re.compile(r"^[^\W\d_]$")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence or a line of a text.

    *spans* are offsets into the text, one as read, several once something was left out. *order* counts the sentences
    of the text from 0, *line* its lines.
    """

    text: str
    spans: tuple[tuple[int, int], ...]
    order: int
    line: int

    @property
    def start(self) -> int:
        return self.spans[0][0]

    @property
    def end(self) -> int:
        return self.spans[-1][1]


def split(text: str) -> tuple[Sentence, ...]:
    """The sentences of *text* in order. A line break always ends one; spans hold no white space at either end."""
    found: list[Sentence] = []
    offset = 0
    for line, row in enumerate(text.split("\n")):
        for start, end in _row_spans(row):
            found.append(Sentence(row[start:end], ((offset + start, offset + end),), len(found), line))
        offset += len(row) + 1
    return tuple(found)


def _row_spans(row: str) -> Iterator[tuple[int, int]]:
    dateline = _DATELINE.match(row)
    start = dateline.end() if dateline else 0
    for match in _END.finditer(row, start):
        if _ends(row, start, match):
            yield from _stripped(row, start, match.end())
            start = match.end()
    yield from _stripped(row, start, len(row))


def _stripped(row: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    piece = row[start:end]
    if stripped := piece.strip():
        begin = start + piece.index(stripped[0])
        yield begin, begin + len(stripped)


def _ends(row: str, start: int, match: re.Match[str]) -> bool:
    """Whether the punctuation found is the end of a sentence."""
    mark, after = match.group(), row[match.end() :].lstrip()
    if mark[0] in "。！？｡।॥":
        return mark[-1] not in "」』”’）)" or row[match.end() : match.end() + 1] in ("", " ", "「", "『", "“", "\u3000")
    if after[:1].islower():
        return False
    if not mark.startswith(".") or mark.startswith(".."):
        return True
    word = (_LAST_WORD.search(row[start : match.start()]) or match).group()
    if word.isdigit() and len(word) <= 2 and _ARTICLE.search(row[: match.start() - len(word)]):
        return not after[:1].isalpha()
    return not _goes_on(word, after)


def _goes_on(word: str, after: str) -> bool:
    """Whether the full stop after *word* belongs to the word."""
    lowered = word.lower().lstrip("(")
    if lowered in ABBREVIATIONS or _INITIAL.match(word):
        return True
    if word.isdigit() and len(word) <= 2:  # an ordinal, "3. Oktober", and a numbered item
        return (after[:1].isupper() and after.split(" ", 1)[0].strip(".,").lower() in AFTER_ORDINALS) or not after[
            :1
        ].isalpha()
    return bool(re.fullmatch(r"(?:[^\W\d_]\.)+[^\W\d_]", word)) and not after[:1].isupper()
