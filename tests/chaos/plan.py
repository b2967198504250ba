"""What goes wrong in a campaign, and when, drawn from a seed. Pure: the same seed gives the same schedule."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

EACH_SECOND = 45  # publications that are added for each second of a campaign
SHORTEST = 8.0  # seconds
LONG = 60.0  # seconds from which there is room for everything
AT_MOST, AT_MOST_SHORT = 4, 1.5  # times that long daemons are killed, on a machine that is slow
YOUNG = 0.15  # of the daemons that are started may be killed before they are ready
POSTGRESQL: tuple[Mapping[str, str], ...] = (
    *({"cut": "one"}, {"cut": "one"}, {"cut": "all"}, {"backend": "killed"}),
    *({"restart": "fast"}, {"restart": "immediate"}, {"restart": "killed"}),
)
CUTTING = 5.0  # seconds for which a share of commits is cut, before they arrive or after they were done
LOCKED, FULL = 2.0, 1.5  # seconds that a database is locked, and a disk is full
DAY_AND_MORE, TWO_HOURS = 93_600, 7_200  # seconds
NEVER = 100_000_000  # seconds
BOOT = 1.0  # seconds until a daemon that is started looks at its clock
BATCHES_EVERY = 2.0  # seconds between two folders of templates
FAULTED = 0.2  # of the requests that post
POSTS = {"method": "POST", "path": "/x/tweets"}
SCORES = {"method": "POST", "path": "/compose"}
TIMELINES = {"method": "GET", "path": "/x/users"}
GONE = "/gone"  # the receiver's path that answers 410


@dataclass(frozen=True, slots=True)
class Form:
    """How large a campaign is, and against what: *seconds* is how long things are added and go wrong."""

    publications: int
    accounts: int
    database: str  # sqlite or postgresql
    api: str  # durable or seed
    seconds: float

    @property
    def daemons(self) -> int:
        return 1 if self.database == "sqlite" else 3

    @property
    def short(self) -> bool:
        """Tell whether it is one for the test suite, which waits for nothing."""
        return self.seconds < LONG

    @property
    def lease(self) -> int:
        """Give the seconds of a lease: two, or more beside other tests, which leave a daemon little of the machine."""
        return 4 if self.short else 2

    @property
    def batches(self) -> int:
        return max(1, int(self.seconds * 0.8 / BATCHES_EVERY))


def form_of(publications: int, accounts: int, database: str, api: str, minutes: float | None = None) -> Form:
    """Give the form of a campaign; without *minutes* it lasts as long as its publications need."""
    seconds = minutes * 60 if minutes is not None else max(SHORTEST, publications / EACH_SECOND)
    return Form(publications, accounts, database, api, seconds)


@dataclass(frozen=True, slots=True)
class Act:
    """Something done from outside, so many seconds after the campaign has begun."""

    at: float
    do: str
    fields: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return " ".join([f"{self.at:.1f} s {self.do}", *(f"{name}={value}" for name, value in self.fields.items())])


@dataclass(frozen=True, slots=True)
class Share:
    """A fault that meets a share of the requests all the time: its *weight* on either generation of the API."""

    name: str
    kind: str
    durable: float
    seed: float
    params: Mapping[str, Any] = field(default_factory=dict)


# On `seed` what was not written can never be told from what does not show yet: it stays unknown, and is made rarer.
SHARES = (
    Share("drop_before", "drop_before", 3, 0.3),
    Share("drop_after", "drop_after", 3, 4),
    Share("error", "error", 2, 0.3),
    Share("error_after", "error_after", 2, 4),
    Share("error_with_record", "error_after", 1, 1, {"record": True}),
    Share("throttled", "rate_limited", 2, 2, {"retry_after": 2, "code": "x_rate_limited"}),
    Share("rate_limited", "rate_limited", 0.1, 0.1, {"retry_after": 1}),
    Share("settles_later", "pending", 2, 3, {"settle_after": 3}),
    Share("settles_at_once", "pending", 1, 1, {"settle_after": 1, "appears": "at_once"}),
    Share("settles_never", "pending", 0.2, 0.2, {"settle_after": NEVER}),
    Share("fails_later", "pending", 1, 0.2, {"settle_after": 2, "outcome": "failed"}),
    Share("cut_body", "cut_body", 2, 2),
    Share("wrong_json", "wrong_json", 1, 2),
)
# These may act beside one of those above.
SLOW = (
    Share("slow", "slow", 1, 0.5, {"seconds": 1.6}),
    Share("slow_answer", "slow", 0, 0.5, {"seconds": 1.6, "after_write": True}),
)


def schedule(seed: int, form: Form) -> list[Act]:
    """Give everything that is done to a campaign, in order."""
    chance = random.Random(f"{seed} {form.database} {form.api}")
    wrong = list(_clock(chance, form))
    acts = [
        *_standing(chance, form),
        *_batches(form),
        *_processes(chance, form, wrong if form.short else []),
        *_owner(chance, form),
        *_receiver(chance, form),
        *_database(chance, form),
        *wrong,
    ]
    return sorted(acts, key=lambda act: act.at)


def _standing(chance: random.Random, form: Form) -> Iterator[Act]:
    """The faults that meet a share of all requests, from the first moment to the last."""
    yield from _shares(chance, form, SHARES, FAULTED)
    yield from _shares(chance, form, SLOW, FAULTED / 10)
    yield Act(0.0, "fault", {"name": "score", "kind": "error", "match": SCORES, "share": 0.05, **_seed(chance)})
    yield Act(0.0, "fault", {"name": "list", "kind": "drop_before", "match": TIMELINES, "share": 0.1, **_seed(chance)})


def _shares(chance: random.Random, form: Form, shares: tuple[Share, ...], together: float) -> Iterator[Act]:
    """Order faults that meet the share *together* of the posts: each is drawn for what those before it left over."""
    whole = sum(getattr(share, form.api) for share in shares)
    left = 1.0
    for share in shares:
        mine = together * getattr(share, form.api) / whole
        if mine:
            fields = {"name": share.name, "kind": share.kind, "match": POSTS, "share": round(mine / left, 5)}
            yield Act(0.0, "fault", {**fields, **_seed(chance), **share.params})
        left -= mine


def _seed(chance: random.Random) -> dict[str, int]:
    return {"seed": chance.randrange(1_000_000)}


def _batches(form: Form) -> Iterator[Act]:
    for number in range(form.batches):
        yield Act(0.1 + number * BATCHES_EVERY, "apply", {"batch": number})


def _processes(chance: random.Random, form: Form, wrong: Sequence[Act]) -> Iterator[Act]:
    """Daemons are killed, frozen for longer than a lease, and ended; each comes back before the next thing happens.

    It goes on for longer than templates are added: until what was added is out. Time stands still until one that is
    started is ready, except where the next thing is to meet it *young*.
    None comes back while the clock is *wrong*: one that does takes that for the truth, and all its slots for missed.
    """
    at = 1.5
    while at < form.seconds * (AT_MOST_SHORT if form.short else AT_MOST):
        daemon = chance.randrange(form.daemons)
        do = chance.choices(["kill", "stop", "term"], [6, 2, 1])[0]
        gone = form.lease + chance.uniform(0.3, 1.7) if do == "stop" else chance.uniform(0.1, 1.0)
        if any(
            before.at < at + gone + BOOT and at < after.at
            for before, after in zip(wrong[::2], wrong[1::2], strict=True)
        ):
            at += 0.5
            continue
        yield Act(at, do, {"daemon": daemon})
        if do == "stop":
            yield Act(at + gone, "continue", {"daemon": daemon})
        else:
            yield Act(at + gone, "start", {"daemon": daemon, "young": chance.random() < YOUNG})
        at += gone + chance.uniform(0.5, 5.0)


def _owner(chance: random.Random, form: Form) -> Iterator[Act]:
    """What the owner does: some runs are cancelled; credits run out and come back, a token expires and is renewed."""
    for _ in range(max(3, int(form.seconds / 4))):
        yield Act(chance.uniform(1.0, form.seconds), "cancel", {"pick": chance.random()})
    for do, length in (("credits", 0.4), ("token", 1.0), ("account", 3.0)):
        at = chance.uniform(0.3, 0.7) * form.seconds
        who = {"account": chance.randrange(form.accounts)} if do == "account" else {}
        yield Act(at, do, {"gone": True, **who})
        yield Act(at + length, do, {"gone": False, **who})


def _receiver(chance: random.Random, form: Form) -> Iterator[Act]:
    """A receiver that fails now and then, is down for a while, and is gone for good for one template in forty."""
    for kind, share, more in (
        ("error", 0.03, {"status": 500}),
        ("redirect", 0.01, {}),
        ("closed", 0.02, {}),
        ("slow", 0.01, {"seconds": 0.5}),
        ("silent", 0.003, {"seconds": 11}),
    ):
        if not (form.short and kind == "silent"):
            yield Act(0.0, "receiver", {"kind": kind, "share": share, **more})
    yield Act(0.0, "receiver", {"kind": "error", "status": 410, "path": GONE})
    at = chance.uniform(0.2, 0.8) * form.seconds
    yield Act(at, "receiver", {"down": True})
    yield Act(at + 2.0, "receiver", {"down": False})


def _clock(chance: random.Random, form: Form) -> Iterator[Act]:
    """The daemons' clocks are set wrong and right again, before and after a step is believed.

    A key that is older than a day by the clock is not sent again, and then a post that never arrived waits for a
    person, as it is to (docs/publishing.md): a short campaign, of which much stands out when its calm begins and sets
    the clock forward itself, goes ahead by less where keys are honoured.
    """
    ahead = TWO_HOURS if form.short and form.api == "durable" else DAY_AND_MORE
    steps = [(-7200, 1.5), (ahead, 1.5)]
    if not form.short:
        steps += [(-1800, 14.0), (ahead, 14.0)]
    each = form.seconds * 0.9 / len(steps)
    for number, (seconds, length) in enumerate(steps):
        at = 1.0 + number * each + chance.uniform(0.0, max(0.0, each - length))
        yield Act(at, "clock", {"seconds": seconds})
        yield Act(at + length, "clock", {"seconds": -seconds})


def _database(chance: random.Random, form: Form) -> Iterator[Act]:
    """SQLite is locked by somebody else, and its disk is full; PostgreSQL loses one connection, or all of them."""
    times = max(1, int(form.seconds / 40))
    if form.database == "postgresql":
        for number, fields in enumerate(POSTGRESQL * times):
            yield Act(chance.uniform(2.0, form.seconds), "postgresql", fields)
            if number % len(POSTGRESQL) == 0:
                at = chance.uniform(1.0, form.seconds * 0.8)
                yield Act(at, "postgresql", {"commits": 0.05})
                yield Act(at + CUTTING, "postgresql", {"commits": 0.0})
        return
    each = form.seconds / times
    for number in range(times):
        at = number * each + chance.uniform(1.0, max(1.0, each / 2 - LOCKED))
        yield from _on_and_off("lock", at, LOCKED)
        yield from _on_and_off("disk", at + each / 2, FULL)


def _on_and_off(do: str, at: float, length: float) -> Iterator[Act]:
    yield Act(at, do, {"on": True})
    yield Act(at + length, do, {"on": False})
