"""The eleven editorial checks of `POST /compose` step score. Deterministic; each looks at one thing only."""

from collections.abc import Callable
from dataclasses import dataclass

import regex

from sandbox.editorial.text import EMOJI, HASHTAG, find_links, weighted_length, without_links, word_count
from sandbox.editorial.words import INVITES

SHORTEST, LONGEST = 50, 280
ENOUGH_WORDS = 8

_SHOUTED = regex.compile(r"(?<![\p{L}\p{M}])\p{Lu}[\p{Lu}\p{M}]{2,}(?![\p{L}\p{M}])")
_QUESTION = regex.compile(r"[?？؟⸮՞፧꘏⁇⁈⁉]|\u037E|(?<=\p{Greek}\s?);(?=\s|$)")
_LOUD_PAIR = regex.compile(r"[!！?？؟]\uFE0F?[!！?？؟]|[‼⁇⁈⁉]|¡¡|¿¿")
_DASH = regex.compile(r"[–—―⸺⸻﹘]|--|－－")


@dataclass(frozen=True, slots=True)
class Draft:
    """A text to judge, with what will be attached to it; *prose* is the text without its links."""

    text: str
    prose: str
    linked: bool  # a link stands in the text
    has_link: bool
    has_media: bool


@dataclass(frozen=True, slots=True)
class Check:
    """One factor of the checklist, and what to do when it fails."""

    factor: str
    passes: Callable[[Draft], bool]
    suggestion: str


def _calm(draft: Draft) -> bool:
    """Tell whether punctuation is calm: no doubled ! or ?, and at most three ! in all."""
    return not _LOUD_PAIR.search(draft.prose) and sum(draft.prose.count(mark) for mark in "!！") <= 3


def _no_emoji(draft: Draft) -> bool:
    return not EMOJI.search(draft.prose)


def _invites(draft: Draft) -> bool:
    return bool(_QUESTION.search(draft.prose) or INVITES.search(draft.prose))


CHECKS = (
    Check("No external links in body", lambda d: not d.linked, "Remove the link from the body"),
    Check("No hashtags", lambda d: not HASHTAG.search(d.prose), "Remove the hashtags"),
    Check(
        "No excessive capitalization",
        lambda d: len(_SHOUTED.findall(d.prose)) < 2,
        "Write the words in capitals in normal case",
    ),
    Check("Conversation-driving CTA", _invites, "End with a question or call to reply"),
    Check(
        "Optimal length (50-280 characters)",
        lambda d: SHORTEST <= weighted_length(d.text) <= LONGEST,
        "Bring the text to between 50 and 280 characters",
    ),
    Check("Media attached", lambda d: d.has_media, "Attach an image or a video"),
    Check("No excessive punctuation", _calm, "Use single punctuation marks"),
    Check("No emojis", _no_emoji, "Remove the emojis"),
    Check(
        "No em dashes or double dashes", lambda d: not _DASH.search(d.prose), "Replace the dashes by commas or stops"
    ),
    Check("Sufficient substance", lambda d: word_count(d.prose) >= ENOUGH_WORDS, "Add a specific detail or metric"),
    Check(
        "Link-in-reply strategy",
        lambda d: not (d.has_link and d.linked),
        "Move the link to a reply instead",
    ),
)

# What to name first when several fail: what a reader misses before what a reader minds.
_ORDER = (9, 3, 4, 10, 0, 1, 2, 6, 8, 7, 5)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of every check, in the checklist's order, and the suggestion that helps most."""

    outcomes: tuple[tuple[Check, bool], ...]

    @property
    def passed(self) -> int:
        return sum(passed for _, passed in self.outcomes)

    @property
    def top_suggestion(self) -> str:
        first = next((CHECKS[i] for i in _ORDER if not self.outcomes[i][1]), None)
        return first.suggestion + "." if first else "All Xquik editorial checks passed."


def judge(text: str, *, has_link: bool = False, has_media: bool = False) -> Verdict:
    """Return what the eleven checks say of *text*, with a link or media attached or not."""
    draft = Draft(text, without_links(text), bool(find_links(text)), has_link, has_media)
    return Verdict(tuple((check, check.passes(draft)) for check in CHECKS))
