"""Styles as JSON, and two of them side by side in numbers. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from statistics import median
from typing import Any

from domain.material import StyleProfile
from domain.weighted_length import weighted_length

LINK = re.compile(r"https?://\S+")
TAG = re.compile(r"#\w+")
HANDLE = re.compile(r"@\w+")
WORD = re.compile(r"[^\W\d_]{4,}")  # four letters or more: shorter ones say little about a style
WORDS = 8


@dataclass(frozen=True, slots=True)
class Measured:
    """How an author writes, over all samples. Lengths are X's own, in characters; the others percent of the posts."""

    count: int
    fetched_at: datetime | None
    typical_length: int
    shortest: int
    longest: int
    with_links: int
    with_hashtags: int
    with_mentions: int
    questions: int
    several_lines: int
    words: tuple[str, ...]  # the most frequent ones, the most frequent first


def style(name: str, profile: StyleProfile) -> dict[str, Any]:
    return {
        "name": name,
        "username": profile.username,
        "count": len(profile.samples),
        "fetched_at": profile.fetched_at,
        "samples": list(profile.samples),
    }


def listed(name: str, profile: StyleProfile) -> dict[str, Any]:
    """Show a style without its samples."""
    return {key: value for key, value in style(name, profile).items() if key != "samples"}


def compared(names: Sequence[str], found: Sequence[StyleProfile]) -> dict[str, Any]:
    """Show styles side by side, measured."""
    return {"styles": [{"name": name, **asdict(measured(each))} for name, each in zip(names, found, strict=True)]}


def measured(profile: StyleProfile) -> Measured:
    """Measure *profile*; one without samples has zeros."""
    samples = profile.samples
    lengths = [weighted_length(each) for each in samples] or [0]
    said = Counter(word.lower() for each in samples for word in WORD.findall(LINK.sub("", each)))
    return Measured(
        count=len(samples),
        fetched_at=profile.fetched_at,
        typical_length=round(median(lengths)),
        shortest=min(lengths),
        longest=max(lengths),
        with_links=_percent(samples, lambda text: bool(LINK.search(text))),
        with_hashtags=_percent(samples, lambda text: bool(TAG.search(LINK.sub("", text)))),
        with_mentions=_percent(samples, lambda text: bool(HANDLE.search(LINK.sub("", text)))),
        questions=_percent(samples, lambda text: "?" in LINK.sub("", text)),
        several_lines=_percent(samples, lambda text: "\n" in text.strip()),
        words=tuple(word for word, _ in said.most_common(WORDS)),
    )


def rows(one: Measured, other: Measured) -> list[tuple[object, object, object]]:
    """Give the rows of the table: what is measured, and both values."""

    def row(name: str, value: Callable[[Measured], object]) -> tuple[object, object, object]:
        return (name, value(one), value(other))

    return [
        row("samples", lambda style: style.count),
        row("read", lambda style: style.fetched_at),
        row("typical length", lambda style: style.typical_length),
        row("shortest, longest", lambda style: f"{style.shortest}, {style.longest}"),
        row("with links", lambda style: f"{style.with_links}%"),
        row("with hashtags", lambda style: f"{style.with_hashtags}%"),
        row("with mentions", lambda style: f"{style.with_mentions}%"),
        row("questions", lambda style: f"{style.questions}%"),
        row("several lines", lambda style: f"{style.several_lines}%"),
        row("frequent words", lambda style: ", ".join(style.words)),
    ]


def _percent(samples: Sequence[str], holds: Callable[[str], bool]) -> int:
    return round(100 * sum(map(holds, samples)) / len(samples)) if samples else 0
