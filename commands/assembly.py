"""Putting the daemon together from the settings: every part is made here, once, and handed what it needs."""

from __future__ import annotations

import asyncio
import os
import time
from functools import partial
from typing import TYPE_CHECKING

import httpx

from callbacks.channels import Channels
from callbacks.hook import Hook, load
from commands import picture_parts, watched
from commands.desk import desk, model_prices, model_writer, transport
from commands.http_door import http_door
from commands.last_seen import LastSeen
from commands.media import MediaModels, media_models, media_reading
from commands.researching import bounds_of, research_model, researching
from commands.service_manager import notifier
from commands.wiring import keep, new_id, now
from domain.prices import XquikPrices
from generators.model.writer import ModelWriter
from generators.research.asking import ResearchModel
from publishers.keys import KeySupport
from publishers.own_timeline import read_back
from publishers.x import XPublisher
from scheduler.asking import Asking
from scheduler.calendar_reading import CalendarReading
from scheduler.daemon import Daemon, Pace
from scheduler.delivering import Delivering, Sender
from scheduler.delivery import Delivery
from scheduler.delivery.embedded import Embedded
from scheduler.delivery.roles import Role
from scheduler.feed_reading import FeedReading, ReadFeed
from scheduler.heartbeat import Beat
from scheduler.lanes import Lanes
from scheduler.last_look import LastLook
from scheduler.leases import Leases
from scheduler.outdated import by_the_newest
from scheduler.process_pool import ProcessPool
from scheduler.publishing import Publishing, TakesBack
from scheduler.pulse import Pulse
from scheduler.purse import Payments, Purse
from scheduler.reconciling import Reconciling
from scheduler.researched import Researched
from scheduler.restored_guard import RestoredGuard
from scheduler.run_posts import RunPosts
from scheduler.runner import Runner
from scheduler.shown.compatible import Links
from scheduler.spending import Spending
from settings import Settings
from sources.calendar import read_calendar
from sources.feed import read_feed
from sources.guard import guarded_client
from storage import installation, publications, restored
from storage.database import Database
from storage.rate_windows import SqlRateWindows
from storage.webhooks import Cipher
from storage.writer import Writer
from xquik.client import Client
from xquik.connections import Connections
from xquik.transport import Transport

if TYPE_CHECKING:
    from scheduler.metrics import Metrics

CALLBACK_SECONDS = 10.0


def monotonic() -> float:
    """Give seconds that only ever grow and count while the machine sleeps: a lease lapses in a suspended laptop too."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def publisher(settings: Settings, writer: Writer, api: Transport) -> XPublisher:
    """Give the publisher. What is learnt about the server's keys is kept with the base URL."""

    async def taken(account: str) -> set[str]:
        return await writer.call(lambda c: publications.settled_tweet_ids(c, account))

    async def load_support() -> bool | None:
        return await writer.call(installation.key_support)

    async def save_support(honoured: bool) -> None:
        await writer.call(lambda c: installation.set_key_support(c, honoured))

    keys = KeySupport(api, settings.xquik_keys_honoured, load=load_support, save=save_support)
    return XPublisher(api, keys=keys, taken=taken)


async def run_daemon(
    settings: Settings, database: Database, cipher: Cipher, stop: asyncio.Event, role: Role = Role.ALL
) -> None:
    """Run the daemon on *database* until *stop* is set. The database is bound and guarded by the caller."""
    writer = Writer(database)
    writer.start()
    pool = ProcessPool()
    pulse = Pulse(monotonic, notifier(os.environ))
    web = guarded_client(allow=settings.allow_networks)
    callbacks_client = guarded_client(allow=settings.allow_networks, timeout=CALLBACK_SECONDS)
    try:
        async with (
            Client(Connections()) as client,
            web,
            callbacks_client,
            model_writer(settings, pool) as model,
            media_models(settings) as for_media,
            research_model(settings, pool) as researcher,
            watched.watched(settings, database, writer, pulse) as looked_after,
        ):
            api = transport(settings, SqlRateWindows(writer), client)
            metrics, watching = looked_after or (None, None)
            daemon = await _daemon(
                settings,
                database,
                writer,
                api,
                pool,
                web,
                callbacks_client,
                cipher,
                model,
                for_media,
                researcher,
                pulse,
                metrics,
                role,
                stop,
            )
            async with http_door(settings, database, writer, cipher, web=web, pool=pool, watching=watching):
                await daemon.run(stop)
    finally:
        pool.close()
        writer.stop()


async def _daemon(
    settings: Settings,
    database: Database,
    writer: Writer,
    api: Transport,
    pool: ProcessPool,
    web: httpx.AsyncClient,
    callbacks_client: httpx.AsyncClient,
    cipher: Cipher,
    model: ModelWriter | None,
    for_media: MediaModels,
    researcher: ResearchModel | None,
    pulse: Pulse,
    metrics: Metrics | None,
    role: Role,
    stop: asyncio.Event,
) -> Daemon:
    hook = Hook(load(settings.hook)) if settings.hook else None
    reader, publishes, channels = _counted(
        partial(read_feed, client=web, offload=pool),
        publisher(settings, writer, api),
        Channels(callbacks_client, settings.notify_command, hook),
        metrics,
    )
    reconciling: dict[str, Beat] = {}
    if await writer.call(restored.is_restored):  # while a daemon runs, nothing is restored
        publishes = RestoredGuard(publishes, writer=writer, clock=now)
        timelines = Reconciling(writer=writer, read_timeline=partial(read_back, api), clock=now, new_id=new_id)
        reconciling["reconcile"] = timelines.reconcile_due
    feeds = FeedReading(writer=writer, read_feed=reader, clock=now)
    leases = Leases(lease=settings.lease, request_timeout=settings.request_timeout, monotonic=monotonic)
    delivery = _delivery(settings, database, writer, leases)
    run_posts = RunPosts(database)
    count = metrics.count_spent if metrics else None
    spending = Spending(database, prices=XquikPrices(settings.xquik_credit), count=count)
    researched = Researched(writer=writer, bounds=bounds_of(settings), new_id=new_id, spending=spending)
    editor = desk(
        writer=writer,
        api=api,
        feeds=feeds,
        pool=pool,
        web=web,
        media=media_reading(for_media, writer=writer, web=web, pool=pool, payments=_payments(writer, spending)),
        researched=researched,
        model=model,
        purse=_purse(settings, writer, spending),
        count_drafts=metrics.count_drafts if metrics else None,
    )
    publishing = Publishing(
        database=database,
        writer=writer,
        publisher=publishes,
        lanes=delivery.lanes,
        posts=run_posts,
        may_send=leases.may_send,
        install=await writer.call(installation.install_id),
        thread_gap=settings.thread_gap,
        labels_ai=settings.xquik_ai_label,
        clock=now,
        new_id=new_id,
        spending=spending,
        last_look=LastLook(database, editor.compare_with),
        pictures=picture_parts.pictures(writer=writer, api=api, web=web, spending=spending),
    )
    runner = Runner(
        writer=writer,
        editor=editor,
        publishing=publishing,
        asking=Asking(
            database=database,
            writer=writer,
            cipher=cipher,
            client=callbacks_client,
            posts=run_posts,
            clock=now,
            new_id=new_id,
        ),
        posts=run_posts,
        clock=now,
        new_id=new_id,
        illustrate=picture_parts.illustrating(writer=writer, pool=pool),
    )
    delivering = Delivering(
        database=database,
        writer=writer,
        cipher=cipher,
        channels=channels,
        lines=delivery.lines,
        clock=now,
        links=Links(settings.public_url, cipher.seal),
    )
    research = researching(
        settings, database=database, writer=writer, api=api, web=web, pool=pool, model=researcher, owner=leases.owner
    )
    return Daemon(
        database=database,
        writer=writer,
        runner=runner,
        leases=leases,
        delivery=delivery,
        delivering=delivering,
        feed_reading=feeds,
        pace=Pace(settings.workers, settings.feed_interval, keep(settings)),
        clock=now,
        monotonic=monotonic,
        pulse=pulse,
        more_beats={
            **watched.beats(settings, database, writer, callbacks_client),
            "seen": LastSeen(settings, database, stop).beat,
            **reconciling,
            "research": research.work_due,
            "calendars": by_the_newest(
                database,
                CalendarReading(
                    writer=writer, read_calendar=partial(read_calendar, client=web, offload=pool), clock=now
                ).refresh_due,
            ),
        },
        role=role,
    )


def _delivery(settings: Settings, database: Database, writer: Writer, leases: Leases) -> Delivery:
    """Give the one process's on SQLite, and a fleet's on PostgreSQL."""
    if database.dialect == "sqlite":
        return Embedded(Lanes(spacing=settings.account_spacing, clock=now))
    from scheduler.delivery.fleet import Fleet
    from scheduler.delivery.turns import SharedLanes

    lanes = SharedLanes(spacing=settings.account_spacing, clock=now, leases=leases)
    return Fleet(database=database, writer=writer, lanes=lanes, owner=leases.owner, monotonic=monotonic)


def _payments(writer: Writer, spending: Spending) -> Payments:
    """Give what pays for sounds and pictures that a model reads, as far as its prices are known."""
    return Payments(writer=writer, spending=spending, clock=now, new_id=new_id)


def _purse(settings: Settings, writer: Writer, spending: Spending) -> Purse | None:
    """Give what pays for the model's calls, where their prices are known."""
    prices = model_prices(settings)
    return Purse(writer=writer, spending=spending, prices=prices, clock=now, new_id=new_id) if prices else None


def _counted(
    reader: ReadFeed, publishes: TakesBack, channels: Sender, metrics: Metrics | None
) -> tuple[ReadFeed, TakesBack, Sender]:
    """Give the three that reach outside, counted when somebody may ask for the numbers."""
    if metrics is None:
        return reader, publishes, channels
    from scheduler.counted import CountedPublisher, CountedSender, counted_reader

    return (
        counted_reader(reader, metrics),
        CountedPublisher(publishes, metrics),
        CountedSender(channels, metrics),
    )
