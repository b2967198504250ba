"""Choosing: which of the scored drafts are posted, and why, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from domain.draft import Draft


@dataclass(frozen=True, slots=True)
class Choice:
    """The drafts that won, best first, and the reason; no drafts when none was good enough."""

    drafts: tuple[Draft, ...]
    reason: str


def choose(drafts: Sequence[Draft], *, count: int, minimum_score: int) -> Choice:
    """Pick up to *count* distinct drafts that score at least *minimum_score*.

    The score decides, the writer's rank decides between equal scores. Drafts from different materials are preferred,
    then drafts that do not share their first part; a draft and its refinement are never both chosen.
    """
    if not drafts:
        return Choice((), "no draft was written")
    ordered = sorted(drafts, key=_preference)
    good = [draft for draft in ordered if _value(draft) >= minimum_score]
    if not good:
        return Choice((), _too_low(ordered[0], minimum_score))
    chosen = _distinct(good, count)
    return Choice(tuple(chosen), _why(chosen, ordered, count))


def _preference(draft: Draft) -> tuple[float, float, str]:
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
        or (not same_material_too and bool(set(draft.material_ids) & set(other.material_ids)))
        for other in chosen
    )


def _family(draft: Draft) -> str:
    return draft.refined_from or draft.id


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


def _why(chosen: Sequence[Draft], ordered: Sequence[Draft], count: int) -> str:
    losers = [draft for draft in ordered if draft not in chosen]
    sentences = [_win(draft, losers) for draft in chosen]
    if len(chosen) < count:
        sentences.append(f"{len(chosen)} of {count} posts: no other draft was both good enough and different")
    return "; ".join(sentences)


def _win(draft: Draft, losers: Sequence[Draft]) -> str:
    if not losers:
        return f"{draft.id} won: {_tally(draft)} passed" + _changes(draft)
    rival = losers[0]
    if _value(draft) > _value(rival):
        against = f" passed against {_tally(rival)} of {rival.id}"
    elif _value(draft) == _value(rival) and draft.rank > rival.rank:
        against = f" passed, as of {rival.id}; the writer ranks it {draft.rank:.2f} against {rival.rank:.2f}"
    else:
        against = f" passed; {rival.id} is not different enough to be posted beside the others"
    return f"{draft.id} won: {_tally(draft)}{against}" + _changes(draft)


def _changes(draft: Draft) -> str:
    return f" ({draft.refined_from} refined: {', '.join(draft.refinements)})" if draft.refined_from else ""
