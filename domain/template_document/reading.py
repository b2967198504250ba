"""From a document to a Template: every wrong field is named, all together, and nothing is half read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from domain.budget import Budget
from domain.errors import FieldError, InvalidInput
from domain.picture import Charts
from domain.prices import parse_dollars
from domain.schedule import Grid
from domain.template import (
    AiLabel,
    Approval,
    ApproveDefault,
    Backlog,
    FeedSource,
    Goal,
    OnPartial,
    PostType,
    Sources,
    StyleSource,
    Template,
    TweetStyle,
)
from domain.template_document.cadence import FORMS
from domain.template_document.fields import Fields
from domain.template_document.media import read_audio, read_image, read_prompt_audio
from domain.template_document.names import (
    BUDGET_FIELDS,
    FEED_FIELDS,
    FIELDS,
    STYLE_FIELDS,
    UNBUILT,
    Given,
    normalise,
)
from domain.template_document.own_words import (
    OWN_WORDS,
    check_alone,
    read_countdown,
    read_csv,
    read_roundup,
    read_tips,
)
from domain.template_document.pictures import read_picture
from domain.template_document.pre_publish import read_pre_publish
from domain.template_document.schedule import ReadCalendar, known_dates, read_end, read_schedule
from domain.template_document.writing import to_document

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
ACCOUNT = re.compile(r"[A-Za-z0-9_]{1,15}")
STYLE_NAME = re.compile(r"[A-Za-z0-9_.-]{1,30}")
ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
TEXT_LIMIT = 20_000
PROMPT_LIMIT = 5_000
CALLBACK_DATA_LIMIT = 500  # AutoContent X operations, callbackData
SOURCES_LIMIT = 10  # AutoContent X operations, feedIds
SAMPLES_LIMIT = 100  # Xquik REST API, PUT /styles
SAMPLE_LENGTH = 2_000
# Neither the owner's own words nor a thread with one short part are left out for a score that nobody asked for.
UNJUDGED = (*OWN_WORDS, "roundup")
FRESHNESS: dict[str, timedelta | None] = {
    "breaking": timedelta(hours=6),
    "news": timedelta(days=2),
    "evergreen": None,
}
FRESHNESS_CLASSES = tuple(FRESHNESS)
LONGEST_FRESHNESS = timedelta(days=3650)
LONGEST_APPROVAL = timedelta(days=366)


def parse(
    document: Mapping[Any, Any],
    *,
    id: str,  # noqa: A002
    now: datetime,
    existing: Template | None = None,
    feeds: Mapping[int, str] | None = None,
    read_calendar: ReadCalendar | None = None,
) -> Template:
    """Read a whole template, or, with *existing*, a change to it: what the document does not name stays.

    *feeds* are the known feeds' URLs by id, for feedIds. A daily grid starts at *now*, unless *existing* has the same.
    *read_calendar* gives the dates in the calendars at URLs that `exclude_dates` names; without it only those of
    *existing* may be named, with the dates that it has of them.
    Raises InvalidInput with all problems together.
    """
    problems: list[FieldError] = []
    if not isinstance(document, Mapping):
        raise InvalidInput([FieldError("template", "must be a table of fields with their values")])
    given = normalise(document, FIELDS, problems, unbuilt=UNBUILT)
    asked = Fields(given, problems)
    if asked.has("schedule_end_date") and (end := read_end(Fields(given, []))) and end <= now:
        asked.problem("schedule_end_date", "is in the past; name a later date, or leave it out")
    fields = Fields(_merged(given, existing), problems)
    _check_state(fields)
    kept = existing.schedule.cadence if existing and isinstance(existing.schedule.cadence, Grid) else None
    dates = read_calendar or known_dates(existing.schedule.closures if existing else None)
    schedule = read_schedule(fields, problems, now=now, kept=kept, seed=id, read_calendar=dates)
    name = fields.matching(
        "name", NAME, "use 1 to 63 characters: a-z, 0-9, dot, dash and underscore, starting with a letter or digit"
    )
    account = fields.matching(
        "account", ACCOUNT, "name the X account that posts: 1 to 15 letters, digits and underscores", strip="@"
    )
    if not fields.has("type"):
        fields.problem("type", "is missing; tweet or thread")
    post_type = fields.choice("type", PostType, PostType.TWEET) or PostType.TWEET
    sources = _sources(fields, problems, feeds or {}, post_type)
    style = _style(fields, problems)
    rest = _choices(fields) | _approval(fields, asked)
    if problems or schedule is None:
        raise InvalidInput(problems)
    return Template(
        id=id, name=name, account=account, type=post_type, schedule=schedule, sources=sources, style=style, **rest
    )


def is_active(document: Mapping[Any, Any]) -> bool:
    """Tell whether the document asks for an active template, which is the default."""
    return document.get("is_active", document.get("isActive")) is not False


def _choices(fields: Fields) -> dict[str, Any]:
    callback = fields.raw("callback_url")
    return {
        "prompt": fields.text("prompt", limit=PROMPT_LIMIT),
        "prompt_audio": read_prompt_audio(fields),
        "tweet_style": fields.choice("tweet_style", TweetStyle, None),
        "goal": fields.choice("goal", Goal, Goal.ENGAGEMENT),
        "count": fields.integer("count", 1, 10, 1),
        "minimum_score": fields.integer("minimum_score", 0, 100, 0 if any(map(fields.has, UNJUDGED)) else 60),
        "maximum_drafts": fields.integer("maximum_drafts", 1, 20, 6),
        "pre_publish": read_pre_publish(fields),
        "budget": _budget(fields),
        "on_partial": fields.choice("on_partial", OnPartial, OnPartial.LEAVE),
        "made_with_ai": fields.choice("made_with_ai", AiLabel, AiLabel.MODEL),
        "picture": read_picture(fields),
        "deep_research": fields.boolean("deep_research", default=False),
        "projects": _ids(fields, "projects", "project_ids", "project list"),
        "charts": fields.choice("charts", Charts, Charts.NONE),
        "picture_required": fields.boolean("picture_required", default=True),
        "roundup": read_roundup(fields, thread=fields.raw("type") == PostType.THREAD),
        "freshness": _freshness(fields),
        "link": fields.boolean("link", default=True),
        "repeat_after": fields.integer("repeat_after", 0, 366, 30),
        "callback_url": fields.url("callback_url", callback) if callback not in (None, "") else None,
        "callback_data": fields.text("callback_data", limit=CALLBACK_DATA_LIMIT, keep_blank=True),
    }


def _approval(fields: Fields, asked: Fields) -> dict[str, Any]:
    """Give who decides, and by when; what is *asked* for without effect is a problem, and what stood there goes."""
    before = len(fields.problems)
    approval = fields.choice("approval", Approval, Approval.AUTO)
    within = fields.duration("approve_within", None, LONGEST_APPROVAL)
    default = fields.choice("approve_default", ApproveDefault, ApproveDefault.DROP)
    if len(fields.problems) == before and approval is not Approval.APPROVE:
        for name in filter(asked.has, ("approve_within", "approve_default")):
            asked.problem(name, 'has no effect without approval = "approve"; set that too, or leave this out')
    elif len(fields.problems) == before and within is None and asked.has("approve_default"):
        reason = (
            "has no effect without approve_within, since a run then waits for ever; set that too, or leave this out"
        )
        asked.problem("approve_default", reason)
    if approval is not Approval.APPROVE or within is None:
        within, default = None, ApproveDefault.DROP
    return {"approval": approval, "approve_within": within, "approve_default": default}


def _freshness(fields: Fields) -> timedelta | None:
    value = fields.raw("freshness")
    return FRESHNESS[value] if value in FRESHNESS_CLASSES else fields.duration("freshness", None, LONGEST_FRESHNESS)


def _budget(fields: Fields) -> Budget | None:
    value = fields.raw("budget")
    if value is None:
        return None
    if not isinstance(value, Mapping):
        fields.problem("budget", 'must be a table of US dollars such as { run = "0.05", day = 0.5, month = 10 }')
        return None
    if not value:
        fields.problem("budget", "limits nothing; name run, day or month in US dollars, or leave it out")
        return None
    table = Fields(normalise(value, BUDGET_FIELDS, fields.problems, prefix="budget."), fields.problems, "budget.")
    limits: dict[str, int] = {}
    for name in ("run", "day", "month"):
        try:
            limits |= {name: parse_dollars(table.raw(name))} if table.has(name) else {}
        except ValueError as error:
            table.problem(name, str(error))
    return Budget(**limits) if limits else None


def _check_state(fields: Fields) -> None:
    fields.boolean("is_active", default=True)
    if not fields.boolean("is_scheduled", default=True):
        fields.problem("is_scheduled", "must be true: a template is a recurring post; to post once use `template run`")


def _sources(fields: Fields, problems: list[FieldError], known: Mapping[int, str], post_type: PostType) -> Sources:
    before = len(problems)
    check_alone(fields)
    tips = read_tips(fields, single=post_type is PostType.TWEET)
    countdown, csv = read_countdown(fields), read_csv(fields)
    single = fields.raw("url")
    urls = [found] if single not in (None, "") and (found := fields.url("url", single)) else []
    urls += fields.list("urls", fields.url, limit=SOURCES_LIMIT)
    feeds = _feeds(fields, problems)
    feeds |= {url: FeedSource(url) for url in _feed_ids(fields, known) if url not in feeds}
    text = fields.text("text", limit=TEXT_LIMIT)
    audio, image = read_audio(fields), read_image(fields)
    research = _ids(fields, "research", "deep_research_ids", "research list")
    given = urls or feeds or text or tips or countdown or csv or audio or image or research
    if not given and len(problems) == before:
        remedy = (
            "name at least one of url, urls, feeds, feedIds, text, audio, image or research; or one of tips, countdown "
            "or csv"
        )
        problems.append(FieldError("sources", remedy))
    pages = tuple(dict.fromkeys(urls))
    words = (text, tips, countdown, csv)
    return Sources(pages, tuple(feeds.values()), *words, audio=audio, image=image, research=research)


def _ids(fields: Fields, name: str, contract: str, listed: str) -> tuple[str, ...]:
    """Give the ids under *name* and under the *contract*'s own name; whether there is such a thing is seen later."""

    def read(written: str, value: Any) -> str | None:
        if isinstance(value, str) and ID.fullmatch(value.strip()):
            return value.strip()
        fields.problem(written, f"{value!r} is no id; `ostinato {listed}` shows them")
        return None

    found = (*fields.list(name, read, limit=SOURCES_LIMIT), *fields.list(contract, read, limit=SOURCES_LIMIT))
    return tuple(dict.fromkeys(found))


def _feeds(fields: Fields, problems: list[FieldError]) -> dict[str, FeedSource]:
    """Give the feeds by URL; each entry is a URL, or a table of a URL and its backlog."""
    feeds: dict[str, FeedSource] = {}

    def read(name: str, value: Any) -> str | None:
        if not isinstance(value, Mapping):
            value = {"url": value}
        entry = Fields(normalise(value, FEED_FIELDS, problems, prefix=f"{name}."), problems, f"{name}.")
        backlog = entry.choice("backlog", Backlog, Backlog.NONE) or Backlog.NONE
        url = entry.url("url", entry.raw("url"))
        if url:
            feeds.setdefault(url, FeedSource(url, backlog))
        return url

    fields.list("feeds", read, limit=SOURCES_LIMIT)
    return feeds


def _feed_ids(fields: Fields, known: Mapping[int, str]) -> tuple[str, ...]:
    def read(name: str, value: Any) -> str | None:
        if isinstance(value, bool) or not isinstance(value, int):
            fields.problem(name, f"{value!r} is not the number of a feed; see `ostinato feed list`")
        elif value not in known:
            fields.problem(name, f"there is no feed {value}; see `ostinato feed list`")
        else:
            return known[value]
        return None

    return fields.list("feed_ids", read, limit=SOURCES_LIMIT)


def _style(fields: Fields, problems: list[FieldError]) -> StyleSource | None:
    value = fields.raw("style")
    if value is None or value == "":
        return None
    if isinstance(value, str):
        value = {"username": value}
    if not isinstance(value, Mapping):
        fields.problem("style", "must be a username, or a table with username or samples")
        return None
    table = Fields(normalise(value, STYLE_FIELDS, problems, prefix="style."), problems, "style.")
    if table.has("username") == table.has("samples"):
        fields.problem("style", "give either username or samples")
        return None
    if table.has("username"):
        hint = "use a username, or the name of a saved style: 1 to 30 letters, digits, dots, dashes and underscores"
        return StyleSource(username=table.matching("username", STYLE_NAME, hint, strip="@"))
    samples = table.list("samples", lambda name, value: _sample(table, name, value), limit=SAMPLES_LIMIT)
    if not samples:
        table.problem("samples", "give at least one post as a sample")
    return StyleSource(samples=samples)


def _sample(table: Fields, name: str, value: Any) -> str | None:
    return Fields({name: (f"style.{name}", value)}, table.problems).text(name, limit=SAMPLE_LENGTH)


def _merged(given: Given, existing: Template | None) -> Given:
    """Lay the given values over the existing template's; a new cadence replaces the old one whole."""
    if existing is None:
        return given
    base = normalise(to_document(existing), FIELDS, [])
    asked = given["schedule"][1] if "schedule" in given else {}
    if isinstance(asked, Mapping):
        kept = dict(base["schedule"][1])
        named = [name for name in FORMS if asked.get(name) is not None]
        if named or ("daily_count" in given and "window" not in kept):
            kept = {name: value for name, value in kept.items() if name not in (*FORMS, "weekdays", "months")}
            if not named and not any(name in kept or name in asked for name in ("quiet_hours", "exclude_dates")):
                kept.pop("timezone", None)
        if named and "window" not in named:
            base.pop("daily_count", None)
        given = given | {"schedule": ("schedule", kept | dict(asked))}
    for name in ("pre_publish", "budget"):
        if name in given and isinstance(given[name][1], Mapping) and given[name][1] and name in base:
            given = given | {name: (given[name][0], dict(base[name][1]) | dict(given[name][1]))}
    for one, other in (
        ("url", "urls"),
        ("feed_ids", "feeds"),
        ("audio_url", "audio"),
        ("image_url", "image"),
        ("prompt_audio_url", "prompt_audio"),
        ("deep_research_ids", "research"),
        ("project_ids", "projects"),
    ):
        if one in given or other in given:
            base.pop(other, None)
    return base | given
