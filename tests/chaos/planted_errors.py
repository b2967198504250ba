"""Errors to plant in true books, each with the one kind of finding that it must lead to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.chaos.audit import Kind
from tests.chaos.copied_books import Copied, Line

Put = Callable[[Copied], None]
LONG_AGO = "2020-01-01 00:00:00.000000+00:00"
KEPT = "text LIKE 'Of kept%'"
NEVER_SIGNED = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@dataclass(frozen=True)
class Plant:
    """An error: its name, the kind it is of, and how it is put into the books."""

    name: str
    kind: Kind
    put: Put


def sql(*statements: str) -> Put:
    return lambda here: here.sql(*statements)


def tweet(change: str) -> Put:
    """Change the tweet of the template `kept`: `DELETE FROM tweets`, or an UPDATE."""
    return lambda here: here.sandbox(f"{change} WHERE {KEPT}")


def another_tweet(**changed: str) -> Put:
    return lambda here: here.copy_tweet(**changed)


def last_part(parent: str) -> Put:
    """Let the last part of the quiet thread be a reply to something else."""
    return lambda here: here.sandbox(f"UPDATE tweets SET reply_to = {parent} WHERE text LIKE 'quiet, part 2%'")


def received(change: Callable[[list[Line]], list[Line]]) -> Put:
    return lambda here: here.receive(change)


def same_words_twice(here: Copied) -> None:
    change = "SET {column} = replace({column}, 'quiet, part 1', 'quiet, part 0')"
    for table in ("publications", "posts"):
        here.sql(f"UPDATE {table} {change.format(column='text')}")
    for table, column in (("events", "data"), ("drafts", "document"), ("materials", "document")):
        here.sql(f"UPDATE {table} {change.format(column=column)}")
    here.sandbox(f"UPDATE tweets {change.format(column='text')}")


def confirmed_twice(here: Copied) -> None:
    here.unconstrain("publications")
    here.copy_row("publications", "run_id = {quiet} AND part = 0", id="'x'")


def posted_though_deferred(here: Copied) -> None:
    """Let the server have posted what it refused for the moment, and the second attempt nothing."""
    deferred = "SELECT idempotency_key FROM publications WHERE run_id = {limited} AND outcome = 'deferred'"
    here.unconstrain("publications")
    here.sql(f"CREATE TABLE keys AS {deferred}")
    here.copy_row(
        "publications", KEPT, id="'x'", idempotency_key="'x'", outcome="'deferred'", tweet_id="NULL", part="9"
    )
    here.copy_tweet(idempotency_key="'x'", text="'Something else'")


def without_reason(here: Copied) -> None:
    here.sql("UPDATE runs SET reason = NULL WHERE id = {picky}")
    here.sql("UPDATE events SET data = json_set(data, '$.run.reason', NULL) WHERE run_id = {picky}")


def posted_nothing(here: Copied) -> None:
    without_reason(here)
    here.sql("UPDATE runs SET status = 'posted' WHERE id = {picky}")
    here.sql("UPDATE events SET data = json_set(data, '$.run.status', 'posted') WHERE run_id = {picky}")


def missing_part(here: Copied) -> None:
    last = "json(json_extract(document, '$.parts[2]'))"
    more = ", ".join(f"'$.parts[#]', {last}" for _ in range(3))
    here.sql(f"UPDATE drafts SET document = json_insert(document, {more}) WHERE run_id = {{quiet}}")
    here.unconstrain("publications", "posts")
    for table in ("publications", "posts"):
        here.sql(f"UPDATE {table} SET part = 5 WHERE part = 2 AND run_id = {{quiet}}")
    here.sql("UPDATE events SET data = replace(data, '\"order\":2', '\"order\":5') WHERE run_id = {quiet}")


def another_run(slot: str) -> Put:
    """Record the run of a template once more, at that instant, and tell of it."""

    def put(here: Copied) -> None:
        here.unconstrain("runs", "events")
        here.copy_row("events", "run_id = {picky}", id="'x'", run_id="'x'", stream="''", template_id="NULL")
        here.copy_row("runs", "id = {picky}", id="'x'", slot_at=slot)

    return put


def miscounted_gap(here: Copied) -> None:
    count = "(SELECT slots FROM slot_gaps)"
    here.sql("UPDATE slot_gaps SET slots = slots + 1")
    here.sql(f"UPDATE events SET data = json_set(data, '$.slots.count', {count}) WHERE type = 'slots.skipped'")


def sent_before(here: Copied) -> None:
    """Give the run that was cancelled a publication that was certainly not posted, which is no error."""
    here.sql("UPDATE templates SET definition = json_set(definition, '$.approval', 'auto') WHERE name = 'held'")
    unsettled("'deferred'", run="{held}")(here)
    here.sql("UPDATE publications SET text = replace(text, 'kept', 'held') WHERE id = 'x'")


def posted_and_taken_back(here: Copied) -> None:
    sent_before(here)
    here.copy_tweet(idempotency_key="'x'", state="'deleted'")


def unsettled(outcome: str, *, run: str = "{picky}") -> Put:
    """Give a run that sent nothing a publication of that outcome, under the key `x`."""

    def put(here: Copied) -> None:
        here.unconstrain("publications")
        changed = {"id": "'x'", "run_id": run, "idempotency_key": "'x'", "outcome": outcome, "tweet_id": "NULL"}
        here.copy_row("publications", KEPT, **changed)

    return put


def seen(key: str) -> Put:
    """Let an unknown post stand in its account's timeline."""

    def put(here: Copied) -> None:
        unsettled("'unknown'")(here)
        here.copy_tweet(idempotency_key=key)

    return put


def answered(status: int | None) -> Put:
    return received(lambda lines: [*lines[:-1], {**lines[-1], "answered": status}])


def undelivered(here: Copied) -> None:
    here.receive(lambda lines: lines[:-1])
    here.sql("DELETE FROM deliveries WHERE event_id IN (SELECT id FROM events WHERE data LIKE '%Of kept%')")


def header(name: str, value: str) -> Put:
    """Let a request have come once more, with another header."""
    return received(lambda lines: [*lines, {**lines[0], "headers": {**lines[0]["headers"], name: value}}])


def signed(change: Callable[[Line], Line]) -> Put:
    """Let a changed request have come, well signed."""
    return lambda here: here.receive(lambda lines: [*lines, here.sign(change(lines[0]))])


def other_words(line: Line) -> Line:
    return {**line, "body": line["body"].replace("harbour", "harbor")}


def of_nobody(line: Line) -> Line:
    return {**line, "headers": {**line["headers"], "webhook-id": "x"}}


def quiet_event(path: str, value: str) -> Put:
    """Change the event that tells the end of the quiet thread."""
    where = "run_id = {quiet} AND type = 'run.succeeded'"
    return sql(f"UPDATE events SET data = json_set(data, '{path}', {value}) WHERE {where}")


def order(**line: Any) -> Put:
    return lambda here: here.order(**line)


def calm_later(here: Copied) -> None:
    """Let the campaign, and a template, have gone on for an hour after the last slot that was planned."""
    before = here.ordered("minutely")
    here.order(**{**before, "until": before["until"] + 3600})
    here.order(do="calm", at=before["until"] + 3600)


def cancelled(name: str) -> Put:
    return lambda here: here.order(do="cancel", run=here.run(name), answered="cancelled")


def template(path: str, value: str) -> Put:
    """Change what the template of the quiet thread says."""
    return sql(f"UPDATE templates SET definition = json_set(definition, '{path}', {value}) WHERE name = 'quiet'")


def another_request(key: str) -> Put:
    """Let something have been sent under a key, long after everything else."""
    columns = "received_at, method, path, account, idempotency_key"
    values = f"received_at + 1000000, method, path, account, {key}"
    query = f"SELECT {values} FROM requests WHERE path = '/x/tweets' AND account IS NOT NULL LIMIT 1"
    return lambda here: here.sandbox(f"INSERT INTO requests ({columns}) {query}")


def sent_after_cancel(here: Copied) -> None:
    sent_before(here)
    another_request("'x'")(here)


def told_again(kind: str) -> Put:
    """Let an event of the quiet thread stand in the outbox once more."""

    def put(here: Copied) -> None:
        here.unconstrain("events")
        which = f"run_id = {{quiet}} AND type = '{kind}'"
        here.copy_row("events", which, id="'x'", stream="''", template_id="NULL", sequence="1")

    return put


IN_THE_MIDST = "UPDATE tweets SET created_at = (SELECT created_at + 1 FROM tweets WHERE text LIKE 'quiet, part 0%')"
OTHER_SOURCE = "UPDATE materials SET document = replace(document, 'harbour', 'harbor') WHERE run_id = {quiet}"
OTHER_DRAFT = "UPDATE drafts SET document = replace(document, 'harbour', 'harbor') WHERE run_id = {quiet}"
OTHER_SEGMENT = (
    "UPDATE drafts SET document = json_set(document, '$.parts[0].segments[0].text', '') WHERE run_id = {quiet}"
)
DEAD = "id IN (SELECT webhook_id FROM deliveries WHERE status = 'dead')"
DELETED = f"UPDATE templates SET deleted_at = '{LONG_AGO}'"
ghost = {"do": "template", "name": "ghost", "slots": "once", "from": 1.0}
PLANTS = (
    Plant("a second tweet", Kind.DUPLICATE, another_tweet()),
    Plant("a second tweet, held yet", Kind.DUPLICATE, another_tweet(state="'held'")),
    Plant("the same words in two parts", Kind.DUPLICATE, same_words_twice),
    Plant("a part confirmed twice", Kind.DUPLICATE, confirmed_twice),
    Plant("a tweet that is gone", Kind.LOST_POST, tweet("DELETE FROM tweets")),
    Plant("a tweet that was lost", Kind.LOST_POST, tweet("UPDATE tweets SET state = 'lost'")),
    Plant("a tweet that was deleted", Kind.LOST_POST, tweet("UPDATE tweets SET state = 'deleted'")),
    Plant("a tweet that is held", Kind.LOST_POST, tweet("UPDATE tweets SET state = 'held'")),
    Plant("a run that gives no reason", Kind.LOST_POST, without_reason),
    Plant("a posted run without a post", Kind.LOST_POST, posted_nothing),
    Plant("a tweet of no key", Kind.UNOWNED_TWEET, another_tweet(idempotency_key="'?'")),
    Plant("a tweet said to be deferred", Kind.UNOWNED_TWEET, posted_though_deferred),
    Plant("a queued run", Kind.UNFINISHED_RUN, sql("UPDATE runs SET status = 'queued' WHERE id = {picky}")),
    Plant("a run worked on", Kind.UNFINISHED_RUN, sql("UPDATE runs SET status = 'working' WHERE id = {picky}")),
    Plant("a run held in silence", Kind.UNFINISHED_RUN, sql("UPDATE runs SET status = 'held' WHERE id = {picky}")),
    Plant("a reply to nothing", Kind.BROKEN_THREAD, last_part("NULL")),
    Plant("a reply to the wrong part", Kind.BROKEN_THREAD, last_part("conversation_id")),
    Plant("a reply that should be none", Kind.BROKEN_THREAD, tweet("UPDATE tweets SET reply_to = 1")),
    Plant("a missing part", Kind.BROKEN_THREAD, missing_part),
    Plant("a gap that is gone", Kind.SLOT_WITHOUT_ROW, sql("DELETE FROM slot_gaps")),
    Plant("a run that is gone", Kind.SLOT_WITHOUT_ROW, sql("DELETE FROM runs WHERE id = {picky}")),
    Plant("a template that is gone", Kind.SLOT_WITHOUT_ROW, order(**ghost)),
    Plant("planning that had stopped before the calm", Kind.SLOT_WITHOUT_ROW, calm_later),
    Plant("a slot with two runs", Kind.UNPLANNED_SLOT, another_run("slot_at")),
    Plant("a run of no slot", Kind.UNPLANNED_SLOT, another_run("substr(slot_at, 1, 20) || '000001+00:00'")),
    Plant("a gap that counts wrongly", Kind.UNPLANNED_SLOT, miscounted_gap),
    Plant("a post of a cancelled run", Kind.POST_AFTER_CANCEL, posted_and_taken_back),
    Plant("a cancelled run that posted", Kind.POST_AFTER_CANCEL, cancelled("kept")),
    Plant("a post sent after a cancel", Kind.POST_AFTER_CANCEL, sent_after_cancel),
    Plant("a post after the end", Kind.POST_OUT_OF_TIME, template("$.schedule.end", "'2020-01-01T00:00:00Z'")),
    Plant(
        "a post too early",
        Kind.POST_OUT_OF_TIME,
        sql(f"UPDATE publications SET intended_at = '{LONG_AGO}' WHERE {KEPT}"),
    ),
    Plant("a post of a deleted template", Kind.POST_OUT_OF_TIME, sql(f"{DELETED} WHERE name = 'quiet'")),
    Plant(
        "a gap that was not kept",
        Kind.POST_WITHIN_GAP,
        sql("INSERT INTO account_gaps VALUES ('ostinato_demo', 'local', 600)"),
    ),
    Plant("a post within a thread", Kind.THREAD_INTERRUPTED, tweet(IN_THE_MIDST)),
    Plant("a request of no publication", Kind.UNINTENDED_REQUEST, another_request("'?'")),
    Plant("a request without a key", Kind.UNINTENDED_REQUEST, another_request("NULL")),
    Plant("a post without approval", Kind.UNAPPROVED_POST, template("$.approval", "'approve'")),
    Plant("a post in the shadow", Kind.UNAPPROVED_POST, template("$.approval", "'shadow'")),
    Plant("a rejected post", Kind.UNAPPROVED_POST, sql("UPDATE runs SET verdict = 'rejected' WHERE id = {quiet}")),
    Plant("words of no source", Kind.UNSUPPORTED_TEXT, sql(OTHER_SOURCE)),
    Plant("words of no draft", Kind.UNSUPPORTED_TEXT, sql(OTHER_DRAFT)),
    Plant("a draft with a hole", Kind.UNSUPPORTED_TEXT, sql(OTHER_SEGMENT)),
    Plant("a draft that is gone", Kind.UNSUPPORTED_TEXT, sql("DELETE FROM drafts WHERE run_id = {quiet}")),
    Plant("a draft below the score", Kind.UNSUPPORTED_TEXT, template("$.minimum_score", "101")),
    Plant("an end told twice", Kind.TOLD_TWICE, told_again("run.succeeded")),
    Plant("a post told twice", Kind.TOLD_TWICE, told_again("post.published")),
    Plant("a dead letter too soon", Kind.SILENT_DEAD_LETTER, sql(f"UPDATE webhooks SET active = 1 WHERE {DEAD}")),
    Plant("an end without an event", Kind.UNTOLD_END, sql("DELETE FROM events WHERE run_id = {picky}")),
    Plant("a gap without an event", Kind.UNTOLD_END, sql("UPDATE events SET type = '' WHERE type = 'slots.skipped'")),
    Plant("an event that never came", Kind.LOST_CALLBACK, received(lambda lines: lines[:-1])),
    Plant("an event that was never accepted", Kind.LOST_CALLBACK, answered(500)),
    Plant("an event that was never answered", Kind.LOST_CALLBACK, answered(None)),
    Plant("an event without a delivery", Kind.LOST_CALLBACK, undelivered),
    Plant("a lost event", Kind.LOST_CALLBACK, sql("DELETE FROM events WHERE run_id = {quiet} AND sequence = 2")),
    Plant("an event that overtook another", Kind.CALLBACK_OUT_OF_ORDER, received(lambda lines: lines[::-1])),
    Plant("another signature", Kind.FALSE_CALLBACK, header("webhook-signature", NEVER_SIGNED)),
    Plant("another timestamp", Kind.FALSE_CALLBACK, header("webhook-timestamp", "1772355601")),
    Plant("another text, well signed", Kind.FALSE_CALLBACK, signed(other_words)),
    Plant("an event of nobody's", Kind.FALSE_CALLBACK, signed(of_nobody)),
    Plant(
        "an unsigned path", Kind.FALSE_CALLBACK, received(lambda lines: [*lines, {**lines[0], "path": "/elsewhere"}])
    ),
    Plant("a silent dead letter", Kind.SILENT_DEAD_LETTER, sql("UPDATE deliveries SET last_error = NULL")),
    Plant("another text at the sandbox", Kind.BOOKS_DIFFER, tweet("UPDATE tweets SET text = text || '!'")),
    Plant("another account at the sandbox", Kind.BOOKS_DIFFER, tweet("UPDATE tweets SET user_id = user_id + 1")),
    Plant("a tweet of another attempt", Kind.BOOKS_DIFFER, tweet("UPDATE tweets SET idempotency_key = '?'")),
    Plant("another label at the sandbox", Kind.BOOKS_DIFFER, tweet("UPDATE tweets SET made_with_ai = 1")),
    Plant("another text of the post", Kind.BOOKS_DIFFER, sql(f"UPDATE posts SET text = text || '!' WHERE {KEPT}")),
    Plant("a post said to have failed", Kind.BOOKS_DIFFER, sql(f"UPDATE posts SET status = 'failed' WHERE {KEPT}")),
    Plant("an event of another tweet", Kind.BOOKS_DIFFER, quiet_event("$.posts[0].tweetId", "'1'")),
    Plant("an event of another text", Kind.BOOKS_DIFFER, quiet_event("$.posts[0].text", "'Something else'")),
    Plant("an end that is told otherwise", Kind.BOOKS_DIFFER, quiet_event("$.run.status", "'failed'")),
    Plant("an unknown outcome with keys", Kind.UNKNOWN_WITH_KEYS, unsettled("'unknown'")),
    Plant("no outcome with keys", Kind.UNKNOWN_WITH_KEYS, unsettled("NULL")),
    Plant("an unknown that is seen", Kind.UNKNOWN_BUT_VISIBLE, seen("'x'")),
    Plant("an unknown that is seen without a key", Kind.UNKNOWN_BUT_VISIBLE, seen("NULL")),
)
