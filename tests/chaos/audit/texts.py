"""Whether the books say the same of each post: its text, its account, its id, and how its run ended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.chaos.audit.books import Read, part_of
from tests.chaos.audit.findings import Finding, Kind
from tests.chaos.audit.joining import grouped
from tests.chaos.audit.posts import FINAL
from tests.chaos.audit.runs import ENDS
from tests.chaos.audit.scheduler_book import Event, Publication


def different(read: Read) -> Iterator[Finding]:
    """Give every difference between publication, tweet, post, and what the events say of them."""
    for publication in read.scheduler.publications:
        if publication.outcome == "confirmed":
            for what in (*_from_tweet(read, publication), *_from_post(read, publication)):
                about = (publication.id, str(publication.tweet_id))
                yield Finding(Kind.BOOKS_DIFFER, about, f"publication {publication.id}: {what}")
    for event in read.scheduler.events:
        for post in event.data.get("posts", []):
            for what in _from_event(read, event, post):
                yield Finding(Kind.BOOKS_DIFFER, (event.id,), f"{event.type} {event.id}: {what}")
        said, template = event.data.get("callbackData"), read.scheduler.templates.get(event.stream)
        if template is not None and said != template.definition["callback_data"]:
            yield Finding(Kind.BOOKS_DIFFER, (event.id,), f"{event.type} {event.id} brings callbackData {said!r}")
    yield from _accounts(read)
    yield from _ends(read)


def _accounts(read: Read) -> Iterator[Finding]:
    """Compare the account of each tweet with the one that its template was ordered for."""
    for tweet in read.standing:
        publication = read.publication_of(tweet)
        template = read.template_of(publication.run_id) if publication else None
        order = read.orders.templates.get(template.name) if template else None
        if order and order.account and order.account.lower() != tweet.account.lower():
            sentence = f"template {order.name!r} was to post as @{order.account}, and posted as @{tweet.account}"
            yield Finding(Kind.BOOKS_DIFFER, (tweet.id,), sentence)


def _from_tweet(read: Read, publication: Publication) -> Iterator[str]:
    tweet = read.sandbox.tweets.get(publication.tweet_id or "")
    if tweet is None:
        return
    if tweet.text != publication.text:
        yield f"its text is {publication.text[:60]!r}, and tweet {tweet.id} says {tweet.text[:60]!r}"
    if tweet.account.lower() != publication.account.removeprefix("@").lower():
        yield f"it is of @{publication.account}, and tweet {tweet.id} of @{tweet.account}"
    if tweet.key not in (None, publication.idempotency_key):
        yield f"tweet {tweet.id} was sent under another key, {tweet.key}"
    if tweet.made_with_ai != publication.made_with_ai:
        yield f"tweet {tweet.id} has another label made with AI"


def _from_post(read: Read, publication: Publication) -> Iterator[str]:
    post = read.posts.get(part_of(publication))
    if post is None:
        yield "there is no post of its part"
        return
    said = (post.text, post.tweet_id, post.account)
    if said != (publication.text, publication.tweet_id, publication.account):
        yield f"post {post.id} differs in text, tweet or account"
    if post.status not in ("published", "deleted"):
        yield f"post {post.id} is {post.status}"


def _from_event(read: Read, event: Event, post: dict[str, Any]) -> Iterator[str]:
    """Compare a post that an event names with the publication and the tweet of that part."""
    if post["tweetId"] is None:
        return
    owner = read.owners.get(post["tweetId"])
    if owner is None:
        yield f"no publication has its tweet {post['tweetId']}"
        return
    if part_of(owner) != (event.run_id, post["group"], post["order"]):
        yield f"tweet {post['tweetId']} is not what became of part {post['order']} of run {event.run_id}"
    if post["text"] != owner.text:
        yield f"it says {post['text'][:60]!r} of tweet {post['tweetId']}, whose text is {owner.text[:60]!r}"
    if not post["tweetUrl"].endswith(f"/{post['tweetId']}"):
        yield f"its URL {post['tweetUrl']} does not lead to tweet {post['tweetId']}"


def _ends(read: Read) -> Iterator[Finding]:
    """Compare how a run ended with the events that say so, and the tweets with those that run.succeeded names."""
    events = grouped((each for each in read.scheduler.events if each.type in ENDS), lambda event: event.run_id)
    for run in read.scheduler.runs.values():
        told = events.get(run.id, [])
        if run.status not in FINAL or not told:
            continue
        if (run.status, run.reason) not in {(each.data["run"]["status"], each.data["run"]["reason"]) for each in told}:
            sentence = f"run {run.id} is {run.status} ({run.reason}), and its events say something else"
            yield Finding(Kind.BOOKS_DIFFER, (run.id,), sentence)
        out = {each.tweet_id for each in read.by_run.get(run.id, []) if each.outcome == "confirmed"}
        if out != {post["tweetId"] for post in told[-1].data["posts"] if post["tweetId"]}:
            sentence = f"run {run.id} has {len(out)} parts out, and the event of its end names others"
            yield Finding(Kind.BOOKS_DIFFER, (run.id,), sentence)
        if out and run.status in ("skipped", "failed"):
            yield Finding(Kind.BOOKS_DIFFER, (run.id,), f"run {run.id} is {run.status}, and {len(out)} parts are out")
