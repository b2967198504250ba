"""The parts of a template document that are posted in the owner's own words: tips, a countdown, a table's figures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from domain import pattern
from domain.own_words import DAYS_LEFT, Countdown, CsvTable, DecimalMark, Newest, Roundup
from domain.template_document.fields import Fields
from domain.template_document.names import COUNTDOWN_FIELDS, CSV_FIELDS, ROUNDUP_FIELDS, normalise
from domain.weighted_length import LIMIT, weighted_length

OWN_WORDS = ("tips", "countdown", "csv")  # at most one of them, and no other source beside it
TIPS_LIMIT = 1000
WORDS_LIMIT = 2_000  # characters of one tip or sentence
SENTENCES_LIMIT = 100
ENTRIES_LIMIT = 20
DAYS_LIMIT = 3650
_OTHERS = ("audio", "audio_url", "image", "image_url", "research", "deep_research_ids", "deep_research")
_ALONE = (
    *("url", "urls", "feeds", "feed_ids", "text", "prompt", "tweet_style", "style"),
    *_OTHERS,
    *("prompt_audio", "prompt_audio_url", "projects", "project_ids"),
)


def check_alone(fields: Fields) -> None:
    """Note what stands beside words that are posted as they stand, and would be ignored."""
    given = [name for name in OWN_WORDS if fields.has(name)]
    for name in given[1:]:
        fields.problem(name, f"cannot be used with {given[0]}; keep one of them")
    for name in _ALONE if given else ():
        if fields.raw(name) not in (None, "", [], (), False):
            fields.problem(name, f"cannot be used with {given[0]}, which is posted as it stands; leave it out")
    if given and given[0] != "tips" and fields.raw("count") not in (None, 1):
        fields.problem("count", f"must be 1 with {given[0]}: each run has one thing to say")


def read_tips(fields: Fields, *, single: bool) -> tuple[str, ...]:
    """Give the tips in order; *single* posts must hold each of them."""

    def read(name: str, value: Any) -> str | None:
        text = _words(fields, name, value)
        if text is not None and single and weighted_length(text) > LIMIT:
            fields.problem(name, f"{_start(text)} has {weighted_length(text)} weighted characters; a tweet has {LIMIT}")
        return text

    if isinstance(fields.raw("tips"), str):
        fields.problem("tips", "must be a list, or in a template file the name of a text file beside it")
        return ()
    found = fields.list("tips", read, limit=TIPS_LIMIT)
    if fields.has("tips") and not found and not fields.problems:
        fields.problem("tips", "holds no tip; write one a line")
    return found


def read_countdown(fields: Fields) -> Countdown | None:
    """Give the countdown, or None after noting what is wrong."""
    table = _table(fields, "countdown", COUNTDOWN_FIELDS, "to and say")
    if table is None:
        return None
    before = len(table.problems)
    day = _day(table, "to")
    given = table.raw("say")
    say = _sentences(table, "say", [given] if isinstance(given, str) else given)
    for sentence in say:
        if f"{{{DAYS_LEFT}}}" not in sentence:
            table.problem("say", f"{_start(sentence)} must hold {{{DAYS_LEFT}}}, the number of days")
    if not say and len(table.problems) == before:
        table.problem("say", f"is missing; write a sentence with {{{DAYS_LEFT}}}")
    tomorrow, today = _one(table, "tomorrow"), _one(table, "today")
    for name, each in [*(("say", each) for each in say), ("tomorrow", tomorrow), ("today", today)]:
        for unknown in set(_names(table, name, each or "")) - {DAYS_LEFT}:
            table.problem(name, f"{{{unknown}}} is not known here; there is only {{{DAYS_LEFT}}}")
    days = table.integer("days", 1, DAYS_LIMIT, 0) or None
    return None if len(table.problems) > before or day is None else Countdown(day, say, tomorrow, today, days)


def read_csv(fields: Fields) -> CsvTable | None:
    """Give the table, or None after noting what is wrong. Which columns it has is seen when it is read."""
    table = _table(fields, "csv", CSV_FIELDS, "url and say", plain="url")
    if table is None:
        return None
    before = len(table.problems)
    url = table.url("url", table.raw("url"))
    say = _one(table, "say")
    if say and not _names(table, "say", say) and len(table.problems) == before:
        table.problem("say", "must name a column in braces, such as {signups}")
    newest = table.choice("newest", Newest, Newest.LAST) or Newest.LAST
    decimal = table.choice("decimal", DecimalMark, None)
    if len(table.problems) > before or url is None:
        return None
    return CsvTable(url, say, newest, decimal)


def read_roundup(fields: Fields, *, thread: bool) -> Roundup | None:
    """Give the roundup, or None where there is none or something is wrong."""
    table = _table(fields, "roundup", ROUNDUP_FIELDS, "entries and opening")
    if table is None:
        return None
    before = len(table.problems)
    if not thread:
        fields.problem("type", "must be thread with roundup: each entry is a part")
    if not fields.has("feeds") and not fields.has("feed_ids"):
        fields.problem("roundup", "needs feeds, whose new entries it tells")
    for name in ("url", "urls", "text", *_OTHERS):
        if fields.raw(name) not in (None, "", [], (), False):
            fields.problem(name, "cannot be used with roundup, which tells of feeds only; leave it out")
    if fields.raw("count") not in (None, 1):
        fields.problem("count", "must be 1 with roundup: each run makes one thread")
    entries = table.integer("entries", 2, ENTRIES_LIMIT, 5)
    at_least = table.integer("at_least", 1, ENTRIES_LIMIT, 2)
    if at_least > entries:
        table.problem("at_least", f"must not be more than roundup.entries, {entries}")
    opening = _one(table, "opening")
    if opening and weighted_length(opening) > LIMIT:
        table.problem("opening", f"has {weighted_length(opening)} weighted characters; a part has {LIMIT}")
    return None if len(table.problems) > before else Roundup(entries, at_least, opening)


def _table(fields: Fields, name: str, known: frozenset[str], least: str, plain: str | None = None) -> Fields | None:
    """Give the table *name*; a text alone stands for its field *plain*."""
    if not fields.has(name):
        return None
    value = fields.raw(name)
    if plain and isinstance(value, str):
        value = {plain: value}
    if not isinstance(value, Mapping):
        fields.problem(name, f"must be a table with {least}")
        return None
    prefix = f"{name}."
    return Fields(normalise(value, known, fields.problems, prefix=prefix), fields.problems, prefix)


def _day(table: Fields, name: str) -> date | None:
    """Give a day, written as TOML and YAML have it or as text."""
    value = table.raw(name)
    try:
        if isinstance(value, str):
            return date.fromisoformat(value.strip())
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
    except ValueError:
        pass
    table.problem(name, "is missing; write the day like 2026-12-24" if value is None else "must be like 2026-12-24")
    return None


def _sentences(table: Fields, name: str, values: Any) -> tuple[str, ...]:
    if values is None:
        return ()
    if not isinstance(values, (list, tuple)) or len(values) > SENTENCES_LIMIT:
        table.problem(name, f"must be text, or a list of at most {SENTENCES_LIMIT} texts")
        return ()
    return tuple(text for value in values if (text := _words(table, name, value)) is not None)


def _one(table: Fields, name: str) -> str | None:
    return _words(table, name, table.raw(name))


def _words(table: Fields, name: str, value: Any) -> str | None:
    """Give one text of the owner's, without blanks around it; a blank one is left out."""
    text = Fields({name: (table.path(name), value)}, table.problems).text(name, limit=WORDS_LIMIT)
    return text.strip() if text else None


def _names(table: Fields, name: str, sentence: str) -> tuple[str, ...]:
    try:
        return pattern.names(sentence)
    except ValueError as error:
        table.problem(name, f"{_start(sentence)}: {error}")
        return ()


def _start(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:39] + "…")
