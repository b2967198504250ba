"""The law that every generated document must keep, and its trial with as many examples as one likes."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

import httpx
from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.chaos.hostile.case import Case, Kind, reply
from tests.chaos.hostile.examining import BRIEFS, Examined, examine
from tests.chaos.hostile.making import Made, documents
from tests.chaos.hostile.planting import ORDERS

P = ParamSpec("P")
T = TypeVar("T")
_PLANTED_WHOLE = ("evilgrab.com", "@evilgrab_bot", *ORDERS)


@dataclass
class Tally:
    """How many examples were tried, how many gave drafts, and the slowest call in seconds."""

    examples: int = 0
    with_drafts: int = 0
    drafts: int = 0
    refused: int = 0
    slowest: float = 0.0
    peak_megabytes: float = 0.0


def law(made: Made, tally: Tally) -> None:
    """Read and write about *made*. Raises AssertionError with everything that is wrong.

    In a damaged document what was hidden may stand in plain sight, so there only what no draft may hold is looked for:
    whole orders, addresses, accounts, markup, letters that are not seen.
    """
    found = asyncio.run(_examined(made, tally.examples))
    tally.examples += 1
    tally.with_drafts += bool(found.drafts)
    tally.drafts += len(found.drafts)
    tally.refused += found.reason is not None
    tally.slowest = max(tally.slowest, found.slowest)
    tally.peak_megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
    faults = found.faults
    if made.damaged:
        faults = [fault for fault in faults if "it holds '" not in fault and "it gives an order" not in fault]
        links = {
            material.url for material in found.materials if material.url
        }  # damage may make another the entry's own
        bodies = [_without(text, links) for text in found.drafts]
        faults += [f"{whole!r} in {text!r}" for text in bodies for whole in _PLANTED_WHOLE if whole in text]
    assert not faults, "\n".join(faults[:5])


def _without(text: str, links: set[str]) -> str:
    for link in sorted(links, key=len, reverse=True):
        text = text.replace(link, " ")
    return text


async def _examined(made: Made, at: int) -> Examined:
    """Read it without a socket: an answer from memory, through everything that stands behind the guard."""
    kind: Kind = "page" if made.kind == "page" else "feed"
    case = Case("generated", kind, lambda: reply(made.body, kind=made.content_type), ends="either")

    def answer(_: httpx.Request) -> httpx.Response:
        headers = {"content-type": made.content_type} if made.content_type else {}
        return httpx.Response(200, headers=headers, stream=_Body(made.body))

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        return await examine(case, "https://harbour.example/story", client, _nowhere, BRIEFS[at % len(BRIEFS) :][:1])


class _Body(httpx.AsyncByteStream):
    """A body in one piece."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._body


async def _nowhere(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    raise AssertionError(f"no generated document is heavy, and needs no process for {function.__name__}")


def try_examples(number: int, with_seed: int) -> Tally:
    """Try the law with *number* examples that follow from *with_seed*. Raises with the smallest that breaks it."""
    tally = Tally()

    @seed(with_seed)
    @settings(
        max_examples=number,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        print_blob=False,
        report_multiple_bugs=False,
    )
    @given(documents())
    def every_document_keeps_it(made: Made) -> None:
        law(made, tally)

    every_document_keeps_it()
    return tally
