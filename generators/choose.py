"""Choosing: which of the scored drafts are posted, and why, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from domain.draft import Draft, Measure, Repeats
from generators.repetition import say_the_same

_FEWER = "no other draft was both good enough and different"
_BETWEEN = "; "  # two sentences of a reason


@dataclass(frozen=True, slots=True)
class Choice:
    """The drafts that won, best first, and the reason; no drafts when none was good enough."""

    drafts: tuple[Draft, ...]
    reason: str


def choose(drafts: Sequence[Draft], *, count: int, minimum_score: int) -> Choice:
    """Pick up to *count* distinct drafts that score at least *minimum_score* and repeat no earlier post.

    Of these, the drafts that follow more of the owner's hints come first, then the score decides, and the writer's rank
    between equal scores. Drafts from different materials are preferred; those that share their first part or say nearly
    the same, or a draft and its refinement, are never both chosen.
    """
    if not drafts:
        return Choice((), "no draft was written")
    enough = sorted((draft for draft in drafts if _value(draft) >= minimum_score), key=_preference)
    good = [draft for draft in enough if draft.repeats is None]
    if enough and not good:
        return Choice((), "; ".join(_repeats_what(draft) for draft in enough))
    if not good:
        return Choice((), _too_low(min(drafts, key=_by_score), minimum_score))
    chosen = _distinct(good, count)
    aside = [draft for draft in enough if draft.repeats is not None]
    losers = sorted((draft for draft in drafts if draft not in chosen and draft not in aside), key=_by_score)
    return Choice(tuple(chosen), "; ".join((_why(chosen, losers, count), *map(_repeats_what, aside))))


def _preference(draft: Draft) -> tuple[float, float, float, str]:
    return (len(draft.unmet_hints), *_by_score(draft))


def _by_score(draft: Draft) -> tuple[float, float, str]:
    return (-_value(draft), -draft.rank, draft.id)


def _value(draft: Draft) -> int:
    return draft.score.value if draft.score else 0


def _distinct(good: Sequence[Draft], count: int) -> list[Draft]:
    chosen: list[Draft] = []
    for same_material_too in (False, True):
        for draft in good:
            if len(chosen) == count:
                return chosen
            if draft not in chosen and not _repeats(draft, chosen, same_material_too):
                chosen.append(draft)
    return chosen


def _repeats(draft: Draft, chosen: Iterable[Draft], same_material_too: bool) -> bool:
    return any(
        _family(draft) == _family(other)
        or _family(draft) == other.id
        or draft.id == _family(other)
        or draft.parts[0].text == other.parts[0].text
        or say_the_same(draft, other)
        or (not same_material_too and bool(set(draft.material_ids) & set(other.material_ids)))
        for other in chosen
    )


def _family(draft: Draft) -> str:
    return draft.refined_from or draft.id


def _repeats_what(draft: Draft) -> str:
    assert draft.repeats is not None
    return f"{draft.id} {in_words(draft.repeats)}"


def in_words(repeats: Repeats) -> str:
    """Say which post is too close, and by which measure."""
    how = {
        Measure.EXACT: "says what post {post} says",
        Measure.NEAR: "is {likeness:.0%} like post {post}",
        Measure.LINK: "has the link of post {post}",
        Measure.OPENING: "begins as post {post} does",
    }
    return how[repeats.measure].format(post=repeats.post_id, likeness=repeats.likeness)


def _tally(draft: Draft) -> str:
    if draft.score is None:
        return "not scored"
    passed = sum(check.passed for check in draft.score.checks)
    return f"{passed} of {len(draft.score.checks)} checks"


def _too_low(best: Draft, minimum_score: int) -> str:
    failed = ", ".join(check.factor for check in best.score.failed) if best.score else ""
    return f"the best draft scored {_value(best)}, the template asks for {minimum_score}" + (
        f": {failed}" if failed else ""
    )


def _why(chosen: Sequence[Draft], losers: Sequence[Draft], count: int) -> str:
    sentences = [_win(draft, losers) for draft in chosen]
    if len(chosen) < count:
        sentences.append(f"{len(chosen)} of {count} posts: {_FEWER}")
    return _BETWEEN.join(sentences)


def shortfall(reason: str | None) -> list[str]:
    """Give what the reason of a choice says of posts that were asked for and not written; nothing when all were."""
    return [each for each in (reason or "").split(_BETWEEN) if each.endswith(_FEWER)]


def _win(draft: Draft, losers: Sequence[Draft]) -> str:
    if not losers:
        return f"{draft.id} won: {_tally(draft)} passed" + _changes(draft)
    rival = losers[0]
    if len(draft.unmet_hints) < len(rival.unmet_hints):
        against = (
            f" passed, and it follows hints that {rival.id} does not: {_more(rival.unmet_hints, draft.unmet_hints)}"
        )
    elif _value(draft) > _value(rival):
        against = f" passed against {_tally(rival)} of {rival.id}"
    elif _value(draft) == _value(rival) and draft.rank > rival.rank:
        against = f" passed, as of {rival.id}; the writer ranks it {draft.rank:.2f} against {rival.rank:.2f}"
    else:
        against = f" passed; {rival.id} is not different enough to be posted beside the others"
    return f"{draft.id} won: {_tally(draft)}{against}" + _changes(draft)


def _more(hints: Sequence[str], known: Sequence[str]) -> str:
    return ", ".join(hint for hint in hints if hint not in known)


def _changes(draft: Draft) -> str:
    return f" ({draft.refined_from} refined: {', '.join(draft.refinements)})" if draft.refined_from else ""
