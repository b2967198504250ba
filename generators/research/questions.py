"""The questions of a topic by fixed rules: the topic as a whole, and each of the things that it names. Pure."""

from __future__ import annotations

import re

MOST = 5
LONGEST = 200  # characters of one question
SHORTEST = 4
# Where one thing ends and the next begins, in any language; and the words that join two of them.
_ENDS = re.compile(r"[;,:?!？！、，；：\n]+|\.\s|\s[–—/|&]\s")
_JOINS = re.compile(r"\s(?:and|or|vs\.?|versus|und|oder|et|ou|y|o|e|en|of|och|og|и|или|与|和)\s(?=\S)", re.IGNORECASE)
_JOINED_LENGTH = 3  # words on both sides from which a joining word parts two things


def questions_of(topic: str) -> tuple[str, ...]:
    """Give what to ask about *topic*, up to five questions: the whole of it first, then its parts in order."""
    whole = _tidy(topic)
    parts = [piece for part in _ENDS.split(topic) for piece in _parted(part)]
    asked = dict.fromkeys(each for each in (whole, *map(_tidy, parts)) if len(each) >= SHORTEST or not each.isascii())
    return tuple(each for each in asked if each)[:MOST] or (whole,)


def _parted(part: str) -> list[str]:
    """Part at joining words, where both sides say enough to be asked for alone."""
    pieces = _JOINS.split(part)
    return pieces if all(len(piece.split()) >= _JOINED_LENGTH for piece in pieces) else [part]


def _tidy(text: str) -> str:
    return " ".join(text.split()).strip(" .,;:-–—")[:LONGEST].strip()
