"""What `ostinato doctor` looks at outside: the API, the templates' sources, and who is told. Nothing is posted."""

from __future__ import annotations

import asyncio
import shlex
import shutil
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime

import httpcore
import httpx

from commands import wiring
from commands.outside import api, with_key
from domain.errors import ApiBlocked, ApiError, SettingsError, SourceError
from domain.template import StoredTemplate
from scheduler.operations import checkup
from scheduler.operations.checkup import Check
from settings import Settings
from sources.fetch import fetch
from sources.guard import AddressRefused, GuardedBackend, guarded_client, resolve_host
from storage.database import Database
from xquik.accounts import list_accounts
from xquik.credits import read_balance
from xquik.transport import Transport

AT_ONCE = 8
SECONDS = 10.0  # for each source and each callback
LOOKED_AT = 100  # sources; more would keep a person waiting


async def outside(
    settings: Settings, database: Database, stored: Sequence[StoredTemplate], urls: Sequence[str]
) -> list[Check]:
    """Look at the API, at the sources of *stored* and at the callback *urls*, all at once."""
    found = await asyncio.gather(
        of_api(settings, database, stored), of_sources(settings, stored), of_callbacks(settings, urls)
    )
    return [check for checks in found for check in checks]


async def of_api(settings: Settings, database: Database, stored: Sequence[StoredTemplate]) -> list[Check]:
    """Look whether the API accepts the key, which accounts it has and what it can still pay for."""
    reached = with_key(settings, database)
    if reached is None:
        remedy = (
            "set OSTINATO_XQUIK_KEY or run `ostinato init`; to try things out, `ostinato daemon --sandbox` needs none"
        )
        return [checkup.failed("key", "none is set: nothing can be posted, except into the sandbox", remedy)]
    async with api(reached, database) as (transport, _):
        try:
            return await _ask(transport, reached.xquik_url, stored)
        except ApiBlocked as error:
            return [checkup.failed("key", str(error), "check OSTINATO_XQUIK_KEY and the Xquik dashboard")]
        except ApiError as error:
            return [checkup.failed("API", str(error), "check OSTINATO_XQUIK_URL and the network")]


async def _ask(transport: Transport, url: str, stored: Sequence[StoredTemplate]) -> list[Check]:
    answer = await transport.look("/credits")
    checks = [checkup.ok("key", f"is accepted by {url}"), _clock(answer.headers.get("date"), wiring.now())]
    checks.append(checkup.credits_left(read_balance(answer.body)))
    return checks + checkup.accounts(await list_accounts(transport), stored)


def _clock(date: str | None, now: datetime) -> Check:
    try:
        return checkup.clock(now, parsedate_to_datetime(date or ""))
    except (TypeError, ValueError):
        return checkup.warning("clock", "the API's answer has no Date to compare with", "compare it by hand: `date -u`")


async def of_sources(settings: Settings, stored: Iterable[StoredTemplate]) -> list[Check]:
    """Read every page, feed, table and calendar of the templates once, behind the guard."""
    readers: dict[str, list[str]] = {}
    for each in stored:
        sources = each.template.sources
        closures = each.template.schedule.closures
        calendars = [calendar.url for calendar in closures.calendars] if closures else []
        tables = [sources.csv.url] if sources.csv else []
        for url in dict.fromkeys([*sources.urls, *(feed.url for feed in sources.feeds), *tables, *calendars]):
            readers.setdefault(url, []).append(each.template.name)
    async with guarded_client(allow=settings.allow_networks) as client:

        async def look(url: str) -> Check:
            return await _source(client, url, readers[url])

        checks = await _each(list(readers)[:LOOKED_AT], look)
    if len(readers) > LOOKED_AT:
        remedy = "look at one template's with `ostinato template preview NAME --sample`"
        checks.append(checkup.warning("source", f"{len(readers) - LOOKED_AT} more were not looked at", remedy))
    return checks


async def _source(client: httpx.AsyncClient, url: str, readers: Sequence[str]) -> Check:
    try:
        await fetch(client, url, seconds=SECONDS)
    except SourceError as error:
        remedy = f"open it in a browser; templates that read it: {', '.join(readers)}"
        return checkup.failed("source", f"{url}: {error.reason}", remedy)
    return checkup.ok("source", f"{url} can be read")


async def of_callbacks(settings: Settings, urls: Sequence[str]) -> list[Check]:
    """Connect to every callback URL without sending a request; look for the notify command and the hook."""
    told = [*dict.fromkeys([*urls, *([settings.callback_url] if settings.callback_url else [])])]
    backend = GuardedBackend(settings.allow_networks, resolve_host)

    async def look(url: str) -> Check:
        return await _callback(backend, url)

    return [*await _each(told, look), *_own(settings)]


async def _callback(backend: GuardedBackend, url: str) -> Check:
    parts = httpx.URL(url)
    secure = parts.scheme == "https"
    try:
        stream = await backend.connect_tcp(parts.host, parts.port or (443 if secure else 80), SECONDS)
        try:
            if secure:
                stream = await stream.start_tls(ssl.create_default_context(), parts.host, SECONDS)
        finally:
            await stream.aclose()
    except (httpcore.NetworkError, httpcore.TimeoutException, AddressRefused) as error:
        remedy = "check the URL and the server; `ostinato callback test` sends it an event"
        return checkup.failed("callback", f"{url}: {str(error) or type(error).__name__}", remedy)
    return checkup.ok("callback", f"{url} accepts connections")


def _own(settings: Settings) -> list[Check]:
    checks = []
    if settings.notify_command:
        program = shlex.split(settings.notify_command)[0]
        found = shutil.which(program)
        wrong = checkup.failed("notify command", f"{program} is not there", "correct OSTINATO_NOTIFY_COMMAND")
        checks.append(checkup.ok("notify command", str(found)) if found else wrong)
    if settings.hook:
        from callbacks.hook import load

        try:
            load(settings.hook)
        except SettingsError as error:
            checks.append(checkup.failed("hook", error.problems[0].reason, "correct OSTINATO_HOOK"))
        else:
            checks.append(checkup.ok("hook", f"{settings.hook} can be called"))
    return checks


async def _each(urls: Sequence[str], look: Callable[[str], Awaitable[Check]]) -> list[Check]:
    room = asyncio.Semaphore(AT_ONCE)

    async def one(url: str) -> Check:
        async with room:
            return await look(url)

    return list(await asyncio.gather(*(one(url) for url in urls)))
