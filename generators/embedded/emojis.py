"""Emoji by their localized names, so that an emoji in a post means a word of it.

Loads the `emoji` package: used in the child processes that write, and by the gate for drafts that hold an emoji.
"""

from __future__ import annotations

import re
from functools import cache

LANGUAGES = frozenset({"en", "es", "ja", "ko", "pt", "it", "fr", "de", "fa", "id", "zh", "ru", "tr", "ar"})
SHORTEST_NAME = 4  # letters; shorter names are buttons and abbreviations
_NAME = re.compile(r"[^\W\d_]+")
_BUTTONS = frozenset(["back", "soon", "cool", "free", "neu", "frei", "libre", "gratuit", "gratis"])


def means(symbol: str, word: str, language: str | None) -> bool:
    """Whether *symbol* is the emoji named *word* in *language*."""
    return _names(language or "").get(word.casefold()) == symbol


def find(text: str, language: str | None) -> tuple[str, tuple[int, int]] | None:
    """The first emoji that a word of *text* names, and the span of that word."""
    names = _names(language or "")
    for match in _NAME.finditer(text):
        if symbol := names.get(match.group().casefold()):
            return symbol, match.span()
    return None


@cache
def _names(language: str) -> dict[str, str]:
    if language not in LANGUAGES:
        return {}
    import emoji

    emoji.config.load_language(language)
    found: dict[str, str] = {}
    for symbol, names in sorted(emoji.EMOJI_DATA.items()):
        name = str(names.get(language, "")).strip(":").casefold()
        if _is_picture(symbol, names.get("status")) and _NAME.fullmatch(name) and name not in _BUTTONS:
            long_enough = len(name) >= SHORTEST_NAME or (not name.isascii() and len(name) >= 2)
            if long_enough:
                found.setdefault(name, symbol)
    return found


def _is_picture(symbol: str, status: object) -> bool:
    from emoji import STATUS

    return status == STATUS["fully_qualified"] and len(symbol) <= 2 and ord(symbol[0]) >= 0x2600
