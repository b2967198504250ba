"""`ostinato token`: who may use the HTTP API, and for what."""

from __future__ import annotations

import click

from commands import wiring
from commands.groups import Commands
from commands.output import cell, dry_run_option, json_option, say, show, table
from domain.owner import LOCAL_OWNER
from domain.token import Scope
from scheduler.operations import tokens
from scheduler.shown import views

SCOPES = click.Choice([each.value for each in Scope])


@click.group(cls=Commands)
def command() -> None:
    """Who may use the HTTP API, and for what."""


@command.command()
@click.argument("name")
@click.option(
    "--scope", "scopes", type=SCOPES, multiple=True, required=True, help="What it allows; give it once for each."
)
@click.option("--owner", default=LOCAL_OWNER, show_default=True, help="Whose templates and posts it reaches.")
@dry_run_option
@json_option
def create(name: str, scopes: tuple[str, ...], owner: str, dry_run: bool, as_json: bool) -> None:
    """Make a token that is called NAME, and print it: this once, since only its digest is kept.

    The scopes: `read` shows, `write` changes what is kept, `publish` lets something go out or come down, and `admin`
    may do everything. None of the first three implies another.

    \b
    Example:
      ostinato token create dashboard --scope read
      ostinato token create editor --scope read --scope write --scope publish
    """
    with wiring.opened(dry_run=dry_run) as database:
        chosen = {Scope(each) for each in scopes}
        made = tokens.create(database, name, chosen, owner=owner, now=wiring.now(), new_id=wiring.new_id)
    secret = None if dry_run else made.secret  # one that is not kept would be mistaken for the real one

    def human() -> None:
        say(f"made token {made.token.name} ({made.token.id})")
        if secret:
            say(f"it is shown this once: {secret}")

    show(views.token(made.token) | {"token": secret}, human, as_json=as_json, dry_run=dry_run)


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the tokens, revoked ones too, with their beginnings and when they were used last.

    \b
    Example:
      ostinato token list
    """
    with wiring.opened() as database:
        found = [views.token(each) for each in tokens.list_all(database)]

    def human() -> None:
        columns = ("id", "name", "owner", "begins", "scopes", "last used", "revoked")
        names = ("id", "name", "owner", "prefix", "scopes", "last_used_at", "revoked_at")
        rows = [
            tuple(", ".join(each[name]) if name == "scopes" else cell(each[name]) for name in names) for each in found
        ]
        table(columns, rows, empty="no tokens; make one with `ostinato token create NAME --scope read`")

    show({"tokens": found}, human, as_json=as_json)


@command.command()
@click.argument("token_id", metavar="TOKEN")
@dry_run_option
@json_option
def revoke(token_id: str, dry_run: bool, as_json: bool) -> None:
    """Let TOKEN, its id in `token list`, open nothing any more. That counts at once.

    \b
    Example:
      ostinato token revoke 0197f3a2-5b1c-7c3e-9a41-5d2f8e6b7c10
    """
    with wiring.opened(dry_run=dry_run) as database:
        revoked = tokens.revoke(database, token_id, now=wiring.now())
    show(views.token(revoked), lambda: say(f"revoked {revoked.name}"), as_json=as_json, dry_run=dry_run)
