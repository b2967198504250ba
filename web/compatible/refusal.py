"""A request that is refused, in the words of the AutoContent X operations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from domain.errors import FieldError, InvalidInput
from web.problems import Refused

INVALID = "invalid_input"
MISSING_SOURCE = "missing_source"
NOT_CONFIGURED = "not_configured"
BUDGET_EXCEEDED = "budget_exceeded"
SOURCES = ("feedIds", "deepResearchIds", "audioUrl", "url", "text", "imageUrl", "imageFile")
MISSING_TYPE = "Missing type parameter (tweet or thread)"
DAILY_COUNT = "dailyCount must be between 1 and 100"
TOO_SOON = "Rate limit exceeded. Please wait 5 seconds before creating another X post request."


class Refusal(Refused):
    """The request is not done. *sentence* is what the caller reads, *code* names its kind, *field* what is wrong."""

    def __init__(
        self,
        sentence: str,
        *,
        code: str = INVALID,
        field: str | None = None,
        status: int = 400,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(sentence, status=status, code=code, field=field, headers=headers)


def wrong(field: str, reason: str) -> Refusal:
    """Refuse because of *field*: the sentence begins with its name."""
    return Refusal(f"{field} {reason}", field=field)


def no_source() -> Refusal:
    """Refuse because there is nothing to write from."""
    return Refusal(f"Missing a source: send at least one of {', '.join(SOURCES)}", code=MISSING_SOURCE)


def missing(sentence: str) -> Refusal:
    """Refuse because there is no such thing, or it is another owner's."""
    return Refusal(sentence, status=404, code="not_found")


@contextmanager
def in_its_words() -> Iterator[None]:
    """Name the fields of a template document, where one is wrong, as the request has them.

    Raises InvalidInput, and Refusal where nothing to write from would be left.
    """
    try:
        yield
    except InvalidInput as error:
        if any(each.field == "sources" for each in error.problems):
            raise no_source() from error
        renamed = [FieldError(_NAMES.get(each.field, each.field), _over_http(each.reason)) for each in error.problems]
        raise InvalidInput(renamed) from error


def _over_http(reason: str) -> str:
    """Name the operation where a remedy names a command, which a client of the API may not have."""
    for command, operation in _LISTS.items():
        reason = reason.replace(f"`ostinato {command} list` shows", f"GET {operation} lists")
    return reason


_LISTS = {"research": "/deep-research/research", "project": "/projects"}
_NAMES = {
    "research": "deepResearchIds",
    "projects": "projectIds",
    "feeds": "feedIds",
    "audio": "audioUrl",
    "image": "imageUrl",
    "prompt_audio": "promptAudioUrl",
    "tweet_style": "tweetStyle",
    "daily_count": "dailyCount",
    "schedule_end_date": "scheduleEndDate",
    "palette.text": "textColor",
    "palette.background": "backgroundColor",
    "palette.brand": "brandColor",
    "palette.accent": "accentColor",
}
