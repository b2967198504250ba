"""Errors to plant in true books, each with the one kind of finding that it must lead to."""

from __future__ import annotations

from dataclasses import dataclass

from tests.chaos.audit import Kind
from tests.chaos.planting import (
    KEPT,
    LONG_AGO,
    NEVER_SIGNED,
    Put,
    another_request,
    another_run,
    another_tweet,
    answered,
    calm_later,
    cancelled,
    cancelled_by_nobody,
    confirmed_twice,
    header,
    in_the_midst,
    last_part,
    later_end,
    miscounted_gap,
    missing_part,
    of_nobody,
    order,
    other_words,
    posted_and_taken_back,
    posted_nothing,
    posted_though_deferred,
    quiet_event,
    quiet_type,
    received,
    reordered,
    same_entry,
    same_words_twice,
    seen,
    sent_after_cancel,
    signed,
    sql,
    template,
    told_again,
    tweet,
    undelivered,
    unsettled,
    without_reason,
)


@dataclass(frozen=True)
class Plant:
    """An error: its name, the kind it is of, and how it is put into the books."""

    name: str
    kind: Kind
    put: Put


OTHER_SOURCE = "UPDATE materials SET document = replace(document, 'harbour', 'harbor') WHERE run_id = {quiet}"
OTHER_DRAFT = "UPDATE drafts SET document = replace(document, 'harbour', 'harbor') WHERE run_id = {quiet}"
OTHER_SEGMENT = (
    "UPDATE drafts SET document = json_set(document, '$.parts[0].segments[0].text', '') WHERE run_id = {quiet}"
)
DEAD = "id IN (SELECT webhook_id FROM deliveries WHERE status = 'dead')"
DELETED = f"UPDATE templates SET deleted_at = '{LONG_AGO}'"
DUE = f"UPDATE templates SET next_slot_at = '{LONG_AGO}'"
GHOST = {"do": "template", "name": "ghost", "slots": "once", "from": 1.0}
PLANTS = (
    Plant("a second tweet", Kind.DUPLICATE, another_tweet()),
    Plant("a second tweet, held yet", Kind.DUPLICATE, another_tweet(state="'held'")),
    Plant("the same words in two parts", Kind.DUPLICATE, same_words_twice),
    Plant("a part confirmed twice", Kind.DUPLICATE, confirmed_twice),
    Plant("an entry posted twice", Kind.DUPLICATE, same_entry),
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
    Plant("a template that is gone", Kind.SLOT_WITHOUT_ROW, order(**GHOST)),
    Plant("planning that had stopped before the calm", Kind.SLOT_WITHOUT_ROW, calm_later),
    Plant("a template that ended too early", Kind.SLOT_WITHOUT_ROW, later_end),
    Plant("a template never due", Kind.SLOT_WITHOUT_ROW, sql("UPDATE templates SET next_slot_at = NULL")),
    Plant("a template long due", Kind.SLOT_WITHOUT_ROW, sql(f"{DUE} WHERE name = 'kept'")),
    Plant("a slot with two runs", Kind.UNPLANNED_SLOT, another_run("slot_at")),
    Plant("a run of no slot", Kind.UNPLANNED_SLOT, another_run("substr(slot_at, 1, 20) || '000001+00:00'")),
    Plant("a gap that counts wrongly", Kind.UNPLANNED_SLOT, miscounted_gap),
    Plant("a cancel of nobody's", Kind.FALSE_REASON, cancelled_by_nobody),
    Plant("a refusal of nobody's", Kind.FALSE_REASON, unsettled("'refused'")),
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
    Plant("a post within a thread", Kind.THREAD_INTERRUPTED, in_the_midst),
    Plant("a request of no publication", Kind.UNINTENDED_REQUEST, another_request("'?'")),
    Plant("a request without a key", Kind.UNINTENDED_REQUEST, another_request("NULL")),
    Plant("a post without approval", Kind.UNAPPROVED_POST, template("$.approval", "'approve'")),
    Plant("a post in the shadow", Kind.UNAPPROVED_POST, template("$.approval", "'shadow'")),
    Plant("a rejected post", Kind.UNAPPROVED_POST, sql("UPDATE runs SET verdict = 'rejected' WHERE id = {quiet}")),
    Plant("words of no source", Kind.UNSUPPORTED_TEXT, sql(OTHER_SOURCE)),
    Plant("words of another owner", Kind.UNSUPPORTED_TEXT, template("$.sources.text", "'Something else'")),
    Plant("words of no draft", Kind.UNSUPPORTED_TEXT, sql(OTHER_DRAFT)),
    Plant("a draft with a hole", Kind.UNSUPPORTED_TEXT, sql(OTHER_SEGMENT)),
    Plant("a draft that is gone", Kind.UNSUPPORTED_TEXT, sql("DELETE FROM drafts WHERE run_id = {quiet}")),
    Plant("a draft below the score", Kind.UNSUPPORTED_TEXT, template("$.minimum_score", "101")),
    Plant("an end told twice", Kind.TOLD_TWICE, told_again("run.succeeded")),
    Plant("a post told twice", Kind.TOLD_TWICE, told_again("post.published")),
    Plant("a dead letter too soon", Kind.SILENT_DEAD_LETTER, sql(f"UPDATE webhooks SET active = 1 WHERE {DEAD}")),
    Plant("an end without an event", Kind.UNTOLD_END, sql("DELETE FROM events WHERE run_id = {picky}")),
    Plant("a gap without an event", Kind.UNTOLD_END, sql("UPDATE events SET type = '' WHERE type = 'slots.skipped'")),
    Plant("a part out in silence", Kind.UNTOLD_END, quiet_type("post.published")),
    Plant("a pause in silence", Kind.UNTOLD_END, sql("UPDATE templates SET status = 'paused' WHERE name = 'quiet'")),
    Plant("a webhook that is gone", Kind.LOST_CALLBACK, sql("DELETE FROM webhooks WHERE url LIKE '%/cut'")),
    Plant("a webhook of all that is gone", Kind.LOST_CALLBACK, order(do="webhook", path="/all", secret="whsec_")),
    Plant("an event that never came", Kind.LOST_CALLBACK, received(lambda lines: lines[:-1])),
    Plant("an event that was never accepted", Kind.LOST_CALLBACK, answered(500)),
    Plant("an event that was never answered", Kind.LOST_CALLBACK, answered(None)),
    Plant("an event without a delivery", Kind.LOST_CALLBACK, undelivered),
    Plant("a lost event", Kind.LOST_CALLBACK, sql("DELETE FROM events WHERE type = 'run.held'")),
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
    Plant("another account than ordered", Kind.BOOKS_DIFFER, reordered),
    Plant("other words brought back", Kind.BOOKS_DIFFER, template("$.callback_data", "'Something else'")),
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
