"""Text without what the eye cannot see: hidden characters are where planted instructions and broken offsets live."""

from __future__ import annotations

import re
import unicodedata

# Joiners are spelling between two letters of scripts that join (Persian می‌خواهم); anywhere else they only hide.
_JOINING = "\u0600-\u08ff\u0900-\u0dff\u1000-\u109f\u1780-\u17ff"
_JOINERS = re.compile(rf"(?<![{_JOINING}])[\u200c\u200d]|[\u200c\u200d](?![{_JOINING}])")
_KEPT = frozenset("\n\u200c\u200d")
_LINE_BREAKS = frozenset("\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")
_REMOVED = frozenset(["Cf", "Cc", "Co", "Cs"])
# Invisible, although Unicode files them under letters, marks and symbols.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffc\ufffe\uffff")
_SPACES = re.compile(r"[^\S\n]+")
_AROUND_BREAKS = re.compile(r" ?\n ?")
_MANY_BREAKS = re.compile(r"\n{3,}")


def clean(text: str) -> str:
    """Give *text* in NFC without zero-width, bidi, tag, control and private-use characters and soft hyphens.

    Line breaks of any kind become newlines, at most two in a row; other white space becomes single spaces; the ends are
    stripped. Variation selectors 15 and 16 stay, they belong to emoji. Offsets into a source are offsets into this
    text; cleaning it again changes nothing.
    """
    text = text.replace("\r\n", "\n")
    text = text.translate({ord(char): _replacement(char) for char in set(text) if char not in _KEPT})
    text = unicodedata.normalize("NFC", text)
    text = _JOINERS.sub("", text)
    text = _AROUND_BREAKS.sub("\n", _SPACES.sub(" ", text))
    return unicodedata.normalize("NFC", _MANY_BREAKS.sub("\n\n", text).strip())


def _replacement(char: str) -> str:
    if char in _LINE_BREAKS:
        return "\n"
    if char.isspace():
        return " "
    category = unicodedata.category(char)
    hidden = category in _REMOVED or char in _BLANK or 0xFE00 <= ord(char) <= 0xFE0D or 0xE0100 <= ord(char) <= 0xE01EF
    return "" if hidden else char
