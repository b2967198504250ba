"""`ostinato status`: how things stand."""

from __future__ import annotations

from collections import Counter

import click

from commands import wiring
from commands.daemon_lock import roles
from commands.output import dry_run_option, json_option, moment, say, show
from domain.event import Event
from domain.reasons import SENTENCES, Reason
from domain.run import RunStatus
from scheduler.operations import status
from scheduler.operations.why.words import number
from scheduler.shown import standing
from storage.restored import RestoredAccount


@click.command()
@click.option("--ack", is_flag=True, help="Mark the failures shown as read.")
@click.pass_context
@dry_run_option
@json_option
def command(ctx: click.Context, ack: bool, dry_run: bool, as_json: bool) -> None:
    """Show how things stand; exit with 1 while failures are unread.

    \b
    Example:
      ostinato status
      ostinato status --ack
    """
    with wiring.opened(dry_run=dry_run, daemon=True) as database:
        found = status.status(database, roles=roles(database), now=wiring.now())
        acknowledged = status.acknowledge(database, found.unread) if ack else 0
    show(standing.status(found, acknowledged), lambda: _print(found, acknowledged), as_json=as_json, dry_run=dry_run)
    if found.failed and not (ack and not dry_run and not found.unplanned and not found.unworked):
        ctx.exit(1)


def _print(found: status.Status, acknowledged: int) -> None:
    _print_daemons(found)
    if found.sandbox:
        say(f"sandbox: {found.sandbox} (nothing here reaches X)")
    say("templates: " + ", ".join(f"{count} {each.value}" for each, count in found.templates.items()))
    say("runs: " + ", ".join(f"{count} {each.value}" for each, count in found.runs.items()))
    if found.unknown:
        waiting = found.runs.get(RunStatus.UNKNOWN, 0)
        asking = found.unknown - waiting
        if asking:
            say(f"{asking} unknown outcome being asked about; see `ostinato run list --status unknown`")
        if waiting:
            say(f"{waiting} unknown outcome waiting for you; see `ostinato post list --status unknown`")
    for each in found.unread_timelines:
        say(_unread_timeline(each))
    say(f"next slot: {moment(found.next_slot_at) if found.next_slot_at else 'none'}")
    if found.dead_deliveries:
        say(f"callbacks given up: {found.dead_deliveries}; see `ostinato callback list --status dead`")
    for event in found.unread:
        say(_failure(event))
    if acknowledged:
        say(f"{number(acknowledged, 'failure is', 'failures are')} marked as read")
    elif found.unread:
        say("mark them as read with `ostinato status --ack`")


def _print_daemons(found: status.Status) -> None:
    if set(found.roles) <= {"all"} and len(found.roles) < 2:
        say(f"daemon: {'running' if found.roles else 'stopped'}")
    else:
        counts = sorted(Counter(found.roles).items())
        say(f"daemons: {', '.join(_counted(role, count) for role, count in counts)}")
    if found.missing_role == "scheduler":
        say("no scheduler runs, so no slot is planned; start `ostinato daemon --role scheduler`")
    elif found.missing_role == "worker":
        say("no worker runs, so nothing is written or posted; start `ostinato daemon --role worker`")
    elif found.unplanned:
        say("templates are due and no daemon runs; start `ostinato daemon`")
    elif found.unworked:
        say("runs wait to be worked on and no daemon runs; start `ostinato daemon`")


def _counted(role: str, count: int) -> str:
    if role == "all":
        return f"{count} that plan{'s' if count == 1 else ''} and work{'s' if count == 1 else ''}"
    return f"{count} {role}{'' if count == 1 else 's'}"


def _unread_timeline(account: RestoredAccount) -> str:
    why = f" ({account.last_error}; if that stays so: `ostinato account resume {account.account}`)"
    at = moment(account.next_at) if account.next_at else "never"
    waits = f"{account.account} posts nothing until its timeline was read, after the restore; next at {at}"
    return waits + (why if account.last_error else "")


def _failure(event: Event) -> str:
    template = event.data.get("template") or {}
    run = event.data.get("run") or {}
    reason = run.get("reason") or event.data.get("reason")
    about = [template.get("name"), SENTENCES[Reason(reason)] if reason in SENTENCES else None]
    about.append(run.get("detail") or event.data.get("note"))
    account = event.data.get("account") or {}
    about += [account.get("name"), account.get("error"), account and "see `ostinato account resume`"]
    for kind in ("feed", "calendar"):
        source = event.data.get(kind) or {}
        about += [source.get("url"), source.get("error"), source and f"see `ostinato {kind} list`"]
    about.append(run.get("id") and f"see `ostinato run why {run['id']}`")
    said = list(dict.fromkeys(str(each) for each in about if each))
    return f"{moment(event.created_at)}  {event.type.value}  " + "; ".join(said)
