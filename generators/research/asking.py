"""What a language model does in research: it makes questions of the topic, and writes the report from the passages.

It never sees a page, only the passages that were chosen; and what it writes is kept only where they say it.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Sequence
from typing import Protocol, TypeVar

from pydantic import BaseModel

from domain.protocols import Offload
from domain.research import Report
from generators.model.answers import as_data, schema
from generators.model.asking import Prices, Tally, ask
from generators.model.errors import ModelError
from generators.model.prompts import filled
from generators.model.server import Question, Server
from generators.research.checking import checked
from generators.research.forms import Findings, Questions
from generators.research.passages import Passage
from generators.research.questions import LONGEST, MOST

QUESTIONS, REPORT = "research-questions-1", "research-report-1"
QUESTIONS_TOKENS, REPORT_TOKENS = 400, 2_500
BYTES = 2  # of a token, so that no estimate is too low
PROMPT = 1_000  # tokens that our own words take, at most
PRECISE = 0.0

T = TypeVar("T", bound=BaseModel)


class Payer(Protocol):
    """Keeps a research within the most that it may cost."""

    async def reserve(self, micros: int) -> bool:
        """Count *micros* before they are spent; False where that is too much."""
        ...

    async def settle(self, reserved: int, spent: int) -> None:
        """Give back what was reserved and not spent."""
        ...


class ResearchModel:
    """Asks *server*. Raises ModelError where it gives nothing usable or would cost too much; the rules answer then."""

    def __init__(self, server: Server, *, offload: Offload, timeout: float, prices: Prices | None = None) -> None:
        """*timeout* is in seconds, for each step with the one time that its question may be asked again."""
        self._server = server
        self._offload = offload
        self._timeout = timeout
        self._prices = prices

    async def close(self) -> None:
        """Close the connections to the server."""
        await self._server.close()

    async def questions(self, topic: str, payer: Payer) -> tuple[str, ...]:
        """Give what to ask about *topic*: the topic itself first."""
        delimiter = _delimiter()
        question = Question(
            system=filled(QUESTIONS, delimiter=delimiter, most=MOST - 1),
            user=as_data({"topic": topic}, delimiter),
            schema=schema(Questions),
            temperature=PRECISE,
            most_tokens=QUESTIONS_TOKENS,
        )
        answer = await self._asked(question, Questions, payer)
        asked = (" ".join(each.split())[:LONGEST] for each in (topic, *answer.questions))
        return tuple(dict.fromkeys(each for each in asked if each))[:MOST]

    async def report(
        self, topic: str, passages: Sequence[Passage], questions: Sequence[str], payer: Payer
    ) -> Report | None:
        """Give the report of *passages*; None where nothing of it held."""
        delimiter = _delimiter()
        data = {
            "topic": topic,
            "questions": [{"number": at, "question": each} for at, each in enumerate(questions, 1)],
            "passages": [
                {"id": f"p{at}", "text": each.text, "question": each.question + 1}
                for at, each in enumerate(passages, 1)
            ],
        }
        question = Question(
            system=filled(REPORT, delimiter=delimiter),
            user=as_data(data, delimiter),
            schema=schema(Findings),
            temperature=PRECISE,
            most_tokens=REPORT_TOKENS,
        )
        answer = await self._asked(question, Findings, payer)
        try:
            return await self._offload(checked, answer, tuple(passages), tuple(questions), model=self._server.model)
        except (TimeoutError, MemoryError) as error:
            raise ModelError(f"the model's answer could not be checked: {error}") from error

    async def _asked(self, question: Question, form: type[T], payer: Payer) -> T:
        """Ask within the cost and the time; what it took is counted also where it gave nothing."""
        tally, most = Tally(room=self._server.room), 0
        if self._prices is not None:
            most = most_micros(self._prices, question, room=tally.room)
            if not await payer.reserve(most):
                raise ModelError("asking the model would cost more than a research may")
        try:
            async with asyncio.timeout(self._timeout):
                found = await ask(self._server, question, form, tally)
        except TimeoutError:  # it may be answered, and charged, all the same
            raise ModelError(f"the model took longer than {self._timeout:g} s") from None
        except ModelError:
            await self._settle(payer, most, tally)
            raise
        if tally.tokens_in or tally.tokens_out:  # a server that does not count them took all that was reserved
            await self._settle(payer, most, tally)
        return found

    async def _settle(self, payer: Payer, most: int, tally: Tally) -> None:
        if self._prices is not None:
            await payer.settle(most, self._prices.micros(tally.tokens_in, tally.tokens_out))


def most_micros(prices: Prices, question: Question, *, room: int = 1) -> int:
    """Give the most that *question* may cost: asked twice, each time answered at full length."""
    form = len(json.dumps(question.schema).encode())
    sent = PROMPT + (len(question.user.encode()) + form) // BYTES
    answered = room * question.most_tokens
    return prices.micros(2 * sent + answered, 2 * answered)


def _delimiter() -> str:
    """A line that no document can hold, since it is made after the documents were read."""
    return f"data-{secrets.token_hex(8)}"
