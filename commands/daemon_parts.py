"""The parts of the daemon, each made of what is open while it runs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import httpx

from commands import picture_parts, watched
from commands.desk import desk, model_prices
from commands.last_seen import LastSeen
from commands.media import MediaModels, media_reading
from commands.researching import bounds_of, researching
from commands.wiring import new_id, now
from domain.prices import XquikPrices
from generators.model.writer import ModelWriter
from generators.research.asking import ResearchModel
from publishers.own_timeline import read_back
from scheduler.asking import Asking
from scheduler.calendar_reading import CalendarReading
from scheduler.delivering import Delivering, Sender
from scheduler.delivery import Delivery
from scheduler.editor import WritingDesk
from scheduler.feed_reading import FeedReading
from scheduler.heartbeat import Beat
from scheduler.last_look import LastLook
from scheduler.leases import Leases
from scheduler.outdated import by_the_newest
from scheduler.process_pool import ProcessPool
from scheduler.publishing import Publishing, TakesBack
from scheduler.pulse import Pulse
from scheduler.purse import Payments, Purse
from scheduler.reconciling import Reconciling
from scheduler.researched import Researched
from scheduler.run_posts import RunPosts
from scheduler.runner import Runner
from scheduler.shown.compatible import Links
from scheduler.spending import Spending
from settings import Settings
from sources.calendar import read_calendar
from storage.database import Database
from storage.webhooks import Cipher
from storage.writer import Writer
from xquik.transport import Transport

if TYPE_CHECKING:
    from scheduler.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Opened:
    """What is open while the daemon runs. *web* reads sources, *callbacks_client* asks receivers; both are guarded.

    *metrics* counts, where somebody may ask for the numbers.
    """

    settings: Settings
    database: Database
    writer: Writer
    cipher: Cipher
    api: Transport
    pool: ProcessPool
    web: httpx.AsyncClient
    callbacks_client: httpx.AsyncClient
    model: ModelWriter | None
    for_media: MediaModels
    researcher: ResearchModel | None
    pulse: Pulse
    metrics: Metrics | None


def spending_of(opened: Opened) -> Spending:
    """Give the books of what posts and calls of models cost."""
    count = opened.metrics.count_spent if opened.metrics else None
    return Spending(opened.database, prices=XquikPrices(opened.settings.xquik_credit), count=count)


def editor_of(opened: Opened, *, feeds: FeedReading, spending: Spending) -> WritingDesk:
    """Give the writing desk of the daemon: it pays for what models read and write, as far as their prices are known."""
    settings, writer = opened.settings, opened.writer
    payments = Payments(writer=writer, spending=spending, clock=now, new_id=new_id)
    prices = model_prices(settings)
    return desk(
        writer=writer,
        api=opened.api,
        feeds=feeds,
        pool=opened.pool,
        web=opened.web,
        media=media_reading(opened.for_media, writer=writer, web=opened.web, pool=opened.pool, payments=payments),
        researched=Researched(writer=writer, bounds=bounds_of(settings), new_id=new_id, spending=spending),
        model=opened.model,
        purse=Purse(writer=writer, spending=spending, prices=prices, clock=now, new_id=new_id) if prices else None,
        count_drafts=opened.metrics.count_drafts if opened.metrics else None,
    )


def runner_of(opened: Opened, *, editor: WritingDesk, publishing: Publishing, posts: RunPosts) -> Runner:
    """Give what takes a run from step to step."""
    asking = Asking(
        database=opened.database,
        writer=opened.writer,
        cipher=opened.cipher,
        client=opened.callbacks_client,
        posts=posts,
        clock=now,
        new_id=new_id,
    )
    return Runner(
        writer=opened.writer,
        editor=editor,
        publishing=publishing,
        asking=asking,
        posts=posts,
        clock=now,
        new_id=new_id,
        illustrate=picture_parts.illustrating(writer=opened.writer, pool=opened.pool),
    )


def publishing_of(
    opened: Opened,
    *,
    publisher: TakesBack,
    delivery: Delivery,
    leases: Leases,
    posts: RunPosts,
    install: str,
    spending: Spending,
    editor: WritingDesk,
) -> Publishing:
    """Give what writes the intention, sends, and writes the outcome down. *install* names this installation."""
    settings, writer = opened.settings, opened.writer
    return Publishing(
        database=opened.database,
        writer=writer,
        publisher=publisher,
        lanes=delivery.lanes,
        posts=posts,
        may_send=leases.may_send,
        install=install,
        thread_gap=settings.thread_gap,
        labels_ai=settings.xquik_ai_label,
        clock=now,
        new_id=new_id,
        spending=spending,
        last_look=LastLook(opened.database, editor.compare_with),
        pictures=picture_parts.pictures(writer=writer, api=opened.api, web=opened.web, spending=spending),
    )


def delivering_of(opened: Opened, *, channels: Sender, delivery: Delivery) -> Delivering:
    """Give what delivers events to webhooks."""
    return Delivering(
        database=opened.database,
        writer=opened.writer,
        cipher=opened.cipher,
        channels=channels,
        lines=delivery.lines,
        clock=now,
        links=Links(opened.settings.public_url, opened.cipher.seal),
    )


def more_beats(opened: Opened, *, owner: str, restored: bool, stop: asyncio.Event) -> dict[str, Beat]:
    """Give the beats that come where slots are planned. *owner* names this process; *stop* ends the daemon.

    Where the database was *restored*, one of them compares it with the timelines of its accounts.
    """
    settings, database, writer = opened.settings, opened.database, opened.writer
    beats = watched.beats(settings, database, writer, opened.callbacks_client)
    beats["seen"] = LastSeen(settings, database, stop).beat
    if restored:
        read_timeline = partial(read_back, opened.api)
        reconciling = Reconciling(writer=writer, read_timeline=read_timeline, clock=now, new_id=new_id)
        beats["reconcile"] = reconciling.reconcile_due
    research = researching(
        settings,
        database=database,
        writer=writer,
        api=opened.api,
        web=opened.web,
        pool=opened.pool,
        model=opened.researcher,
        owner=owner,
    )
    beats["research"] = research.work_due
    reader = partial(read_calendar, client=opened.web, offload=opened.pool)
    calendars = CalendarReading(writer=writer, read_calendar=reader, clock=now)
    beats["calendars"] = by_the_newest(database, calendars.refresh_due)
    return beats
