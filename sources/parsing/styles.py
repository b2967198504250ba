"""Whether a style hides text: not shown, without size, beside the screen, or in its background's colour."""

from __future__ import annotations

import re
from functools import lru_cache

_ESCAPE = re.compile(r"\\(?:([0-9a-f]{1,6})\s?|(.))", re.IGNORECASE | re.DOTALL)
_LENGTH = re.compile(r"([+-]?\s*\d*\.?\d+)(px|pt|pc|r?em|ex|ch|vh|vw|vmin|vmax|cm|mm|in|%)?(?![\w.])")
_PIXELS = {"px": 1.0, "pt": 1.33, "pc": 16.0, "em": 16.0, "rem": 16.0, "ex": 8.0, "ch": 8.0, "%": 0.16} | {
    **dict.fromkeys(("vh", "vw", "vmin", "vmax"), 8.0),
    "cm": 38.0,
    "mm": 3.8,
    "in": 96.0,
}
_NOT_SHOWN = {"display": ("none",), "visibility": ("hidden", "collapse"), "content-visibility": ("hidden",)}
_PLACES = frozenset(
    "left top right bottom inset inset-inline-start inset-block-start margin margin-left margin-top text-indent".split()  # noqa: SIM905
)
_EXTENTS = frozenset("height width max-height max-width block-size inline-size".split())  # noqa: SIM905
_COLOURS = frozenset({"color", "-webkit-text-fill-color"})
_NOTHING_CLIPPED_IN = re.compile(
    r"rect\(\s*(?:0|1px)[^)]*\)|inset\(\s*(?:[5-9]\d|\d{3,})(?:\.\d+)?%|circle\(\s*0|polygon\((?:[\s0,%]|px)*\)"
)
_MOVED_AWAY = re.compile(r"scale\w*\(\s*0*\.?0*\s*[,)]|translate\w*\([^)]*-\s*\d{4,}|rotate[xy]\(\s*-?90deg")
_FADED = re.compile(r"opacity\(\s*(0*\.0\d*|0+|\d(?:\.\d+)?%)\s*\)")
_ALPHA_ZERO = re.compile(r"transparent|#[0-9a-f]{3}0|#[0-9a-f]{6}00|(?:rgb|hsl)a?\([^)]*[,/]\s*0*\.?0*%?\s*\)")
_WITH_ALPHA = re.compile(r"(?:rgb|hsl)a\(|/|#[0-9a-f]{4}(?![0-9a-f])|#[0-9a-f]{8}|transparent")
_COLOUR = re.compile(r"#[0-9a-f]{6}|#[0-9a-f]{3}(?![0-9a-f])|rgb\(\s*\d+[\s,]+\d+[\s,]+\d+\s*\)|\b[a-z]{3,}\b")
_NAMED = {"white": "#ffffff", "black": "#000000", "snow": "#fffafa", "ivory": "#fffff0"}
_TINY = 3.0  # pixels: letters that nobody reads
_FAINT = 0.1  # opacity
_FAR, _VERY_FAR = 100.0, 1_000.0  # pixels: to the left of or above its place, and in any direction
_LONGEST = 2_000  # characters of a style that are looked at


@lru_cache(maxsize=2_000)  # a page uses the same few again and again
def hides(style: str) -> bool:
    """Whether an element with the inline *style* cannot be read."""
    pairs = _declarations(style)
    return (
        any(_not_shown(*pair) or _without_size(*pair) or _transformed(*pair) for pair in pairs)
        or any(_elsewhere(*pair, far=_FAR) for pair in pairs)
        or _is_faint(pairs)
        or _is_cut_off(pairs)
        or _is_drowned(pairs)
    )


def hides_for_good(style: str) -> bool:
    """Whether the rule *style* of a style sheet hides text; scripts fade in and unfold much, which is no hiding."""
    pairs = _declarations(style)
    return any(
        _not_shown(*pair) or _without_size(*pair) or _elsewhere(*pair, far=_VERY_FAR) for pair in pairs
    ) or _is_drowned(pairs)


def without_comments(sheet: str) -> str:
    """Give *sheet* without its comments."""
    return "".join(piece.partition("/*")[0] for piece in sheet.split("*/"))  # linear, however the sheet is made


def unescaped(name: str) -> str:
    """Give *name* as a browser understands it: `d\\69 splay` is `display`."""
    return _ESCAPE.sub(lambda found: _character(found[1]) if found[1] else found[2], name) if "\\" in name else name


def _character(code: str) -> str:
    number = int(code, 16)
    return chr(number) if 0 < number < 0x110000 else "\ufffd"


def _declarations(style: str) -> list[tuple[str, str]]:
    """Give names and values. Of a name that is there twice both: a browser may not know the second."""
    text = unescaped(without_comments(style[:_LONGEST])).lower()
    pairs = (each.partition(":") for each in text.split(";"))
    return [(name.strip(), value.partition("!")[0].strip()) for name, colon, value in pairs if colon]


def _not_shown(name: str, value: str) -> bool:
    return value in _NOT_SHOWN.get(name, ())


def _without_size(name: str, value: str) -> bool:
    if name == "font-size":
        return any(size < _TINY for size in _pixels(value))
    if name != "font":
        return False
    # Of the numbers in the shorthand, the first with a unit is the size; those without are weights, unless they are 0.
    sizes = (found for found in _LENGTH.finditer(value.partition("/")[0]) if found[2] or not float(found[1]))
    first = next(sizes, None)
    return first is not None and float(first[1]) * _PIXELS[first[2] or "px"] < _TINY


def _elsewhere(name: str, value: str, *, far: float) -> bool:
    if name in _PLACES:
        return any(pixels <= -far or abs(pixels) >= _VERY_FAR for pixels in _pixels(value, percent=10.0))
    if name in ("clip", "clip-path", "-webkit-clip-path"):
        return bool(_NOTHING_CLIPPED_IN.search(value))
    return False


def _transformed(name: str, value: str) -> bool:
    if name == "transform":
        return bool(_MOVED_AWAY.search(value))
    if name == "translate":
        return any(abs(pixels) >= _VERY_FAR for pixels in _pixels(value, percent=10.0))
    return name in ("scale", "zoom") and any(not pixels for pixels in _pixels(value))


def _is_faint(pairs: list[tuple[str, str]]) -> bool:
    for name, value in pairs:
        if name == "opacity" and (found := _LENGTH.match(value)):
            return float(found[1]) / (100 if found[2] == "%" else 1) < _FAINT
        if name == "filter" and _FADED.search(value):
            return True
    return False


def _is_cut_off(pairs: list[tuple[str, str]]) -> bool:
    """Whether what is higher or wider than nothing is cut off."""
    clipped = any(name.startswith("overflow") and ("hidden" in value or "clip" in value) for name, value in pairs)
    return clipped and any(name in _EXTENTS and any(size <= 1 for size in _pixels(value)) for name, value in pairs)


def _is_drowned(pairs: list[tuple[str, str]]) -> bool:
    """Whether the letters are transparent, or have the colour that is declared for their background."""
    colours = [value for name, value in pairs if name in _COLOURS]
    if any(_ALPHA_ZERO.fullmatch(value) and _WITH_ALPHA.search(value) for value in colours):
        return True
    grounds = {
        found for name, value in pairs if name in ("background", "background-color") for found in _colours(value)
    }
    return any(found in grounds for value in colours for found in _colours(value))


def _pixels(value: str, *, percent: float = _PIXELS["%"]) -> list[float]:
    units = {**_PIXELS, "%": percent}
    found = _LENGTH.finditer(value)
    return [float(each[1].replace(" ", "")) * units[each[2] or "px"] for each in found]


def _colours(value: str) -> list[str]:
    return [_hexadecimal(found) for found in _COLOUR.findall(value)]


def _hexadecimal(colour: str) -> str:
    if colour.startswith("rgb"):
        return "#" + "".join(f"{min(255, int(number)):02x}" for number in re.findall(r"\d{1,4}", colour))
    if colour.startswith("#") and len(colour) == 4:
        return "#" + "".join(digit * 2 for digit in colour[1:])
    return _NAMED.get(colour, colour)
