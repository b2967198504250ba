"""A daemon is killed and comes back a day later: no burst, and each slot of that day has its reason."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from signal import SIGKILL
from typing import Any

import pytest

from commands import wiring
from domain.reasons import Reason
from domain.run import FINAL, Run, RunStatus
from scheduler.operations import why
from scheduler.operations.why import Why, WhyGap
from storage import templates
from storage.database import open_database
from tests.acceptance.stage import Stage, stage, wait_for
from tests.acceptance.test_kill import text_of
from tests.chaos.surroundings import clock
from tests.chaos.surroundings.door import SiteDoor, start_site
from tests.integration.storage_values import listed

AWAY = timedelta(hours=24, minutes=30)
EVERY = timedelta(hours=4)  # of six a day
GAP = timedelta(seconds=2)  # of slots that are made up
SPACING = timedelta(seconds=1)  # of the account that they all share
POSTED = "posted"
TIP = "Tip {number} of {name}: whoever rows against the tide counts the strokes and not the houses on the shore."
MISSED, SUPERSEDED, OVERLAP = Reason.MISSED.value, Reason.SUPERSEDED.value, Reason.OVERLAP.value
# By template, what became of the six slots of the day, oldest first. The thread's own run was still open when the last
# of them was planned.
BECAME = {
    "skip": [MISSED] * 6,
    "latest": [SUPERSEDED] * 5 + [POSTED],
    "spread": [MISSED] * 3 + [POSTED] * 3,
    "feed": [SUPERSEDED] * 5 + [POSTED],
    "thread": [SUPERSEDED] * 5 + [OVERLAP],
}


def add_all(here: Stage, site: SiteDoor) -> None:
    """Add a template of each policy, one that reads a feed, and a thread about whose second part the API is slow."""
    policies: dict[str, dict[str, Any]] = {
        "skip": {"missed": "skip"},
        "latest": {"missed": "latest"},
        "spread": {"missed": "spread", "grace": "12h", "spread_gap": f"{GAP.seconds}s"},
    }
    for name, schedule in policies.items():
        tips = [TIP.format(number=number, name=name) for number in range(10)]
        here.add_template(name, dailyCount=6, tips=tips, schedule=schedule, callbackUrl=here.receiver_url)
    here.add_template("feed", dailyCount=6, feeds=[f"{site.url}/feeds/quays.rss"], callbackUrl=here.receiver_url)
    here.fault("slow", seconds=1, match={"method": "POST", "path": "/x/tweets", "text_contains": "thread, 1."})
    words = text_of("thread", "thread")
    here.add_template("thread", type="thread", dailyCount=6, text=words, callbackUrl=here.receiver_url)


def all_runs(here: Stage) -> dict[str, list[Run]]:
    """Give each template's runs, the oldest slot first."""
    database = open_database(here.database)
    with database.read() as c:
        ids = {name: templates.get(c, name).template.id for name in BECAME}
        found = {name: listed(c, template_id=template_id) for name, template_id in ids.items()}
    database.close()
    return {name: sorted(each, key=lambda run: run.slot_at) for name, each in found.items()}


def half_out(here: Stage) -> bool:
    """Whether the thread's second part is on its way, and all others have had their first run."""
    if here.unspent_faults():
        return False
    others = [found for name, found in all_runs(here).items() if name != "thread"]
    return all(found and found[0].status in FINAL for found in others)


def all_ended(here: Stage) -> bool:
    found = all_runs(here)
    planned = all(len(each) > 1 for name, each in found.items() if name != "skip")
    return planned and all(run.status in FINAL for each in found.values() for run in each)


def answered(here: Stage, name: str, first: datetime, now: datetime) -> Iterator[str]:
    """Ask `why` about each of the six slots; give what it says became of it."""
    database = open_database(here.database)
    for number in range(1, 7):
        (only,) = why.of_slots(database, name, first + number * EVERY, timedelta(microseconds=1), now=now)
        if isinstance(only, WhyGap):
            yield only.gap.reason.value
        else:
            assert isinstance(only, Why), (name, number, only)
            yield only.run.reason.value if only.run.reason else only.run.status.value
    database.close()


@pytest.mark.timeout(90)
def test_a_daemon_that_was_away_for_a_day_comes_back_without_a_burst_and_every_slot_has_its_reason(
    tmp_path: Path,
) -> None:
    with stage(tmp_path) as here:
        site = start_site(here, tmp_path / "site.jsonl")
        add_all(here, site)
        spacing = f"{SPACING.seconds}s"
        killed = clock.daemon(here, OSTINATO_ACCOUNT_SPACING=spacing)
        wait_for(partial(half_out, here), "the first runs")
        killed.stop(SIGKILL)
        before = len(here.tweets(""))
        while site.change("quays") < 8:
            continue
        clock.stepped(here, int(AWAY.total_seconds()))

        clock.daemon(here, OSTINATO_ACCOUNT_SPACING=spacing)
        wait_for(partial(all_ended, here), "the end of all runs", within=60)

        now = wiring.now() + AWAY
        firsts = {name: found[0] for name, found in all_runs(here).items()}
        assert {name: [*answered(here, name, firsts[name].slot_at, now)] for name in BECAME} == BECAME
        check_told(here)
        check_no_burst(here, before)
        check_thread(here, firsts["thread"])


def check_told(here: Stage) -> None:
    """Of each slot that posted nothing somebody was told: of one alone, or of a stretch with how many they were."""
    for name, became in BECAME.items():
        silent = len(became) - became.count(POSTED)
        wait_for(partial(told_of, here, name, silent), f"the callbacks about {silent} slots of {name}")


def told_of(here: Stage, name: str, silent: int) -> bool:
    received = here.events_of(name)
    stretches = [event["data"]["slots"]["count"] for event in received if event["type"] == "slots.skipped"]
    alone = [event["data"]["run"]["reason"] for event in received if event["type"] == "run.skipped"]
    first = alone.count(Reason.NOTHING_NEW.value)  # before the outage the feed held nothing new
    return bool(stretches) and sum(stretches) + len(alone) - first == silent


def check_no_burst(here: Stage, before: int) -> None:
    """What was posted after the outage is one post of a template, or one gap after the other, and the account's gap."""
    after = here.tweets("")[before:]
    assert [len([tweet for tweet in after if words in tweet["text"]]) for words in ("of skip", "of latest")] == [0, 1]
    assert len([tweet for tweet in after if "quays" in tweet["text"]]) == 1
    made_up = [moment(tweet) for tweet in after if "of spread" in tweet["text"]]
    assert len(made_up) == 3
    assert min(later - earlier for earlier, later in pairwise(made_up)) >= GAP - timedelta(seconds=0.1)
    singles = [moment(tweet) for tweet in after if "thread" not in tweet["text"]]
    # The gap counts from when a post was sent, and not from when the sandbox had written it.
    assert min(later - earlier for earlier, later in pairwise(singles)) >= SPACING / 2


def moment(tweet: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(tweet["created_at"])


def check_thread(here: Stage, first: Run) -> None:
    """The part that was on its way is out once; the thread's hour had passed, so it stays in part and is told of."""
    assert (first.status, first.reason) == (RunStatus.PARTIAL, Reason.THREAD_PARTIAL)
    parts = [tweet["text"][:10] for tweet in here.tweets("thread, ")]
    assert parts == ["thread, 0.", "thread, 1."]
    assert "thread.partial" in [event["type"] for event in here.events_of("thread")]
