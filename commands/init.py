"""`ostinato init`: from nothing to a first template, each answer tried out before anything is written."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from commands import wiring
from commands.errors import as_text
from commands.output import clean, dry_run_option, json_option, say, show
from domain.errors import ApiBlocked, Conflict, FieldError, InvalidInput, NotFound, SourceError
from domain.template_document.fields import url_problem
from scheduler.operations import templates
from scheduler.shown import views
from settings import FILE_NAME, KEY_NAME, Settings
from storage.database import Database, Rehearsal
from xquik.accounts import Account

if TYPE_CHECKING:
    from commands.first_steps import Key, Source

KEY = re.compile(r"[!-~]+")
API = "https://xquik.com/api/v1"
Tried = TypeVar("Tried")


@click.command()
@click.option("--key-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Holds the API key.")
@click.option("--account", help="The X account that posts.")
@click.option("--source", metavar="URL", help="A feed or page to write from.")
@click.option("--name", default="first", show_default=True, help="What the first template is called.")
@click.option("--force", is_flag=True, help="Overwrite the settings file and the key's.")
@dry_run_option
@json_option
def command(
    key_file: Path | None,
    account: str | None,
    source: str | None,
    name: str,
    force: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Ask for the API key, the account and a first source; try each; write the settings.

    They go to settings.env in OSTINATO_HOME, the key to a file of its own; only you can read them. A first template is
    added too, paused: look at what it would post before you resume it. An answer that does not work is asked for again.
    What options name is not asked, and with --json nothing is. Nothing is written when something does not work.

    \b
    Example:
      ostinato init
      ostinato init --key-file ~/xquik.key --account acme --source https://example.com/feed.xml --json
    """
    settings = wiring.settings()
    _refuse_to_overwrite(settings, force)
    with wiring.opened(settings) as database:
        _refuse_taken(database, name)
        settings, key = _try_key(settings, database, key_file, ask=not as_json)
        chosen, read = _try(settings, key, account, source, ask=not as_json)
        document = {"name": name, "account": chosen, "type": "tweet", "daily_count": 1, "is_active": False}
        given = {"cipher": wiring.cipher(settings), "now": wiring.now(), "new_id": wiring.new_id}
        document |= read.document
        added = templates.add(Rehearsal(database.url, database.engine), document, **given)  # type: ignore[arg-type]
        if not dry_run:
            _write(settings, force)
            added = templates.add(database, document, **given)  # type: ignore[arg-type]
    written = settings.home / FILE_NAME
    shown = {
        "settings_file": str(written),
        "key_file": str(settings.home / KEY_NAME),
        "credits": key.credits,
        "source": {"url": read.url, "kind": "feed" if read.is_feed else "page", "title": read.title},
        "template": views.template(added.stored),
    }
    show(shown, lambda: _print(name, written, key, read), as_json=as_json, dry_run=dry_run)


def _try_key(settings: Settings, database: Database, file: Path | None, *, ask: bool) -> tuple[Settings, Key]:
    """Try the key, asking for one that is not given; give the settings that have it."""
    from commands.first_steps import try_key

    def attempt() -> tuple[Settings, Key]:
        keyed = replace(settings, xquik_key=_key(settings, file, ask=ask))
        return keyed, asyncio.run(try_key(keyed, database))

    keyed, key = _until_right(attempt, again=ask and file is None and settings.xquik_key is None)
    if ask:
        say(f"the key is accepted by {settings.xquik_url}; {key.credits} credits are left")
    return keyed, key


def _try(settings: Settings, key: Key, account: str | None, source: str | None, *, ask: bool) -> tuple[str, Source]:
    """Try the account and then the source, asking for what is not given."""
    from commands.first_steps import try_account, try_source

    def account_attempt() -> str:
        return try_account(account or _ask_account(key.accounts, ask=ask), key.accounts)

    def source_attempt() -> Source:
        url = source or _ask("source", "A feed or page to write from (URL)", ask=ask)
        if reason := url_problem(url):
            raise InvalidInput([FieldError("source", reason)])
        return asyncio.run(try_source(settings, url))

    chosen = _until_right(account_attempt, again=ask and account is None)
    return chosen, _until_right(source_attempt, again=ask and source is None)


def _until_right(attempt: Callable[[], Tried], *, again: bool) -> Tried:
    """Make *attempt*, and *again* while the answer was wrong: what is wrong is said before it is asked anew."""
    while True:
        try:
            return attempt()
        except (InvalidInput, ApiBlocked, SourceError) as error:
            if not again:
                raise
            click.echo(clean(as_text(error)), err=True)


def _refuse_to_overwrite(settings: Settings, force: bool) -> None:
    there = [str(path) for path in (settings.home / FILE_NAME, settings.home / KEY_NAME) if path.exists()]
    if there and not force:
        raise Conflict(f"{' and '.join(there)} exist already; edit them, or give --force to overwrite them")


def _refuse_taken(database: Database, name: str) -> None:
    try:
        templates.get(database, name)
    except NotFound:
        return
    raise Conflict(f"there is a template {name} already; give another --name")


def _key(settings: Settings, file: Path | None, *, ask: bool) -> str:
    if file is not None:
        key = file.read_text(encoding="utf-8", errors="replace").strip()
    else:
        key = settings.xquik_key or _ask("key", "Xquik API key", ask=ask, hidden=True)
    if not KEY.fullmatch(key):
        raise InvalidInput([FieldError("key", "holds a blank or a character that no key has; copy it again")])
    return key


def _ask_account(found: Sequence[Account], *, ask: bool) -> str:
    healthy = [each.username for each in found if each.healthy]
    if ask and healthy:
        say(f"accounts of this key: {', '.join(healthy)}")
    return _ask("account", "Account that posts", ask=ask, default=healthy[0] if len(healthy) == 1 else None)


def _ask(field: str, question: str, *, ask: bool, hidden: bool = False, default: str | None = None) -> str:
    if not ask:
        option = "key-file" if field == "key" else field
        raise InvalidInput([FieldError(field, f"is missing; give --{option}")])
    return str(click.prompt(question, hide_input=hidden, default=default)).strip()


def _write(settings: Settings, force: bool) -> None:
    """Write the key and then the settings that name it, each for its owner only."""
    wiring.make_home(settings)
    key_file, path = settings.home / KEY_NAME, settings.home / FILE_NAME
    lines = ["# Written by `ostinato init`; docs/settings.md has all settings.", f"OSTINATO_XQUIK_KEY_FILE={key_file}"]
    if settings.xquik_url != API:
        lines.append(f"OSTINATO_XQUIK_URL={settings.xquik_url}")
    _private(key_file, f"{settings.xquik_key}\n", force)
    _private(path, "\n".join(lines) + "\n", force)


def _private(path: Path, text: str, force: bool) -> None:
    if force:
        path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)


def _print(name: str, written: Path, key: Key, read: Source) -> None:
    say(f"{'feed' if read.is_feed else 'page'}: {read.title}")
    say(f"wrote {written}; the template {name} is paused")
    say("next:")
    say(f"  ostinato template preview {name} --sample   what it would post now")
    say(f"  ostinato template resume {name}             let it post, once a day")
    say("  ostinato daemon                          run the scheduler")
    if not key.credits:
        say("no credits are left: buy some in the Xquik dashboard before you resume it")
