"""Scoring: our own copy of the checks for every draft, the server's verdict for the most promising.

The write tier of the API is narrow (30 requests a minute), and scoring shares it with posting.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from domain.draft import Draft, Score
from domain.errors import ApiBlocked, ApiError, ApiLimited
from domain.weighted_length import link_spans
from generators.rules import checks

ASKED = 2  # drafts of one run that the server is asked about
LOCAL = "local"

Ask = Callable[[str, bool, bool], Awaitable[Score]]


async def score(drafts: Sequence[Draft], *, ask: Ask) -> tuple[Draft, ...]:
    """Every draft with its score, in the order given; the best two by our own rules with the server's.

    *ask* is called with the text of a draft's weakest part, whether it has a link, and whether it has media. Where the
    server cannot answer, our own score stays, marked "local". ApiBlocked and ApiLimited are raised: the template
    needs its owner, or the run has to wait.
    """
    scored = {draft.id: replace(draft, score=local_score(draft)) for draft in drafts}
    for draft in _promising(tuple(scored.values())):
        scored[draft.id] = replace(draft, score=await _ask(draft, ask))
    return tuple(scored[draft.id] for draft in drafts)


def local_score(draft: Draft) -> Score:
    """The score by our own rules. A thread is as good as its weakest part."""
    return min((_part_score(part.text, at) for at, part in enumerate(draft.parts)), key=lambda found: found.value)


def has_link(text: str) -> bool:
    """Whether *text* holds a link, with or without a scheme."""
    return "://" in text or any(True for _ in link_spans(text))


def _part_score(text: str, at: int) -> Score:
    found = checks(text, has_link=has_link(text))
    passed = sum(check.passed for check in found)
    first = next((check.suggestion for check in found if not check.passed), None)
    return Score(100 * passed // len(found), found, LOCAL, part=at, top_suggestion=first)


def _promising(drafts: Sequence[Draft]) -> list[Draft]:
    """The drafts most likely to be chosen: the best of those that follow most hints, then the best of all.

    What repeats an earlier post is not chosen, so nobody is asked about it.
    """
    fresh = [draft for draft in drafts if draft.repeats is None]
    by_score = sorted(fresh, key=lambda draft: (-draft.score.value if draft.score else 0, -draft.rank))
    first = sorted(by_score, key=lambda draft: len(draft.unmet_hints))[:1]
    return [*first, *(draft for draft in by_score if draft not in first)][:ASKED]


async def _ask(draft: Draft, ask: Ask) -> Score:
    local = draft.score or local_score(draft)
    text = draft.parts[local.part].text
    try:
        verdict = await ask(text, has_link(text), False)
    except (ApiBlocked, ApiLimited):
        raise
    except ApiError:
        return local  # the editorial checks are advice: a post does not wait for them
    return replace(verdict, part=local.part)
