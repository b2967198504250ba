"""How an author writes, as a few means of surface features, and how far a draft is from it.

A style steers toggles and the choice between drafts; it never rewrites words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from domain.material import StyleProfile
from domain.weighted_length import weighted_length
from generators.rules import has_emoji, without_links

FEWEST_SAMPLES = 3
CAP = 3.0  # of one feature's distance, in scales
_SCALES = {
    "length": 70.0, "words": 12.0, "link": 0.5, "hashtags": 0.8, "mentions": 0.6, "emoji": 0.5, "question": 0.4,
    "exclamation": 0.4, "breaks": 1.0, "stop": 0.5, "lower": 0.4, "capitals": 0.08, "word": 0.8, "sentence": 8.0,
    "digits": 0.5, "ellipsis": 0.3, "colon": 0.4, "quotes": 0.4, "dash": 0.4, "arrow": 0.4,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Manner:
    """The means of an author's features; see `features` for their names."""

    means: dict[str, float]

    def prefers(self, name: str) -> bool:
        """Whether most of the author's posts have the feature *name*."""
        return self.means[name] >= 0.5


def manner_of(profile: StyleProfile | None) -> Manner | None:
    """The manner of *profile*, or None where it has too few samples to tell."""
    samples = [sample for sample in profile.samples if sample.strip()] if profile else []
    if len(samples) < FEWEST_SAMPLES:
        return None
    rows = [features(sample) for sample in samples]
    return Manner({name: sum(row[name] for row in rows) / len(rows) for name in _SCALES})


def distance(text: str, manner: Manner) -> float:
    """How far *text* is from *manner*: 0 is the author's own mean, 3 the farthest."""
    row = features(text)
    gaps = [min(CAP, abs(row[name] - mean) / _SCALES[name]) for name, mean in manner.means.items()]
    return sum(gaps) / len(gaps)


def features(text: str) -> dict[str, float]:
    """The surface features of one post."""
    prose = without_links(text).strip()
    words = re.findall(r"\w+(?:['’]\w+)*", prose)
    letters = [character for character in prose if character.isalpha()]
    sentences = max(1, len(re.findall(r"[.!?…。！？]+(?:\s|$)", prose)))
    return {
        "length": float(weighted_length(text)),
        "words": float(len(words)),
        "link": float(prose != text.strip()),
        "hashtags": float(len(re.findall(r"(?<!\w)#\w", prose))),
        "mentions": float(len(re.findall(r"(?<!\w)@\w", prose))),
        "emoji": float(has_emoji(prose)),
        "question": float("?" in prose or "？" in prose),
        "exclamation": float("!" in prose or "！" in prose),
        "breaks": float(len(re.findall(r"\n+", prose))),
        "stop": float(bool(re.search(r"[.。]\W*$", _without_tail(prose)))),
        "lower": float(prose[:1].islower()),
        "capitals": _share(sum(letter.isupper() for letter in letters), letters),
        "word": _share(sum(map(len, words)), words),
        "sentence": len(words) / sentences,
        "digits": float(bool(re.search(r"\d", prose))),
        "ellipsis": float("…" in prose or "..." in prose),
        "colon": float(":" in prose),
        "quotes": float(bool(re.search(r"[“”„\"«»]", prose))),
        "dash": float(bool(re.search(r"\s[–—-]\s|—", prose))),
        "arrow": float("→" in prose or "\n- " in prose or "•" in prose),
    }


def _without_tail(prose: str) -> str:
    return re.sub(r"(?:\s*#\w+)+\s*$", "", prose)


def _share(amount: int, of: Sequence[object]) -> float:
    return amount / len(of) if of else 0.0
