"""Putting the daemon together from the settings: what it works with is opened here, and each part is made once."""

from __future__ import annotations

import asyncio
import os
import time
from functools import partial
from typing import TYPE_CHECKING

from callbacks.channels import Channels
from callbacks.hook import Hook, load
from commands import watched
from commands.daemon_parts import (
    Opened,
    delivering_of,
    editor_of,
    more_beats,
    publishing_of,
    runner_of,
    spending_of,
)
from commands.desk import model_writer, transport
from commands.http_door import http_door
from commands.media import media_models
from commands.researching import research_model
from commands.service_manager import notifier
from commands.wiring import keep, now
from domain.publication import Publication
from publishers.keys import KeySupport
from publishers.x import XPublisher
from scheduler.daemon import Daemon, Pace
from scheduler.delivering import Sender
from scheduler.delivery import Delivery
from scheduler.delivery.embedded import Embedded
from scheduler.delivery.roles import Role
from scheduler.feed_reading import FeedReading, ReadFeed
from scheduler.lanes import Lanes
from scheduler.leases import Leases
from scheduler.process_pool import ProcessPool
from scheduler.publishing import TakesBack
from scheduler.pulse import Pulse
from scheduler.restored_guard import RestoredGuard
from scheduler.run_posts import RunPosts
from settings import Settings
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

    async def wanted(publication: Publication) -> bool:
        return await writer.call(lambda c: publications.is_wanted(c, publication))

    async def load_support() -> bool | None:
        return await writer.call(installation.key_support)

    async def save_support(honoured: bool) -> None:
        await writer.call(lambda c: installation.set_key_support(c, honoured))

    keys = KeySupport(api, settings.xquik_keys_honoured, load=load_support, save=save_support)
    return XPublisher(api, keys=keys, taken=taken, wanted=wanted)


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
            opened = Opened(
                settings=settings,
                database=database,
                writer=writer,
                cipher=cipher,
                api=api,
                pool=pool,
                web=web,
                callbacks_client=callbacks_client,
                model=model,
                for_media=for_media,
                researcher=researcher,
                pulse=pulse,
                metrics=metrics,
            )
            daemon = await _daemon(opened, role, stop)
            async with http_door(settings, database, writer, cipher, web=web, pool=pool, watching=watching):
                await daemon.run(stop)
    finally:
        pool.close()
        writer.stop()


async def _daemon(opened: Opened, role: Role, stop: asyncio.Event) -> Daemon:
    settings, database, writer = opened.settings, opened.database, opened.writer
    hook = Hook(load(settings.hook)) if settings.hook else None
    reader, publishes, channels = _counted(
        partial(read_feed, client=opened.web, offload=opened.pool),
        publisher(settings, writer, opened.api),
        Channels(opened.callbacks_client, settings.notify_command, hook),
        opened.metrics,
    )
    is_restored = await writer.call(restored.is_restored)  # while a daemon runs, nothing is restored
    if is_restored:
        publishes = RestoredGuard(publishes, writer=writer, clock=now)
    feeds = FeedReading(writer=writer, read_feed=reader, clock=now)
    leases = Leases(lease=settings.lease, request_timeout=settings.request_timeout, monotonic=monotonic)
    delivery = _delivery(settings, database, writer, leases)
    posts, spending = RunPosts(database), spending_of(opened)
    editor = editor_of(opened, feeds=feeds, spending=spending)
    publishing = publishing_of(
        opened,
        publisher=publishes,
        delivery=delivery,
        leases=leases,
        posts=posts,
        install=await writer.call(installation.install_id),
        spending=spending,
        editor=editor,
    )
    return Daemon(
        database=database,
        writer=writer,
        runner=runner_of(opened, editor=editor, publishing=publishing, posts=posts),
        leases=leases,
        delivery=delivery,
        delivering=delivering_of(opened, channels=channels, delivery=delivery),
        feed_reading=feeds,
        pace=Pace(settings.workers, settings.feed_interval, keep(settings)),
        clock=now,
        monotonic=monotonic,
        pulse=opened.pulse,
        more_beats=more_beats(opened, owner=leases.owner, restored=is_restored, stop=stop),
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
