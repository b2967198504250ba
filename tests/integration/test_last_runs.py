"""How the newest run of a template stands."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import insert

from domain.reasons import Reason
from domain.run import RunStatus
from storage import tables
from storage.database import Database
from storage.last_runs import last_runs
from tests.integration.storage_values import NOW

DAY = timedelta(days=1)


def test_the_newest_is_that_of_the_last_slot_planned_or_asked_for(database: Database) -> None:
    template = {"account": "demo", "type": "tweet", "definition": "{}", "status": "ended"}
    moments = {"created_at": NOW, "updated_at": NOW}
    kinds = {  # the triggers of a template's runs, a day apart, the oldest first
        "planned": ("schedule", "schedule", "schedule"),
        "asked": ("schedule", "request", "request"),
        "both": ("request", "request", "schedule"),
        "none": (),
    }
    with database.write() as c:
        for name, triggers in kinds.items():
            c.execute(insert(tables.templates).values(id=name, name=name, **template, **moments, owner_id="local"))
            for number, trigger in enumerate(triggers):
                at = NOW + number * DAY
                last = number == len(triggers) - 1
                how = {"status": "skipped", "reason": "nothing_new"} if last else {"status": "posted", "reason": None}
                of = {"template_id": name, "account": "demo", "trigger": trigger, "epoch": 0, "owner_id": "local"}
                when = {"slot_at": at, "due_at": at, "created_at": at}
                c.execute(insert(tables.runs).values(id=f"{name}-{number}", **how, **of, **when))

    with database.read() as c:
        found = last_runs(c, kinds)

    assert {name: run.id for name, run in found.items()} == {name: f"{name}-2" for name in ("planned", "asked", "both")}
    assert {(run.status, run.reason) for run in found.values()} == {(RunStatus.SKIPPED, Reason.NOTHING_NEW)}
