"""A sample of the kills: every shape of run, every kind of point. `python -m tests.chaos kills` does hundreds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.chaos.kills.home import home
from tests.chaos.kills.killing import Kill, kill
from tests.chaos.kills.shapes import SHAPES

# Shape, and where the process dies, and the one that recovers, if it dies too; on which API.
DURABLE = (
    ("tweet", "after:embedded.plan:1"),
    ("tweet", "before:commit:6", "after:commit:6"),
    ("pictured", "during:POST /x/media:1"),
    ("feed", "during:GET feed:1"),
    ("feed", "after:runner._gather:1"),
    ("asked", "during:POST ask:1"),
    ("approval", "before:runner._hold:1"),
    ("approve", "after:runs.decide:1"),
    ("deferred", "after:POST /x/tweets:1"),
    ("partial", "after:DELETE /x/tweets/…:1"),
    ("delete", "before:deleting.delete:2"),
    ("backfill", "after:slots.backfill:1"),
)
SEED = (
    ("tweet", "before:POST /x/tweets:1"),
    ("pictured", "after:pictures._uploaded:1"),
    ("thread", "before:settling._record:2"),
    ("thread", "after:send:5", "during:POST told:2"),
    ("pending", "during:POST /x/tweets:1"),
    ("retry", "before:retrying.retry:1"),
    ("retried", "before:runner._finish:1"),
    ("made-up", "after:delivering._record:1"),
)
HIDDEN = {"before:POST /x/tweets:1"}  # without keys nobody can find out that this one never left


def test_the_sample_has_every_shape() -> None:
    assert {shape for shape, *_ in (*DURABLE, *SEED)} == set(SHAPES)


@pytest.mark.timeout(240)
@pytest.mark.parametrize(("api", "sample"), [("durable", DURABLE), ("seed", SEED)])
def test_whatever_is_killed_anywhere_every_part_is_out_once_and_told(
    tmp_path: Path, api: str, sample: tuple[tuple[str, ...], ...]
) -> None:
    with home(tmp_path, api=api) as here:
        for shape, *points in sample:  # without their process pools, whose start takes longer than a run
            check(kill(here, replace(SHAPES[shape], pool=False), *points))


def check(done: Kill) -> None:
    assert len(done.died) == len(done.asked), f"{done.asked} was not reached: {done}"
    assert not done.problems, done
    assert not done.otherwise, done
    unknown = done.api == "seed" and set(done.asked) & HIDDEN
    assert done.ended.startswith("unknown" if unknown else ("posted", "partial")), done
