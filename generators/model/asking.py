"""Asking for an answer of a form, and keeping count of what it took."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeVar

from pydantic import BaseModel

from generators.model.answers import read
from generators.model.errors import ModelError
from generators.model.prompts import REPAIR, filled
from generators.model.server import Question, Reply, Server

T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars for a million tokens, which is millionths of a dollar for one."""

    sent: Decimal
    answered: Decimal

    def micros(self, tokens_in: int, tokens_out: int) -> int:
        """What so many tokens cost, in millionths of a US dollar."""
        return round(self.sent * tokens_in + self.answered * tokens_out)


@dataclass(slots=True)
class Tally:
    """What the calls of one step took, counted as they come: a step that fails has cost its tokens all the same.

    *room* is how many times the usual tokens an answer of this step may have.
    """

    room: int = 1
    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    repaired: bool = False  # whether an answer was asked for again with its problem named


async def ask(server: Server, question: Question, form: type[T], tally: Tally) -> T:
    """The answer to *question* as *form*; one that cannot be read is asked for once more, with the problem named.

    One that was cut off is not: the next step is given more room. Raises ModelError.
    """
    question = replace(question, most_tokens=tally.room * question.most_tokens)
    reply = await _answer(server, question, tally)
    try:
        return read(form, reply.text)
    except ValueError as error:
        _refuse_cut_off(server, question, reply)
        objection = filled(REPAIR, problem=error)
    tally.repaired = True
    again = replace(question, earlier=(reply.text[: question.most_tokens * 4], objection))
    reply = await _answer(server, again, tally)
    try:
        return read(form, reply.text)
    except ValueError as error:
        _refuse_cut_off(server, question, reply)
        raise ModelError(f"the answer is not of the form asked for, twice: {error}") from error


def _refuse_cut_off(server: Server, question: Question, reply: Reply) -> None:
    if reply.cut_off:
        server.give_room()
        raise ModelError(f"the answer was cut off at {question.most_tokens} tokens")


async def _answer(server: Server, question: Question, tally: Tally) -> Reply:
    tally.calls += 1
    reply = await server.ask(question)
    tally.tokens_in += reply.tokens_in
    tally.tokens_out += reply.tokens_out
    return reply
