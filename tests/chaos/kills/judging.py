"""Judging what came of a kill: each rule gives a sentence for each thing that is not as it was promised."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime

from standardwebhooks import Webhook

from tests.chaos.kills.books import FINAL, Books
from tests.chaos.kills.home import Home
from tests.chaos.kills.shapes import Shape

ENDS = {"posted": "run.succeeded", "partial": "run.failed", "failed": "run.failed", "skipped": "run.skipped"}


def problems(home: Home, name: str, secret: str, books: Books) -> list[str]:
    """Give each thing that breaks the promise; none when every part is out once, or somebody was told why not."""
    found = [*_posts(books), *_slots(books), *_ledger(books), *_threads(books), *_told(books)]
    found += [*_items(books), *_payments(books), *_callbacks(home, name, secret, books), *_questions(home, name)]
    if books.unknown and home.api != "seed":
        found.append("unknown, where keys are honoured")
    return found


def otherwise(shape: Shape, books: Books) -> list[str]:
    """Give what differs from the end that this shape of run comes to when nobody is killed, and is not unknown."""
    return [] if books.unknown else [*_ends(shape, books)]


def ending(books: Books) -> str:
    """Say how it ended, and how an answer that was lost was found."""
    if books.unknown:
        return "unknown, told"
    if not books.runs:
        return "nothing"
    last = books.runs[-1]
    found = sorted({each.settled_by for each in books.sent if each.settled_by not in {None, "answer"}}, key=str)
    words = [f"{last.status} ({last.reason})" if last.reason else last.status]
    words += [f"found by {' and '.join(map(str, found))}"] if found else []
    words += ["taken back"] if any(each.state == "deleted" for each in books.tweets) else []
    return ", ".join(words)


def _posts(books: Books) -> Iterator[str]:
    for text, count in Counter(each.text for each in books.tweets if each.state != "lost").items():
        if count > 1:
            yield f"posted {count} times: {text[:60]}"
    for text in {each.text for each in books.tweets} - {each.text for each in books.posts}:
        yield f"posted, and in no run: {text[:60]}"


def _slots(books: Books) -> Iterator[str]:
    runs = sum(each.trigger == "schedule" for each in books.runs)
    if runs + books.gaps != 1:
        yield f"the one slot has {runs} runs, and {books.gaps} lie in gaps"


def _ledger(books: Books) -> Iterator[str]:
    """Compare the publications with what the sandbox has."""
    there = {str(each.id): each for each in books.tweets}
    for each in books.sent:
        tweet = there.get(each.tweet_id or "")
        if each.outcome is None:
            yield f"part {each.part} was intended and never settled"
        elif each.outcome == "confirmed" and (tweet is None or tweet.text != each.text):
            yield f"part {each.part} is confirmed as {each.tweet_id}, which is not out or says something else"
        elif each.outcome == "unknown" and each.text in books.visible:
            yield f"part {each.part} is unknown, and can be seen"
    known = {each.tweet_id for each in books.sent} | {None}
    hidden = {each.text for each in books.sent if each.outcome == "unknown"}
    for tweet_id, tweet in there.items():
        if tweet.state != "lost" and tweet_id not in known and tweet.text not in hidden:
            yield f"{tweet_id} is out, and no publication knows of it"


def _threads(books: Books) -> Iterator[str]:
    parents = {str(each.id): each.reply_to for each in books.tweets}
    threads: dict[tuple[str, int], dict[int, str]] = defaultdict(dict)
    for each in books.sent:
        if each.outcome == "confirmed" and each.tweet_id is not None:
            threads[each.run_id, each.group][each.part] = each.tweet_id
    for parts in threads.values():
        if sorted(parts) != list(range(len(parts))):
            yield f"a thread with a gap: {sorted(parts)}"
        for part, tweet_id in parts.items():
            parent = parents.get(tweet_id)
            if (None if parent is None else str(parent)) != parts.get(part - 1):
                yield f"part {part} replies to {parent} and not to {parts.get(part - 1)}"


def _told(books: Books) -> Iterator[str]:
    told = {(each.run_id, each.type) for each in books.events}
    for run in books.runs:
        wanted = ENDS.get(run.status, "post.unknown")
        if run.status not in FINAL and not any(each.outcome == "unknown" for each in books.sent):
            yield f"a run is {run.status}, and did not come to an end"
        elif (run.id, wanted) not in told:
            yield f"a run is {run.status}, and there is no {wanted}"
        if run.status in FINAL - {"posted"} and not run.reason:
            yield f"a run is {run.status} without a reason"


def _ends(shape: Shape, books: Books) -> Iterator[str]:
    last = books.runs[-1] if books.runs else None
    if last is None or last.status != shape.ends:
        yield f"the run ended {last and last.status} ({last and last.reason}), not {shape.ends}"
    states = Counter(each.state for each in books.tweets)
    if (states["live"], states["deleted"]) != (shape.tweets, shape.deleted):
        yield f"{dict(states)} are there, not {shape.tweets} live and {shape.deleted} deleted"
    deletions = sum(each.type == "post.deleted" for each in books.events)
    if deletions != shape.deleted:
        yield f"{deletions} deletions were told of, not {shape.deleted}"
    if len(books.runs) != shape.runs:
        yield f"{len(books.runs)} runs, not {shape.runs}"
    said = Counter(each.status for each in books.posts)
    if (said["published"], said["deleted"]) != (states["live"], states["deleted"]):
        yield f"the posts are {dict(said)}, and the tweets {dict(states)}"


def _items(books: Books) -> Iterator[str]:
    """Compare the feed's entries with the runs: none used twice, none kept by a run that has ended, none lost."""
    runs = {each.id: each for each in books.runs}
    for use in books.uses:
        run = runs.get(use.run_id or "")
        if use.status == "used" and (run is None or run.status != "posted"):
            yield f"entry {use.item_id} counts as used, and its run is {run and run.status}"
        if use.status == "reserved" and (run is None or run.status in FINAL):
            yield f"entry {use.item_id} is reserved for a run that has ended"
        if use.status not in {"used", "reserved"} and (run is None or not run.reason):
            yield f"entry {use.item_id} is {use.status} without a reason"
    used = sum(use.status == "used" for use in books.uses)
    if books.entries and not books.unknown and used != len(books.tweets):
        yield f"{len(books.tweets)} are out, and {used} of {books.entries} entries are used"


def _payments(books: Books) -> Iterator[str]:
    ended = {each.id for each in books.runs if each.status in FINAL}
    for each in books.payments:
        if each.state == "reserved" and each.run_id in ended:
            yield f"payment {each.id} is reserved for a run that has ended"
    spent = sum(each.state == "spent" for each in books.payments)
    if not books.unknown and spent != len(books.tweets):
        yield f"{spent} posts are paid for, and {len(books.tweets)} were written"


def _callbacks(home: Home, name: str, secret: str, books: Books) -> Iterator[str]:
    """Compare what was received with the events: each under its id, signed, in order, none missing."""
    numbers = {each.id: each.sequence for each in books.events}
    bodies: dict[str, str] = {}
    last = 0
    for each in home.outside.at(f"/told/{name}"):
        event_id, number = each.event["id"], each.event["sequence"]
        if numbers.get(event_id) != number or each.headers["webhook-id"] != event_id:
            yield f"a callback tells of event {event_id}, number {number}, and SQL does not"
        if bodies.setdefault(event_id, each.body) != each.body:
            yield f"event {number} was told in two ways"
        if number < last:
            yield f"event {number} was told after event {last}"
        last = max(last, number)
        sent_at = datetime.fromtimestamp(int(each.headers["webhook-timestamp"]), UTC)
        if Webhook(secret).sign(event_id, sent_at, each.body) != each.headers["webhook-signature"]:
            yield f"event {number} has a wrong signature"
    if [*numbers.values()] != [*range(1, len(numbers) + 1)]:
        yield f"the events are numbered {[*numbers.values()]}"
    if missing := numbers.keys() - bodies.keys():
        yield f"events were never told: {sorted(numbers[each] for each in missing)}"
    if books.undelivered:
        yield f"deliveries stand as {books.undelivered}"


def _questions(home: Home, name: str) -> Iterator[str]:
    asked = {(each.event["id"], each.event["data"]["deadline"]) for each in home.outside.at(f"/ask/{name}")}
    if len(asked) > 1:
        yield "a question was asked under two ids, or with two deadlines"
