"""`ostinato callback`: who is told what happened."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import click

from commands import wiring
from commands.groups import Commands
from commands.output import dry_run_option, json_option, say, show, table
from domain.event import DeliveryStatus, Webhook
from scheduler.operations import callbacks, webhooks
from scheduler.operations.callbacks import Tested
from scheduler.shown import webhook_views
from settings import Settings


@click.group(cls=Commands)
def command() -> None:
    """Who is told what happened, and whether they heard it."""


@command.command("list")
@click.option("--status", type=click.Choice([each.value for each in DeliveryStatus]), help="Only such deliveries.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many deliveries.")
@click.option("--secrets", is_flag=True, help="Show the secrets that sign the callbacks.")
@json_option
def list_(status: str | None, limit: int, secrets: bool, as_json: bool) -> None:
    """List the webhooks and the newest deliveries to them.

    \b
    Example:
      ostinato callback list --status dead
    """
    settings = wiring.settings()
    chosen = DeliveryStatus(status) if status else None
    with wiring.opened(settings) as database:
        found = callbacks.list_webhooks(database)
        secret = callbacks.secrets(database, wiring.cipher(settings))  # said here when one cannot be read
        told = callbacks.list_deliveries(database, status=chosen, limit=limit)
    hooks = [webhook_views.webhook(each) | ({"secret": secret[each.id]} if secrets else {}) for each in found]
    sent = [webhook_views.delivery(each) for each in told]

    def human() -> None:
        keys = ("id", "channel", "url", "template", "active", "gets") + (("secret",) if secrets else ())
        empty = "nobody is told; set OSTINATO_CALLBACK_URL, or callback_url in a template"
        table(("webhook", *keys[1:]), [tuple(each[key] for key in keys) for each in hooks], empty=empty)
        for each in hooks:
            if each["inactive_reason"]:
                say(f"{each['id']} is switched off: {each['inactive_reason']}")
        say()
        named = ("id", "webhook_id", "event", "status", "attempts", "next_attempt_at", "last_error")
        rows = [tuple(_told(each, name) for name in named) for each in sent]
        table(
            ("delivery", "webhook", "event", "status", "attempts", "next try", "last error"),
            rows,
            empty="no deliveries",
        )

    show({"webhooks": hooks, "deliveries": sent}, human, as_json=as_json)


@command.command()
@click.argument("webhook_id", metavar="WEBHOOK")
@dry_run_option
@json_option
def test(webhook_id: str, dry_run: bool, as_json: bool) -> None:
    """Send the event callback.test to WEBHOOK, its id or its template's name, now, and say whether it was accepted.

    With --dry-run nothing is sent: it only looks whether there is such a webhook.

    \b
    Example:
      ostinato callback test settings-url
      ostinato callback test morning
    """
    settings = wiring.settings()
    with wiring.opened(settings) as database:
        webhook = callbacks.webhook(database, wiring.cipher(settings), webhook_id)
    if not dry_run and (refused := asyncio.run(_test(settings, webhook)).error):
        raise refused
    shown = {"webhook_id": webhook.id, "accepted": None if dry_run else True}
    said = f"would send a test to {webhook.url}" if dry_run else f"{webhook.url} accepted the test"
    show(shown, lambda: say(said), as_json=as_json, dry_run=dry_run)


@command.command("switch-on")
@click.argument("webhook_id", metavar="WEBHOOK")
@dry_run_option
@json_option
def switch_on(webhook_id: str, dry_run: bool, as_json: bool) -> None:
    """Tell WEBHOOK, its id or its template's name, what happens from now on, after it answered that it was gone.

    \b
    Example:
      ostinato callback switch-on morning
    """
    settings = wiring.settings()
    with wiring.opened(settings, dry_run=dry_run) as database:
        there = callbacks.webhook(database, wiring.cipher(settings), webhook_id)
        found = webhooks.change(database, there.id, webhooks.Changes(active=True), owner=there.owner_id)
    said = f"{found.url} is told what happens from now on; `ostinato callback redeliver` sends what was given up"
    show(webhook_views.webhook(found), lambda: say(said), as_json=as_json, dry_run=dry_run)


@command.command()
@click.argument("delivery_id", metavar="DELIVERY", required=False)
@click.option("--all-dead", is_flag=True, help="All deliveries that were given up.")
@dry_run_option
@json_option
def redeliver(delivery_id: str | None, all_dead: bool, dry_run: bool, as_json: bool) -> None:
    """Send a delivery again; the daemon does it. Its event keeps its id.

    \b
    Example:
      ostinato callback redeliver 7d0f5f3a9b6e4c0e8b5a1f2d3c4b5a69
      ostinato callback redeliver --all-dead
    """
    if (delivery_id is None) is not all_dead:
        raise click.UsageError("give either a DELIVERY or --all-dead")
    with wiring.opened(dry_run=dry_run) as database:
        if delivery_id is None:
            count = callbacks.revive(database, now=wiring.now())
        else:
            callbacks.redeliver(database, delivery_id, now=wiring.now())
            count = 1
    show({"queued": count}, lambda: say(_queued(count)), as_json=as_json, dry_run=dry_run)


def _queued(count: int) -> str:
    return f"{count} queued; the daemon sends what is queued"


def _told(delivery: dict[str, Any], name: str) -> object:
    if name == "next_attempt_at" and delivery["waits_for_an_earlier_one"]:
        return "after an earlier one"
    return delivery[name]


async def _test(settings: Settings, webhook: Webhook) -> Tested:
    from commands.outside import telling

    async with telling(settings) as tell:
        return await callbacks.test(
            webhook, tell=tell, now=wiring.now(), new_id=wiring.new_id, monotonic=time.monotonic
        )
