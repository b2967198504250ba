"""A small campaign with true books: posts, a thread, faults, a skip, a cancel, missed slots and a dead letter."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from freezegun import freeze_time

from tests.acceptance.stage import Stage, wait_for
from tests.chaos.audit import Books, Kind, audit

WORDS = "Of {name} the harbour master wrote two numbers down, drew a line under them, and went home to sleep on it."
THREAD = "\n\n".join(f"{{name}}, part {number}. " + WORDS * 2 for number in range(3))
AGO = timedelta(minutes=10)


class Campaign:
    """A stage whose orders are written down."""

    def __init__(self, here: Stage) -> None:
        self.here = here
        self.orders = here.folder / "orders.jsonl"

    @property
    def books(self) -> Books:
        return Books(self.here.database, self.here.folder / "sandbox.db", self.here.book, self.orders)

    def order(self, **line: Any) -> None:
        with self.orders.open("a") as file:
            file.write(json.dumps({"at": datetime.now(UTC).timestamp(), **line}) + "\n")

    def add(
        self, name: str, *, path: str | None = None, slots: str = "once", until: float | None = None, **fields: Any
    ) -> None:
        began = datetime.now(UTC).timestamp()
        url = {"callbackUrl": self.here.receiver_url + path} if path else {}
        secret = self.here.add_template(name, **{"text": WORDS.format(name=name), **url, **fields})
        account = fields.get("account", "ostinato_demo")
        times = {"from": began, "until": until}
        self.order(do="template", name=name, account=account, path=path, secret=secret, slots=slots, **times)

    def fault(self, name: str, kind: str, **more: Any) -> None:
        self.order(do="fault", kind=kind)
        self.here.fault(kind, match={"method": "POST", "path": "/x/tweets", "text_contains": name}, **more)

    def waited_for(self, *which: str) -> str:
        """Give the id of the run that comes to be one of *which*, as `run list` chooses them."""
        runs = wait_for(lambda: self.here.run("run", "list", *which)["runs"], f"a run {' '.join(which)}")
        return str(runs[0]["id"])

    def cancel_held(self) -> None:
        run = self.waited_for("--status", "held")
        self.order(do="cancel", run=run, answered=None)
        answer = self.here.run("run", "cancel", run)["answer"]
        self.order(do="cancel", run=run, answered=answer, done=True)

    def is_calm(self) -> bool:
        found = audit(self.books)
        waiting = found.counts["runs"].keys() & {"queued", "working", "held"}
        return not waiting and not found.found[Kind.LOST_CALLBACK] and not found.found[Kind.SLOT_WITHOUT_ROW]


def play(campaign: Campaign) -> None:
    """Let each of it happen once, until nothing is left to do."""
    for name, fault in (("kept", "drop_before"), ("cut", "cut_body"), ("limited", "rate_limited")):
        campaign.fault(f"Of {name} the", fault, **({"retry_after": 1} if fault == "rate_limited" else {}))
        campaign.add(name, path=f"/{name}")
    campaign.fault("signed, part 1", "drop_after")
    for name, path in (("signed", "/signed"), ("quiet", None)):
        campaign.add(name, path=path, type="thread", text=THREAD.format(name=name))
    campaign.add("gone", path="/status/410/99")
    campaign.add("picky", minimumScore=100)
    campaign.add("held", approval="approve")
    now = datetime.now(UTC)
    with freeze_time(now - AGO, tick=True):
        every: dict[str, Any] = {
            "dailyCount": None,
            "schedule": {"cron": "* * * * *"},
            "scheduleEndDate": now.isoformat(),
        }
        campaign.add("minutely", slots="minute", until=now.timestamp(), **every)
    campaign.add("tips", text=None, tips=[WORDS.format(name=f"{number}. tip") for number in (1, 2)])
    daemon = campaign.here.daemon()
    campaign.cancel_held()
    campaign.waited_for("--template", "tips", "--status", "posted")
    campaign.order(do="request", template="tips")
    campaign.here.run("template", "run", "tips")
    campaign.order(do="calm")
    wait_for(campaign.is_calm, "a calm")
    daemon.stop()
