"""A recurring template in the document of the AutoContent X operations: its keys to the letter, ours beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.reasons import SENTENCES
from domain.run import FINAL, RunStatus
from domain.schedule import ClockTimes, Grid, Window
from domain.template import ImageSource, SoundSource, StoredTemplate, Template, TemplateStatus
from domain.template_document import schedule_document
from scheduler.shown.compatible import Links, iso, iso_or_none
from storage.last_runs import LastRun


def template(
    stored: StoredTemplate, *, feeds: Mapping[str, int], last_run: LastRun | None, links: Links
) -> dict[str, Any]:
    """Give a template; *feeds* are the numbers of the known feeds by URL. A file that was brought is shown as a URL."""
    shown, state = stored.template, stored.state
    sources = shown.sources
    audio = _place(sources.audio[0], links) if sources.audio else None
    return {
        "id": shown.id,
        "type": shown.type.value,
        "deletedOn": iso_or_none(state.deleted_at),
        "feedIds": [feeds[each.url] for each in sources.feeds if each.url in feeds],
        "deepResearchIds": list(sources.research),
        "projectIds": list(shown.projects),
        "audioUrl": None if shown.fast else audio,
        "url": sources.urls[0] if sources.urls else None,
        "text": None if shown.fast else sources.text,
        "prompt": shown.prompt,
        "imageUrl": _place(sources.image, links),
        "promptAudioUrl": _place(shown.prompt_audio, links),
        "queryText": sources.text if shown.fast else None,
        "queryAudioUrl": audio if shown.fast else None,
        "fast": shown.fast,
        "tweetStyle": shown.tweet_style.value if shown.tweet_style else None,
        "callbackData": shown.callback_data,
        "dailyCount": daily_count(shown),
        "scheduleEndDate": iso_or_none(shown.schedule.end),
        "lastRunAt": iso_or_none(state.last_run_at),
        "nextRunAt": iso_or_none(state.next_slot_at),
        "createdOn": iso(state.created_at),
        "isActive": state.status is TemplateStatus.ACTIVE,
        "count": shown.count,
        "deepResearch": shown.deep_research,
        "status": state.status.value,
        "pauseReason": state.pause_reason.value if state.pause_reason else None,
        "pauseNote": state.pause_note,
        "lastRun": _last(last_run),
        "name": shown.name,
        "accountId": shown.account,
        "approval": shown.approval.value,
        "schedule": schedule_document(shown),
    }


def _place(source: SoundSource | ImageSource | None, links: Links) -> str | None:
    if source is None:
        return None
    return links.file(source.file) if source.file else source.url


def daily_count(shown: Template) -> int:
    """Give how often a template comes due on a day that it comes due on; 1 where its rule does not say."""
    match shown.schedule.cadence:
        case Grid(daily_count=count):
            return count
        case Window(daily_count=count):
            return count
        case ClockTimes(times=times):
            return len(times)
        case _:
            return 1


def _last(run: LastRun | None) -> dict[str, Any] | None:
    if run is None:
        return None
    failed = run.status in FINAL and run.status is not RunStatus.POSTED
    sentence = run.detail or (SENTENCES[run.reason] if run.reason else None)
    return {"id": run.id, "status": run.status.value, "error": sentence if failed else None}
