"""The length that X gives a text: the weighted count of twitter-text, configurations v2 and v3.

A text counts in its NFC form. A code point weighs 1 in the Latin-like ranges and 2 elsewhere, a link weighs 23
whatever its length, and in v3 (what X uses) an emoji sequence weighs 2 however many code points it is made of.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal

LIMIT = 280
LINK_WEIGHT = 23
_REMEMBERED = 1_000  # characters; longer texts are articles, which are read once
LABEL_LIMIT = 63  # of one label of a host, in its ASCII form (RFC 1035)

_INNER_STOP = re.compile(r"\w\.\w")
_HEAVY = re.compile("[^\u0000-\u10ff\u2000-\u200d\u2010-\u201f\u2032-\u2037]")


def weighted_length(text: str, *, config: Literal["v2", "v3"] = "v3") -> int:
    """Count *text* as X does. 280 is the most that a post may have."""
    return _known_length(text, config) if len(text) <= _REMEMBERED else _length(text, config)


@lru_cache(1024)
def _known_length(text: str, config: str) -> int:
    return _length(text, config)


def _length(text: str, config: str) -> int:
    text = unicodedata.normalize("NFC", text)
    total, at = 0, 0
    for start, end in link_spans(text):
        total += _plain(text[at:start], config) + LINK_WEIGHT
        at = end
    return total + _plain(text[at:], config)


def fits(text: str, limit: int = LIMIT) -> bool:
    """Whether *text* has at most *limit* weighted characters."""
    return weighted_length(text) <= limit


def link_spans(text: str) -> Iterable[tuple[int, int]]:
    """Give [start, end) of each link that X would make of *text*, with or without a scheme, in order."""
    return _known_spans(text) if len(text) <= _REMEMBERED else tuple(_spans(text))


@lru_cache(512)
def _known_spans(text: str) -> tuple[tuple[int, int], ...]:
    """A draft is measured, checked and taken apart again and again: its links are looked for once."""
    return tuple(_spans(text))


def _spans(text: str) -> Iterator[tuple[int, int]]:
    if not _INNER_STOP.search(text):
        return
    for match in _link_pattern().finditer(text):
        host_end = _host_end(match)
        if host_end is None:
            continue
        complete = host_end == match.end("host")
        yield match.start("link"), match.end() if complete else host_end


def _plain(text: str, config: str) -> int:
    heavy = len(_HEAVY.findall(text))
    if config == "v2" or not heavy:  # every emoji holds a heavy code point
        return len(text) + heavy
    text, emoji = _emoji_pattern().subn("", text)
    return 2 * int(emoji) + len(text) + len(_HEAVY.findall(text))


def _host_end(match: Any) -> int | None:
    """Where the host ends whose last label is a top-level domain, or None if there is no such host."""
    labels = match["host"].split(".")
    if any(_too_long(label) for label in labels):
        return None
    for count in range(len(labels), 1, -1):
        suffix = _top_level(labels[count - 1], cut=count < len(labels))
        if suffix is not None:
            return int(match.start("host")) + len(".".join(labels[: count - 1])) + 1 + len(suffix)
    return None


def _top_level(label: str, *, cut: bool) -> str | None:
    lowered = label.lower()
    if lowered in _top_level_domains() or lowered.startswith("xn--"):
        return label
    latin = label[: next((i for i, c in enumerate(label) if not c.isascii()), len(label))]
    joins = latin != label and not cut
    return latin if joins and latin.lower() in _top_level_domains() else None


def _too_long(label: str) -> bool:
    ascii_form = label if label.isascii() else "xn--" + label.encode("punycode").decode()
    return len(ascii_form) > LABEL_LIMIT


# The table and `regex` (for \p classes) are loaded by the first text that needs them: importing this costs nothing.


@cache
def _top_level_domains() -> frozenset[str]:
    """The top-level domains that X links without being asked: the ICANN root as of 2025, in Unicode."""
    return frozenset(Path(__file__).with_name("top_level_domains.txt").read_text(encoding="utf-8").split())


@cache
def _link_pattern() -> Any:
    import regex

    label = r"[\p{L}\p{M}\p{N}](?:[\p{L}\p{M}\p{N}_-]*[\p{L}\p{M}\p{N}])?"
    plain = r"[a-zA-Z0-9\u00c0-\u024f](?:[a-zA-Z0-9\u00c0-\u024f_-]*[a-zA-Z0-9\u00c0-\u024f])?"
    inner = r"[a-zA-Z0-9\p{Cyrillic}\u00c0-\u024f!*';:=+,.$/%#\[\]\-–_~@|&]"
    closing = r"[a-zA-Z0-9\p{Cyrillic}\u00c0-\u024f=_#/+\-]"
    round_ = rf"\((?:{inner}|\({inner}+\))+\)"
    path = rf"/(?:(?:{inner}|{round_})*(?:{closing}|{round_}))?"
    query = r"\?[a-zA-Z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*[a-zA-Z0-9\-_&=#/]"
    return regex.compile(
        rf"""(?<![a-zA-Z0-9@＠$\#＃\ufffe\ufeff\uffff])
        (?P<link>(?:https?://(?P<host>{label}(?:\.{label})+)
           |(?<![-_./])(?P<host>{plain}(?:\.{plain})+))
        (?![a-zA-Z0-9@+\-])(?::[0-9]+)?(?:{path})?(?:{query})?)""",
        regex.VERBOSE | regex.IGNORECASE,
    )


@cache
def _emoji_pattern() -> Any:
    import regex

    person = r"[\p{Emoji_Modifier_Base}👪👯🤼🧞🧟]"
    toned = r"\p{Emoji_Modifier_Base}\p{Emoji_Modifier}"
    joined = r"[♀♂⚕⚖✈❤💋🌾🍳🍼🎓🎤🎨🏫🏭💻💼🔧🔬🚀🚒🦯🦰🦱🦲🦳🦼🦽🤝🎄🐰👦👧👨👩🧑🧒🫯➡]"
    pairs = r"🏳️?‍🌈|🏳️?‍⚧️?|🏴‍☠️?|👁️?‍🗨️?|🐕‍🦺|🐈‍⬛|🐻‍❄️?|🐦‍[⬛🔥]|😶‍🌫️?|😮‍💨|😵‍💫|❤️?‍[🔥🩹]|🙂‍[↔↕]️?|🍋‍🟩|🍄‍🟫|⛓️?‍💥"
    return regex.compile(
        rf"""[0-9\#*]\ufe0f?\u20e3 | \p{{Regional_Indicator}}{{2}} | 🏴[\U000e0020-\U000e007e]+\U000e007f | {pairs}
        | (?:{toned}|{person}\ufe0f?)(?:\u200d{joined}(?:\p{{Emoji_Modifier}}|\ufe0f)?)+
        | {toned} | [©®™♟]\ufe0f | (?![©®™♟])\p{{Extended_Pictographic}}\ufe0f?(?!\ufe0e) | \p{{Emoji_Modifier}}""",
        regex.VERBOSE,
    )
