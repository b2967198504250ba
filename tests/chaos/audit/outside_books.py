"""The books that are kept outside: what the receiver got, and what the campaign ordered. One JSON line each."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.chaos.audit.joining import grouped

NONE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Callback:
    """One request that came to the receiver. *answered* None: it was never answered.

    *at* is when it came, in Unix seconds; the number of the line where the book does not say it (not *timed*).
    """

    number: int  # of the line, from 1
    at: float
    timed: bool
    path: str
    headers: dict[str, str]
    body: str
    answered: int | None

    @property
    def accepted(self) -> bool:
        return self.answered is not None and 200 <= self.answered < 300

    @property
    def event_id(self) -> str:
        return self.headers.get("webhook-id", "")


@dataclass(frozen=True, slots=True)
class Ordered:
    """A template that the campaign added: where its events go, and which slots it has.

    It was added between *since* and *done*; the latter is None where nobody saw it done. A *secret* that was shown to
    nobody is None.
    """

    name: str
    account: str | None
    path: str | None
    secret: str | None
    slots: str  # "once" or "minute"
    since: datetime
    done: datetime | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Orders:
    """What was done from outside.

    *webhooks* are the paths at which everything is told: `{"do": "webhook", "path", "secret"}`. *secrets* is by path,
    of these and of the templates; None where it is not known. *cancelled* says when a cancel of a run was answered
    `cancelled`. *requested* counts, by template, the runs that were asked for beside the schedule. *steps* says how far
    the scheduler's clock was before the true one, each from when on, and *last* when the last order was written. *done*
    counts all orders by what they do.
    """

    templates: dict[str, Ordered]
    webhooks: tuple[str, ...]
    secrets: dict[str, str | None]
    cancelled: dict[str, datetime]
    wished: frozenset[str]  # runs of which a cancel was asked for, whatever the answer
    requested: dict[str, int]
    clock_steps: bool
    steps: tuple[tuple[datetime, timedelta], ...]
    receiver_down: bool
    last: datetime | None
    calm_at: datetime | None  # when the last of the faults ended
    done: dict[str, int]

    @property
    def ahead(self) -> timedelta:
        """How far the scheduler's clock was ever before the true one."""
        return max([NONE, *(each for _, each in self.steps)])

    def ahead_at(self, moment: datetime) -> timedelta:
        """Give how far the scheduler's clock was before the true one, by which *moment* is told."""
        return next((each for since, each in reversed(self.steps) if since <= moment), NONE)


def read_receiver(path: Path) -> tuple[Callback, ...]:
    """Read the receiver's book, in the order of its lines."""
    return tuple(
        Callback(
            number,
            line.get("at", float(number)),
            "at" in line,
            line["path"].partition("?")[0],
            line["headers"],
            line["body"],
            line["answered"],
        )
        for number, line in enumerate(_lines(path), start=1)
    )


def read_orders(path: Path) -> Orders:
    """Read the campaign's book. An order that is written again with what came of it counts once.

    A template whose adding failed is taken back by a line with `"failed": true`.
    """
    lines = _lines(path)
    named = [line for line in lines if line["do"] == "template"]
    failed = {line["name"] for line in named if line.get("failed")}
    by_name = grouped(named, lambda line: str(line["name"]))
    templates = {name: _ordered(each) for name, each in by_name.items() if name not in failed}
    webhooks = {line["path"]: line["secret"] for line in lines if line["do"] == "webhook"}
    first = [line for line in lines if not line.get("done")]
    kinds = [line["do"] for line in first]
    return Orders(
        templates=templates,
        webhooks=tuple(webhooks),
        secrets=webhooks | {each.path: each.secret for each in templates.values() if each.path},
        cancelled={
            str(line["run"]): _instant(line["at"])
            for line in lines
            if line["do"] == "cancel" and line.get("answered") == "cancelled"
        },
        wished=frozenset(str(line["run"]) for line in lines if line["do"] == "cancel"),
        requested=dict(Counter(str(line["template"]) for line in first if line["do"] == "request")),
        clock_steps="clock" in kinds,
        steps=tuple(_steps(first)),
        receiver_down=any(line["do"] == "receiver" and line.get("down") for line in first),
        last=max((_instant(line["at"]) for line in lines), default=None),
        calm_at=max((_instant(line["at"]) for line in lines if line["do"] == "calm"), default=None),
        done={kind: kinds.count(kind) for kind in sorted(set(kinds))},
    )


def _steps(lines: list[dict[str, Any]]) -> Iterator[tuple[datetime, timedelta]]:
    """Give how far the clock is ahead from when on: steps add up, and a calm sets it right."""
    seconds = 0.0
    for line in lines:
        if line["do"] in ("clock", "calm"):
            seconds = seconds + line["seconds"] if line["do"] == "clock" else 0.0
            yield _instant(line["at"]), timedelta(seconds=seconds)


def _ordered(lines: list[dict[str, Any]]) -> Ordered:
    """Give what all the lines about one template say together."""
    first, last = lines[0], lines[-1]
    until = last.get("until")
    return Ordered(
        first["name"],
        first.get("account"),
        first.get("path"),
        next((line["secret"] for line in lines if line.get("secret")), None),
        first["slots"],
        _instant(first["from"]),
        _instant(last["at"]) if last.get("done") else None,
        None if until is None else _instant(until),
    )


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _lines(path: Path) -> list[dict[str, Any]]:
    """Give the lines of a file, without a last one that is only half written; none where there is no file."""
    written = path.read_text() if path.exists() else ""
    return [json.loads(line) for line in written.splitlines(keepends=True) if line.endswith("\n")]
