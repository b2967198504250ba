from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.budget import Budget
from domain.errors import FieldError, InvalidInput
from domain.schedule import (
    SPREAD_GAP,
    Cadence,
    CalendarDates,
    ClockTimes,
    Closures,
    Cron,
    Grid,
    Jitter,
    Missed,
    Overlap,
    Recurrence,
    Schedule,
    Window,
)
from domain.template import (
    Approval,
    ApproveDefault,
    Backlog,
    FeedSource,
    Goal,
    OnPartial,
    PostType,
    PrePublish,
    Sources,
    StyleSource,
    Template,
    TweetStyle,
)
from domain.template_document import is_active, parse, to_document
from domain.template_document.names import FIELDS, SCHEDULE_FIELDS, UNBUILT

NOW = datetime(2026, 3, 26, 12, tzinfo=UTC)
LEAST: dict[str, Any] = {"name": "morning", "account": "acme", "type": "tweet", "url": "https://example.com/news"}


def read(document: dict[str, Any], **more: Any) -> Template:
    return parse(document, id="t1", now=NOW, **more)


def refused(**fields: Any) -> dict[str, str]:
    with pytest.raises(InvalidInput) as error:
        read(LEAST | fields)
    return {problem.field: problem.reason for problem in error.value.problems}


def attempt(document: dict[str, Any]) -> tuple[Template | None, tuple[FieldError, ...]]:
    try:
        return read(document), ()
    except InvalidInput as error:
        return None, error.problems


words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=40).filter(
    str.strip
)
urls = st.from_regex(r"https?://[a-z]{1,10}\.example/[a-z0-9]{0,10}", fullmatch=True)
zones = st.sampled_from(["UTC", "Europe/Berlin", "Australia/Lord_Howe"])
days = {
    "timezone": zones,
    "weekdays": st.sets(st.integers(0, 6), min_size=1).map(frozenset),
    "months": st.sets(st.integers(1, 12), min_size=1).map(frozenset),
}
moments = st.times().map(lambda moment: moment.replace(microsecond=0))
clock = st.builds(
    ClockTimes,
    times=st.sets(st.times().map(lambda moment: moment.replace(microsecond=0)), min_size=1, max_size=5).map(
        lambda times: tuple(sorted(times))
    ),
    **days,
)
grids = st.builds(Grid, st.integers(1, 100), st.just(NOW))
windows = st.builds(Window, moments, moments, st.integers(1, 100), **days)
crons = st.builds(Cron, st.sampled_from(["0 9 * * mon-fri", "*/20 8-17 * * *"]), zones)
starts = st.datetimes(datetime(1970, 1, 1)).map(lambda start: start.replace(microsecond=0))  # noqa: DTZ001
rules = st.sampled_from(["FREQ=DAILY;BYHOUR=9", "FREQ=MONTHLY;BYDAY=-1FR;COUNT=12"])
recurrences = st.builds(Recurrence, rules, starts, zones)
hours = st.tuples(moments, moments).filter(lambda pair: pair[0] != pair[1])


@st.composite
def closures(draw: st.DrawFn, cadence: Cadence) -> Closures | None:
    quiet = draw(st.lists(hours, unique=True, max_size=3).map(tuple))
    dates = draw(st.frozensets(st.dates(), max_size=3))
    urls = draw(st.lists(st.sampled_from(["https://x.example/a", "http://y.example/b.ics"]), unique=True))
    calendars = tuple(CalendarDates(url, draw(st.frozensets(st.dates(), max_size=2))) for url in urls)
    zone = draw(zones) if isinstance(cadence, Grid) else cadence.timezone
    return Closures(zone, quiet, dates, calendars) if quiet or dates or calendars else None


def with_closures(schedule: Schedule) -> st.SearchStrategy[Schedule]:
    gap = schedule.spread_gap if schedule.missed is Missed.SPREAD else SPREAD_GAP
    return closures(schedule.cadence).map(lambda closed: replace(schedule, closures=closed, spread_gap=gap))


schedules = st.builds(
    Schedule,
    cadence=st.one_of(grids, clock, windows, crons, recurrences),
    jitter=st.none() | st.builds(Jitter, st.timedeltas(timedelta(microseconds=1), timedelta(days=1)), st.just("t1")),
    overlap=st.sampled_from(Overlap),
    spread_gap=st.timedeltas(timedelta(microseconds=1), timedelta(days=366)),
    max_runs=st.none() | st.integers(1, 1_000_000),
    end=st.none() | st.integers(1, 10**8).map(lambda seconds: NOW + timedelta(seconds=seconds)),
    missed=st.sampled_from(Missed),
    grace=st.timedeltas(timedelta(microseconds=1), timedelta(days=366)),
).flatmap(with_closures)
sources = st.builds(
    Sources,
    urls=st.lists(urls, unique=True, min_size=1, max_size=10).map(tuple),
    feeds=st.lists(
        st.builds(FeedSource, urls, st.sampled_from(Backlog)), unique_by=lambda feed: feed.url, max_size=10
    ).map(tuple),
    text=st.none() | words,
)
styles = st.one_of(
    st.none(),
    st.builds(StyleSource, username=st.from_regex(r"[A-Za-z0-9_.-]{1,30}", fullmatch=True)),
    st.builds(StyleSource, samples=st.lists(words, unique=True, min_size=1, max_size=4).map(tuple)),
)


def decided_in_time(template: Template) -> bool:
    return template.approval is Approval.APPROVE and template.approve_within is not None


def undecided(template: Template) -> Template:
    return replace(template, approve_within=None, approve_default=ApproveDefault.DROP)


micros = st.none() | st.integers(0, 9_999_999_999_999)
templates = st.builds(
    Template,
    id=st.just("t1"),
    name=st.from_regex(r"[a-z0-9][a-z0-9._-]{0,62}", fullmatch=True),
    account=st.from_regex(r"[A-Za-z0-9_]{1,15}", fullmatch=True),
    type=st.sampled_from(PostType),
    schedule=schedules,
    sources=sources,
    prompt=st.none() | words,
    tweet_style=st.none() | st.sampled_from(TweetStyle),
    style=styles,
    goal=st.sampled_from(Goal),
    count=st.integers(1, 10),
    minimum_score=st.integers(0, 100),
    maximum_drafts=st.integers(1, 20),
    approval=st.sampled_from(Approval),
    approve_within=st.none() | st.timedeltas(timedelta(microseconds=1), timedelta(days=366)),
    approve_default=st.sampled_from(ApproveDefault),
    repeat_after=st.integers(0, 366),
    budget=st.builds(Budget, run=micros, day=micros, month=micros).filter(lambda each: each != Budget()) | st.none(),
    pre_publish=st.none()
    | st.builds(
        PrePublish,
        urls.map(lambda url: url.replace("http://", "https://")),
        st.timedeltas(timedelta(microseconds=1), timedelta(days=1)),
        st.sampled_from(ApproveDefault),
    ),
    on_partial=st.sampled_from(OnPartial),
    link=st.booleans(),
    freshness=st.none() | st.timedeltas(timedelta(seconds=1), timedelta(days=3650)),
    callback_url=st.none() | urls,
    callback_data=st.none() | st.just("") | words,
).map(lambda each: each if decided_in_time(each) else undecided(each))


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(templates)
def test_a_written_template_reads_back_as_the_same_template(template: Template) -> None:
    closures = template.schedule.closures
    copies = {each.url: each.dates for each in closures.calendars} if closures else {}

    assert read(to_document(template), read_calendar=lambda url, _: copies[url]) == template


@pytest.mark.parametrize(
    ("written", "micros"), [("0.05", 50_000), (0.5, 500_000), (10, 10_000_000), ("$2.5", 2_500_000)]
)
def test_a_budget_is_read_in_dollars(written: Any, micros: int) -> None:
    assert read(LEAST | {"budget": {"run": written}}).budget == Budget(run=micros)


@pytest.mark.parametrize("written", [-1, "1,5", True, "0.0000001", float("inf"), "1e3", [1]])
def test_what_is_no_amount_is_named_with_its_field(written: Any) -> None:
    with pytest.raises(InvalidInput, match=r"budget\.day: .* is not an amount; write US dollars"):
        read(LEAST | {"budget": {"day": written}})


def test_a_budget_without_a_limit_is_refused_and_none_takes_one_away() -> None:
    assert "name run, day or month" in refused(budget={})["budget"]
    existing = read(LEAST | {"budget": {"day": 1}})
    assert parse({"budget": None}, id="t1", now=NOW, existing=existing).budget is None


def test_a_limit_that_is_changed_or_taken_away_leaves_the_others() -> None:
    existing = read(LEAST | {"budget": {"run": 1, "day": 2}})

    def changed(**limits: Any) -> Budget | None:
        return parse({"budget": limits}, id="t1", now=NOW, existing=existing).budget

    assert changed(day=3) == Budget(run=1_000_000, day=3_000_000)
    assert changed(day=None) == Budget(run=1_000_000)
    assert changed(run=None, day=None) is None
    with pytest.raises(InvalidInput, match="name run, day or month"):
        changed()


@given(templates)
def test_a_change_that_names_nothing_changes_nothing(template: Template) -> None:
    later = NOW + timedelta(days=1)
    assert parse({}, id="t1", now=later, existing=template) == template


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
names = st.sampled_from(sorted(FIELDS | UNBUILT.keys())) | st.text(max_size=8)
table = st.dictionaries(st.sampled_from(sorted(SCHEDULE_FIELDS)), json_values, max_size=4)


@given(st.dictionaries(names, json_values, max_size=6), json_values | table)
def test_any_document_is_read_or_refused_with_its_fields_named(document: dict[str, Any], schedule: Any) -> None:
    template, problems = attempt(LEAST | document | {"schedule": schedule})

    assert all(problem.field and problem.reason for problem in problems)
    assert problems or (template and read(to_document(template)) == template)


def test_the_least_template_gets_the_defaults_and_runs_once_a_day_from_now() -> None:
    template = read(LEAST)

    assert template.schedule == Schedule(Grid(1, NOW), None, Missed.LATEST, timedelta(hours=2))
    assert (template.goal, template.count, template.minimum_score, template.maximum_drafts) == (
        Goal.ENGAGEMENT,
        1,
        60,
        6,
    )
    assert (template.approval, template.on_partial, template.link) == (Approval.AUTO, OnPartial.LEAVE, True)


def test_the_contracts_camel_case_names_mean_the_same_as_ours() -> None:
    ours = {
        "tweet_style": "OneLiner", "daily_count": 4, "schedule_end_date": "2030-01-01T00:00:00Z", "callback_data": "x",
        "minimum_score": 80, "maximum_drafts": 3, "on_partial": "delete", "callback_url": "https://example.com/hook",
    }  # fmt: skip
    theirs = {
        "tweetStyle": "OneLiner", "dailyCount": 4, "scheduleEndDate": "2030-01-01T00:00:00Z", "callbackData": "x",
        "minimumScore": 80, "maximumDrafts": 3, "onPartial": "delete", "callbackUrl": "https://example.com/hook",
    }  # fmt: skip

    assert read(LEAST | ours) == read(LEAST | theirs)


def test_all_wrong_values_are_named_together() -> None:
    with pytest.raises(InvalidInput) as error:
        read({"name": "Not A Name", "type": "story", "count": 11, "dailyCount": 0, "url": "ftp://x", "link": "yes"})

    fields = {problem.field for problem in error.value.problems}
    assert fields == {"name", "account", "type", "count", "dailyCount", "url", "link"}


def test_the_daily_count_is_refused_with_the_contracts_sentence() -> None:
    assert refused(dailyCount=101) == {"dailyCount": "must be between 1 and 100"}
    assert refused(dailyCount="2") == {"dailyCount": "must be between 1 and 100"}
    assert refused(daily_count=True) == {"daily_count": "must be between 1 and 100"}


def test_an_unknown_field_is_refused_with_the_nearest_known_name() -> None:
    assert "did you mean minimum_score?" in refused(minimun_score=10)["minimun_score"]
    assert "did you mean timezone?" in refused(schedule={"times": ["09:00"], "time_zone": "UTC"})["schedule.time_zone"]


def test_a_field_given_under_both_of_its_names_is_refused() -> None:
    assert refused(dailyCount=2, daily_count=3) == {"daily_count": "given twice, also as dailyCount; keep one"}


ASKED = {
    "promptAudioFile": "a.mp3", "queryAudioUrl": "https://x/a.mp3",
    "imageFile": "data:image/png;base64,",
    "queryText": "what", "fast": True,
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), ASKED.items())
def test_what_is_not_supported_is_refused_and_never_ignored(name: str, value: object) -> None:
    assert "not supported" in refused(**{name: value})[name]


def test_what_asks_for_nothing_is_accepted_under_names_that_are_not_supported() -> None:
    nothing: dict[str, Any] = {
        "deepResearch": False,
        "audioUrl": None,
        "deepResearchIds": [],
        "projectIds": [],
        "imageUrl": "",
    }

    assert read(LEAST | nothing) == read(LEAST)


def test_research_and_projects_are_named_by_id_under_our_name_or_the_contracts() -> None:
    template = read(LEAST | {"research": ["r-1", "r-1"], "deepResearchIds": ["r2"], "projectIds": ["proj-456"]})

    assert template.sources.research == ("r-1", "r2")
    assert template.projects == ("proj-456",)
    assert read(LEAST | {"deepResearch": True}).deep_research
    assert read(to_document(template)) == template
    assert "is no id" in refused(research=["a b"])["research"]
    assert "is no id" in refused(projectIds=[7])["projectIds"]
    assert "at most 10" in refused(deepResearchIds=[f"r{n}" for n in range(11)])["deepResearchIds"]


def test_research_is_a_source_and_neither_a_project_nor_research_of_its_own_is() -> None:
    alone = {name: value for name, value in LEAST.items() if name != "url"}

    assert read(alone | {"research": ["r1"]}).sources.research == ("r1",)
    for other in ({"projects": ["p"]}, {"deep_research": True}):
        with pytest.raises(InvalidInput, match="at least one of"):
            read(alone | other)


def test_words_that_are_posted_as_they_stand_and_roundups_take_no_research() -> None:
    tips = {name: value for name, value in LEAST.items() if name != "url"} | {"tips": ["Words"]}
    for other in ({"research": ["r1"]}, {"deepResearch": True}, {"projects": ["p"]}):
        with pytest.raises(InvalidInput, match="cannot be used with tips"):
            read(tips | other)
    assert not read(tips | {"deepResearch": False}).deep_research


def test_an_approval_may_have_a_deadline_and_say_what_happens_then() -> None:
    template = read(LEAST | {"approval": "approve", "approveWithin": "4h", "approveDefault": "post"})
    assert (template.approve_within, template.approve_default) == (timedelta(hours=4), ApproveDefault.POST)
    assert read(LEAST).approve_within is None
    assert "not a duration" in refused(approval="approve", approveWithin="soon")["approveWithin"]
    assert "at most 366d" in refused(approval="approve", approveWithin="400d")["approveWithin"]


@pytest.mark.parametrize("approval", [{}, {"approval": "auto"}, {"approval": "shadow"}])
def test_a_deadline_without_a_person_who_decides_is_refused(approval: dict[str, str]) -> None:
    problems = refused(**approval, approve_within="4h", approve_default="post")

    assert set(problems) == {"approve_within", "approve_default"}
    assert all('without approval = "approve"' in reason for reason in problems.values())


def test_what_becomes_of_a_run_without_a_deadline_is_refused() -> None:
    assert "without approve_within" in refused(approval="approve", approve_default="drop")["approve_default"]


def test_a_change_that_ends_an_approval_takes_its_deadline_along() -> None:
    held = read(LEAST | {"approval": "approve", "approve_within": "4h", "approve_default": "post"})

    def changed(**fields: Any) -> Template:
        return parse(fields, id="t1", now=NOW, existing=held)

    plain = replace(held, approve_within=None, approve_default=ApproveDefault.DROP)
    assert changed(approval="auto") == replace(plain, approval=Approval.AUTO)
    assert changed(approve_within=None) == plain
    assert changed(count=2) == replace(held, count=2)


def test_a_stored_deadline_without_effect_is_in_no_document_and_in_nobodys_way() -> None:
    stored = replace(read(LEAST), approve_within=timedelta(hours=4), approve_default=ApproveDefault.POST)

    assert not {"approve_within", "approve_default"} & to_document(stored).keys()
    assert parse({"count": 2}, id="t1", now=NOW, existing=stored).count == 2


def test_a_system_may_be_asked_before_anything_is_published() -> None:
    url = "https://desk.example.com/ask"
    assert read(LEAST).pre_publish is None
    assert read(LEAST | {"pre_publish": ""}).pre_publish is None
    assert read(LEAST | {"pre_publish": url}).pre_publish == PrePublish(url, timedelta(seconds=30), ApproveDefault.DROP)
    table = {"url": url, "within": "10m", "default": "post"}
    assert read(LEAST | {"prePublish": table}).pre_publish == PrePublish(
        url, timedelta(minutes=10), ApproveDefault.POST
    )


@pytest.mark.parametrize(
    ("value", "field", "reason"),
    [
        ("ftp://desk.example.com", "pre_publish.url", "not an http or https URL"),
        ({"within": "1m"}, "pre_publish.url", "is missing"),
        ("http://desk.example.com/ask", "pre_publish.url", "must be https"),
        ("http://8.8.8.8/ask", "pre_publish.url", "must be https"),
        ("http://[2001:4860:4860::8888]/ask", "pre_publish.url", "must be https"),
        ({"url": "https://a.example", "within": "25h"}, "pre_publish.within", "at most 1d"),
        ({"url": "https://a.example", "default": "wait"}, "pre_publish.default", "post, drop"),
        ({"url": "https://a.example", "secret": "x"}, "pre_publish.secret", "unknown field"),
    ],
)
def test_what_is_wrong_with_whom_to_ask_is_named(value: object, field: str, reason: str) -> None:
    assert reason in refused(pre_publish=value)[field]


@pytest.mark.parametrize("host", ["127.0.0.1:8089", "[::1]", "10.1.2.3", "localhost:80", "desk", "desk.internal"])
def test_a_system_of_ones_own_network_may_be_asked_by_http(host: str) -> None:
    asked = read(LEAST | {"pre_publish": f"http://{host}/ask"}).pre_publish
    assert asked is not None
    assert asked.url == f"http://{host}/ask"


def test_of_whom_to_ask_one_thing_can_be_changed() -> None:
    before = read(LEAST | {"pre_publish": {"url": "https://desk.example.com/ask", "within": "10m"}})
    after = parse({"pre_publish": {"default": "post"}}, id="t1", now=NOW, existing=before).pre_publish
    assert after == PrePublish("https://desk.example.com/ask", timedelta(minutes=10), ApproveDefault.POST)
    assert parse({"pre_publish": None}, id="t1", now=NOW, existing=before).pre_publish is None


def test_a_template_without_a_source_is_refused() -> None:
    with pytest.raises(InvalidInput, match="feeds, feedIds, text, audio, image or research"):
        read({"name": "a", "account": "acme", "type": "tweet", "text": "  ", "urls": [], "prompt": "be kind"})


def test_clock_times_are_sorted_and_weekday_ranges_are_spelled_out() -> None:
    schedule = {"times": ["18:30", "09:00", time(12)], "weekdays": ["mon-fri", "Sunday"], "timezone": "Europe/Berlin"}

    cadence = read(LEAST | {"schedule": schedule}).schedule.cadence

    assert cadence == ClockTimes((time(9), time(12), time(18, 30)), "Europe/Berlin", frozenset({0, 1, 2, 3, 4, 6}))


def test_a_weekday_range_may_pass_the_end_of_the_week() -> None:
    cadence = read(LEAST | {"schedule": {"times": ["09:00"], "weekdays": "fri-mon"}}).schedule.cadence

    assert isinstance(cadence, ClockTimes)
    assert cadence.weekdays == frozenset({4, 5, 6, 0})


def test_wrong_schedules_name_each_field() -> None:
    wrong = refused(schedule={"times": ["25:00"], "weekdays": ["someday"], "grace": "soon", "missed": "never"})

    assert set(wrong) == {"schedule.times", "schedule.weekdays", "schedule.grace", "schedule.missed"}
    assert "IANA name such as" in refused(schedule={"times": ["09:00"], "timezone": "Berlin"})["schedule.timezone"]
    assert "needs schedule.times" in refused(schedule={"timezone": "UTC"})["schedule.timezone"]
    assert "keep one of them" in refused(dailyCount=2, schedule={"times": ["09:00"]})["dailyCount"]
    assert "keep one of them" in refused(schedule={"times": ["09:00"], "cron": "0 9 * * *"})["schedule.cron"]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("window", "9-21", "write them like 09:00-21:00"),
        ("window", "09:00-25:00", "write them like 09:00-21:00"),
        ("months", ["may-someday"], "write jan to dec"),
        ("cron", "0 9 * *", "five fields"),
        ("cron", "0 9 * * * *", "five fields"),
        ("cron", "61 9 * * *", "no cron expression"),
        ("cron", "@daily", "five fields"),
        ("cron", "0 0 30 2 *", "never comes: its months have no such day"),
        ("cron", "0 0 32 2 *", "no cron expression"),
        ("rrule", "FREQ=HOURLY", "schedule.cron"),
        ("rrule", "FREQ=WEEKLY;BYDAY=XX", "BYDAY"),
        ("rrule", "FREQ=WEEKLY;BYDAY=1MO", "FREQ=MONTHLY"),
        ("rrule", "FREQ=DAILY;BYHOUR=24", "BYHOUR"),
        ("rrule", "FREQ=YEARLY;BYEASTER=1", "BYEASTER is not supported"),
        ("rrule", "FREQ=DAILY;UNTIL=20301231T235959Z", "schedule_end_date"),
        ("rrule", "every day", "NAME=VALUE"),
        ("rrule", 7, "one recurrence rule"),
        ("jitter", "soon", "write it like 30m"),
        ("jitter", "2d", "at most 1d"),
        ("quiet_hours", ["22:00"], "two clock times"),
        ("quiet_hours", ["22:00-22:00"], "the whole day"),
        ("exclude_dates", ["25.12.2026"], "is not a date"),
        ("exclude_dates", ["holidays.ics"], "beside a template file"),
        ("max_runs", 0, "between 1 and"),
        ("spread_gap", "10m", 'needs missed = "spread"'),
        ("weekdays", ["mon"], "needs schedule.times"),
        ("overlap", "wait", "must be one of skip, queue"),
    ],
)
def test_each_wrong_field_of_a_schedule_is_named_with_the_remedy(field: str, value: object, said: str) -> None:
    wrong = refused(schedule={field: value})

    assert list(wrong) == [f"schedule.{field}"]
    assert said in wrong[f"schedule.{field}"]


def test_a_window_spreads_the_daily_count_and_keeps_it_when_the_count_changes() -> None:
    window = {"window": "09:00–21:00", "weekdays": "mon-fri", "months": ["nov-feb"], "timezone": "Europe/Berlin"}
    before = read(LEAST | {"dailyCount": 5, "schedule": window})
    after = parse({"dailyCount": 3}, id="t1", now=NOW, existing=before)

    weekdays, winter = frozenset(range(5)), frozenset({11, 12, 1, 2})
    assert before.schedule.cadence == Window(time(9), time(21), 5, "Europe/Berlin", weekdays, winter)
    assert after.schedule.cadence == Window(time(9), time(21), 3, "Europe/Berlin", weekdays, winter)


def test_a_change_to_another_form_of_schedule_replaces_the_old_one_and_keeps_the_zone() -> None:
    before = read(LEAST | {"dailyCount": 5, "schedule": {"window": "09:00-21:00", "timezone": "Europe/Berlin"}})
    after = parse({"schedule": {"cron": "0  9 * * mon"}}, id="t1", now=NOW, existing=before)

    assert after.schedule.cadence == Cron("0 9 * * mon", "Europe/Berlin")


def test_a_rule_without_a_start_counts_from_the_day_on_the_wall_on_which_it_is_added() -> None:
    schedule = {"rrule": "RRULE:FREQ=DAILY;INTERVAL=2;BYHOUR=9", "timezone": "Pacific/Auckland"}
    cadence = read(LEAST | {"schedule": schedule}).schedule.cadence

    start = datetime(2026, 3, 27)  # noqa: DTZ001 - on the wall
    assert cadence == Recurrence("FREQ=DAILY;INTERVAL=2;BYHOUR=9", start, "Pacific/Auckland")


@pytest.mark.parametrize(
    ("written", "length"),
    [("breaking", timedelta(hours=6)), ("news", timedelta(days=2)), ("evergreen", None), ("12h", timedelta(hours=12))],
)
def test_freshness_is_a_class_or_a_length(written: str, length: timedelta | None) -> None:
    assert read(LEAST | {"freshness": written}).freshness == length
    assert "write it like" in refused(freshness="stale")["freshness"]


def test_dates_come_from_the_document_and_from_calendars_which_stay_apart() -> None:
    schedule = {"exclude_dates": ["2026-12-25", date(2026, 12, 26), "webcal://x.example/a"], "timezone": "Asia/Tokyo"}
    calendars = {("https://x.example/a", "Asia/Tokyo"): [date(2026, 5, 1)]}
    found = read(LEAST | {"schedule": schedule}, read_calendar=lambda *asked: calendars[asked])
    closures = found.schedule.closures

    dates = frozenset({date(2026, 12, 25), date(2026, 12, 26)})
    calendar = CalendarDates("https://x.example/a", frozenset({date(2026, 5, 1)}))
    assert closures == Closures("Asia/Tokyo", (), dates, (calendar,))
    assert [closures.excludes(date(2026, *day)) for day in ((5, 1), (12, 25), (5, 2))] == [True, True, False]
    assert to_document(found)["schedule"]["exclude_dates"] == ["2026-12-25", "2026-12-26", "https://x.example/a"]


@pytest.mark.parametrize(
    ("named", "said"),
    [
        (["https://x.example/a"], "cannot be used: it is not there"),
        (["https://me:secret@x.example/a"], "user name or password"),
        (["holidays.ics"], "is not read here"),
        ([f"https://x.example/{n}" for n in range(11)], "names 11 calendars; at most 10 are allowed"),
    ],
)
def test_a_calendar_that_cannot_be_used_is_named_with_the_reason(named: list[str], said: str) -> None:
    def missing(url: str, zone: str) -> list[date]:
        raise ValueError("it is not there")

    with pytest.raises(InvalidInput) as refused:
        read(LEAST | {"schedule": {"exclude_dates": named}}, read_calendar=missing)
    assert all(problem.field == "schedule.exclude_dates" for problem in refused.value.problems)
    assert said in str(refused.value)


def test_an_end_date_without_an_offset_is_utc_and_one_in_the_past_is_refused() -> None:
    assert read(LEAST | {"scheduleEndDate": "2026-12-31T23:00:00"}).schedule.end == datetime(
        2026, 12, 31, 23, tzinfo=UTC
    )
    assert read(LEAST | {"scheduleEndDate": "2026-12-31T23:00+02:00"}).schedule.end == datetime(
        2026, 12, 31, 21, tzinfo=UTC
    )
    assert "in the past" in refused(scheduleEndDate="2026-03-26T12:00:00Z")["scheduleEndDate"]
    assert "write it like" in refused(scheduleEndDate="tomorrow")["scheduleEndDate"]


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "https://",
        "https://user:pw@example.com/",
        "https://exa mple.com",
        "http://[::1",
        7,
        "http://a:99999/",
    ],
)
def test_urls_that_are_none_or_hold_a_password_are_refused(url: object) -> None:
    assert set(refused(url=url)) == {"url"}


def test_feeds_are_given_as_urls_as_tables_or_by_their_number() -> None:
    feeds = ["https://a.example/feed", {"url": "https://b.example/feed", "backlog": "all"}]

    template = read(LEAST | {"feeds": feeds, "feedIds": [7]}, feeds={7: "https://c.example/feed"})

    assert template.sources.feeds == (
        FeedSource("https://a.example/feed"),
        FeedSource("https://b.example/feed", Backlog.ALL),
        FeedSource("https://c.example/feed"),
    )


def test_an_unknown_feed_number_is_refused() -> None:
    assert "there is no feed 8" in refused(feedIds=[8])["feedIds"]
    assert "is not the number of a feed" in refused(feedIds=["8"])["feedIds"]


def test_a_style_is_a_username_or_samples_and_not_both() -> None:
    assert read(LEAST | {"style": "@acme"}).style == StyleSource(username="acme")
    assert read(LEAST | {"style": {"samples": ["One.", "Two."]}}).style == StyleSource(samples=("One.", "Two."))
    assert "either username or samples" in refused(style={"username": "a", "samples": ["b"]})["style"]
    assert "at least one post" in refused(style={"samples": []})["style.samples"]


def test_the_at_sign_of_an_account_is_dropped() -> None:
    assert read(LEAST | {"account": "@acme"}).account == "acme"


def test_callback_data_is_kept_byte_for_byte_up_to_500_characters() -> None:
    assert read(LEAST | {"callbackData": '  {"a": 1}\n'}).callback_data == '  {"a": 1}\n'
    assert "at most 500" in refused(callbackData="x" * 501)["callbackData"]


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b"])
def test_text_that_no_database_can_hold_is_refused(text: str) -> None:
    assert "cannot be stored" in refused(text=text)["text"]


def test_a_change_keeps_what_it_does_not_name_and_null_clears() -> None:
    before = read(LEAST | {"prompt": "be kind", "dailyCount": 4, "callbackData": "x"})

    after = parse({"prompt": None, "count": 3}, id="t1", now=NOW + timedelta(days=1), existing=before)

    assert (after.prompt, after.count, after.callback_data, after.schedule) == (None, 3, "x", before.schedule)


def test_a_change_of_the_daily_count_starts_a_new_grid_and_replaces_clock_times() -> None:
    before = read(LEAST | {"schedule": {"times": ["09:00"], "grace": "1h", "timezone": "Europe/Berlin"}})
    later = NOW + timedelta(days=1)

    after = parse({"dailyCount": 5}, id="t1", now=later, existing=before)

    assert after.schedule == Schedule(Grid(5, later), None, Missed.LATEST, timedelta(hours=1))


def test_a_change_of_one_schedule_field_keeps_the_clock_times() -> None:
    before = read(LEAST | {"schedule": {"times": ["09:00"], "timezone": "Europe/Berlin"}})

    after = parse({"schedule": {"missed": "skip"}}, id="t1", now=NOW, existing=before)

    assert after.schedule.cadence == before.schedule.cadence
    assert after.schedule.missed is Missed.SKIP


def test_a_change_that_leaves_no_source_is_refused() -> None:
    with pytest.raises(InvalidInput, match="name at least one of"):
        parse({"urls": []}, id="t1", now=NOW, existing=read(LEAST))


def test_a_template_is_active_unless_its_document_says_otherwise() -> None:
    assert is_active({})
    assert not is_active({"isActive": False})
    assert "must be true or false" in refused(isActive="false")["isActive"]


def test_every_wrong_date_is_named_in_one_message() -> None:
    problem = refused(schedule={"times": ["09:00"], "exclude_dates": ["soon", "2026-12-25", 7]})
    assert problem["schedule.exclude_dates"].startswith("'soon', '7' are not dates")


def test_a_duration_that_is_far_too_long_is_called_too_long() -> None:
    problem = refused(schedule={"times": ["09:00"], "grace": "999999d"})
    assert problem["schedule.grace"] == "must be longer than zero and at most 366d"


def test_of_very_many_unknown_fields_ten_are_named_and_the_others_counted() -> None:
    many = {f"times{number}": 1 for number in range(2_000)}

    found = refused(**many, schedule=many)

    for prefix, table in (("", "document"), ("schedule.", "schedule")):
        named = [field for field in found if field.startswith(f"{prefix}times")]
        assert named == [f"{prefix}times{number}" for number in range(10)]
        assert found[table] == "has 2000 unknown fields; 10 are named"
