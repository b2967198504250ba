"""The names that a template document may use, in snake_case or the contract's camelCase, and those it may not."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from domain.errors import FieldError

FIELDS = frozenset(
    {
        "name", "account", "type", "url", "urls", "feeds", "feed_ids", "text", "prompt", "tweet_style", "style", "goal",
        "count", "minimum_score", "maximum_drafts", "approval", "on_partial", "link", "callback_url", "callback_data",
        "made_with_ai", "repeat_after", "approve_within", "approve_default", "freshness", "pre_publish", "budget",
        "daily_count", "schedule", "schedule_end_date", "is_active", "is_scheduled",
        "tips", "countdown", "csv", "roundup",
        "audio", "audio_url", "image", "image_url", "prompt_audio", "prompt_audio_url",
        "picture", "charts", "picture_required",
        "research", "deep_research_ids", "deep_research", "projects", "project_ids",
    }
)  # fmt: skip
SCHEDULE_FIELDS = frozenset(
    {
        "times", "weekdays", "months", "timezone", "window", "cron", "rrule", "jitter", "quiet_hours", "exclude_dates",
        "missed", "grace", "spread_gap", "overlap", "max_runs",
    }
)  # fmt: skip
STYLE_FIELDS = frozenset({"username", "samples"})
PRE_PUBLISH_FIELDS = frozenset({"url", "within", "default"})
BUDGET_FIELDS = frozenset({"run", "day", "month"})
FEED_FIELDS = frozenset({"url", "backlog"})
COUNTDOWN_FIELDS = frozenset({"to", "say", "tomorrow", "today", "days"})
CSV_FIELDS = frozenset({"url", "say", "newest", "decimal"})
ROUNDUP_FIELDS = frozenset({"entries", "at_least", "opening"})
AUDIO_FIELDS = frozenset({"url", "file"})
IMAGE_FIELDS = frozenset({"url", "file", "alt", "attach"})
PICTURE_FIELDS = frozenset({"url", "file", "alt"})

_SOURCES = "use url, urls, feeds, feedIds or text"
_BROUGHT = "files are not supported in a template; keep it with `ostinato file add`, and write"
UNBUILT = {
    "prompt_audio_file": f"{_BROUGHT} prompt_audio = {{ file = ID }}",
    "query_audio_url": "spoken questions are not supported; write hints in prompt",
    "query_audio_file": "spoken questions are not supported; write hints in prompt",
    "query_text": f"quick mode is not supported; {_SOURCES}",
    "fast": f"quick mode is not supported; {_SOURCES}",
    "image_file": f"{_BROUGHT} image = {{ file = ID }}",
}

NAMED = 10  # unknown fields of one table that are named; finding what each may mean takes a while

Given = dict[str, tuple[str, Any]]  # canonical name -> the name as it was written, its value
_HUMP = re.compile(r"(?<=[a-z0-9])([A-Z])")


def canonical(name: str) -> str:
    return _HUMP.sub(lambda match: "_" + match[1].lower(), name)


def normalise(
    document: Mapping[Any, Any],
    known: frozenset[str],
    problems: list[FieldError],
    *,
    unbuilt: Mapping[str, str] | None = None,
    prefix: str = "",
) -> Given:
    """Give the document's values by canonical name; note unknown names, names given twice and what is not supported.

    Of very many unknown names the first ten are noted, and how many there are.
    A value that asks for nothing (null, false or an empty list) may stand under a name that is not supported.
    """
    given: Given = {}
    listed, unknown = False, 0
    for key, value in document.items():
        written = prefix + (str(key) or '""')
        name = canonical(str(key))
        if unbuilt and name in unbuilt:
            if value is not None and value is not False and value != [] and value != "":
                problems.append(FieldError(written, unbuilt[name]))
        elif name not in known:
            unknown += 1
            if unknown <= NAMED:
                near = difflib.get_close_matches(name, sorted(known), n=1)
                problems.append(FieldError(written, _unknown(near, known, listed)))
                listed = listed or not near
        elif name in given:
            problems.append(FieldError(written, f"given twice, also as {given[name][0]}; keep one"))
        else:
            given[name] = (written, value)
    if unknown > NAMED:
        problems.append(
            FieldError(prefix.rstrip(".") or "document", f"has {unknown} unknown fields; {NAMED} are named")
        )
    return given


def _unknown(near: Sequence[str], known: frozenset[str], listed: bool) -> str:
    """Say what is *near*, or else known; *listed* tells that an earlier problem has the whole list already."""
    if near:
        return f"unknown field; did you mean {near[0]}?"
    return "unknown field" if listed else f"unknown field; known are {', '.join(sorted(known))}"
