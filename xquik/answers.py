"""An answer of the API, and what a failing one means for the caller. Pure: the HTTP status decides first."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from domain.errors import ApiBlocked, ApiError, ApiLimited, ApiRefused, ApiUnavailable, ApiUnclear
from xquik.fields import Body, flag, http_date, inner, number, reference, shortened, text

# The X account, not the key, needs its owner (Xquik REST API, error codes).
ACCOUNT_CODES = frozenset(
    {
        "account_needs_reauth",
        "account_not_found",
        "account_restricted",
        "login_failed",
        "x_account_suspended",
        "x_auth_failure",
    }
)
CONFLICT_CODES = frozenset({"idempotency_conflict", "idempotency_key_conflict"})
TIER_CODES = frozenset({None, "rate_limit_exceeded"})  # 429 of the API's own tiers; the others are X's throttles
DAILY_LIMIT_CODE = "x_daily_limit"  # with a Retry-After of seconds, it is the tiers' habit and not meant for a day
DAY = timedelta(days=1)
X_THROTTLE = timedelta(minutes=5)  # x_rate_limited says "minutes" and often no number


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, body and headers (names in lower case). An empty body reads as an empty object."""

    status: int
    body: Body
    headers: Mapping[str, str]
    readable: bool = True  # False: a body came, but not a JSON object

    @classmethod
    def of(cls, status: int, content: bytes, headers: Mapping[str, str]) -> Answer:
        lowered = {name.lower(): value for name, value in headers.items()}
        if not content.strip():
            return cls(status, {}, lowered)
        try:
            body: Any = json.loads(content)
        except (ValueError, RecursionError):  # RecursionError: nested deeper than any answer of the API
            body = None
        if not isinstance(body, dict):
            return cls(status, {}, lowered, readable=False)
        return cls(status, body, lowered)

    @property
    def code(self) -> str | None:
        """The error code: `error` is a string, or an object with `code`, or missing."""
        return shortened(text(self.body, "error") or text(inner(self.body, "error"), "code", "type"))

    @property
    def message(self) -> str | None:
        """What the server says in words."""
        error = inner(self.body, "error")
        return shortened(text(self.body, "message") or text(error, "message") or text(self.body, "reason"))

    @property
    def status_url(self) -> str | None:
        """Where the server says that this write can be asked about."""
        return reference(
            text(self.body, "statusUrl")
            or text(inner(self.body, "nextAction"), "url")
            or text(self.headers, "location")
            or _by_id(text(self.body, "writeActionId"))
        )

    def retry_after(self, now: datetime) -> timedelta | None:
        """How long the server asks to wait, from the headers or the body, in any of its spellings."""
        milliseconds = number(self.headers, "retry-after-ms")
        if milliseconds is None:
            milliseconds = number(self.body, "retryAfterMs")
        seconds = number(self.headers, "retry-after")
        if seconds is None:
            seconds = number(self.body, "retryAfter")
        if seconds is None and milliseconds is not None:
            seconds = milliseconds / 1000
        if seconds is None:
            at = http_date(self.headers.get("retry-after", ""))
            seconds = (at - now).total_seconds() if at else None
        return None if seconds is None else timedelta(seconds=min(max(seconds, 0.0), DAY.total_seconds()))


def failure(answer: Answer, *, what: str, write: bool, now: datetime, window: timedelta) -> ApiError:
    """Give the error that *answer* (any status but 2xx) means for a read or a *write*.

    *what* names the request in the message; *window* is the tier's, used when a 429 does not say how long to wait.
    """
    status, code = answer.status, answer.code
    said = f"{what}: {status}" + (f" {code}" if code else "") + (f" ({answer.message})" if answer.message else "")
    if status == 429:
        return _limited(answer, said, write=write, now=now, window=window)
    if status in (401, 402, 403) or (400 <= status < 500 and code in ACCOUNT_CODES):
        return ApiBlocked(said, status=status, code=code)
    if status in (301, 302, 307, 308):
        where = reference(text(answer.headers, "location")) or "elsewhere"
        return ApiBlocked(f"{said}: redirected to {where}; correct the API's base URL", status=status, code=code)
    if status in (303, 408, 424) or status >= 500 or (status == 409 and code not in CONFLICT_CODES):
        return _failed(answer, said, write=write)
    return ApiRefused(said, status=status, code=code)


def _failed(answer: Answer, said: str, *, write: bool) -> ApiError:
    # A write may have been done before the server failed, unless it says that a second one is safe.
    if write and flag(answer.body, "safeToRetry") is not True:
        return ApiUnclear(said, status=answer.status, code=answer.code, status_url=answer.status_url)
    return ApiUnavailable(said, status=answer.status, code=answer.code)


def _limited(answer: Answer, said: str, *, write: bool, now: datetime, window: timedelta) -> ApiError:
    if write and flag(answer.body, "sendDispatched") and not flag(answer.body, "safeToRetry"):
        return ApiUnclear(said, status=429, code=answer.code, status_url=answer.status_url)
    code = answer.code
    wait = answer.retry_after(now)
    if code == DAILY_LIMIT_CODE:
        wait = DAY if wait is None or wait < X_THROTTLE else wait
    if wait is None:
        wait = window if code in TIER_CODES else X_THROTTLE
    return ApiLimited(said, retry_at=now + wait, code=code)


def _by_id(action: str | None) -> str | None:
    return f"/x/write-actions/{action}" if action else None
