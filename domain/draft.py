"""Drafts: candidates for a post, each word of them traceable, and their scores."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from domain.template import TweetStyle


class SegmentKind(StrEnum):
    TITLE = "title"  # the material's title, or a part of it
    EXTRACT = "extract"  # one span of the material's text, unchanged
    TRIMMED = "trimmed"  # several spans of the text: something between them was left out
    CLAIM = "written"  # a model's own words; what they claim stands in the spans, and without spans they claim nothing
    TEMPLATE = "template"  # fixed words of the writer's own: line breaks, arrows, a question; no claim
    HASHTAG = "hashtag"
    EMOJI = "emoji"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of characters of a part and where it comes from.

    *material_id* and *field* ("text", "title", "url", "tags", "site") name the source; *spans* are [start, end)
    code-point offsets into that field. Both are empty for segments that claim nothing.
    """

    kind: SegmentKind
    text: str
    material_id: str | None = None
    field: str | None = None
    spans: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """One tweet of a draft. The segments' texts joined are *text*."""

    text: str
    segments: tuple[Segment, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """One item of a checklist. The names and the count are the server's, never assumed."""

    factor: str
    passed: bool
    suggestion: str | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """value = 100 · passed ÷ offered, rounded down; of a thread, its weakest part's.

    *scored_by* is "xquik" or "local"; *part* is the part the checks speak of.
    """

    value: int
    checks: tuple[Check, ...]
    scored_by: str
    part: int = 0
    top_suggestion: str | None = None

    @property
    def failed(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if not check.passed)


@dataclass(frozen=True, slots=True)
class Origin:
    """How a draft came to be where a language model is configured.

    *model* and *prompts* (each with its version) were asked, *seed* was sent along. *why* tells why the embedded writer
    answered instead. *tokens_in*, *tokens_out* and *cost_micros* (millionths of a US dollar; None without prices) are
    this draft's share of its step: over the drafts of a step they add up to what its calls took.
    """

    model: str
    prompts: tuple[str, ...] = ()
    seed: int | None = None
    tokens_in: int = 0
    tokens_out: int = 0
    cost_micros: int | None = None
    why: str | None = None


class Measure(StrEnum):
    """How a draft repeats a post, the plainest way first."""

    EXACT = "exact"  # the same words; links, case and punctuation aside
    NEAR = "near"  # nearly the same words
    LINK = "link"  # the same link
    OPENING = "opening"  # the same first words


@dataclass(frozen=True, slots=True)
class Repeats:
    """Why a draft is set aside: the post that it repeats, how, and how alike both texts are (0 to 1)."""

    post_id: str
    measure: Measure
    likeness: float


@dataclass(frozen=True, slots=True)
class Draft:
    """A candidate: one part for a tweet, two or more for a thread.

    *id* is unique within its run ("d0", "d1", …). *rank* is the writer's own preference, higher is better, and decides
    between equal scores. *refined_from* names the draft that a refinement changed. *unmet_hints* are the owner's hints
    that the writer did not follow, never dropped in silence. *engine* is "embedded" or "model", or "person" for what
    was edited by hand; *origin* stands on every draft of a step that asked a language model. *repeats* names the post
    that is too close: such a draft is not chosen.
    """

    id: str
    parts: tuple[Part, ...]
    engine: str = "embedded"
    tweet_style: TweetStyle | None = None
    language: str | None = None
    rank: float = 0.0
    material_ids: tuple[str, ...] = ()
    unmet_hints: tuple[str, ...] = ()
    refined_from: str | None = None
    refinements: tuple[str, ...] = ()  # what a refinement changed, in words
    score: Score | None = None
    origin: Origin | None = None
    repeats: Repeats | None = None

    @property
    def text(self) -> str:
        return "\n\n".join(part.text for part in self.parts)


@dataclass(frozen=True, slots=True)
class Guidance:
    """What `POST /compose` advises for a topic (steps compose and refine), reduced to what a writer can follow."""

    rules: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()  # compositionGuidance of step refine
