"""Errors that every book tells alike, so that none differs from another: as a function, or one that gives it."""

from __future__ import annotations

from tests.chaos.copied_books import Copied
from tests.chaos.planting import KEPT, Put, sql, unsettled


def reason(kind: str) -> Put:
    """Let the run that scored too low say another reason, in every book that tells it."""

    def put(here: Copied) -> None:
        here.sql(f"UPDATE runs SET reason = '{kind}' WHERE id = {{picky}}")
        here.sql(f"UPDATE events SET data = json_set(data, '$.run.reason', '{kind}') WHERE run_id = {{picky}}")

    return put


def gap_reason(kind: str) -> Put:
    told = f"json_set(data, '$.slots.reason', '{kind}') WHERE type = 'slots.skipped'"
    return sql(f"UPDATE slot_gaps SET reason = '{kind}'", f"UPDATE events SET data = {told}")


def never_posted(here: Copied) -> None:
    """Rewrite the quiet thread, which is out, as a slot that was missed: in every book."""
    here.sandbox("DELETE FROM tweets WHERE text LIKE 'quiet, part%'")
    keys = "idempotency_key IN (SELECT idempotency_key FROM writes WHERE payload LIKE '%quiet, part%')"
    here.sandbox(f"DELETE FROM requests WHERE {keys}", "DELETE FROM writes WHERE payload LIKE '%quiet, part%'")
    here.unconstrain("publications", "posts", "events")
    for table in ("publications", "posts", "drafts", "materials"):
        here.sql(f"DELETE FROM {table} WHERE run_id = {{quiet}}")
    here.sql("UPDATE runs SET status = 'skipped', reason = 'missed' WHERE id = {quiet}")
    here.sql("DELETE FROM events WHERE run_id = {quiet} AND type = 'post.published'")
    said = "'$.run.status', 'skipped', '$.run.reason', 'missed', '$.posts', json('[]')"
    here.sql(
        f"UPDATE events SET type = 'run.skipped', sequence = 1, data = json_set(data, {said}) WHERE run_id = {{quiet}}"
    )


def deleted_by_nobody(here: Copied) -> None:
    here.sandbox(f"UPDATE tweets SET state = 'deleted' WHERE {KEPT}")
    here.sql(f"UPDATE posts SET status = 'deleted' WHERE {KEPT}")


def asked_by_nobody(here: Copied) -> None:
    """Let a run beside the schedule have been made, of which nobody asked for one."""
    here.unconstrain("runs", "events")
    here.copy_row("events", "run_id = {picky}", id="'x'", run_id="'x'", stream="''", template_id="NULL")
    here.copy_row("runs", "id = {picky}", id="'x'", trigger="'request'")


def never_tried(here: Copied) -> None:
    """Let all that the receiver was to be told of `kept` have been given up, after twelve attempts that nobody saw."""
    of_kept = "webhook_id IN (SELECT id FROM webhooks WHERE url LIKE '%/kept')"
    dead = "status = 'dead', attempts = 12, next_attempt_at = NULL, last_error = 'no answer'"
    here.sql(f"UPDATE deliveries SET {dead} WHERE {of_kept}")
    here.receive(lambda lines: [])


def switched_off(here: Copied) -> None:
    here.sql("DELETE FROM deliveries WHERE webhook_id IN (SELECT id FROM webhooks WHERE url LIKE '%/kept')")
    here.sql("UPDATE webhooks SET active = 0 WHERE url LIKE '%/kept'")
    here.receive(lambda lines: [])


def foreign_link(spans: str) -> Put:
    """Let the last part of the quiet thread lead somewhere that no source names: in every book, as a segment."""

    def put(here: Copied) -> None:
        last, link = "'quiet, part 2%'", " https://elsewhere.example/x"
        for table in ("publications", "posts"):
            here.sql(f"UPDATE {table} SET text = text || '{link}' WHERE text LIKE {last}")
        here.sandbox(f"UPDATE tweets SET text = text || '{link}' WHERE text LIKE {last}")
        said = f"json_extract(document, '$.parts[2].text') || '{link}'"
        segment = f'{{"kind":"link","text":"{link}","material_id":"m0","field":"url","spans":{spans}}}'
        changed = f"json_set(document, '$.parts[2].text', {said}, '$.parts[2].segments[#]', json('{segment}'))"
        here.sql(f"UPDATE drafts SET document = {changed} WHERE run_id = {{quiet}}")
        for kind, place in (("post.published", "0"), ("run.succeeded", "2")):
            path = f"'$.posts[{place}].text'"
            here.sql(
                f"UPDATE events SET data = json_set(data, {path}, json_extract(data, {path}) || '{link}')"
                f" WHERE run_id = {{quiet}} AND type = '{kind}' AND json_extract(data, {path}) LIKE {last}"
            )

    return put


def dispatching(settle_at: str) -> Put:
    """Let a post be unknown whose write the server is still at, though it was to settle at that time."""

    def put(here: Copied) -> None:
        unsettled("'unknown'")(here)
        columns = "hash, action, account_id, account_name, payload, cost, created_at"
        query = f"SELECT 'x', 'dispatching', {settle_at}, {columns} FROM writes LIMIT 1"
        here.sandbox(f"INSERT INTO writes (idempotency_key, status, settle_at, {columns}) {query}")

    return put
