"""What can go wrong, grouped by what the caller should do about it.

An error that speaks of one room alone stands in that room.

OstinatoError
├── InputError              the request is wrong: fix it and ask again
│   ├── InvalidInput        one or more fields are wrong, all named together
│   ├── NotFound            nothing has that name or id
│   └── Conflict            it exists already, or its state does not allow this
│       └── Unreadable      what is kept of it cannot be read any more
├── SettingsError           the program is set up wrongly: fix the settings and start again
├── SourceError             a source gave nothing usable: run without it
├── WriterError             no draft could be written from this material: skip, with the reason
├── OverBudget              it would cost more than a budget allows: skip, with the reason
├── TooSimilar              its account has said it meanwhile: skip, with the reason
├── ApiError                the Xquik API did not do it
│   ├── ApiRefused          certainly not done, and never will be as asked
│   ├── ApiBlocked          certainly not done: the key, the credits or the account need their owner
│   ├── ApiLimited          certainly not done: ask again at `retry_at`
│   ├── ApiUnavailable      not reachable or failing: a read may be repeated
│   └── ApiUnclear          a write left and its answer is not known: ask what became of it
├── LeaseLost               somebody else holds this run: stop, touch nothing
└── DeliveryError           a callback was not accepted: retry with backoff
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


class OstinatoError(Exception):
    """The root of all errors that a caller is meant to catch."""


class InputError(OstinatoError):
    """The request is wrong. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong field and the reason, with the remedy in the sentence."""

    field: str
    reason: str

    def __str__(self) -> str:
        return f"{self.field}: {self.reason}"


class InvalidInput(InputError):
    """One or more fields are wrong; `problems` names each with its reason."""

    def __init__(self, problems: Sequence[FieldError]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class NotFound(InputError):
    """Nothing of this *kind* has this *name* or id."""

    def __init__(self, kind: str, name: str, remedy: str = "") -> None:
        super().__init__(f"no {kind} named {name!r}" + (f"; {remedy}" if remedy else ""))
        self.kind = kind
        self.name = name


class Conflict(InputError):
    """It exists already, or its state does not allow this."""


class Unreadable(Conflict):
    """What is kept of it cannot be read: the row was edited by hand, or its zone has left the system's time zones."""


class SettingsError(OstinatoError):
    """The settings are wrong; `problems` names each with its remedy."""

    def __init__(self, problems: Sequence[FieldError]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class SourceError(OstinatoError):
    """A source could not be read. The run goes on with the other sources.

    Both words go to logs, terminals and callbacks, and a hostile server has a say in them: they are kept to one line of
    at most 300 characters (a reference: 2,048) that are all printable.
    """

    def __init__(self, reference: str, reason: str) -> None:
        self.reference = _one_line(reference, 2_048)
        self.reason = _one_line(reason, 300)
        super().__init__(f"{self.reference}: {self.reason}")


def _one_line(text: str, most: int) -> str:
    shown = "".join(letter if letter.isprintable() else " " for letter in text[: most + 1])
    return shown if len(shown) <= most else shown[: most - 1] + "…"


class WriterError(OstinatoError):
    """No draft that passes the gate could be written from this material."""


class OverBudget(OstinatoError):
    """It would cost more than a budget allows. Nothing was reserved, and nothing of the write was kept."""


class TooSimilar(OstinatoError):
    """It repeats what its account has posted since it was written. Nothing was intended."""


class ApiError(OstinatoError):
    """The Xquik API did not do what was asked. *code* is its error code, *status* the HTTP status."""

    def __init__(self, message: str, *, status: int | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class ApiRefused(ApiError):
    """Certainly not done, and never will be as it was asked."""


class ApiBlocked(ApiError):
    """Certainly not done: 401, 402 or 403. The key, the credits or the account need their owner."""


class ApiLimited(ApiError):
    """Certainly not done: too many requests. Safe to ask again at `retry_at`."""

    def __init__(
        self, message: str, *, retry_at: datetime, status: int | None = 429, code: str | None = "rate_limit_exceeded"
    ) -> None:
        super().__init__(message, status=status, code=code)
        self.retry_at = retry_at


class ApiUnavailable(ApiError):
    """Not reachable, or failing on its own. A read may be repeated later."""


class ApiUnclear(ApiError):
    """A write left and its answer is not known: it may have been done.

    *status_url* is where the server says the write can be asked about, where it said so.
    """

    def __init__(
        self, message: str, *, status: int | None = None, code: str | None = None, status_url: str | None = None
    ) -> None:
        super().__init__(message, status=status, code=code)
        self.status_url = status_url


class LeaseLost(OstinatoError):
    """Another worker holds this run, or its lease ended. Nothing was written."""

    def __init__(self, run_id: str) -> None:
        super().__init__(f"run {run_id} is no longer held by this worker")
        self.run_id = run_id


class DeliveryError(OstinatoError):
    """A callback was not accepted; *permanent* ones are not tried again.

    *status* is the HTTP status, if there was one. *retry_after* is the receiver's own wish, where it named one.
    """

    def __init__(
        self,
        reason: str,
        *,
        status: int | None = None,
        permanent: bool = False,
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.permanent = permanent
        self.retry_after = retry_after
