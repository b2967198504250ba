"""A template's own webhooks: where its events go, and what is asked before its posts go out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from callbacks.signing import new_secret
from domain.event import Channel, Webhook
from domain.template import Template
from storage import webhooks
from storage.webhooks import Cipher


@dataclass(frozen=True, slots=True)
class Secrets:
    """What signs the requests to the webhooks that are new; None where none is."""

    callback: str | None = None
    pre_publish: str | None = None


NO_SECRETS = Secrets()


def follow(
    connection: Connection,
    template: Template,
    cipher: Cipher,
    now: datetime,
    new_id: Callable[[], str],
    *,
    before: Template | None = None,
) -> Secrets:
    """Let the template's webhooks follow its `callback_url` and `pre_publish`; one that is there keeps its secret.

    Each has a secret of its own: whoever gets the events cannot sign a question. With *before*, the template as it was,
    nothing is done where neither URL differs.
    """
    if before is not None and urls_of(before) == urls_of(template):
        return NO_SECRETS
    told, asked = urls_of(template)
    return Secrets(
        callback=_follow(connection, template, told, cipher, now, new_id, asked=False),
        pre_publish=_follow(connection, template, asked, cipher, now, new_id, asked=True),
    )


def urls_of(template: Template) -> tuple[str | None, str | None]:
    """Give where a template has its events sent, and where its posts are asked about; None where it does not."""
    return template.callback_url, template.pre_publish.url if template.pre_publish else None


def _follow(
    connection: Connection,
    template: Template,
    url: str | None,
    cipher: Cipher,
    now: datetime,
    new_id: Callable[[], str],
    *,
    asked: bool,
) -> str | None:
    """Give the secret of a webhook that is new."""
    there = webhooks.of_template(connection, template.id, cipher, asked=asked)
    if url is None:
        if there is not None and there.active:
            what = "pre_publish callback" if asked else "callback URL"
            webhooks.deactivate(connection, there.id, f"the template names no {what} any more")
        return None
    if there is not None and there.active and there.url == url:
        return None
    secret = there.secret if there else new_secret()
    webhook = Webhook(
        id=there.id if there else new_id(),
        channel=Channel.HTTP,
        url=url,
        secret=secret,
        template_id=template.id,
        active=True,
        created_at=now,
        asked=asked,
        owner_id=template.owner_id,
        former=there.former if there else (),
    )
    webhooks.upsert(connection, webhook, cipher)
    return None if there else secret
