"""The letters of pictures: one font for Latin, Greek, Cyrillic, Chinese, Japanese and Korean, and what it can write."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from pathlib import Path

from PIL import ImageFont

FONT = Path(__file__).parent / "fonts" / "wqy-microhei.ttc"
# Signs that the font has none of, or as wide as a Chinese letter.
_WRITTEN_OTHERWISE = str.maketrans(
    {
        "₹": "Rs ",
        "₽": "RUB ",
        "’": "'",
        "‘": "'",
        "“": '"',
        "”": '"',
        "…": "...",
        "\u00a0": " ",
        "\u202f": " ",
        "\u2009": " ",
    }
)


@lru_cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """Give the font in *size* pixels, laid out the same way on every machine."""
    return ImageFont.truetype(str(FONT), size, layout_engine=ImageFont.Layout.BASIC)


def written(text: str) -> str:
    """Give what the font can write of *text*, in one line."""
    plain = unicodedata.normalize("NFC", text).translate(_WRITTEN_OTHERWISE)
    return " ".join("".join(letter for letter in plain if letter.isspace() or _has(letter)).split())


def is_written(text: str) -> bool:
    """Tell whether the font has all letters and digits of *text*."""
    return all(_has(letter) for letter in unicodedata.normalize("NFC", text) if letter.isalnum())


def width(text: str, size: int) -> int:
    """Give how many pixels *text* takes in a line."""
    return round(font(size).getlength(text))


def cut(text: str, size: int, room: int) -> str:
    """Give *text*, shortened at its end when it is wider than *room* pixels."""
    if width(text, size) <= room:
        return text
    kept = text
    while kept and width(f"{kept}...", size) > room:
        kept = kept[:-1]
    return f"{kept.rstrip()}..."


def wrapped(text: str, size: int, room: int, lines: int) -> list[str]:
    """Give *text* in at most *lines* lines of *room* pixels, the last one shortened."""
    found: list[str] = []
    rest = text
    while rest and len(found) < lines - 1 and width(rest, size) > room:
        at = len(rest)
        while width(rest[:at], size) > room:
            at -= 1
        blank = rest.rfind(" ", 0, at + 1)
        at = blank if blank > 0 else at
        found.append(rest[:at].rstrip())
        rest = rest[at:].lstrip()
    return [*found, cut(rest, size, room)] if rest else found


@lru_cache(maxsize=4_096)
def _has(letter: str) -> bool:
    """Tell whether the font has a picture of its own for *letter*."""
    face = font(24)
    shape = face.getmask(letter)
    missing = face.getmask("\uffff")
    return shape.size != missing.size or bytes(shape) != bytes(missing)
