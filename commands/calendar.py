"""A plan as an iCalendar file, one event for each run."""

from __future__ import annotations

from pathlib import Path

from icalendar import Calendar, Event

from domain.errors import FieldError, InvalidInput
from scheduler.operations.forecasting import Plan

PRODUCT = "-//Ostinato//template plan//EN"


def write(file: Path, plan: Plan) -> None:
    """Write the runs of *plan*. An event keeps its UID while its slot stays, so a calendar can read the file again.

    Raises InvalidInput when the file cannot be written.
    """
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    for outlook in plan.outlooks:
        template = outlook.template
        for slot in outlook.runs:
            event = Event()
            event.add("uid", f"{template.id}-{slot.at:%Y%m%dT%H%M%S%f}Z@ostinato")
            event.add("dtstamp", plan.span.now)
            event.add("dtstart", slot.at)
            event.add("summary", f"{template.name} (@{template.account})")
            if slot.note:
                event.add("description", slot.note.value)
            calendar.add_component(event)
    try:
        file.write_bytes(calendar.to_ical())
    except OSError as error:
        raise InvalidInput([FieldError("--ics", f"{file} cannot be written: {error.strerror}")]) from error
