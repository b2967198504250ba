"""The most that a step of a model is taken to cost, before it is asked. Pure.

Every question is counted with the one time that it may be repeated, every answer at its full length. Tokens are taken
to be two bytes long; those of today's models are three to four in most languages. A model that thinks at length before
it answers is given more *room*, times the usual tokens, from the step after the one in which that was found out.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from domain.draft import Draft
from domain.material import Material
from domain.template import PostType
from generators.brief import Brief
from generators.model.answers import Writing, schema
from generators.model.asking import Prices
from generators.model.briefing import (
    ANGLES,
    DIGEST_TOKENS,
    DRAFT_TOKENS,
    OTHER_TOKENS,
    THREAD_TOKENS,
    digest_question,
)
from generators.model.writer import MOST_MATERIALS, ROUNDS

BYTES = 2  # of a token
PROMPT = 1_000  # tokens that our own words take in a question, at most
VOICE = 4_000  # tokens of a style's nearest posts and of the rules, at most
ADVICE = 1_600  # tokens of the advice for refining, at most


def compose_micros(prices: Prices, materials: Sequence[Material], brief: Brief, *, wanted: int, room: int = 1) -> int:
    """Give the most that up to *wanted* drafts of *materials* may cost, in millionths of a US dollar."""
    digests = []
    for material in materials[:MOST_MATERIALS]:
        question = digest_question(material)
        size = len(question.user.encode()) + _form(question.schema)
        digests.append((PROMPT + size // BYTES, DIGEST_TOKENS))
    facts = sum(answered for _, answered in digests)
    answer = _answer(brief, min(wanted, len(ANGLES)))
    writing = (_standing(brief) + facts + VOICE, answer)
    refining = (_standing(brief) + facts + 2 * answer, answer)
    return _priced(prices, [*digests, writing, *[refining] * ROUNDS], room)


def refine_micros(prices: Prices, draft: Draft, materials: Sequence[Material], brief: Brief, *, room: int = 1) -> int:
    """Give the most that refining *draft* may cost, in millionths of a US dollar."""
    known = sum(len(material.text.encode()) for material in materials if material.id in draft.material_ids)
    answer = _answer(brief, 1)
    sent = _standing(brief) + (len(draft.text.encode()) + known) // BYTES + 2 * answer + ADVICE
    return _priced(prices, [(sent, answer)] * ROUNDS, room)


def _priced(prices: Prices, calls: Sequence[tuple[int, int]], room: int) -> int:
    """Give what *calls* cost, tokens sent and answered, each made twice: with the first answer in the second."""
    sent = sum(2 * asked + room * answered for asked, answered in calls)
    return prices.micros(sent, 2 * room * sum(answered for _, answered in calls))


def _answer(brief: Brief, count: int) -> int:
    return OTHER_TOKENS + count * (THREAD_TOKENS if brief.type is PostType.THREAD else DRAFT_TOKENS)


def _standing(brief: Brief) -> int:
    """Give the tokens that stand in every question: our words, the owner's wishes and the form of the answer."""
    return PROMPT + (len(f"{brief.given}{brief.background or ''}".encode()) + _form(schema(Writing))) // BYTES


def _form(form: dict[str, object]) -> int:
    return len(json.dumps(form).encode())
