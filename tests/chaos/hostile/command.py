"""The part `hostile`: every hand-made case by every brief, a daemon that reads the worst, and generated documents."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

import click

from tests.chaos.hostile.corpus import corpus
from tests.chaos.hostile.generated import try_examples
from tests.chaos.hostile.reading import read_all
from tests.chaos.hostile.standing import stand


@click.command()
@click.option("--seed", type=int, default=5, show_default=True, help="What the generated documents follow from.")
@click.option("--examples", type=click.IntRange(1), default=10_000, show_default=True)
@click.option("--part", type=click.Choice(["all", "hand", "daemon", "generated"]), default="all", show_default=True)
def command(seed: int, examples: int, part: str) -> None:
    """Read hostile feeds and pages, and see that nothing planted in them comes through."""
    faults = []
    if part in ("all", "hand"):
        faults += asyncio.run(_hand_made())
    if part in ("all", "daemon"):
        faults += _daemon()
    if part in ("all", "generated"):
        faults += _generated(seed, examples)
    for fault in faults:
        click.echo(fault)
    if faults:
        sys.exit(f"{len(faults)} faults")


async def _hand_made() -> list[str]:
    began, faults, count, drafts = time.monotonic(), [], 0, 0
    async for found in read_all(corpus(), every_brief=True):
        count, drafts = count + 1, drafts + len(found.drafts)
        faults += [f"{found.name}: {fault}" for fault in found.faults]
    click.echo(f"{count} hand-made cases, {drafts} drafts, {time.monotonic() - began:.0f} s, {len(faults)} faults")
    return faults


def _daemon() -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        stood = stand(Path(folder), endless=True)
    watch = stood.watch
    click.echo(
        f"{len(stood.endings)} templates in {stood.seconds:.0f} s, the healthy ones in {stood.healthy_seconds:.0f} s; "
        f"the daemon held {watch.itself:.0f} MB at most, a child {watch.child:.0f} MB, "
        f"all of it {watch.together:.0f} MB, {watch.children} children; {len(stood.faults)} faults"
    )
    return list(stood.faults)


def _generated(seed: int, examples: int) -> list[str]:
    began = time.monotonic()
    try:
        tally = try_examples(examples, seed)
    except AssertionError as error:
        return [f"with --seed {seed}: {error}", *getattr(error, "__notes__", [])]
    click.echo(
        f"{tally.examples} generated documents with seed {seed}, {tally.with_drafts} with drafts, "
        f"{tally.drafts} drafts, {tally.refused} refused, {time.monotonic() - began:.0f} s, "
        f"the slowest call {tally.slowest:.2f} s, {tally.peak_megabytes:.0f} MB at most, 0 faults"
    )
    return []


if __name__ == "__main__":
    command()
