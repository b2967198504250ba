"""A run as `show`, `approve` and `reject` print it: where it stands, until when it waits, and its posts."""

from __future__ import annotations

from collections.abc import Sequence

from commands import links
from commands.output import moment, say, show, table
from commands.why_text import state
from domain.budget import Entry, cost
from domain.prices import dollars
from domain.question import Question
from domain.run import RunStatus
from domain.template import ApproveDefault
from scheduler.operations import why
from scheduler.operations.doubt import in_doubt
from scheduler.operations.runs import RunDetails
from scheduler.shown import details as shown


def print_details(
    details: RunDetails, site: str, as_json: bool, *, lines: Sequence[str] = (), dry_run: bool = False
) -> None:
    """Print a run with its posts; *lines* are said of it besides."""
    run, name = details.facts.run, details.stored.template.name
    doubtful = in_doubt(run, details.facts.publications)
    sentence = why.sentence(run, doubtful=doubtful)

    def human() -> None:
        say(f"{name}, slot {moment(run.slot_at)}: {state(run, doubtful)}")
        say(sentence)
        for line in (*_waiting(details), *_asked(details.facts.question), *_paid(details.payments), *lines):
            say(line)
        rows = [
            (each.id, each.group + 1, each.part + 1, each.status, links.link(site, each.tweet_id), each.text)
            for each in details.posts
        ]
        table(("post", "group", "part", "status", "url", "text"), rows, empty="no posts")

    show(shown.run(details, site), human, as_json=as_json, dry_run=dry_run)


def _paid(payments: Sequence[Entry]) -> list[str]:
    """Say what the run has cost so far, and what may still be paid for it."""
    total = cost(payments)
    if not total.taken:
        return []
    return [f"cost: {dollars(total.spent)} spent" + (f", {dollars(total.reserved)} reserved" if total.reserved else "")]


def _waiting(details: RunDetails) -> list[str]:
    """Say what a person is asked to decide about, and until when."""
    if details.facts.run.status is not RunStatus.HELD:
        return []
    lines = [f"revision {details.revision}"]
    if details.decide_by is not None:
        posts = details.facts.run.undecided is ApproveDefault.POST
        lines.append(f"it waits until {moment(details.decide_by)}; then it is {'posted' if posts else 'dropped'}")
    return lines


def _asked(question: Question | None) -> list[str]:
    """Say what the `pre_publish` callback was asked and what it said."""
    if question is None:
        return []
    said = f": {question.reason}" if question.reason else ""
    if question.decision is not None:
        lines = [f"pre_publish: {question.decision.value}{said}"]
    else:
        lines = [f"pre_publish: no decision yet, and until {moment(question.deadline)} for it"]
    return [*lines, *([f"pre_publish: {question.last_error}"] if question.last_error else [])]
