"""What the API refuses, as exceptions, by what the caller should do.

ApiError
├── Invalid       change what is sent: the body or a parameter is wrong
├── Forbidden     bring another token: it is missing, unknown, revoked, or lacks the scope
├── NotFound      there is no such thing, or it is another owner's
├── Conflict      look first: it exists already, or its state or a budget does not allow this
└── NotNow        try again after `retry_after` seconds
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx


@dataclass
class ApiError(Exception):
    """A refusal: problem details (RFC 9457), or the envelope of the compatible operations.

    *fields* says by name what is wrong with each, *request_id* is what the server's log has, *document* the whole
    answer.
    """

    status: int
    code: str
    detail: str
    request_id: str | None = None
    fields: dict[str, str] = field(default_factory=dict)
    retry_after: float | None = None
    document: Any = None

    def __str__(self) -> str:
        return f"{self.status} {self.code}: {self.detail}"


class Invalid(ApiError):
    pass


class Forbidden(ApiError):
    pass


class NotFound(ApiError):
    pass


class Conflict(ApiError):
    pass


class NotNow(ApiError):
    pass


_BY_STATUS: dict[int, type[ApiError]] = {
    400: Invalid,
    401: Forbidden,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    413: Invalid,
    415: Invalid,
    422: Invalid,
    429: NotNow,
    503: NotNow,
}


def refusal(response: httpx.Response) -> ApiError:
    """Give the exception for an answer that is no success, its body read."""
    try:
        document = response.json()
    except ValueError:
        document = None
    said = document if isinstance(document, dict) else {}
    detail = said.get("detail") or said.get("error") or response.text[:500] or response.reason_phrase
    named = {str(each["field"]): str(each["detail"]) for each in said.get("errors", ())}
    if said.get("field"):
        named = {str(said["field"]): str(detail)}
    waits = response.headers.get("retry-after", "")
    return _BY_STATUS.get(response.status_code, ApiError)(
        response.status_code,
        str(said.get("code", "unknown")),
        str(detail),
        said.get("requestId") or response.headers.get("x-request-id"),
        named,
        float(waits) if waits.isdecimal() else None,
        document,
    )
