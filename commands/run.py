"""`ostinato run`: executions of templates."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TextIO

import click

from commands import links, views, wiring
from commands.daemon_lock import is_running
from commands.moments import When, WhenType
from commands.output import dry_run_option, json_option, moment, say, show, table
from commands.provenance import print_chosen
from commands.run_retry import retry
from commands.samples import print_drafts, print_material
from commands.slots import backfill
from domain.errors import FieldError, InvalidInput
from domain.run import Run, RunStatus, Verdict
from scheduler.operations import cancelling, revising, runs, why
from scheduler.operations.doubt import in_doubt
from scheduler.operations.runs import RunDetails

TOO_LATE = 5  # as for anything whose state does not allow what was asked


@click.group()
def command() -> None:
    """Executions of templates, and why they posted or did not."""


@command.command("list")
@click.option("--template", "name", metavar="NAME", help="Only those of this template.")
@click.option("--status", type=click.Choice([each.value for each in RunStatus]), help="Only those in this state.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many runs.")
@json_option
def list_(name: str | None, status: str | None, limit: int, as_json: bool) -> None:
    """List runs, the newest slot first.

    \b
    Example:
      ostinato run list --template morning --status skipped
    """
    chosen = RunStatus(status) if status else None
    with wiring.opened() as database:
        found = runs.list_runs(database, template=name, status=chosen, limit=limit)
    rows = [
        (each.run.id, each.template, each.run.slot_at, _state(each.run, each.doubtful), each.run.reason)
        for each in found
    ]
    shown = [
        views.run(each.run, each.template, why.sentence(each.run, doubtful=each.doubtful), doubtful=each.doubtful)
        for each in found
    ]
    columns = ("id", "template", "slot", "status", "reason")
    show({"runs": shown}, lambda: table(columns, rows, empty="no runs"), as_json=as_json)


@command.command("show")
@click.argument("run_id", metavar="ID")
@json_option
def show_(run_id: str, as_json: bool) -> None:
    """Show the run ID: its state and its posts.

    \b
    Example:
      ostinato run show 5f0c6c1e-8d3f-4d6c-9c6b-0d9a3f6f2b11
    """
    with wiring.opened() as database:
        details = runs.details(database, run_id)
        site = links.site(database)
    _show_details(details, site, as_json)


@command.command("why")
@click.argument("name", metavar="ID|TEMPLATE")
@click.option(
    "--at", type=WhenType(), metavar="TIME", help="With a template: its slot, such as '2026-03-26 08:00 UTC', or a day."
)
@json_option
def why_(name: str, at: When | None, as_json: bool) -> None:
    """Explain what became of a run, or of a template's slot or newest run, with all the evidence.

    \b
    Example:
      ostinato run why 5f0c6c1e-8d3f-4d6c-9c6b-0d9a3f6f2b11
      ostinato run why morning
      ostinato run why morning --at "2026-03-26 08:00:00 UTC"
    """
    with wiring.opened() as database:
        found = why.of_slots(database, name, at.at, at.within) if at else [why.of_run(database, name)]
        site = links.site(database)
    if len(found) == 1:
        show(_view(found[0], site), lambda: _print(found[0]), as_json=as_json)
        return

    def human() -> None:
        for each in found:
            say(_line(each))
        say("`ostinato run why ID` explains one of them")

    show({"slots": [_view(each, site) for each in found]}, human, as_json=as_json)


@command.command()
@click.argument("run_id", metavar="ID")
@click.option("--note", metavar="TEXT", help="Why, for whoever looks later.")
@click.option("--edit", "edits", nargs=2, multiple=True, metavar="POST TEXT", help="Publish TEXT as that post instead.")
@click.option(
    "--edit-file",
    "files",
    nargs=2,
    multiple=True,
    type=(str, click.File(encoding="utf-8")),
    metavar="POST FILE",
    help="The same with the text of a file; - is the standard input.",
)
@json_option
def approve(
    run_id: str,
    note: str | None,
    edits: tuple[tuple[str, str], ...],
    files: tuple[tuple[str, TextIO], ...],
    as_json: bool,
) -> None:
    """Let the held run ID publish what it wrote, or what you make of it.

    POST is a post's id as `ostinato run show` gives it, or its place there, from 1. An edited text is checked for its
    length and scored; it is kept as a draft of its own, which the posts then name.

    \b
    Example:
      ostinato run approve 5f0c6c1e-8d3f-4d6c-9c6b-0d9a3f6f2b11
      ostinato run approve 5f0c6c1e-8d3f-4d6c-9c6b-0d9a3f6f2b11 --edit 1 "The tram opens on Tuesday."
    """
    given = [*edits, *((name, file.read()) for name, file in files)]
    if not given:
        _decide(run_id, Verdict.APPROVED, note, as_json)
        return
    with wiring.opened() as database:
        details = revising.approve_edited(database, run_id, _texts(given), note=note, now=wiring.now())
        site = links.site(database)
    _show_details(details, site, as_json)


def _texts(given: Iterable[tuple[str, str]]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for name, text in given:
        if name in texts:
            raise InvalidInput([FieldError(f"edit {name}", "is edited twice; give one text")])
        texts[name] = text
    return texts


@command.command()
@click.argument("run_id", metavar="ID")
@click.option("--note", metavar="TEXT", help="Why, for whoever looks later.")
@json_option
def reject(run_id: str, note: str | None, as_json: bool) -> None:
    """Let the held run ID post nothing.

    \b
    Example:
      ostinato run reject 5f0c6c1e-8d3f-4d6c-9c6b-0d9a3f6f2b11 --note "too dry"
    """
    _decide(run_id, Verdict.REJECTED, note, as_json)


@command.command()
@click.argument("run_id", metavar="ID")
@click.option("--note", metavar="TEXT", help="Why, for whoever looks later.")
@dry_run_option
@json_option
def cancel(run_id: str, note: str | None, dry_run: bool, as_json: bool) -> None:
    """Stop the run ID before it publishes, or say that it is too late.

    Too late means that something was sent or may have been: the publication is shown, the run goes on, and the exit
    code is 5. A cancelled run will publish nothing, even if it is being worked on.

    \b
    Example:
      ostinato run cancel 5f0c6c1e-8d3f-4d6c-9c6b-0d9a3f6f2b11 --note "old news"
    """
    with wiring.opened(dry_run=dry_run) as database:
        found = cancelling.cancel(database, run_id, note=note, now=wiring.now(), new_id=wiring.new_id)
    run, name, out = found.details.facts.run, found.details.stored.template.name, found.too_late
    shown = views.run(run, name, why.sentence(run)) | {
        "answer": found.answer,
        "publication": out and views.publication(out),
    }

    def human() -> None:
        if out is None:
            say(f"{name}, slot {moment(run.slot_at)}: cancelled")
            return
        outcome = out.outcome.value if out.outcome else "not known yet"
        what = f"part {out.part} of group {out.group} was handed over at {moment(out.intended_at)}"
        say(f"{name}, slot {moment(run.slot_at)}: too late; {what}, outcome {outcome} (publication {out.id})")

    show(shown, human, as_json=as_json, dry_run=dry_run)
    if out is not None:
        raise click.exceptions.Exit(TOO_LATE)


def _decide(run_id: str, verdict: Verdict, note: str | None, as_json: bool) -> None:
    with wiring.opened() as database:
        details = runs.decide(database, run_id, verdict, note=note, now=wiring.now())
        site = links.site(database)
        idle = is_running(database) is False
    _show_details(details, site, as_json, remedy="no daemon runs; start `ostinato daemon`" if idle else None)


def _state(run: Run, doubtful: bool) -> str:
    """Give the state as people read it: a run whose post is being asked about is not merely queued."""
    return "unknown (asking)" if doubtful and run.status is RunStatus.QUEUED else run.status.value


def _show_details(details: RunDetails, site: str, as_json: bool, *, remedy: str | None = None) -> None:
    run, name = details.facts.run, details.stored.template.name
    doubtful = in_doubt(run, details.facts.publications)
    sentence = why.sentence(run, doubtful=doubtful)

    def human() -> None:
        say(f"{name}, slot {moment(run.slot_at)}: {_state(run, doubtful)}")
        say(sentence)
        if remedy:
            say(remedy)
        rows = [
            (each.id, each.group + 1, each.part + 1, each.status, links.link(site, each.tweet_id), each.text)
            for each in details.posts
        ]
        table(("post", "group", "part", "status", "url", "text"), rows, empty="no posts")

    posts = {"posts": [views.post(each, site) for each in details.posts]}
    show(views.run(run, name, sentence, doubtful=doubtful) | posts, human, as_json=as_json)


def _line(found: why.Why | why.WhyGap) -> str:
    """Give one slot, or one gap of slots, in one line."""
    if isinstance(found, why.Why):
        run = found.run
        return f"{moment(run.slot_at)}  {_state(run, found.doubtful)}  {run.id}  {found.sentence}"
    gap = found.gap
    slots = f"{gap.count} slots from {moment(gap.start)} to {moment(gap.end)}"
    if gap.count == 1:
        slots = f"the slot {moment(gap.start)}"
    return f"{found.template}: {slots} posted nothing ({gap.reason.value}): {found.sentence}"


def _view(found: why.Why | why.WhyGap, site: str) -> dict[str, object]:
    if isinstance(found, why.WhyGap):
        return views.gap(found.gap, found.template, found.sentence)
    return _why_view(found, site)


def _print(found: why.Why | why.WhyGap) -> None:
    if isinstance(found, why.WhyGap):
        say(_line(found))
    else:
        _print_why(found)


def _why_view(found: why.Why, site: str) -> dict[str, object]:
    return {
        **views.run(found.run, found.template, found.sentence, doubtful=found.doubtful),
        **views.evidence(found.material, found.rejected, found.drafts, found.chosen, found.publications),
        "choice_reason": found.choice_reason,
        "posts": [views.post(each, site) for each in found.posts],
        "callbacks": [
            {
                "event": each.event,
                "webhook_id": each.webhook_id,
                "status": each.status.value,
                "attempts": each.attempts,
                "last_error": each.last_error,
            }
            for each in found.callbacks
        ],
    }


def _print_why(found: why.Why) -> None:
    run = found.run
    say(
        f"{found.template}, slot {moment(run.slot_at)}: {_state(run, found.doubtful)}"
        + (f" ({run.reason.value})" if run.reason else "")
    )
    say(found.sentence)
    say()
    print_material(found.material, found.rejected)
    print_drafts(found.drafts, found.chosen, found.choice_reason)
    print_chosen(found.drafts, found.chosen, found.material)
    say()
    say("Publications")
    rows = [
        (
            each.id,
            each.group + 1,
            each.part + 1,
            each.attempt + 1,
            each.outcome or "not known",
            each.tweet_id,
            each.settled_by,
            each.reason,
        )
        for each in found.publications
    ]
    table(
        ("id", "group", "part", "attempt", "outcome", "tweet", "found by", "reason"), rows, empty="  nothing was sent"
    )
    say()
    say("Callbacks")
    told = [(each.event, each.webhook_id, each.status, each.attempts, each.last_error) for each in found.callbacks]
    table(("event", "webhook", "status", "attempts", "last error"), told, empty="  nobody was to be told")


command.add_command(backfill)
command.add_command(retry)
