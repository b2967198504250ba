"""Faults on request: queued, kept in the database, each fired a given number of times."""

import json
import random
import sqlite3
from dataclasses import dataclass, field
from typing import Any

from sandbox.answers import Json, invalid
from sandbox.call import PREFIX, Call

# Per kind, the parameters it understands.
KINDS: dict[str, frozenset[str]] = {
    "drop_before": frozenset(),
    "drop_after": frozenset(),
    "error": frozenset({"status", "code", "message"}),
    "error_after": frozenset({"status", "code", "message", "record"}),
    "rate_limited": frozenset({"retry_after", "bare", "code"}),
    "pending": frozenset({"settle_after", "settle_polls", "outcome", "appears"}),
    "slow": frozenset({"seconds", "after_write"}),
    "lag": frozenset({"seconds"}),
    "tco": frozenset(),
    "cut_body": frozenset(),
    "wrong_json": frozenset({"body"}),
}
MATCH_FIELDS = frozenset({"method", "path", "account", "text_contains"})
CHANCE = frozenset({"share", "seed"})  # parameters of every kind
NUMBERS = frozenset({"status", "retry_after", "settle_after", "settle_polls", "seconds"})


@dataclass(slots=True)
class Fault:
    """One fault: what it does, which requests it meets, and how often it has fired."""

    id: int
    kind: str
    match: Json
    params: Json
    times: int | None  # None: until it is deleted
    fired: int = 0
    _chance: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.params.get("seed", 0))  # noqa: S311 - the same faults for the same seed

    @property
    def spent(self) -> bool:
        return self.times is not None and self.fired >= self.times

    def meets(self, call: Call) -> bool:
        """Tell whether this fault is meant for *call*."""
        match = self.match
        if match.get("method", call.method).upper() != call.method:
            return False
        if not call.path.startswith(match.get("path", "").removeprefix(PREFIX)):
            return False
        account = call.peek("account").removeprefix("@").lower()
        if "account" in match and match["account"].removeprefix("@").lower() != account:
            return False
        return match.get("text_contains", "") in call.peek("text") and self._drawn()

    def _drawn(self) -> bool:
        """Tell whether this fault's share falls on the next of the requests that it is meant for."""
        return "share" not in self.params or self._chance.random() < self.params["share"]

    def view(self) -> Json:
        """Return the fault as the admin door shows it."""
        shown = {"id": self.id, "kind": self.kind, "match": self.match, "times": self.times, "fired": self.fired}
        return shown | {"spent": self.spent} | self.params


class Faults:
    """The queue of faults, in memory and in the database."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._all = [
            Fault(r["id"], r["kind"], json.loads(r["match"]), json.loads(r["params"]), r["times"], r["fired"])
            for r in db.execute("SELECT * FROM faults ORDER BY id")
        ]

    def first(self, call: Call, *kinds: str) -> Fault | None:
        """Return the oldest unspent fault of these *kinds* that meets *call*.

        A write on X that names no account is a probe or a mistake, which the API refuses anyway: it meets no fault.
        """
        if not self._all or (call.method != "GET" and call.path.startswith("/x/") and not call.peek("account")):
            return None
        return next((f for f in self._all if f.kind in kinds and not f.spent and f.meets(call)), None)

    def fire(self, fault: Fault) -> None:
        """Count one firing; the caller's transaction keeps it."""
        fault.fired += 1
        self._db.execute("UPDATE faults SET fired = ? WHERE id = ?", (fault.fired, fault.id))

    def add(self, body: Json) -> Fault:
        """Queue the fault described by *body*. Raises ApiError 400 naming the field that is wrong."""
        kind, match, times, params = read_fault(body)
        row = self._db.execute(
            "INSERT INTO faults (kind, match, params, times) VALUES (?, ?, ?, ?) RETURNING id",
            (kind, json.dumps(match), json.dumps(params), times),
        ).fetchone()
        fault = Fault(row["id"], kind, match, params, times)
        self._all.append(fault)
        return fault

    def clear(self) -> int:
        """Delete every fault, spent or not; return how many there were."""
        count = len(self._all)
        self._db.execute("DELETE FROM faults")
        self._all.clear()
        return count

    def view(self) -> list[Json]:
        """Return every fault, the spent ones too."""
        return [fault.view() for fault in self._all]


def read_fault(body: Json) -> tuple[str, Json, int | None, Json]:
    """Return kind, match, times and parameters of a fault, checked."""
    kind = body.get("kind")
    if kind not in KINDS:
        raise invalid(f"kind must be one of {', '.join(KINDS)}")
    match = body.get("match", {})
    if not isinstance(match, dict) or set(match) - MATCH_FIELDS or not all(isinstance(v, str) for v in match.values()):
        raise invalid(f"match takes text fields among {', '.join(sorted(MATCH_FIELDS))}")
    times = body.get("times", 1)
    if times is not None and (not isinstance(times, int) or isinstance(times, bool) or times < 1):
        raise invalid("times must be a whole number of at least 1, or null for: until deleted")
    params = {name: value for name, value in body.items() if name not in ("kind", "match", "times")}
    _check_params(kind, params)
    return kind, match, times, params


def _check_params(kind: str, params: dict[str, Any]) -> None:
    if strange := set(params) - KINDS[kind] - CHANCE:
        raise invalid(f"{kind} does not take {', '.join(sorted(strange))}; it takes {sorted(KINDS[kind] | CHANCE)}")
    for name in NUMBERS & set(params):
        value = params[name]
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
            raise invalid(f"{name} must be a number of at least 0")
    _check_chance(params)
    if not 400 <= params.get("status", 500) <= 599:
        raise invalid("status must be from 400 to 599")
    if params.get("outcome", "success") not in ("success", "failed"):
        raise invalid("outcome must be success or failed")
    if params.get("appears", "never") not in ("at_once", "on_settle", "never"):
        raise invalid("appears must be at_once, on_settle or never")


def _check_chance(params: dict[str, Any]) -> None:
    share, seed = params.get("share", 1), params.get("seed", 0)
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share <= 1:
        raise invalid("share must be a number above 0 and at most 1")
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise invalid("seed must be a whole number")
    if "seed" in params and "share" not in params:
        raise invalid("seed is the seed of a share; give the share too")
