"""Years of history in a database, bulk inserted: runs, gaps, and all that belongs to them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from domain.draft import Check, Draft, Part, Score
from domain.material import Material, MaterialKind
from domain.template import Template
from storage import codec

BLOCK, IN_GAP = 110, 10  # of so many slots in a row, the last ones lie in a gap
RUNS = BLOCK - IN_GAP
HOOK = "hook"
_MATERIAL = Material("m0", MaterialKind.FEED_ITEM, "The tram opens on Tuesday. " * 40, title="The tram opens")
_DRAFT = Draft("d0", (Part("The tram opens on Tuesday."),), score=Score(83, (Check("No hashtags", True),), "local"))
# `slots` is a temporary table: the runs to make, oldest first, each with a number, its template, its instants as text.
_STATEMENTS = (
    """INSERT INTO runs (id, template_id, account, slot_at, due_at, trigger, status, epoch, created_at, started_at,
       finished_at, gathered_at, rejected, drafted_at, chosen_at, chosen, choice_reason, reason)
       SELECT run, template, account, at, at, 'schedule', iif(posted, 'posted', 'skipped'), 1, at, later, later, later,
       '[]', iif(posted, later, NULL), iif(posted, later, NULL), iif(posted, '["d0"]', NULL), 'the highest score',
       iif(posted, NULL, 'nothing_new') FROM slots""",
    """INSERT INTO materials (run_id, id, position, document) SELECT run, 'm0', 0, :material FROM slots WHERE posted""",
    """INSERT INTO drafts (run_id, id, position, document)
       SELECT run, 'd' || n, n, :draft FROM slots, (SELECT 0 AS n UNION SELECT 1 UNION SELECT 2) WHERE posted""",
    """INSERT INTO posts (id, run_id, template_id, account, grp, part, text, status, draft_id, created_at, tweet_id,
       published_at)
       SELECT 'p' || run, run, template, account, 0, 0, 'The tram opens on Tuesday.', 'published', 'd0', later,
       '17' || number, later FROM slots WHERE posted""",
    """INSERT INTO publications (id, run_id, template_id, account, grp, part, attempt, idempotency_key, text,
       intended_at, outcome, tweet_id, asks, settled_at, settled_by)
       SELECT 'q' || run, run, template, account, 0, 0, 0, 'install-' || run || '-0-0-0', 'The tram opens on Tuesday.',
       later, 'confirmed', '17' || number, 0, later, 'answer' FROM slots WHERE posted""",
    """INSERT INTO events (id, type, stream, template_id, run_id, sequence, created_at, data, unread)
       SELECT 'e' || run, iif(posted, 'run.succeeded', 'run.skipped'), template, template, run, number + 1, later,
       '{}', 0 FROM slots""",
    """INSERT INTO deliveries (id, event_id, webhook_id, stream, sequence, status, attempts, delivered_at)
       SELECT 'v' || run, 'e' || run, :hook, template, number + 1, 'delivered', 1, later FROM slots""",
    """INSERT INTO delivery_attempts (delivery_id, at, ok, status, duration_ms)
       SELECT 'v' || run, later, 1, 200, 12 FROM slots""",
)


@dataclass(frozen=True, slots=True)
class History:
    """*templates* run every hour since *start*; each has *runs* runs, and a gap after every hundred of them.

    *draft* is what each run wrote three times, of the material m0.
    """

    templates: tuple[Template, ...]
    start: datetime
    runs: int
    draft: Draft = _DRAFT

    def slot(self, number: int) -> datetime:
        """Give the slot of run *number* of a template."""
        block, place = divmod(number, RUNS)
        return self.start + timedelta(hours=block * BLOCK + place)

    def gap(self, number: int) -> tuple[datetime, datetime]:
        """Give the first and the last slot of gap *number* of a template."""
        first = self.start + timedelta(hours=number * BLOCK + RUNS)
        return first, first + timedelta(hours=IN_GAP - 1)

    @property
    def end(self) -> datetime:
        """The first slot without a record."""
        return self.start + timedelta(hours=-(-self.runs // RUNS) * BLOCK)


def run_id(template: int, number: int) -> str:
    """Give the id of run *number* of a template; like real ones they rise with time."""
    return f"{number:08x}-0000-7000-8000-{template:012x}"


def fill(path: Path, history: History) -> None:
    """Write the history into the database file *path*, which has its tables and the templates."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA foreign_keys = OFF")  # every row is made to fit; checking eight million takes longer
        connection.execute("PRAGMA cache_size = -400000")
        connection.execute("CREATE TEMP TABLE slots (number INTEGER, template, account, run, at, later, posted)")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE templates SET created_at = ?1, updated_at = ?1", (_text(history.start),))
        hook = (
            "INSERT INTO webhooks (id, channel, url, secret, created_at) VALUES (?, 'http', 'https://x.example', '', ?)"
        )
        connection.execute(hook, (HOOK, _text(history.start)))
        connection.executemany("INSERT INTO slots VALUES (?, ?, ?, ?, ?, ?, ?)", _slots(history))
        values = {"material": codec.dump(Material, _MATERIAL), "draft": codec.dump(Draft, history.draft), "hook": HOOK}
        for statement in _STATEMENTS:
            connection.execute(statement, values)
        connection.executemany("INSERT INTO slot_gaps VALUES (?, 'local', ?, ?, ?, 'missed')", _gaps(history))
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _slots(history: History) -> Iterator[tuple[int, str, str, str, str, str, bool]]:
    for number in range(history.runs):
        at = history.slot(number)
        for place, template in enumerate(history.templates):
            # No two posts of an account leave at one instant, nor has any tweet the id of another.
            later = at + timedelta(seconds=5, microseconds=place)
            posted = number % 5 > 0
            unique = number * len(history.templates) + place
            yield unique, template.id, template.account, run_id(place, number), _text(at), _text(later), posted


def _gaps(history: History) -> Iterator[tuple[str, str, str, int]]:
    for number in range(-(-history.runs // RUNS)):
        first, last = (_text(at) for at in history.gap(number))
        for template in history.templates:
            yield template.id, first, last, IN_GAP


def _text(at: datetime) -> str:
    return at.isoformat(" ", "microseconds")
