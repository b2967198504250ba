"""Each error is planted once into the books of a kill, and found."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from tests.acceptance.stage import SECRET, Stage
from tests.chaos.kills.books import Books, Event, Payment, Post, Run, Sent, Tweet, Use
from tests.chaos.kills.home import Home
from tests.chaos.kills.judging import otherwise, problems
from tests.chaos.kills.outside import Outside, Received
from tests.chaos.kills.shapes import SHAPES

SENT = (
    Sent("r", 0, 0, "one", "confirmed", "11", "answer"),
    Sent("r", 0, 1, "two", "confirmed", "12", "answer"),
    Sent("r", 0, 2, "three", "confirmed", "13", "replay"),
)
HEALTHY = Books(
    runs=[Run("r", "posted", None, "schedule", "09:00")],
    sent=[*SENT],
    posts=[Post(each.text, "published") for each in SENT],
    events=[Event("e1", "post.published", 1, "r"), Event("e2", "run.succeeded", 2, "r")],
    uses=[],
    payments=[Payment(each.text, "r", "spent") for each in SENT],
    tweets=[Tweet(11, "one", None, "live"), Tweet(12, "two", 11, "live"), Tweet(13, "three", 12, "live")],
    entries=0,
    gaps=0,
    undelivered={},
)


def callback(number: int, event_id: str = "", secret: str = SECRET, said: str = "") -> Received:
    event_id = event_id or f"e{number}"
    body = json.dumps({"id": event_id, "sequence": number, "said": said})
    now = datetime.now(UTC)
    headers = {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(event_id, now, body),
    }
    return Received("/told/thread", headers, body)


TOLD = [callback(1), callback(2)]


def found(books: Books, told: list[Received] | None = None, *, api: str = "durable") -> list[str]:
    outside = Outside(received=TOLD if told is None else told)
    here = Home(Stage(Path(), "", "", Path(), ""), outside, api, None, "")
    return [*problems(here, "thread", SECRET, books), *otherwise(SHAPES["thread"], books)]


def test_healthy_books_have_no_problems() -> None:
    assert found(HEALTHY) == []
    assert found(HEALTHY, [TOLD[0], TOLD[0], TOLD[1]]) == []


def sent(index: int, **fields: Any) -> Callable[[Books], Books]:
    def plant(books: Books) -> Books:
        rows = [*books.sent]
        rows[index] = rows[index]._replace(**fields)
        return replace(books, sent=rows)

    return plant


def tweet(index: int, **fields: Any) -> Callable[[Books], Books]:
    def plant(books: Books) -> Books:
        rows = [*books.tweets]
        rows[index] = rows[index]._replace(**fields)
        return replace(books, tweets=rows)

    return plant


def run(**fields: Any) -> Callable[[Books], Books]:
    return lambda books: replace(books, runs=[books.runs[0]._replace(**fields)])


PLANTED: dict[str, tuple[Callable[[Books], Books], str]] = {
    "a part twice": (lambda b: replace(b, tweets=[*b.tweets, Tweet(14, "two", 11, "live")]), "posted 2 times"),
    "a text of nobody": (lambda b: replace(b, tweets=[*b.tweets, Tweet(14, "x", 1, "live")]), "in no run"),
    "a part that is not there": (lambda b: replace(b, tweets=b.tweets[:2]), "is not out"),
    "another text": (tweet(1, text="zwei"), "says something else"),
    "no outcome": (sent(2, outcome=None, tweet_id=None), "never settled"),
    "unknown and visible": (sent(2, outcome="unknown", tweet_id=None), "can be seen"),
    "a wrong parent": (tweet(2, reply_to=11), "replies to 11 and not to 12"),
    "a gap in the thread": (sent(1, outcome="refused", tweet_id=None), "a thread with a gap"),
    "two runs of a slot": (lambda b: replace(b, runs=b.runs * 2), "the one slot has 2 runs"),
    "a slot in a gap too": (lambda b: replace(b, gaps=1), "1 lie in gaps"),
    "no reason": (run(status="failed"), "without a reason"),
    "nobody told of the end": (lambda b: replace(b, events=b.events[:1]), "there is no run.succeeded"),
    "no end": (run(status="working"), "did not come to an end"),
    "another end": (run(status="skipped", reason="overlap"), "the run ended skipped"),
    "an entry kept": (lambda b: replace(b, uses=[Use(1, "reserved", "r")]), "is reserved for a run that has ended"),
    "an entry lost": (lambda b: replace(b, uses=[Use(1, "seen", None)]), "seen without a reason"),
    "an entry used twice": (lambda b: replace(b, uses=[Use(1, "used", "r")], entries=2), "1 of 2 entries are used"),
    "paid twice": (lambda b: replace(b, payments=[*b.payments, Payment("x", "r", "spent")]), "4 posts are paid for"),
    "paid for ever": (lambda b: replace(b, payments=[Payment("x", "r", "reserved")]), "reserved for a run that has"),
    "not delivered": (lambda b: replace(b, undelivered={"pending": 1}), "deliveries stand as"),
    "a deletion": (tweet(2, state="deleted"), "not 3 live and 0 deleted"),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_an_error_in_the_books_is_found(planted: str) -> None:
    plant, sentence = PLANTED[planted]
    assert any(sentence in each for each in found(plant(HEALTHY))), found(plant(HEALTHY))


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        (TOLD[:1], "events were never told: [2]"),
        ([*TOLD, TOLD[0]], "event 1 was told after event 2"),
        ([*TOLD, callback(2, said="more")], "event 2 was told in two ways"),
        ([*TOLD, callback(3, "e3")], "SQL does not"),
        ([callback(1, secret="whsec_" + "A" * 32), TOLD[1]], "event 1 has a wrong signature"),
    ],
)
def test_an_error_in_the_callbacks_is_found(told: list[Received], sentence: str) -> None:
    assert any(sentence in each for each in found(HEALTHY, told)), found(HEALTHY, told)


def test_an_unknown_outcome_is_an_error_only_where_keys_are_honoured() -> None:
    waiting = replace(
        HEALTHY,
        runs=[Run("r", "queued", None, "schedule", "09:00")],
        sent=[*SENT[:2], Sent("r", 0, 2, "three", "unknown", None, None)],
        events=[HEALTHY.events[0], Event("e2", "post.unknown", 2, "r")],
        tweets=HEALTHY.tweets[:2],
    )
    assert found(waiting, api="seed") == []
    assert found(waiting, api="durable") == ["unknown, where keys are honoured"]
    untold = replace(waiting, events=waiting.events[:1])
    assert any("there is no post.unknown" in each for each in found(untold, api="seed"))
