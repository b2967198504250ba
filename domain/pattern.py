"""Patterns: an owner's sentence with names in braces, filled in anew for each post. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from domain.material import Figure

_PIECE = re.compile(r"\{\{|\}\}|\{([^{}\n]{1,100})\}|[{}]")


@dataclass(frozen=True, slots=True)
class Filling:
    """What stands in the place of a name, and where it comes from, in words."""

    text: str
    source: str


def names(pattern: str) -> tuple[str, ...]:
    """Give the names that stand in braces, each once. Raises ValueError where a brace is not closed or opened."""
    found = []
    for match in _PIECE.finditer(pattern):
        if match[0] in "{}":
            raise ValueError(f"a lone {match[0]} stands at character {match.start() + 1}; write {match[0] * 2} for one")
        if match[1] is not None:
            found.append(match[1].strip())
    return tuple(dict.fromkeys(found))


def fill(pattern: str, filling: Callable[[str], Filling]) -> tuple[str, tuple[Figure, ...]]:
    """Give *pattern* with each name as *filling* says, and where each of these places comes from.

    `{{` and `}}` are braces. Raises what *filling* raises.
    """
    text, at = "", 0
    figures: list[Figure] = []
    for match in _PIECE.finditer(pattern):
        text += pattern[at : match.start()]
        at = match.end()
        if match[1] is None:
            text += match[0][0]
            continue
        filled = filling(match[1].strip())
        figures.append(Figure((len(text), len(text) + len(filled.text)), filled.source))
        text += filled.text
    return text + pattern[at:], tuple(figures)
