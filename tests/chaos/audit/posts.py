"""Whether each post is out once: duplicates, lost posts, posts nobody owns up to, and outcomes nobody knows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from tests.chaos.audit.books import Read, part_of
from tests.chaos.audit.findings import Finding, Kind
from tests.chaos.audit.joining import grouped
from tests.chaos.audit.sandbox_book import Tweet
from tests.chaos.audit.scheduler_book import Publication, Run

FINAL = ("posted", "partial", "skipped", "failed")
SKEW = timedelta(minutes=2)  # how far the clocks of scheduler and sandbox may be apart


def duplicates(read: Read) -> Iterator[Finding]:
    """Give the parts that are out twice, the texts that a run said twice, and the parts confirmed twice."""
    owned = [(tweet, owner) for tweet in read.standing if (owner := read.publication_of(tweet))]
    for part, twice in grouped(owned, lambda each: part_of(each[1])).items():
        if len(twice) > 1:
            ids = tuple(tweet.id for tweet, _ in twice)
            yield Finding(Kind.DUPLICATE, ids, f"{_named(part)} is out {len(ids)} times: tweets {', '.join(ids)}")
    for (run, account, text), twice in grouped(
        owned, lambda each: (each[1].run_id, each[0].account, each[0].text)
    ).items():
        if len({part_of(owner) for _, owner in twice}) > 1:
            ids = tuple(tweet.id for tweet, _ in twice)
            yield Finding(Kind.DUPLICATE, ids, f"run {run} let @{account} say the same twice: {text[:60]!r}")
    for part, attempts in read.by_part.items():
        confirmed = tuple(each.id for each in attempts if each.outcome == "confirmed")
        if len(confirmed) > 1:
            yield Finding(Kind.DUPLICATE, confirmed, f"{_named(part)} has {len(confirmed)} confirmed publications")


def lost(read: Read) -> Iterator[Finding]:
    """Give what is said to be out and is not, and the runs that ended with neither a post nor a reason."""
    for each in read.scheduler.publications:
        if each.outcome == "confirmed" and (why := _not_out(read, each)):
            sentence = f"{_named(part_of(each))} is confirmed as tweet {each.tweet_id}, which {why}"
            yield Finding(Kind.LOST_POST, (each.id, str(each.tweet_id)), sentence)
    parts = grouped(read.posts, lambda part: part[0])
    for run in read.scheduler.runs.values():
        if run.status in FINAL and (why := _unsaid(read, run, len(parts.get(run.id, [])))):
            yield Finding(Kind.LOST_POST, (run.id,), f"run {run.id} of {run.slot_at} is {run.status}, {why}")


def _not_out(read: Read, publication: Publication) -> str | None:
    tweet = read.sandbox.tweets.get(publication.tweet_id or "")
    if tweet is None:
        return "the sandbox does not have"
    post = read.posts.get(part_of(publication))
    if tweet.state == "live":
        return None
    if tweet.state == "deleted" and post is not None and post.status == "deleted":
        return None if tweet.id in read.taken_back else "is deleted, and nobody did that"
    return f"is {tweet.state} at the sandbox"


def _unsaid(read: Read, run: Run, parts: int) -> str | None:
    """Say what is wrong with the end of *run*: what should be out and is not, or a reason that is missing."""
    out = {part_of(each) for each in read.by_run.get(run.id, []) if each.outcome == "confirmed"}
    if run.status == "posted" and len(out) < max(parts, 1):
        return f"but {len(out)} of its {parts} parts are confirmed"
    if run.status == "partial" and not out:
        return "but nothing of it is confirmed"
    if run.status != "posted" and run.reason is None:
        return "and gives no reason"
    return None


def unowned(read: Read) -> Iterator[Finding]:
    """Give the tweets for which no publication stands, or only one that says it was not sent."""
    seen = {tweet.id for each in read.scheduler.publications if each.open and (tweet := _seen(read, each))}
    for tweet in read.standing:
        if tweet.id in read.owners or tweet.id in seen:
            continue
        publication = read.by_key.get(tweet.key or "")
        if publication is None:
            yield _nobodys(tweet, f"no publication has its key {tweet.key}")
        elif publication.outcome in ("deferred", "refused"):
            yield _nobodys(tweet, f"its publication {publication.id} says {publication.outcome}")


def _nobodys(tweet: Tweet, why: str) -> Finding:
    return Finding(Kind.UNOWNED_TWEET, (tweet.id,), f"tweet {tweet.id} of @{tweet.account} is {tweet.state}, but {why}")


def unknown(read: Read) -> Iterator[Finding]:
    """Give the outcomes that are not known although they could be: the post is shown, or the server honours keys.

    What the server has not settled itself, whoever asks, is known to nobody.
    """
    honoured = read.sandbox.keyed or bool(read.scheduler.key_support)
    for each in read.scheduler.publications:
        if not each.open:
            continue
        named = f"{_named(part_of(each))} is {each.outcome or 'without an outcome'}"
        if tweet := _seen(read, each):
            yield Finding(Kind.UNKNOWN_BUT_VISIBLE, (each.id, tweet.id), f"{named}, but the timeline shows {tweet.id}")
        elif honoured and read.orders.calm_at and each.idempotency_key not in read.sandbox.unsettled:
            yield Finding(Kind.UNKNOWN_WITH_KEYS, (each.id,), f"{named} after a calm time, although keys are honoured")


def _seen(read: Read, publication: Publication) -> Tweet | None:
    """Give the tweet that a reader of the timeline would take for *publication*."""
    for tweet in read.sandbox.tweets.values():
        if tweet.state != "live" or tweet.id in read.owners:
            continue
        if tweet.key == publication.idempotency_key:
            return tweet
        if (
            tweet.key is None
            and (tweet.text, tweet.reply_to) == (publication.text, publication.reply_to)
            and tweet.account.lower() == publication.account.removeprefix("@").lower()
            and tweet.created_at >= publication.intended_at - SKEW
        ):
            return tweet
    return None


def _named(part: tuple[str, int, int]) -> str:
    run, group, number = part
    return f"part {number} of group {group} of run {run}"
