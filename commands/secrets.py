"""`ostinato secrets`: the keys that protect what is kept and what is sent."""

from __future__ import annotations

import click

from commands import wiring
from commands.daemon_lock import daemon_lock
from commands.output import json_option, say, show
from domain.errors import Conflict
from scheduler.operations import secrets
from scheduler.operations.callbacks import OWN_IDS


@click.group()
def command() -> None:
    """The keys that protect what is kept and what is sent."""


@command.command()
@click.option("--callback", "name", metavar="NAME", help="The secret of one webhook: its id, or its template's name.")
@json_option
def rotate(name: str | None, as_json: bool) -> None:
    """Make a new key for the secrets at rest, or with --callback a new secret that signs one webhook's callbacks.

    For the key stop the daemon first. At every moment all secrets can be read: the old key goes when everything is
    encrypted with the new one. A new signing secret counts at once, also for what waits to be sent again; it is shown
    here once.

    \b
    Example:
      ostinato secrets rotate
      ostinato secrets rotate --callback morning
    """
    if name is None:
        _rotate_key(as_json)
    else:
        _rotate_callback(name, as_json)


def _rotate_key(as_json: bool) -> None:
    settings = wiring.settings()
    wiring.make_home(settings)
    with wiring.opened(settings) as database, daemon_lock(database):
        count = secrets.rotate_key(database, settings.key_file)
    text = f"{count} secrets are encrypted with the new key in {settings.key_file}; keep a copy of it"
    show({"key_file": str(settings.key_file), "secrets": count}, lambda: say(text), as_json=as_json)


def _rotate_callback(name: str, as_json: bool) -> None:
    settings = wiring.settings()
    if name in OWN_IDS.values() and settings.callback_secret is not None:
        raise Conflict("its secret is OSTINATO_CALLBACK_SECRET; change it there and start the daemon again")
    with wiring.opened(settings) as database:
        webhook = secrets.rotate_callback(database, wiring.cipher(settings), name)
    shown = {"webhook_id": webhook.id, "url": webhook.url, "secret": webhook.secret}
    show(shown, lambda: say(f"callbacks to {webhook.url} are signed with {webhook.secret}"), as_json=as_json)
