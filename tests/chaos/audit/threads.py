"""Whether each thread hangs together: no part missing before one that is out, each under the one before."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from tests.chaos.audit.books import Read
from tests.chaos.audit.findings import Finding, Kind
from tests.chaos.audit.joining import grouped
from tests.chaos.audit.scheduler_book import Publication


def broken(read: Read) -> Iterator[Finding]:
    """Give the threads with a gap or a wrong parent; a single post is a thread of one, under nothing."""
    out = [each for each in read.scheduler.publications if each.outcome == "confirmed"]
    for (run, group), parts in grouped(out, lambda each: (each.run_id, each.grp)).items():
        in_order = sorted({each.part: each for each in parts}.values(), key=lambda each: each.part)
        numbers = [each.part for each in in_order]
        if numbers != list(range(len(numbers))):
            ids = tuple(each.id for each in in_order)
            yield Finding(
                Kind.BROKEN_THREAD, ids, f"of group {group} of run {run} parts {numbers} are out, not those between"
            )
        elif in_order:
            yield from _misplaced(read, in_order)


def _misplaced(read: Read, parts: list[Publication]) -> Iterator[Finding]:
    parents = [None, *(each.tweet_id for each, _ in pairwise(parts))]
    for each, parent in zip(parts, parents, strict=True):
        tweet = read.sandbox.tweets.get(each.tweet_id or "")
        if tweet is not None and tweet.reply_to != parent:
            sentence = f"part {each.part} of run {each.run_id} lies under {tweet.reply_to}, not under {parent}"
            yield Finding(Kind.BROKEN_THREAD, (each.id, tweet.id), sentence)
