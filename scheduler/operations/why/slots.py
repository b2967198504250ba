"""Why, for any instant of a template: the slots there with what became or becomes of each, or that there is none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from domain.errors import FieldError, InvalidInput, NotFound
from domain.run import Gap
from domain.template import StoredTemplate
from scheduler.operations.why import history, nominal
from scheduler.operations.why.ahead import MICROSECOND, Ahead, unrecorded
from scheduler.operations.why.nothing import nothing
from scheduler.operations.why.recorded import NO_GAP, explained, explained_gap
from scheduler.operations.why.values import Answer, WhyGap, WhyNothing
from storage import templates
from storage.database import Database

LAST = datetime.max.replace(tzinfo=UTC)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
AROUND = 3 * DAY  # what the zones and the slots around an instant need of the calendar


def of_slots(
    database: Database,
    name: str,
    at: datetime,
    within: timedelta = SECOND,
    *,
    now: datetime,
    spacing: timedelta = NO_GAP,
) -> list[Answer]:
    """Explain the slots of a template from *at* on for *within*, oldest first; past or to come, with a record or not.

    A slot is also found by its nominal time. Where there is none the one answer says so, and names those before and
    after. Within less than a day, the gap that *at* lies in is left out where a run is found. A deleted template is
    found by its name as well, while no other has it. *spacing* is the least time between two posts of an account
    without a gap of its own. Raises NotFound for an unknown template, and InvalidInput at the end of the calendar.
    """
    if at > LAST - AROUND:
        raise InvalidInput([FieldError("at", "is later than any calendar goes")])
    until = at + min(within, LAST - at)
    with database.read() as connection:
        stored = _template(connection, name)
        ahead = Ahead(connection, stored, now, spacing)
        found = _found(ahead, at, until)
        if not found and (meant := _named(ahead, at, until)) is not None:
            found = _found(ahead, meant, meant + MICROSECOND)
        return found or [nothing(connection, ahead, at, until)]


def _found(ahead: Ahead, at: datetime, until: datetime) -> list[Answer]:
    """Explain the slots in [*at*, *until*), oldest first."""
    connection, stored = ahead.connection, ahead.stored
    found = _recorded(connection, stored, at, until, ahead.spacing)
    met = {_begins(each) for each in found}
    found += [ahead.explained(slot) for slot in ahead.slots(at, until) if slot.at not in met]
    if not found:
        missing = unrecorded(connection, stored, max(at, stored.state.created_at), until)
        found += [missing] if missing else []
    return sorted(found, key=_begins)


def _named(ahead: Ahead, at: datetime, until: datetime) -> datetime | None:
    """Give the slot whose nominal time is in [*at*, *until*): people ask for the time that they have written down."""
    then = templates.as_of(ahead.connection, ahead.stored.template.id, at)
    slot = nominal.jittered(then.schedule, at, until) if then else None
    return slot.at if slot else None


def _template(connection: Connection, name: str) -> StoredTemplate:
    try:
        return templates.get(connection, name)
    except NotFound:
        gone = history.deleted(connection, name)
        if gone is None:
            raise
        return templates.get(connection, gone)


def _recorded(
    connection: Connection, stored: StoredTemplate, at: datetime, until: datetime, spacing: timedelta
) -> list[Answer]:
    template = stored.template
    ids = history.runs_between(connection, template.id, at, until)
    found: list[Answer] = [explained(connection, run_id, spacing) for run_id in ids]
    if found and until - at < DAY:
        return found
    for gap in history.gaps_between(connection, template.id, at, until):
        if until - at >= DAY:
            found.append(explained_gap(connection, template, gap))
        else:
            found += _within_gap(connection, stored, gap, at, until)
    return found


def _within_gap(
    connection: Connection, stored: StoredTemplate, gap: Gap, at: datetime, until: datetime
) -> list[WhyGap]:
    """Explain the slot of the gap in [*at*, *until*); when its schedule is not known any more, the gap itself."""
    start = max(at, gap.start)
    then = templates.as_of(connection, gap.template_id, start)
    if then is None:
        return [explained_gap(connection, stored.template, gap)]
    slots = nominal.slots_between(then.schedule, start, min(until, gap.end + SECOND))
    return [explained_gap(connection, stored.template, gap, slot.at) for slot in slots if slot.at <= gap.end]


def _begins(answer: Answer) -> datetime:
    if isinstance(answer, WhyGap):
        return answer.slot_at or answer.gap.start
    return answer.at if isinstance(answer, WhyNothing) else answer.slot_at
