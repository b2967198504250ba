"""`ostinato secrets`: the keys that protect what is kept and what is sent."""

from __future__ import annotations

from contextlib import nullcontext

import click

from commands import wiring
from commands.daemon_lock import daemon_lock
from commands.groups import Commands
from commands.output import dry_run_option, json_option, moment, say, show
from domain.errors import Conflict
from scheduler.operations import secrets
from scheduler.operations.callbacks import OWN_IDS


@click.group(cls=Commands)
def command() -> None:
    """The keys that protect what is kept and what is sent."""


@command.command()
@click.option("--callback", "name", metavar="NAME", help="The secret of one webhook: its id, or its template's name.")
@click.option("--pre-publish", "asked", metavar="NAME", help="The secret of that template's pre_publish callback.")
@click.option("--at-once", is_flag=True, help="Sign with the old secret no more, since somebody else knows it.")
@dry_run_option
@json_option
def rotate(name: str | None, asked: str | None, at_once: bool, dry_run: bool, as_json: bool) -> None:
    """Make a new key for the secrets at rest, or a new secret that signs what one webhook is sent.

    For the key stop the daemon first. At every moment all secrets can be read: the old key goes when everything is
    encrypted with the new one. A new signing secret counts at once, also for what waits to be sent again; it is shown
    here once. For a day the old one signs too, so that the receiver has time to be told; with --at-once it does not.

    \b
    Example:
      ostinato secrets rotate
      ostinato secrets rotate --callback morning
      ostinato secrets rotate --pre-publish morning --at-once
    """
    if name is not None and asked is not None:
        raise click.UsageError("give either --callback or --pre-publish")
    if at_once and name is None and asked is None:
        raise click.UsageError("--at-once goes with --callback or --pre-publish")
    if name is None and asked is None:
        _rotate_key(dry_run, as_json)
    else:
        _rotate_callback(name or asked or "", dry_run, as_json, asked=asked is not None, at_once=at_once)


def _rotate_key(dry_run: bool, as_json: bool) -> None:
    settings = wiring.settings()
    wiring.make_home(settings)
    with wiring.opened(settings) as database, nullcontext() if dry_run else daemon_lock(database):
        if dry_run:
            count = secrets.readable(database, wiring.cipher(settings))
        elif settings.secret_key is not None:
            count = secrets.encrypt_anew(database, wiring.cipher(settings))
        else:
            count = secrets.rotate_key(database, settings.key_file)
    are = "secret is" if count == 1 else "secrets are"
    place = f"new key in {settings.key_file}; keep a copy of it"
    if settings.secret_key is not None:
        place = "first key of OSTINATO_SECRET_KEY; the others may go"
    view = {"key_file": None if settings.secret_key else str(settings.key_file), "secrets": count}
    text = f"{count} {are} encrypted with the {place}"
    show(view, lambda: say(text), as_json=as_json, dry_run=dry_run)


def _rotate_callback(name: str, dry_run: bool, as_json: bool, *, asked: bool, at_once: bool) -> None:
    settings = wiring.settings()
    if name in OWN_IDS.values() and settings.callback_secret is not None:
        raise Conflict(secrets.FIXED)
    with wiring.opened(settings, dry_run=dry_run) as database:
        webhook = secrets.rotate_callback(
            database, wiring.cipher(settings), name, asked=asked, at_once=at_once, now=wiring.now()
        )
    secret = None if dry_run else webhook.secret  # one that is not kept would be mistaken for the real one
    until = secrets.old_until(webhook)
    shown = {"webhook_id": webhook.id, "url": webhook.url, "secret": secret, "old_secret_until": until}
    said = f"callbacks to {webhook.url} are signed with {secret or 'a new secret'}"
    said += f", and until {moment(until)} with the old one too" if until else "; the old one counts no more"
    show(shown, lambda: say(said), as_json=as_json, dry_run=dry_run)
