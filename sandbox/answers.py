"""Answers, and the error envelope that every refusal wears."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]

MESSAGES = {
    "account_needs_reauth": "The X account session expired. Re-authenticate it in the dashboard.",
    "account_not_found": "No connected X account with that username or ID.",
    "account_restricted": "The X account is locked, suspended or recovering.",
    "article_not_found": "No article with that tweet ID.",
    "draft_not_found": "Draft not found.",
    "idempotency_conflict": "This Idempotency-Key was used for another write. Use a new key for a new write.",
    "insufficient_credits": "The credit balance is too low for this operation.",
    "internal_error": "Server error.",
    "invalid_id": "The path parameter is not a valid ID.",
    "invalid_idempotency_key": "Idempotency-Key must be 1 to 255 printable ASCII characters without spaces.",
    "invalid_json": "Invalid JSON in the request body.",
    "invalid_tweet_id": "The tweet ID is empty or invalid.",
    "invalid_username": "The X username is empty or invalid.",
    "missing_params": "Required query parameters are missing.",
    "missing_query": "The query parameter q is missing.",
    "not_found": "Resource does not exist.",
    "rate_limit_exceeded": "Too many requests. Try again later.",
    "style_not_found": "No cached style found.",
    "tweet_not_found": "Tweet not found.",
    "unauthenticated": "Authentication required. Provide a valid API key or bearer token.",
    "user_not_found": "X user not found.",
    "x_content_too_long": "The text is longer than X allows.",
    "x_duplicate_action": "Action already completed. No retry needed.",
    "x_target_not_found": "The tweet to reply to does not exist.",
    "x_write_ambiguous": "The action may have completed. Do not send it again; verify first.",
    "x_write_failed": "X did not accept the action.",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, a JSON body (None is an empty body) and extra headers."""

    body: Json | None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class ApiError(Exception):
    """A refusal: nothing of the request was done."""

    def __init__(self, status: int, code: str, message: str = "", **extra: Any) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message or MESSAGES.get(code, code.replace("_", " ").capitalize() + ".")
        self.extra = extra
        self.headers: dict[str, str] = {}

    def answer(self) -> Answer:
        """Return the refusal as `{error, message, …}`."""
        return Answer({"error": self.code, "message": self.message, **self.extra}, self.status, self.headers)


def invalid(message: str) -> ApiError:
    """Return the refusal of a body or parameter that failed validation."""
    return ApiError(400, "invalid_input", message)


def iso(milliseconds: int) -> str:
    """Return Unix *milliseconds* as the API writes times: `2026-02-24T10:30:00.000Z`."""
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"
