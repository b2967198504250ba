"""What a model is told of an author's manner: a few means in words, and posts to hear the voice by."""

from __future__ import annotations

from collections.abc import Sequence

from domain.material import StyleProfile
from generators.claims import MENTION
from generators.embedded.boilerplate import INJECTION
from generators.embedded.style import Manner, manner_of
from generators.model.building import words
from generators.rules import without_links

NEAREST = 5
LONGEST_SAMPLE = 320  # characters


def style_card(profile: StyleProfile | None, topic: str) -> dict[str, object] | None:
    """The card of *profile* for a post about *topic*, or None where there are too few samples to tell a manner."""
    manner = manner_of(profile)
    if profile is None or manner is None:
        return None
    return {
        "use": "voice only, take no facts",
        "manner": _in_words(manner),
        "posts": _nearest(profile.samples, topic),
    }


def _in_words(manner: Manner) -> list[str]:
    means = manner.means
    found = [f"about {round(means['words'])} words a post, about {max(1, round(means['sentence']))} a sentence"]
    found.append("breaks lines" if means["breaks"] >= 1 else "no line breaks")
    for name, text in (
        ("emoji", "emoji"), ("question", "questions"), ("exclamation", "exclamation marks"), ("digits", "figures"),
        ("colon", "colons"), ("dash", "dashes"), ("arrow", "list marks"), ("quotes", "quotation marks"),
    ):  # fmt: skip
        found.append(f"{'often' if manner.prefers(name) else 'seldom'} {text}")
    if manner.prefers("lower"):
        found.append("begins with a small letter")
    if not manner.prefers("stop"):
        found.append("no full stop at the end")
    return found


def _nearest(samples: Sequence[str], topic: str) -> list[str]:
    """The samples nearest to *topic* by shared words, without links and handles; none that speak to a machine."""
    about = set(words(topic))
    usable = [MENTION.sub("", without_links(sample)).strip() for sample in samples if not INJECTION.search(sample)]
    usable = [sample for sample in usable if 0 < len(sample) <= LONGEST_SAMPLE]
    return sorted(usable, key=lambda sample: _distance(set(words(sample)), about))[:NEAREST]


def _distance(sample: set[str], about: set[str]) -> float:
    return -len(about & sample) / len(sample) if sample else 0.0
