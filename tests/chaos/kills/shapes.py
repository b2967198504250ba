"""The shapes of a run in which something is killed: its template, what comes before, what a person does meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from tests.acceptance.stage import Process, wait_for
from tests.chaos.kills.home import Home
from tests.chaos.kills.outside import Entry

SENTENCE = "Of {name} the harbour master counted more boats in the evening than in the morning, and nobody knew why."
PARTS = (
    "The harbour master of {name} counts the boats at dawn and again at dusk, every day, whatever the weather. ",
    "On the quay of {name} there were more of them in the evening than in the morning, and nobody could say why. ",
    "She wrote both numbers of {name} down, drew a line under them, and went home to sleep on it for a while. ",
)
DYING = "tests/chaos/kills/dying.py"
Step: TypeAlias = Callable[[Home, str], None]


def nothing(home: Home, name: str) -> None:
    del home, name


@dataclass(frozen=True, slots=True)
class Shape:
    """How a run goes, with the name of its template in every word that it posts.

    *before* is done when the template was added. *command* gives the words of the command that is killed, where it is
    not the daemon, and *then* is done once somebody has given it again. *meanwhile* is what a person does while a
    daemon runs, again and again. *faults* are the sandbox's, by the words of the posts that meet them. *tweets* is
    how many are out at the end, *deleted* how many were; *ends* is the last run's status then. With *pool* the
    daemons have their process pool; the others work in a thread, which costs half as much.
    """

    name: str
    fields: Callable[[Home, str], Mapping[str, Any]]
    before: Step = nothing
    command: Callable[[Home, str], list[str]] | None = None
    then: Step = nothing
    meanwhile: Step = nothing
    faults: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    tweets: int = 1
    deleted: int = 0
    pool: bool = False
    runs: int = 1
    ends: str = "posted"


def tweet(home: Home, name: str) -> dict[str, Any]:
    del home
    return {"text": SENTENCE.format(name=name)}


def thread(home: Home, name: str) -> dict[str, Any]:
    del home
    paragraphs = [f"{number}. {part.format(name=name) * 2}".strip() for number, part in enumerate(PARTS, 1)]
    return {"type": "thread", "text": "\n\n".join(paragraphs)}


def pictured(home: Home, name: str) -> dict[str, Any]:
    del home
    said = f"Of {name} the boats were counted at dusk:\nThe north quay: 14 boats\nThe south quay: 9 boats"
    return {"text": said, "charts": "auto"}


def feed(home: Home, name: str) -> dict[str, Any]:
    entries = [
        Entry(f"{name}-{when}", f"Boats of {name} in the {when}", " ".join((SENTENCE.format(name=name), said)))
        for when, said in (
            ("evening", f"The ferry of {name} left the pier at noon with forty people and two dogs on board."),
            ("morning", f"A crane of {name} lifted the old lighthouse lamp onto a truck that took it to the museum."),
        )
    ]
    home.outside.feeds[name] = entries
    return {"feeds": [{"url": f"{home.outside.address}/feed/{name}", "backlog": "all"}], "link": False}


def asked(home: Home, name: str) -> dict[str, Any]:
    return {**tweet(home, name), "prePublish": {"url": f"{home.outside.address}/ask/{name}", "within": "10m"}}


def approve(home: Home, name: str) -> dict[str, Any]:
    return {**tweet(home, name), "approval": "approve"}


def partial(home: Home, name: str) -> dict[str, Any]:
    return {**thread(home, name), "onPartial": "delete"}


def approve_when_held(home: Home, name: str) -> None:
    del name
    for (run_id,) in home.rows("SELECT id FROM runs WHERE status = 'held'"):
        home.run("run", "approve", run_id, may_refuse=True)


def healthy(home: Home, *, pool: bool) -> Process:
    """Start a daemon that nobody kills."""
    if pool:
        return home.start("cli.py", "daemon", name="daemon")
    return home.start(DYING, "daemon", name="daemon", WORK_HERE="1")


def until(home: Home, status: str) -> None:
    """Have a healthy daemon work until the run is *status* and told of."""
    daemon = healthy(home, pool=False)
    untold = "SELECT 1 FROM deliveries WHERE status = 'pending'"
    query = f"SELECT 1 FROM runs WHERE status = '{status}' AND NOT EXISTS ({untold})"
    wait_for(lambda: home.rows(query), f"a run that is {status}")
    daemon.stop()


def posted(home: Home, name: str) -> None:
    del name
    until(home, "posted")


def held(home: Home, name: str) -> None:
    del name
    until(home, "held")


def refused(home: Home, name: str) -> None:
    del name
    until(home, "failed")


def refused_and_tried_again(home: Home, name: str) -> None:
    refused(home, name)
    home.run(*retrying(home, name)[:-1])


def made_up(home: Home, name: str) -> None:
    """Make up the slot that passed while the template was paused."""
    home.run(*making_up(home, name)[:-1])
    resumed(home, name)


def resumed(home: Home, name: str) -> None:
    home.run("template", "resume", name)


def _only(home: Home, query: str) -> str:
    ((value,),) = home.rows(query)
    return str(value)


def deleting(home: Home, name: str) -> list[str]:
    del name
    first = _only(home, "SELECT id FROM posts WHERE part = 0")
    return ["post", "delete", first, "--thread", "--yes", "--json"]


def retrying(home: Home, name: str) -> list[str]:
    del name
    return ["run", "retry", _only(home, "SELECT id FROM runs WHERE retry_of IS NULL"), "--json"]


def approving(home: Home, name: str) -> list[str]:
    del name
    return ["run", "approve", _only(home, "SELECT id FROM runs"), "--json"]


def making_up(home: Home, name: str) -> list[str]:
    del home
    now = datetime.now(UTC)
    start, end = (f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in (now - timedelta(hours=1), now + timedelta(seconds=1)))
    return ["run", "backfill", name, "--from", start, "--to", end, "--json"]


def paused(home: Home, name: str) -> dict[str, Any]:
    return {**tweet(home, name), "isActive": False}


REFUSED = {"kind": "error", "status": 422, "message": "X does not like the harbour"}
ONCE = {**REFUSED, "times": 1}
PENDING = {"kind": "pending", "settle_after": 0.3, "appears": "at_once"}
SHAPES = {
    shape.name: shape
    for shape in (
        Shape("tweet", tweet, pool=True),
        Shape("thread", thread, tweets=3),
        Shape("pictured", pictured),
        Shape("feed", feed, tweets=2, runs=2, pool=True),
        Shape("asked", asked),
        Shape("approval", approve, meanwhile=approve_when_held),
        Shape("approve", approve, before=held, command=approving),
        Shape("deferred", tweet, faults={"Of {name} the": {"kind": "rate_limited", "retry_after": 1}}),
        Shape("pending", tweet, faults={"Of {name} the": PENDING}),
        Shape(
            "partial",
            partial,
            faults={"She wrote both numbers of {name}": {**REFUSED, "times": None}},
            tweets=0,
            deleted=2,
            ends="partial",
        ),
        Shape("delete", thread, before=posted, command=deleting, tweets=0, deleted=3),
        Shape("retry", tweet, before=refused, command=retrying, faults={"Of {name} the": ONCE}, runs=2),
        Shape("retried", tweet, before=refused_and_tried_again, faults={"Of {name} the": ONCE}, runs=2),
        Shape("backfill", paused, command=making_up, then=resumed),
        Shape("made-up", paused, before=made_up),
    )
}
