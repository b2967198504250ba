"""Ways to plant an error in true books: each gives a function that does it, or is one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.chaos.copied_books import Copied, Line

WRITTEN = (("events", "data"), ("drafts", "document"), ("materials", "document"), ("templates", "definition"))
Put = Callable[[Copied], None]
LONG_AGO = "2020-01-01 00:00:00.000000+00:00"
KEPT = "text LIKE 'Of kept%'"
NEVER_SIGNED = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


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
    for table, column in WRITTEN:
        here.sql(f"UPDATE {table} {change.format(column=column)}")
    here.sandbox(f"UPDATE tweets {change.format(column='text')}")


def confirmed_twice(here: Copied) -> None:
    here.unconstrain("publications")
    here.copy_row("publications", "run_id = {quiet} AND part = 0", id="'x'")


def posted_though_deferred(here: Copied) -> None:
    """Let the server have posted what it refused for the moment."""
    here.unconstrain("publications")
    changed = {"id": "'x'", "idempotency_key": "'x'", "outcome": "'deferred'", "tweet_id": "NULL", "part": "9"}
    here.copy_row("publications", KEPT, **changed)
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
        here.copy_row("publications", KEPT, **changed, settled_by="'answer'")

    return put


def seen(key: str) -> Put:
    """Let an unknown post stand in its account's timeline."""

    def put(here: Copied) -> None:
        unsettled("'unknown'")(here)
        here.copy_tweet(idempotency_key=key)

    return put


def at(seconds: float) -> Callable[[list[Line]], list[Line]]:
    """Let all requests have come at one moment, in their order."""
    return lambda lines: [{**line, "at": seconds} for line in lines]


def cancelled_by_nobody(here: Copied) -> None:
    here.sql("UPDATE runs SET reason = 'cancelled' WHERE id = {picky}")
    here.sql("UPDATE events SET data = json_set(data, '$.run.reason', 'cancelled') WHERE run_id = {picky}")


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


def elsewhere(lines: list[Line]) -> list[Line]:
    return [*lines, {**lines[0], "path": "/elsewhere"}]


def of_another(here: Copied) -> None:
    """Let an event of another template have come, well signed."""
    other = here.received("/cut")[0]
    here.receive(lambda lines: [*lines, here.sign({**other, "path": "/kept"})])


def told_too_soon(here: Copied) -> None:
    """Let the end of the quiet thread have been recorded before its last part."""
    here.unconstrain("events")
    ending = "(SELECT position FROM events WHERE run_id = {quiet} AND type = 'run.succeeded')"
    here.sql(f"UPDATE events SET position = {ending} + 0.5 WHERE run_id = {{quiet}} AND sequence = 3")
    here.sql("UPDATE events SET sequence = 7 - sequence WHERE run_id = {quiet} AND sequence IN (3, 4)")


def quiet_event(path: str, value: str) -> Put:
    """Change the event that tells the end of the quiet thread."""
    where = "run_id = {quiet} AND type = 'run.succeeded'"
    return sql(f"UPDATE events SET data = json_set(data, '{path}', {value}) WHERE {where}")


def quiet_type(kind: str) -> Put:
    """Let an event of the quiet thread be of another kind."""
    return sql(f"UPDATE events SET type = 'template.resumed' WHERE run_id = {{quiet}} AND type = '{kind}'")


def reordered(here: Copied) -> None:
    """Let a template have been ordered for another account."""
    before = here.ordered("kept")
    here.rewrite(before, {**before, "account": "ostinato_lab"})


def order(**line: Any) -> Put:
    return lambda here: here.order(**line)


def later_end(here: Copied) -> None:
    """Let a template that has ended have been ordered for an hour more."""
    before = here.ordered("minutely")
    here.order(**{**before, "until": before["until"] + 3600})


def calm_later(here: Copied) -> None:
    """Let the campaign have gone on for an hour after the last slot that was planned of a template without an end."""
    until = here.ordered("minutely")["until"]
    here.rewrite(here.ordered("minutely"), {**here.ordered("minutely"), "until": None})
    here.order(do="calm", at=until + 3600)


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


def same_entry(here: Copied) -> None:
    """Let both runs of the template with tips have posted the same one."""
    here.sql("UPDATE materials SET document = json_set(document, '$.item_id', 1) WHERE document LIKE '%. tip the%'")


def in_the_midst(here: Copied) -> None:
    """Let a post have been sent and written between the first two parts of the quiet thread."""
    first = "run_id = {quiet} AND part = 0"
    here.sql(f"UPDATE publications SET intended_at = (SELECT settled_at FROM publications WHERE {first}) WHERE {KEPT}")
    written = "SELECT created_at + 1 FROM tweets WHERE text LIKE 'quiet, part 0%'"
    here.sandbox(f"UPDATE tweets SET created_at = ({written}) WHERE {KEPT}")


def told_again(kind: str) -> Put:
    """Let an event of the quiet thread stand in the outbox once more."""

    def put(here: Copied) -> None:
        here.unconstrain("events")
        which = f"run_id = {{quiet}} AND type = '{kind}'"
        here.copy_row("events", which, id="'x'", stream="''", template_id="NULL", sequence="1")

    return put
