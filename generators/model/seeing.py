"""Telling what a picture shows, through the vision input of the language model."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from pydantic import Field

from generators.model.answers import Form, schema
from generators.model.asking import Prices, Tally, ask
from generators.model.errors import ModelError
from generators.model.prompts import DESCRIBE, filled
from generators.model.server import Question, Server

TOKENS = 1_200  # of an answer
PICTURE_TOKENS = 40_000  # that a server counts a picture of 1,024 points as, at most


class Description(Form):
    """What a model says that a picture shows."""

    sentences: list[str] = Field(max_length=12)
    text: str = Field(default="", max_length=4_000)
    alt: str = Field(default="", max_length=1_000)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a picture shows, in sentences; the text that stands in it; a short description; and what that cost."""

    sentences: tuple[str, ...]
    text: str
    alt: str
    cost_micros: int | None = None
    calls: int = 0
    counted: bool = True  # whether the server counted its tokens


class Describer:
    """Tells what pictures show. *seconds* bounds each of them."""

    def __init__(self, server: Server, *, prices: Prices | None = None, seconds: float) -> None:
        self._server = server
        self._prices = prices
        self._seconds = seconds

    @property
    def model(self) -> str:
        """The model with the version of what it is asked, which its answer depends on."""
        return f"{self._server.model}, {DESCRIBE}"

    async def close(self) -> None:
        """Close the connections to the server."""
        await self._server.close()

    async def describe(self, jpeg: bytes) -> Seen:
        """Give what the picture shows. Raises ModelError, also where the model sees no pictures."""
        tally = Tally(room=self._server.room)
        question = Question(
            system=filled(DESCRIBE),
            user="Here is the picture.",
            schema=schema(Description),
            temperature=0.0,
            most_tokens=TOKENS,
            picture=jpeg,
        )
        try:
            async with asyncio.timeout(self._seconds):
                said = await ask(self._server, question, Description, tally)
        except TimeoutError:
            raise ModelError(f"the model took longer than {self._seconds:g} s") from None
        sentences = tuple(sentence for each in said.sentences if (sentence := " ".join(each.split())))
        if not sentences:
            raise ModelError("the model said nothing about the picture")
        cost = self._prices.micros(tally.tokens_in, tally.tokens_out) if self._prices else None
        counted = bool(tally.tokens_in or tally.tokens_out)
        return Seen(sentences, said.text.strip(), " ".join(said.alt.split()), cost, tally.calls, counted)

    def most_micros(self) -> int:
        """Give the most that describing a picture may cost, in millionths of a US dollar; 0 without prices."""
        if self._prices is None:
            return 0
        answer = self._server.room * TOKENS
        return self._prices.micros(2 * PICTURE_TOKENS + answer, 2 * answer)
