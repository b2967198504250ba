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
# Invisible, although Unicode files them under letters, marks and symbols, and Python calls them printable.
_BLANK = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffc\ufffe\uffff\ufe00-\ufe0d\U000e0100-\U000e01ef"
_BLANKS = re.compile(f"[{_BLANK}]")
_SPACES = re.compile(r" {2,}")
_AROUND_BREAKS = re.compile(r" ?\n ?")
_MANY_BREAKS = re.compile(r"\n{3,}")


def clean(text: str) -> str:
    """Give *text* in NFC without zero-width, bidi, tag, control and private-use characters and soft hyphens.

    Line breaks of any kind become newlines, at most two in a row; other white space becomes single spaces; the ends are
    stripped. Variation selectors 15 and 16 stay, they belong to emoji. Offsets into a source are offsets into this
    text; cleaning it again changes nothing.
    """
    if not _is_plain(text):
        text = text.replace("\r\n", "\n")
        text = text.translate({ord(char): _replacement(char) for char in set(text) if char not in _KEPT})
        text = unicodedata.normalize("NFC", text)
        text = _JOINERS.sub("", text)
    if "  " in text:
        text = _SPACES.sub(" ", text)
    if " \n" in text or "\n " in text:
        text = _AROUND_BREAKS.sub("\n", text)
    if "\n\n\n" in text:
        text = _MANY_BREAKS.sub("\n\n", text)
    text = text.strip()
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def is_seen(char: str) -> bool:
    """Tell whether *char* leaves ink: it is no space, no control and none of the letters that are blank."""
    return char.isprintable() and not char.isspace() and not _BLANKS.match(char)


def _is_plain(text: str) -> bool:
    """Tell whether *text* holds nothing but visible characters, spaces and newlines, as most text does."""
    return text.replace("\n", " ").isprintable() and (text.isascii() or not _BLANKS.search(text))


def _replacement(char: str) -> str:
    if char in _LINE_BREAKS:
        return "\n"
    if char.isspace():
        return " "
    return "" if unicodedata.category(char) in _REMOVED or _BLANKS.match(char) else char
