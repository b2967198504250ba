"""Which leads to follow, and in which order: the owner's pages first, then by how much they say of what is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from domain.research import Lead
from generators.embedded.ranking import similarity

MOST = 60  # leads that are kept
NEAR = 0.45  # the share of a question's n-grams from which a feed's or the radar's entry is about it
SEARCHED = frozenset({"search", "x search"})  # they were asked, and answered: what they found is about it


def chosen(leads: Sequence[Lead], questions: Sequence[str]) -> tuple[Lead, ...]:
    """Give the *leads* worth following, each page once, the best first.

    Of those that nobody searched for, a feed's and the radar's, only what is near a question.
    """
    once: dict[str, Lead] = {}
    for lead in leads:
        key = lead.url or lead.said
        known = once.get(key)
        if known is None or (known.material is None and lead.material is not None):
            once[key] = replace(lead, own=lead.own or bool(known and known.own))
    weighed = [(nearness(lead.said, questions), at, lead) for at, lead in enumerate(once.values())]
    kept = [each for each in weighed if each[2].own or each[2].via in SEARCHED or each[0] >= NEAR]
    kept.sort(key=lambda each: (not each[2].own, -each[0], each[1]))
    return tuple(lead for _, _, lead in kept[:MOST])


def nearness(text: str, questions: Sequence[str]) -> float:
    """Give how much of the nearest question's character n-grams *text* has, 0 to 1."""
    return max((similarity(question, text) for question in questions if text), default=0.0)
