"""The short form of the campaign: the same processes, faults and auditor, on one seed each."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.audit import table
from tests.chaos.campaign import run
from tests.chaos.plan import form_of


@pytest.mark.timeout(300)  # for a machine that does other things; alone it takes half a minute
@pytest.mark.parametrize(
    ("publications", "database", "api", "seed"),
    [(150, "sqlite", "durable", 1), (60, "postgresql", "seed", 2)],
)
def test_every_post_is_out_once_or_somebody_is_told_why_not(
    tmp_path: Path, publications: int, database: str, api: str, seed: int
) -> None:
    outcome = run(form_of(publications, 20, database, api), seed, tmp_path)
    assert not outcome.problems, table(outcome.found)
