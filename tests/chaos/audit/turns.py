"""Whether posts went out at their time and one after the other: slots, gaps of accounts, threads undisturbed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from tests.chaos.audit.books import Read
from tests.chaos.audit.findings import Finding, Kind
from tests.chaos.audit.joining import grouped
from tests.chaos.audit.sandbox_book import Tweet
from tests.chaos.audit.scheduler_book import Publication

Sent = tuple[Tweet, Publication]
SKEW = timedelta(seconds=1)  # between the clocks of scheduler and sandbox
THREAD_KEEPS = timedelta(hours=1)  # so long a thread has its account, by the scheduler's clock


def out_of_time(read: Read) -> Iterator[Finding]:
    """Give the posts after their template's end, before their slot, and of a template that was deleted before.

    The last two only where no clock was stepped: they compare the clocks of different processes.
    """
    for each in read.scheduler.publications:
        run, template = read.scheduler.runs.get(each.run_id), read.template_of(each.run_id)
        if run is None or template is None:
            continue
        end = template.definition["schedule"]["end"]
        named = f"publication {each.id} of run {run.id}, slot {run.slot_at},"
        if end is not None and run.trigger == "schedule" and run.slot_at > datetime.fromisoformat(end):
            yield Finding(Kind.POST_OUT_OF_TIME, (each.id,), f"{named} is after the template's end {end}")
        if read.orders.clock_steps:
            continue
        if each.intended_at < max(run.slot_at, run.due_at):
            yield Finding(Kind.POST_OUT_OF_TIME, (each.id,), f"{named} was sent before, at {each.intended_at}")
        deleted = template.deleted_at
        if deleted is not None and (each.part, each.attempt) == (0, 0) and each.intended_at > deleted:
            yield Finding(Kind.POST_OUT_OF_TIME, (each.id,), f"{named} was begun after its template was deleted")


def within_gap(read: Read) -> Iterator[Finding]:
    """Give the posts that came sooner after another run's post of their account than the account's gap."""
    gaps = {gap.account: timedelta(seconds=gap.seconds) for gap in read.scheduler.account_gaps}
    for account, sent in _by_account(read).items():
        for (before, first), (tweet, second) in pairwise(sent):
            passed = tweet.created_at - before.created_at
            if first.run_id != second.run_id and passed < gaps.get(account, timedelta(0)) - SKEW:
                sentence = f"tweet {tweet.id} of @{account} came {passed} after {before.id}; its gap is {gaps[account]}"
                yield Finding(Kind.POST_WITHIN_GAP, (before.id, tweet.id), sentence)


def interrupted(read: Read) -> Iterator[Finding]:
    """Give the threads in whose midst the same account posted something else.

    What was sent before the thread had the account may be written late; what is unknown, or waits, keeps no account.
    While the clock is set an hour forward, every thread that began before has had its time.
    """
    for account, sent in _by_account(read).items():
        places = {(each.run_id, each.grp, each.part): at for at, (_, each) in enumerate(sent)}
        for at, (tweet, publication) in enumerate(sent):
            after = places.get((publication.run_id, publication.grp, publication.part + 1))
            if after is None or not _smooth(publication, sent[after][1]):
                continue
            others = [
                each
                for each in sent[at + 1 : after]
                if _between(publication, each[1], sent[after][1]) and not _later_by_an_hour(read, each[0].created_at)
            ]
            if others:
                ids = tuple(each.id for each, _ in others)
                sentence = f"@{account} posted {', '.join(ids)} within a thread, after {tweet.id}"
                yield Finding(Kind.THREAD_INTERRUPTED, ids, sentence)


def _smooth(*publications: Publication) -> bool:
    """Tell whether each of these was answered at its first attempt."""
    return all(each.settled_by == "answer" and each.attempt == 0 for each in publications)


def _between(before: Publication, middle: Publication, after: Publication) -> bool:
    """Tell whether *middle* was begun when *before* was out and *after* was still to come."""
    return before.settled_at is not None and before.settled_at <= middle.intended_at <= after.intended_at


def _later_by_an_hour(read: Read, moment: datetime) -> bool:
    """Tell whether the scheduler's clock was so far ahead at *moment*, or when it chose what was sent then."""
    return any(read.orders.ahead_at(each) >= THREAD_KEEPS for each in (moment - SKEW, moment))


def _by_account(read: Read) -> dict[str, list[Sent]]:
    """Give what each account has out, in the order of its writing, each with its publication."""
    owned = [(tweet, owner) for tweet in read.standing if (owner := read.owners.get(tweet.id))]
    in_order = sorted(owned, key=lambda each: each[0].created_at)
    return grouped(in_order, lambda each: each[0].account.lower())
