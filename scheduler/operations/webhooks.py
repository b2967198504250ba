"""Webhooks that are made by asking for them: added, changed, switched off and on, and removed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, func, select

from callbacks.signing import new_secret
from domain.errors import Conflict, FieldError, InvalidInput
from domain.event import Channel, EventType, Webhook
from domain.template_document.fields import url_problem
from scheduler.operations.callbacks import OWN_IDS
from scheduler.operations.hook_address import address_problem
from scheduler.operations.told import urls_of
from sources.addresses import Network
from storage import tables, templates, webhook_pages, webhooks
from storage.database import Database
from storage.webhook_pages import REMOVED, Listed
from storage.webhooks import Cipher

MOST = 100  # that are told of everything: each is told each event
SWITCHED_OFF = "its owner switched it off"
Types = frozenset[EventType] | None  # None: every type


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be changed of a webhook; *url* and *active* stay as they are where they are None."""

    url: str | None = None
    active: bool | None = None
    events: Types = None
    names_events: bool = False  # whether *events* is to count


def check_url(url: str, allow: Sequence[Network]) -> str:
    """Give *url* without blanks around it. Raises InvalidInput unless a webhook may be there."""
    if problem := url_problem(url) or address_problem(url.strip(), allow):
        raise InvalidInput([FieldError("url", problem)])
    return url.strip()


def add(
    database: Database,
    cipher: Cipher,
    url: str,
    events: Types,
    *,
    now: datetime,
    new_id: Callable[[], str],
    owner: str,
) -> Webhook:
    """Let *url*, which was checked, be told the *events* of all templates of *owner*; give it with its new secret.

    Raises Conflict when there are as many as there may be.
    """
    new = Webhook(new_id(), Channel.HTTP, url, new_secret(), None, True, now, events=events, owner_id=owner)
    table = tables.webhooks
    with database.write() as c:
        mine = (table.c.owner_id == owner, table.c.active.is_(True))
        general = (*mine, table.c.template_id.is_(None), table.c.compatible.is_(False))
        if c.execute(select(func.count()).select_from(table).where(*general)).scalar_one() >= MOST:
            raise Conflict(f"there are {MOST} webhooks already; delete one that is not needed")
        webhooks.upsert(c, new, cipher)
    return new


def change(database: Database, webhook_id: str, changes: Changes, *, owner: str) -> Listed:
    """Change a webhook; its secret stays. What waits for one that is switched off is dead with that reason.

    One that a template names can only be switched on again, after its receiver said that it was gone. Raises NotFound,
    and Conflict for all else of one that a template or the settings name: they would bring it back.
    """
    with database.write() as c:
        before = webhook_pages.get(c, webhook_id, owner=owner)
        if changes != Changes(active=True) or not _is_named(c, before, owner):
            _own(before)
        if changes.names_events and before.compatible:
            raise Conflict(f"webhook {webhook_id} is told how each run ended, and nothing else; make another one")
        wanted = changes.events if changes.names_events else before.events
        webhooks.alter(c, webhook_id, url=changes.url or before.url, events=wanted)
        if changes.active is True:
            webhooks.activate(c, webhook_id)
        elif changes.active is False and before.active:
            webhooks.deactivate(c, webhook_id, SWITCHED_OFF)
        return webhook_pages.get(c, webhook_id, owner=owner)


def remove(database: Database, webhook_id: str, *, owner: str) -> Listed:
    """Tell a webhook nothing more, and show it no more. Raises NotFound, and Conflict as `change` does."""
    with database.write() as c:
        found = _own(webhook_pages.get(c, webhook_id, owner=owner))
        webhooks.deactivate(c, webhook_id, REMOVED)
        return replace(found, active=False, inactive_reason=REMOVED)


def _is_named(c: Connection, webhook: Listed, owner: str) -> bool:
    """Tell whether a webhook is where its template says."""
    if webhook.template is None:
        return False
    events, questions = urls_of(templates.get(c, webhook.template, owner=owner).template)
    return webhook.url == (questions if webhook.asked else events)


def _own(webhook: Listed) -> Listed:
    """Raises Conflict unless the webhook was made by asking for it."""
    if webhook.id in OWN_IDS.values():
        name = {Channel.HTTP: "OSTINATO_CALLBACK_URL", Channel.COMMAND: "OSTINATO_NOTIFY_COMMAND"}
        setting = name.get(webhook.channel, "OSTINATO_HOOK")
        raise Conflict(f"webhook {webhook.id} is named by {setting}; change it there and start the daemon again")
    if webhook.template is not None:
        field = "pre_publish" if webhook.asked else "callback_url"
        raise Conflict(f"webhook {webhook.id} belongs to the template {webhook.template}; change its {field}")
    return webhook
