"""Trying a server out: whether it keeps to a schema when the words ask for something else, and how fast it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from domain.material import Material, MaterialKind
from generators.brief import Brief
from generators.model.answers import Form, read, schema
from generators.model.briefing import PRECISE
from generators.model.server import Question, Server, Shape

PROBE_TOKENS = 200
SAMPLE = Material(
    id="m0",
    kind=MaterialKind.PAGE,
    title="Observatory reopens after repairs",
    text=(
        "The hillside observatory reopens on 14 June after two years of repairs. Engineers replaced 312 mirror"
        " segments, and the dome turns in 90 seconds instead of four minutes. “We can follow a comet again,” said"
        " director Mara Lindqvist. Guided evenings are held every Friday, with room for 40 visitors. The repairs cost"
        " 2.6 million euros, of which the region paid half."
    ),
    url="https://observatory.example/reopening",
    site="Hillside Observatory",
    language="en",
)
BRIEF = Brief(seed="trial")


class Capital(Form):
    country: Literal["Iceland"]
    capital: str
    letters: int


@dataclass(frozen=True, slots=True)
class Probe:
    """What one small question showed: the *seconds* it took, and whether the answer kept to the schema it was asked in.

    *left_out* names the parameters that the server does not know.
    """

    seconds: float
    structured: bool
    left_out: tuple[str, ...]


async def probe(server: Server, clock: Callable[[], float]) -> Probe:
    """Ask *server* in prose for a sentence while its schema asks for an object. Raises ModelError."""
    question = Question(
        system="You answer in one plain English sentence.",
        user="What is the capital of Iceland?",
        schema=schema(Capital),
        temperature=PRECISE,
        most_tokens=PROBE_TOKENS,
        seed=1,
    )
    began = clock()
    reply = await server.ask(question)
    seconds = clock() - began
    if reply.cut_off:
        server.give_room()  # it thinks at length: what is tried next is tried as later steps of a daemon are
    dialect = server.dialect
    lacking = {
        "json_schema": dialect.shape is not Shape.SCHEMA,
        "json_object": dialect.shape is Shape.WORDS,
        "max_tokens": dialect.limit != "max_tokens",
        "temperature": not dialect.temperature,
        "seed": not dialect.seed,
    }
    kept = dialect.shape is Shape.SCHEMA and _reads(reply.text)
    return Probe(seconds, kept, tuple(name for name, lacks in lacking.items() if lacks))


def _reads(text: str) -> bool:
    try:
        read(Capital, text)
    except ValueError:
        return False
    return text.strip().startswith("{")
