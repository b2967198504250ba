"""`ostinato model`: the language model of the settings."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

import click

from commands import wiring
from commands.errors import FoundFailure
from commands.groups import Commands
from commands.output import json_option, say, show, table
from domain.errors import FieldError, SettingsError
from settings import Settings

P = ParamSpec("P")
T = TypeVar("T")


@click.group(cls=Commands)
def command() -> None:
    """The language model that writes, if one is configured."""


@command.command()
@json_option
def test(as_json: bool) -> None:
    """Try the model out: structured output, latency, and what a run costs.

    Asks one small question, then writes drafts from a built-in text as a run would. Nothing is stored or posted. Exits
    with 1 when no draft passed the checks, with 8 when the server does not answer.

    \b
    Example:
      OPENAI_BASE_URL=http://127.0.0.1:11434/v1 OSTINATO_MODEL=llama3.1 ostinato model test
    """
    settings = wiring.settings()
    found = asyncio.run(_try(settings))
    show(found, lambda: _print(found), as_json=as_json)
    if not found["run"]["drafts"]:
        raise FoundFailure(f"no draft of {found['model']} passed the checks; the embedded writer would write")


async def _try(settings: Settings) -> dict[str, Any]:
    from commands.desk import model_prices, model_server
    from generators.model.trial import BRIEF, SAMPLE, probe
    from generators.model.writer import ModelWriter

    server = model_server(settings)
    if server is None:
        raise SettingsError([_missing(settings)])
    prices = model_prices(settings)
    limit = settings.model_timeout.total_seconds()
    writer = ModelWriter(server, offload=_here, clock=time.monotonic, timeout=limit, prices=prices)
    try:
        small = await _within(probe(server, time.monotonic), limit)
        began = time.monotonic()
        written = await writer.compose((SAMPLE,), BRIEF, wanted=5)
        seconds = time.monotonic() - began
    finally:
        await writer.close()
    return {
        "model": server.model,
        "base_url": settings.openai_base_url,
        "structured_output": small.structured,
        "left_out": list(small.left_out),
        "latency_ms": round(1000 * small.seconds),
        "run": {
            "seconds": round(seconds, 2),
            "calls": written.calls,
            "tokens_in": written.origin.tokens_in,
            "tokens_out": written.origin.tokens_out,
            "cost_micros": written.origin.cost_micros,
            "facts": written.facts,
            "facts_dropped": len(written.dropped),
            "drafts": [draft.text for draft in written.drafts],
            "missing": list(written.missing),
        },
    }


async def _within(asking: Coroutine[Any, Any, T], seconds: float) -> T:
    from generators.model.errors import ModelError

    try:
        return await asyncio.wait_for(asking, seconds)
    except TimeoutError:
        raise ModelError(f"the model took longer than {seconds:g} s; see OSTINATO_MODEL_TIMEOUT") from None


async def _here(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Do at once what the daemon does in a process of its own."""
    return function(*args, **kwargs)


def _missing(settings: Settings) -> FieldError:
    if settings.model is None:
        return FieldError("OSTINATO_MODEL", "is not set; name the model, and set OPENAI_API_KEY or OPENAI_BASE_URL")
    return FieldError("OPENAI_API_KEY", "is not set, and OPENAI_BASE_URL neither; set one of them")


def _print(found: dict[str, Any]) -> None:
    run = found["run"]
    cost = "unknown: set both prices" if run["cost_micros"] is None else f"${run['cost_micros'] / 1_000_000:.6f}"
    tokens = f"{run['tokens_in']} sent, {run['tokens_out']} answered"
    rows = [
        ("model", found["model"]),
        ("structured output", "yes" if found["structured_output"] else "no: asked in words, and checked"),
        ("parameters left out", ", ".join(found["left_out"]) or "none"),
        ("latency of a small question", f"{found['latency_ms']} ms"),
        ("a run takes", f"{run['seconds']:g} s, {run['calls']} calls"),
        ("tokens of a run", tokens if run["tokens_in"] else "the server does not count them"),
        ("cost of a run", cost),
        ("facts", f"{run['facts']} found in the text, {run['facts_dropped']} dropped"),
        ("drafts that passed", str(len(run["drafts"]))),
    ]
    table(("", ""), rows, empty="")
    for text in run["drafts"]:
        say()
        say(text)
    for why in run["missing"]:
        say(f"missing: {why}")
