"""Hostile feeds and pages, in short: each hand-made case, some generated ones, and a daemon that reads the worst."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import ModuleType

import pytest

from tests.chaos.hostile.case import Case
from tests.chaos.hostile.corpus import FAMILIES, corpus
from tests.chaos.hostile.examining import Examined
from tests.chaos.hostile.generated import try_examples
from tests.chaos.hostile.reading import read_all
from tests.chaos.hostile.standing import CHILD_MEGABYTES, CHILDREN, DAEMON_MEGABYTES, HEALTHY, stand
from tests.chaos.hostile.worst import HONEST, worst


def test_at_least_two_hundred_cases_are_made_by_hand_and_no_two_are_one() -> None:
    cases = corpus()
    assert len({case.name for case in cases}) == len(cases) >= 200


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__.rpartition(".")[2])
def test_nothing_planted_comes_through_and_every_read_ends(family: ModuleType) -> None:
    cases: list[Case] = family.cases()

    async def play() -> list[Examined]:
        return [found async for found in read_all(cases, every_brief=False)]

    found = asyncio.run(play())
    assert {each.name: each.faults for each in found if each.faults} == {}
    assert sum(bool(each.drafts) for each in found) >= len([case for case in cases if case.ends == "read"]) * 0.9


def test_no_generated_document_breaks_the_law() -> None:
    tally = try_examples(200, with_seed=7)
    assert tally.with_drafts > 100


def test_a_daemon_that_reads_the_worst_stays_up_within_its_memory_and_posts_for_the_others(tmp_path: Path) -> None:
    stood = stand(tmp_path)

    assert stood.faults == ()
    assert all(stood.endings[name] == "run.succeeded" for name in (*HEALTHY, HONEST))
    refused = [name for name, case in worst(endless=False).items() if case.ends == "refused"]
    assert {stood.endings[name] for name in refused} == {"run.failed sources_failed"}
    assert stood.watch.itself < DAEMON_MEGABYTES
    assert stood.watch.child < CHILD_MEGABYTES
    assert stood.watch.children <= CHILDREN
