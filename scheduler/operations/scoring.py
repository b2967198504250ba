"""Scoring a text of one's own, as drafts are scored."""

from __future__ import annotations

from domain.draft import Score
from domain.errors import FieldError, InvalidInput
from generators.rules import checks
from generators.score import has_link
from xquik import compose
from xquik.transport import Transport

TEXT_LIMIT = 25_000  # Xquik REST API, Create Tweet: the longest note tweet


async def score(transport: Transport | None, text: str, *, has_media: bool) -> Score:
    """Score *text* with `POST /compose` step=score; without a *transport*, with our own copy of its checks.

    Raises InvalidInput for an empty or too long text, and ApiError.
    """
    if not text.strip():
        raise InvalidInput([FieldError("text", "is empty; give the text of a post")])
    if len(text) > TEXT_LIMIT:
        raise InvalidInput([FieldError("text", f"is {len(text)} characters long; at most {TEXT_LIMIT} are scored")])
    if transport is not None:
        return await compose.score(transport, text, has_link=has_link(text), has_media=has_media)
    found = checks(text, has_link=has_link(text), has_media=has_media)
    passed = sum(check.passed for check in found)
    advice = next((check.suggestion for check in found if not check.passed), None)
    return Score(100 * passed // len(found), found, "local", top_suggestion=advice)
