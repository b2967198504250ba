"""New keys for old: the key of the secrets at rest, and the secret that signs one webhook's callbacks."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from callbacks.signing import new_secret
from domain.errors import Conflict, NotFound
from domain.event import Channel, FormerSecret, Webhook
from storage import installation, templates, webhooks
from storage.cipher import FernetCipher, load_or_create_key, new_key, replace_key
from storage.database import Database
from storage.webhooks import Cipher

STILL_SIGNS = timedelta(hours=24)  # that an old secret signs beside the new one
MOST = 3  # old secrets that do so: whoever loses a new one makes another, and the receiver still has the first
FIXED = "its secret is OSTINATO_CALLBACK_SECRET; change it there and start the daemon again"


def rotate_key(database: Database, path: Path) -> int:
    """Encrypt all secrets with a new key in the file at *path*; give how many there are. No daemon may be running.

    Until they are all encrypted anew, in one transaction, the file holds the old key too: interrupted anywhere, every
    secret can still be read, and rotating again finishes it. Raises SettingsError when a secret cannot be read.
    """
    old, new = load_or_create_key(path), new_key()
    both = new + b"\n" + old
    with database.read() as connection:
        webhooks.list_webhooks(connection, FernetCipher(old))  # before anything is changed
    replace_key(path, both)
    with database.write() as connection:
        count = webhooks.reencrypt(connection, FernetCipher(both))
        installation.forget_key(connection)
    replace_key(path, new)
    return count


def encrypt_anew(database: Database, cipher: Cipher) -> int:
    """Encrypt all secrets with the first key of *cipher*; give how many there are. No daemon may be running.

    Raises SettingsError when one cannot be read with any of its keys; nothing is changed then.
    """
    with database.write() as connection:
        count = webhooks.reencrypt(connection, cipher)
        installation.forget_key(connection)
    return count


def readable(database: Database, cipher: Cipher) -> int:
    """Give how many secrets there are, each read with *cipher*. Raises SettingsError."""
    with database.read() as connection:
        return webhooks.count_secrets(webhooks.list_webhooks(connection, cipher))


def old_until(webhook: Webhook) -> datetime | None:
    """Give until when an old secret of *webhook* signs beside its own; None when none does."""
    return max((each.until for each in webhook.former), default=None)


def rotate_callback(
    database: Database, cipher: Cipher, name: str, *, asked: bool = False, at_once: bool = False, now: datetime
) -> Webhook:
    """Give the webhook of that id, or of the template *name*, a new secret; from *now* on it signs what is sent there.

    The old one signs too for STILL_SIGNS, so that the receiver can be told in peace, and so do those that still did;
    unless they are to go *at_once*, since somebody else knows them. Of a template the webhook of its events, or with
    *asked* that of its `pre_publish`.

    Raises NotFound, and Conflict when nothing is signed there.
    """
    with database.write() as connection:
        found = {each.id: each for each in webhooks.list_webhooks(connection, cipher)}
        webhook = found.get(name)
        if webhook is None:
            template = templates.get(connection, name).template
            webhook = webhooks.of_template(connection, template.id, cipher, asked=asked)
        if webhook is None:
            lacks, option = ("pre_publish", "callback") if asked else ("callback_url", "pre-publish")
            remedy = "`ostinato callback list` shows the others"
            if webhooks.of_template(connection, template.id, cipher, asked=not asked):
                remedy = f"for its other secret say `--{option} {name}`"
            raise NotFound("webhook", name, f"that template has no {lacks}; {remedy}")
        if webhook.channel is not Channel.HTTP:
            raise Conflict(f"webhook {webhook.id} is a {webhook.channel.value}; only what is sent by HTTP is signed")
        former = (
            FormerSecret(webhook.secret, now + STILL_SIGNS),
            *(each for each in webhook.former if now < each.until),
        )
        changed = replace(webhook, secret=new_secret(), former=() if at_once else former[:MOST])
        webhooks.set_secrets(connection, changed, cipher)
        return changed
