"""Errors as answers: one translation for our own errors, in the words of RFC 9457 or in the compatible envelope."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response

from domain.errors import (
    ApiError,
    ApiLimited,
    Conflict,
    DeliveryError,
    FieldError,
    InputError,
    InvalidInput,
    LeaseLost,
    NotFound,
    OstinatoError,
    OverBudget,
    SettingsError,
    SourceError,
    TooSimilar,
    WriterError,
)
from storage.writer import CommitFailed, DatabaseFailing, WriterStopped
from web.answers import as_json
from web.operation import Manner

PROBLEM = "application/problem+json"
KIND = "urn:ostinato:problem:"
SOON = {"Retry-After": "5"}


class Refused(InputError):
    """Refused at the door, for what only the door knows: a token, a body, a header.

    *sentence* says what is wrong and what to do, *code* names its kind, *field* what is wrong.
    """

    def __init__(
        self,
        sentence: str,
        *,
        status: int = 400,
        code: str = "bad_request",
        field: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.status = status
        self.code = code
        self.field = field
        self.headers = dict(headers or {})


@dataclass(frozen=True, slots=True)
class Problem:
    """What an error is to the caller."""

    status: int
    code: str
    detail: str
    fields: tuple[FieldError, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


# What each code is called; the first of _KINDS that fits counts.
TITLES = {
    "bad_request": "The request cannot be understood",
    "unauthorised": "A token is needed",
    "forbidden": "The token does not allow this",
    "not_found": "There is no such thing",
    "method_not_allowed": "This cannot be done here",
    "conflict": "Its state does not allow this",
    "too_large": "The request is too large",
    "unsupported_media_type": "The body has a type that is not understood",
    "invalid_input": "Fields are wrong",
    "limit_reached": "There may be no more of these",
    "missing_source": "There is nothing to write from",
    "not_configured": "The program is not set up for this",
    "not_rewritten": "No other words were found",
    "budget_exceeded": "A budget is reached already",
    "over_budget": "It would cost more than a budget allows",
    "too_similar": "The account has said it already",
    "rate_limited": "Too many requests",
    "request_timeout": "The request did not come in time",
    "busy": "The server is busy",
    "timed_out": "It took too long",
    "source": "What was to be read cannot be read",
    "writer": "No text could be written",
    "delivery": "A callback was not accepted",
    "settings": "The program is not set up for this",
    "api": "The Xquik API did not do it",
    "api_limited": "The Xquik API takes no more requests for now",
    "database": "The database did not do it",
    "internal": "The program failed",
}
_KINDS: tuple[tuple[type[OstinatoError], int, str], ...] = (
    (InvalidInput, 422, "invalid_input"),
    (NotFound, 404, "not_found"),
    (Conflict, 409, "conflict"),
    (LeaseLost, 409, "conflict"),
    (InputError, 422, "invalid_input"),
    (OverBudget, 409, "over_budget"),
    (TooSimilar, 409, "too_similar"),
    (SourceError, 422, "source"),
    (WriterError, 422, "writer"),
    (DeliveryError, 422, "delivery"),
    (SettingsError, 409, "settings"),
    (ApiLimited, 503, "api_limited"),
    (ApiError, 502, "api"),
    (DatabaseFailing, 503, "database"),
    (WriterStopped, 503, "database"),
    (CommitFailed, 503, "database"),
    (OstinatoError, 500, "internal"),
)
ENDING = Problem(
    503,
    "busy",
    "the server ends, and whether this was done is not known; ask again with the same Idempotency-Key, or look first",
    headers={**SOON, "Connection": "close"},
)
INTERNAL = Problem(500, "internal", "the program failed; its log has the request's id and what happened")


def problem_of(error: OstinatoError) -> Problem:
    """Give what *error* is to the caller."""
    if isinstance(error, Refused):
        wrong = (FieldError(error.field, error.sentence),) if error.field else ()
        return Problem(error.status, error.code, error.sentence, wrong, error.headers)
    status, code = next((status, code) for kind, status, code in _KINDS if isinstance(error, kind))
    if status == INTERNAL.status:
        return INTERNAL
    fields = error.problems if isinstance(error, (InvalidInput, SettingsError)) else ()
    return Problem(status, code, str(error), fields, SOON if status == 503 else {})


def answer(problem: Problem, request_id: str, manner: Manner) -> Response:
    """Give *problem* in the words of an operation's *manner*."""
    if manner is Manner.COMPATIBLE:
        return Response(
            as_json(envelope(problem, request_id)), _compatible(problem), problem.headers, "application/json"
        )
    return Response(as_json(details(problem, request_id)), problem.status, problem.headers, PROBLEM)


def details(problem: Problem, request_id: str) -> dict[str, Any]:
    """Give problem details as RFC 9457 has them, with the `code`, the wrong fields and the request's id beside."""
    return {
        "type": KIND + problem.code,
        "title": TITLES.get(problem.code, TITLES["bad_request"]),
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
        "errors": [{"field": each.field, "detail": each.reason} for each in problem.fields],
        "requestId": request_id,
    }


def envelope(problem: Problem, request_id: str) -> dict[str, Any]:
    """Give the envelope of the AutoContent operations, with the code, the first wrong field and the request's id."""
    wrong = problem.fields[0].field if problem.fields else None
    return {
        "success": False,
        "error": problem.detail,
        "code": problem.code,
        "field": wrong,
        "requestId": request_id,
    }


def _compatible(problem: Problem) -> int:
    return 400 if problem.status == 422 else problem.status
