"""How errors leave the command line: one line and an exit code, or one JSON object."""

from __future__ import annotations

import json
from typing import Any

from domain.errors import (
    ApiError,
    Conflict,
    DeliveryError,
    InputError,
    InvalidInput,
    LeaseLost,
    NotFound,
    OstinatoError,
    SettingsError,
    SourceError,
    WriterError,
)


class DatabaseUnusable(OstinatoError):
    """The database cannot be opened, or its schema is not the one this program needs."""


class FoundFailure(OstinatoError):
    """What was asked was done, and it found a failure."""


EXIT_CODES = {
    0: "done",
    1: "what was asked was done and found a failure: unread failures, a refused test callback, a dead daemon's work",
    2: "the command line or a field is wrong: fix it and ask again",
    3: "the settings are wrong: fix the environment or settings.env and start again",
    4: "nothing has that name or id",
    5: "it exists already, or its state does not allow this",
    6: "the Xquik API did not do it",
    7: "the database cannot be used: it is unreachable, or needs `ostinato db upgrade`",
    8: "something outside failed: a page or feed that was to be read, a writer, a callback or your editor",
    130: "interrupted",
}

# The first that fits counts.
_CODES: tuple[tuple[type[OstinatoError], int, str], ...] = (
    (FoundFailure, 1, "found_failure"),
    (InvalidInput, 2, "invalid_input"),
    (NotFound, 4, "not_found"),
    (Conflict, 5, "conflict"),
    (LeaseLost, 5, "conflict"),
    (InputError, 2, "invalid_input"),
    (SettingsError, 3, "settings"),
    (ApiError, 6, "api"),
    (DatabaseUnusable, 7, "database"),
    (SourceError, 8, "source"),
    (WriterError, 8, "writer"),
    (DeliveryError, 8, "delivery"),
    (OstinatoError, 8, "outside"),
)


def exit_code(error: OstinatoError) -> int:
    """Give the documented exit code of *error*."""
    return next(code for kind, code, _ in _CODES if isinstance(error, kind))


def as_json(error: OstinatoError) -> str:
    """Give *error* as `{"error": {"code", "message", "fields"}}`."""
    name = next(name for kind, _, name in _CODES if isinstance(error, kind))
    return render(name, str(error), {problem.field: problem.reason for problem in _problems(error)})


def as_text(error: OstinatoError) -> str:
    """Give *error* as one line, or as one line for each problem when it names several."""
    problems = _problems(error)
    if len(problems) < 2:
        return f"Error: {error}"
    return "\n".join([f"Error: {len(problems)} problems:", *(f"  {problem}" for problem in problems)])


def render(code: str, message: str, fields: dict[str, str]) -> str:
    error: dict[str, Any] = {"code": code, "message": message, "fields": fields}
    return json.dumps({"error": error}, ensure_ascii=False)


def _problems(error: OstinatoError) -> tuple[Any, ...]:
    return error.problems if isinstance(error, (InvalidInput, SettingsError)) else ()
