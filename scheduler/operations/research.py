"""What a person can do with deep research: start one, let it recur, and read what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from domain.errors import Conflict, FieldError, InvalidInput
from domain.owner import LOCAL_OWNER
from domain.research import OutputType, Recurring, RecurringStatus, Research, ResearchStatus, Scope
from domain.schedule import Grid
from domain.template_document.fields import url_problem
from domain.template_document.reading import CALLBACK_DATA_LIMIT
from scheduler import grid
from scheduler.operations.prefixes import whole_id
from storage import feeds, recurring_research, research
from storage.database import Database
from storage.tables import recurring_research as recurring_rows
from storage.tables import research as rows

NewId = Callable[[], str]
TOPIC_LIMIT = 2_000  # characters
SCOPE_LIMIT = 10
MOST_A_DAY = 24  # AutoContent API, deep research: dailyCount


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asks for. *feeds* are URLs, or numbers of feeds that are kept. *callback_data* is told back."""

    topic: str
    feeds: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    output: OutputType = OutputType.TEXT
    callback_data: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be another in one that recurs; None stays. *until* "" lifts the end."""

    topic: str | None = None
    daily_count: int | None = None
    until: datetime | str | None = None
    active: bool | None = None


def start(database: Database, asked: Asked, *, now: datetime, new_id: NewId, owner: str = LOCAL_OWNER) -> Research:
    """Queue a research; the daemon works on it. Raises InvalidInput naming all problems."""
    with database.write() as connection:
        topic, scope = _topic(asked.topic), _scope(connection, asked, owner)
        made = Research(
            new_id(),
            topic,
            asked.output,
            ResearchStatus.QUEUED,
            now,
            scope,
            callback_data=_callback_data(asked),
            owner_id=owner,
        )
        research.add(connection, made)
        return made


def repeat(
    database: Database,
    asked: Asked,
    *,
    daily_count: int,
    until: datetime | None,
    now: datetime,
    new_id: NewId,
    owner: str = LOCAL_OWNER,
) -> Recurring:
    """Have a research done *daily_count* times a day, at once for the first time, the last at or before *until*.

    Raises InvalidInput naming all problems.
    """
    _check_times(daily_count, until, now)
    with database.write() as connection:
        made = Recurring(
            id=new_id(),
            topic=_topic(asked.topic),
            output=asked.output,
            scope=_scope(connection, asked, owner),
            daily_count=daily_count,
            anchor=now,
            end=until,
            status=RecurringStatus.ACTIVE,
            next_at=now,
            created_at=now,
            updated_at=now,
            callback_data=_callback_data(asked),
            owner_id=owner,
        )
        recurring_research.add(connection, made)
        return made


def get(database: Database, name: str, *, owner: str = LOCAL_OWNER) -> Research:
    """Give a research by its id, or the beginning of it. Raises NotFound."""
    with database.read() as connection:
        return research.get(connection, whole_id(connection, rows.c.id, name), owner=owner)


def list_all(
    database: Database, *, limit: int, recurring: str | None = None, owner: str = LOCAL_OWNER
) -> list[Research]:
    """Give the newest researches; with *recurring*, those that came of it. Raises NotFound."""
    with database.read() as connection:
        of = recurring and _recurring(connection, recurring, owner).id
        return research.list_all(connection, limit=limit, recurring_id=of, owner=owner)


def get_recurring(database: Database, name: str, *, owner: str = LOCAL_OWNER) -> Recurring:
    """Give one that recurs by its id, or the beginning of it. Raises NotFound."""
    with database.read() as connection:
        return _recurring(connection, name, owner)


def list_recurring(database: Database, *, owner: str = LOCAL_OWNER) -> list[Recurring]:
    """Give those that recur, the newest first."""
    with database.read() as connection:
        return recurring_research.list_all(connection, owner=owner)


def change(database: Database, name: str, wanted: Change, *, now: datetime, owner: str = LOCAL_OWNER) -> Recurring:
    """Change one that recurs, pause it or let it go on. Another count is counted from now on.

    What passes while it is paused is not made up. Raises NotFound, InvalidInput, and Conflict where its end has passed.
    """
    with database.write() as connection:
        before = _recurring(connection, name, owner)
        end = before.end if wanted.until is None else wanted.until if isinstance(wanted.until, datetime) else None
        count = wanted.daily_count or before.daily_count
        _check_times(count, end if wanted.until is not None else None, now)
        changed = replace(
            before,
            topic=_topic(wanted.topic) if wanted.topic is not None else before.topic,
            daily_count=count,
            anchor=now if count != before.daily_count else before.anchor,
            end=end,
            updated_at=now,
        )
        changed = _standing(changed, before, wanted.active, now)
        recurring_research.replace(connection, changed)
        return changed


def _recurring(connection: Connection, name: str, owner: str) -> Recurring:
    return recurring_research.get(connection, whole_id(connection, recurring_rows.c.id, name), owner=owner)


def _standing(changed: Recurring, before: Recurring, active: bool | None, now: datetime) -> Recurring:
    """Give its status and its next time. One that ended goes on when it is asked to, or is given a later end."""
    lifted = before.status is RecurringStatus.ENDED and before.end != changed.end
    if active is None:
        active = before.status is RecurringStatus.ACTIVE or lifted
    if not active:
        ended = before.status is RecurringStatus.ENDED
        return replace(changed, status=RecurringStatus.ENDED if ended else RecurringStatus.PAUSED, next_at=None)
    if before.next_at is not None and changed.anchor == before.anchor:
        following = before.next_at
    else:
        _, following = grid.around(Grid(changed.daily_count, changed.anchor), now)
    if changed.end is not None and following > changed.end:
        raise Conflict(f"it would not come again before its end, {changed.end:%Y-%m-%d %H:%M} UTC; give it a later one")
    return replace(changed, status=RecurringStatus.ACTIVE, next_at=following)


def _topic(topic: str) -> str:
    tidy = " ".join(topic.replace("\0", " ").split())
    if not tidy:
        raise InvalidInput([FieldError("topic", "is empty; say in a few words what to look up")])
    if len(tidy) > TOPIC_LIMIT:
        raise InvalidInput([FieldError("topic", f"has {len(tidy)} characters; at most {TOPIC_LIMIT} are allowed")])
    return tidy


def _scope(connection: Connection, asked: Asked, owner: str) -> Scope:
    problems: list[FieldError] = []
    known = {str(feed.id): feed.url for feed in feeds.list_feeds(connection, owner=owner)}

    def urls(name: str, given: Sequence[str], otherwise: dict[str, str]) -> tuple[str, ...]:
        if len(given) > SCOPE_LIMIT:
            problems.append(FieldError(name, f"has {len(given)} entries; at most {SCOPE_LIMIT} are allowed"))
        found = [otherwise.get(each, each).strip() for each in given]
        for each in found:
            if each.isdecimal() and name == "feeds":
                problems.append(FieldError(name, f"there is no feed {each}; see `ostinato feed list`"))
            elif reason := url_problem(each):
                problems.append(FieldError(name, reason))
        return tuple(dict.fromkeys(found))

    scope = Scope(urls("feeds", asked.feeds, known), urls("urls", asked.urls, {}))
    if problems:
        raise InvalidInput(problems)
    return scope


def _callback_data(asked: Asked) -> str | None:
    if asked.callback_data is not None and len(asked.callback_data) > CALLBACK_DATA_LIMIT:
        reason = f"has {len(asked.callback_data)} characters; at most {CALLBACK_DATA_LIMIT} are allowed"
        raise InvalidInput([FieldError("callback_data", reason)])
    return asked.callback_data


def _check_times(daily_count: int, until: datetime | None, now: datetime) -> None:
    if not 1 <= daily_count <= MOST_A_DAY:
        raise InvalidInput([FieldError("daily_count", f"must be between 1 and {MOST_A_DAY}")])
    if until is not None and until <= now:
        raise InvalidInput([FieldError("until", "is in the past; name a later date, or leave it out")])
