"""Reading what the deep research operations are asked for: every rule of their fields, and no effect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.errors import FieldError, InvalidInput
from domain.research import OutputType
from domain.template_document.fields import url_problem
from domain.template_document.reading import CALLBACK_DATA_LIMIT
from scheduler.operations.research import MOST_A_DAY, TOPIC_LIMIT, Asked, Change
from web.compatible.given import Given
from web.compatible.refusal import NOT_CONFIGURED, Refusal, wrong

DAILY_COUNT = f"dailyCount must be between 1 and {MOST_A_DAY}"
# What this installation's research does not know. To leave it out in silence would give another report than was asked.
_UNKNOWN = {
    "jsonFormat": "a report as JSON has one form here (docs/research.md); leave it out",
    "projectIds": "research takes no projects; name them in the post that is written from it",
}


class Provider(StrEnum):
    """Whom the vendor asks. Here the model of the settings is asked, whichever is named."""

    GEMINI = "gemini"
    OPENAI = "openai"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A research as it was asked for; without a *daily_count* once."""

    asked: Asked
    daily_count: int | None = None
    end: datetime | None = None


def read_research(given: Given, *, feeds: Mapping[int, str], now: datetime) -> Wanted:
    """Read a request of `POST /deep-research/research`; *feeds* are the caller's by number. Raises Refusal."""
    text = given.text("text", limit=TOPIC_LIMIT)
    if text is None:
        raise Refusal("Missing text parameter", field="text")
    output = _output(given)
    given.choice("provider", Provider)
    _refuse_unknown(given)
    scheduled = given.boolean("isScheduled") or False
    daily_count, end = given.integer("dailyCount", 1, MOST_A_DAY, sentence=DAILY_COUNT), given.moment("scheduleEndDate")
    if scheduled and end is not None and end <= now:
        raise wrong("scheduleEndDate", "is in the past; name a later date, or leave it out")
    asked = Asked(
        text,
        feeds=_feeds(given, feeds),
        urls=_pages(given),
        output=output,
        callback_data=given.opaque("callbackData", limit=CALLBACK_DATA_LIMIT),
    )
    return Wanted(asked, (daily_count or 1) if scheduled else None, end if scheduled else None)


def read_change(given: Given, *, now: datetime) -> Change:
    """Read a request of `POST /deep-research/recurring/{id}`. Raises Refusal."""
    end = given.moment("scheduleEndDate")
    if end is not None and end <= now:
        raise wrong("scheduleEndDate", "is in the past; name a later date, or null for none")
    if given.has("text") and given.text("text", limit=TOPIC_LIMIT) is None:
        raise wrong("text", "is empty; say what to look up, or leave it out")
    return Change(
        topic=given.text("text", limit=TOPIC_LIMIT),
        daily_count=given.integer("dailyCount", 1, MOST_A_DAY, sentence=DAILY_COUNT),
        until=(end or "") if given.has("scheduleEndDate") else None,
        active=given.boolean("isActive"),
    )


@contextmanager
def in_its_words() -> Iterator[None]:
    """Name the fields as the request has them, where one is wrong. Raises InvalidInput."""
    try:
        yield
    except InvalidInput as error:
        raise InvalidInput(
            [FieldError(_NAMES.get(each.field, each.field), each.reason) for each in error.problems]
        ) from error


def _output(given: Given) -> OutputType:
    value = given.raw("outputType")
    if value is None:
        raise Refusal("Missing outputType parameter (text or json)", field="outputType")
    try:
        return OutputType(value)
    except ValueError:
        raise Refusal("Invalid outputType parameter (text or json)", field="outputType") from None


def _refuse_unknown(given: Given) -> None:
    for name, reason in _UNKNOWN.items():
        if given.raw(name) is not None:
            raise Refusal(f"{name}: {reason}", code=NOT_CONFIGURED, field=name)


def _feeds(given: Given, known: Mapping[int, str]) -> tuple[str, ...]:
    ids = given.numbers("feedIds")
    for each in ids:
        if each not in known:
            raise wrong("feedIds", f"names feed {each}, which does not exist; GET /feeds lists those there are")
    return tuple(known[each] for each in ids)


def _pages(given: Given) -> tuple[str, ...]:
    """Give the pages that are read first."""
    found = given.texts("files", limit=2048)
    for each in found:
        if url_problem(each):
            raise wrong("files", f"{each[:80]!r} is no http or https URL, and only pages are read here")
    return found


_NAMES = {
    "topic": "text",
    "feeds": "feedIds",
    "urls": "files",
    "until": "scheduleEndDate",
    "daily_count": "dailyCount",
}
