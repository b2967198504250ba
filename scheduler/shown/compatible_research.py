"""The documents of the AutoContent deep research operations: its keys to the letter, and ours beside them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from domain.research import Recurring, RecurringStatus, Research, ResearchStatus
from scheduler.shown.compatible import DONE, iso, iso_or_none
from scheduler.shown.compatible_notes import notes

REQUEST_TYPE = "deep_research"
FAILED = 2  # its error_code, as that of a run that failed
STAGES = {ResearchStatus.QUEUED: 0, ResearchStatus.WORKING: 5, ResearchStatus.FAILED: 5, ResearchStatus.DONE: DONE}


def research(found: Research) -> dict[str, Any]:
    """Give a research as `GET /deep-research/research` lists it. What failed keeps the number of its last stage."""
    failed = found.status is ResearchStatus.FAILED
    return {
        "id": found.id,
        "requestedOn": iso(found.created_at),
        "succeededOn": iso_or_none(found.finished_at) if found.status is ResearchStatus.DONE else None,
        "status": STAGES[found.status],
        "errorOn": iso_or_none(found.finished_at) if failed else None,
        "errorMessage": found.failure,
        "errorCode": FAILED if failed else 0,
        "prompt": found.topic,
        "outputType": found.output.value,
        "jsonFormat": None,
        "isScheduleTemplate": False,
        "scheduleId": found.recurring_id,
        "dailyCount": None,
        "scheduleEndDate": None,
        "lastScheduleExecutionOn": None,
        "nextScheduleExecutionOn": None,
        "callbackData": found.callback_data,
    }


def whole(found: Research) -> dict[str, Any]:
    """Give a research with its report, which is JSON as text where that was asked for."""
    return research(found) | {"responseText": found.text}


def request(found: Research) -> dict[str, Any]:
    """Give a research as `/content/Status/{id}` shows it, and as a compatible webhook is told how it ended."""
    shown = research(found)
    updated = found.finished_at or found.started_at or found.created_at
    return {
        "id": found.id,
        "request_id": found.id,
        "requestId": found.id,
        "schedule_id": found.recurring_id,
        "request_type": REQUEST_TYPE,
        "status": shown["status"],
        "requested_on": shown["requestedOn"],
        "updated_on": iso(updated),
        "error_on": shown["errorOn"],
        "error_code": shown["errorCode"],
        "errorCode": shown["errorCode"],
        "error_message": shown["errorMessage"],
        "reason": None,
        "callback_data": found.callback_data,
        "callbackData": found.callback_data,
        "response_text": found.text,
        "share_url": None,
        "notes": notes(found.rejected, None, []),
        "posts": [],
    }


def schedule(found: Recurring, last: datetime | None) -> dict[str, Any]:
    """Give one that recurs in the list of researches; *last* is when it was last queued."""
    return {
        "id": found.id,
        "requestedOn": iso(found.created_at),
        "succeededOn": None,
        "status": 0,
        "errorOn": None,
        "errorMessage": None,
        "errorCode": 0,
        "prompt": found.topic,
        "outputType": found.output.value,
        "jsonFormat": None,
        "isScheduleTemplate": True,
        "scheduleId": found.id,
        "dailyCount": found.daily_count,
        "scheduleEndDate": iso_or_none(found.end),
        "lastScheduleExecutionOn": iso_or_none(last),
        "nextScheduleExecutionOn": iso_or_none(found.next_at),
        "callbackData": found.callback_data,
    }


def template(found: Recurring, last: datetime | None) -> dict[str, Any]:
    """Give one that recurs as `GET /deep-research/recurring` lists it. Nothing here is deleted, or asks a provider."""
    return {
        "id": found.id,
        "text": found.topic,
        "provider": None,
        "outputType": found.output.value,
        "jsonFormat": None,
        "deletedOn": None,
        "callbackData": found.callback_data,
        "dailyCount": found.daily_count,
        "scheduleEndDate": iso_or_none(found.end),
        "lastRunAt": iso_or_none(last),
        "nextRunAt": iso_or_none(found.next_at),
        "createdOn": iso(found.created_at),
        "isActive": found.status is RecurringStatus.ACTIVE,
        "status": found.status.value,
    }


def scheduled(found: Recurring) -> dict[str, Any]:
    """Give what is answered when research is to recur; the end in its sentence has milliseconds, as there."""
    until = f"until {_precise(found.end)}" if found.end else "indefinitely"
    return {
        "schedule_id": found.id,
        "message": f"Deep research scheduled {found.daily_count} time(s) per day {until}",
        "dailyCount": found.daily_count,
        "endDate": iso_or_none(found.end),
    }


def _precise(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
