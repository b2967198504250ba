"""From a Template to the document that gives it back. Only a grid's anchor is not in it."""

from __future__ import annotations

from typing import Any

from domain.duration import format_duration
from domain.schedule import Grid, Schedule
from domain.template import Template
from domain.template_document.cadence import WEEKDAYS


def to_document(template: Template) -> dict[str, Any]:
    """Give plain JSON values under snake_case names; what is not set is left out."""
    document: dict[str, Any] = {
        "name": template.name,
        "account": template.account,
        "type": template.type.value,
        "urls": list(template.sources.urls) or None,
        "feeds": [{"url": feed.url, "backlog": feed.backlog.value} for feed in template.sources.feeds] or None,
        "text": template.sources.text,
        "prompt": template.prompt,
        "tweet_style": template.tweet_style and template.tweet_style.value,
        "style": _style(template),
        "goal": template.goal.value,
        "count": template.count,
        "minimum_score": template.minimum_score,
        "maximum_drafts": template.maximum_drafts,
        "approval": template.approval.value,
        "on_partial": template.on_partial.value,
        "link": template.link,
        "callback_url": template.callback_url,
        "callback_data": template.callback_data,
        **_schedule(template.schedule),
    }
    return {name: value for name, value in document.items() if value is not None}


def _style(template: Template) -> dict[str, Any] | None:
    if template.style is None:
        return None
    if template.style.username is not None:
        return {"username": template.style.username}
    return {"samples": list(template.style.samples)}


def _schedule(schedule: Schedule) -> dict[str, Any]:
    table: dict[str, Any] = {"missed": schedule.missed.value, "grace": format_duration(schedule.grace)}
    end = schedule.end.isoformat().replace("+00:00", "Z") if schedule.end else None
    if isinstance(schedule.cadence, Grid):
        return {"daily_count": schedule.cadence.daily_count, "schedule": table, "schedule_end_date": end}
    clock = {
        "times": [moment.isoformat() if moment.second else f"{moment:%H:%M}" for moment in schedule.cadence.times],
        "weekdays": [WEEKDAYS[day] for day in sorted(schedule.cadence.weekdays)],
        "timezone": schedule.cadence.timezone,
    }
    return {"schedule": clock | table, "schedule_end_date": end}
