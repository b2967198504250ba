"""From a Template to the document that gives it back. Only a grid's anchor is not in it."""

from __future__ import annotations

from datetime import time
from typing import Any

from domain.budget import Budget
from domain.duration import format_duration
from domain.own_words import Countdown, CsvTable, Roundup
from domain.picture import Charts
from domain.prices import plain_dollars
from domain.schedule import (
    ALL_MONTHS,
    Cadence,
    ClockTimes,
    Closures,
    Cron,
    Grid,
    Missed,
    Overlap,
    Recurrence,
    Schedule,
    Window,
)
from domain.template import AiLabel, Approval, ImageSource, PrePublish, SoundSource, Template
from domain.template_document.cadence import MONTHS, WEEKDAYS, start_of
from domain.template_document.pictures import picture_document


def to_document(template: Template) -> dict[str, Any]:
    """Give plain JSON values under snake_case names; what is not set is left out."""
    decided_within = template.approve_within if template.approval is Approval.APPROVE else None
    document: dict[str, Any] = {
        "name": template.name,
        "account": template.account,
        "type": template.type.value,
        "urls": list(template.sources.urls) or None,
        "feeds": [{"url": feed.url, "backlog": feed.backlog.value} for feed in template.sources.feeds] or None,
        "text": template.sources.text,
        "tips": list(template.sources.tips) or None,
        "countdown": _countdown(template.sources.countdown),
        "csv": _csv(template.sources.csv),
        "roundup": _roundup(template.roundup),
        "audio": [_place(sound) for sound in template.sources.audio] or None,
        "image": _image(template.sources.image),
        "prompt": template.prompt,
        "prompt_audio": _place(template.prompt_audio) if template.prompt_audio else None,
        "tweet_style": template.tweet_style and template.tweet_style.value,
        "style": _style(template),
        "goal": template.goal.value,
        "count": template.count,
        "minimum_score": template.minimum_score,
        "maximum_drafts": template.maximum_drafts,
        "approval": template.approval.value,
        "approve_within": format_duration(decided_within) if decided_within else None,
        "approve_default": template.approve_default.value if decided_within else None,
        "pre_publish": _pre_publish(template.pre_publish) if template.pre_publish else None,
        "budget": _budget(template.budget) if template.budget else None,
        "on_partial": template.on_partial.value,
        "picture": picture_document(template.picture),
        "research": list(template.sources.research) or None,
        "deep_research": template.deep_research or None,
        "projects": list(template.projects) or None,
        "charts": template.charts.value if template.charts is not Charts.NONE else None,
        "picture_required": None if template.picture_required else False,
        "made_with_ai": template.made_with_ai.value if template.made_with_ai is not AiLabel.MODEL else None,
        "freshness": format_duration(template.freshness) if template.freshness else None,
        "link": template.link,
        "repeat_after": template.repeat_after,
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


def _budget(budget: Budget) -> dict[str, str]:
    limits = {"run": budget.run, "day": budget.day, "month": budget.month}
    return {name: plain_dollars(limit) for name, limit in limits.items() if limit is not None}


def _pre_publish(asked: PrePublish) -> dict[str, str]:
    return {"url": asked.url, "within": format_duration(asked.within), "default": asked.default.value}


def _countdown(countdown: Countdown | None) -> dict[str, Any] | None:
    if countdown is None:
        return None
    say = countdown.say[0] if len(countdown.say) == 1 else list(countdown.say)
    last = {"tomorrow": countdown.tomorrow, "today": countdown.today, "days": countdown.days}
    return _given({"to": countdown.to.isoformat(), "say": say, **last})


def _csv(table: CsvTable | None) -> dict[str, Any] | None:
    if table is None:
        return None
    decimal = table.decimal and table.decimal.value
    return _given({"url": table.url, "say": table.say, "newest": table.newest.value, "decimal": decimal})


def _image(image: ImageSource | None) -> dict[str, Any] | None:
    if image is None:
        return None
    return _place(image) | _given({"alt": image.alt or None, "attach": None if image.attach else False})


def _place(source: SoundSource | ImageSource) -> dict[str, Any]:
    return _given({"url": source.url, "file": source.file})


def _roundup(roundup: Roundup | None) -> dict[str, Any] | None:
    if roundup is None:
        return None
    return _given({"entries": roundup.entries, "at_least": roundup.at_least, "opening": roundup.opening})


def _given(table: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in table.items() if value is not None}


def _schedule(schedule: Schedule) -> dict[str, Any]:
    end = schedule.end.isoformat().replace("+00:00", "Z") if schedule.end else None
    cadence, closures = schedule.cadence, schedule.closures
    table = {
        **_cadence(cadence),
        "timezone": closures.timezone if closures else None if isinstance(cadence, Grid) else cadence.timezone,
        "jitter": format_duration(schedule.jitter.width) if schedule.jitter else None,
        "quiet_hours": [_range(*hours) for hours in closures.quiet_hours] or None if closures else None,
        "exclude_dates": _excluded(closures) or None if closures else None,
        "missed": schedule.missed.value,
        "grace": format_duration(schedule.grace),
        "spread_gap": format_duration(schedule.spread_gap) if schedule.missed is Missed.SPREAD else None,
        "overlap": schedule.overlap.value if schedule.overlap is not Overlap.SKIP else None,
        "max_runs": schedule.max_runs,
    }
    count = cadence.daily_count if isinstance(cadence, (Grid, Window)) else None
    written = {name: value for name, value in table.items() if value is not None}
    return {"daily_count": count, "schedule": written, "schedule_end_date": end}


def schedule_document(template: Template) -> dict[str, Any]:
    """Give the table `schedule` of `to_document`, for those who want nothing else of it."""
    table: dict[str, Any] = _schedule(template.schedule)["schedule"]
    return table


def _excluded(closures: Closures) -> list[str]:
    return sorted(day.isoformat() for day in closures.dates) + [each.url for each in closures.calendars]


def _cadence(cadence: Cadence) -> dict[str, Any]:
    if isinstance(cadence, ClockTimes):
        return {"times": [_clock(moment) for moment in cadence.times], **_days(cadence)}
    if isinstance(cadence, Window):
        return {"window": _range(cadence.opens, cadence.closes), **_days(cadence)}
    if isinstance(cadence, Cron):
        return {"cron": cadence.expression}
    return {"rrule": start_of(cadence)} if isinstance(cadence, Recurrence) else {}


def _days(cadence: ClockTimes | Window) -> dict[str, Any]:
    every_month = cadence.months == ALL_MONTHS
    return {
        "weekdays": [WEEKDAYS[day] for day in sorted(cadence.weekdays)],
        "months": None if every_month else [MONTHS[month - 1] for month in sorted(cadence.months)],
    }


def _range(begins: time, ends: time) -> str:
    return f"{_clock(begins)}-{_clock(ends)}"


def _clock(moment: time) -> str:
    return moment.isoformat() if moment.second else f"{moment:%H:%M}"
