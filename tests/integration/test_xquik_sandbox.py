"""Every section of the client against the sandbox on a port, rate limits included."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import httpx
import pytest

from domain.errors import ApiLimited, ApiRefused
from domain.protocols import Tier
from sandbox.options import SandboxOptions
from sandbox.serve import SandboxServer
from tests.memory_windows import MemoryWindows
from xquik import accounts, compose, styles, tweets, users
from xquik.credits import balance
from xquik.limits import Limiter
from xquik.transport import Retries, Transport
from xquik.write_record import State


class Clock:
    """One clock for client and server, which moves only when the client sleeps."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def seconds(self) -> float:
        return self.now.timestamp()

    async def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> Iterator[SandboxServer]:
    with SandboxServer(SandboxOptions(clock=clock.seconds)) as running:
        yield running


Deed = Callable[[Transport], Awaitable[Any]]


class Speak(Protocol):
    def __call__(self, deed: Deed, limiter: Limiter | None = None) -> Any: ...


@pytest.fixture
def speak(server: SandboxServer, clock: Clock) -> Speak:
    def speaking(deed: Deed, limiter: Limiter | None = None) -> Any:
        async def scenario() -> Any:
            limits = limiter or Limiter(MemoryWindows(), clock=clock, sleep=clock.sleep)
            async with httpx.AsyncClient(verify=False) as client:
                transport = Transport(
                    base_url=server.base_url,
                    key="xq_test",
                    client=client,
                    limits=limits,
                    clock=clock,
                    retries=Retries(attempts=1),
                )
                return await deed(transport)

        return asyncio.run(scenario())

    return speaking


def test_the_connected_accounts_are_listed_with_their_health(server: SandboxServer, speak: Speak) -> None:
    httpx.post(f"{server.admin_url}/accounts/ostinato_lab", json={"health": "locked"}, verify=False)

    found = {account.username: account for account in speak(accounts.list_accounts)}

    assert found["ostinato_demo"].healthy
    assert found["ostinato_demo"].x_user_id
    assert (found["ostinato_lab"].healthy, found["ostinato_lab"].health) == (False, "locked")


def test_a_write_costs_ten_credits(speak: Speak) -> None:
    async def deed(transport: Transport) -> int:
        before = await balance(transport)
        await post(transport, "One")
        return before - await balance(transport)

    assert speak(deed) == 10


def test_a_draft_is_scored_by_the_server_s_checks(speak: Speak) -> None:
    async def deed(transport: Transport) -> tuple[int, int]:
        bad = await compose.score(transport, "WOW AMAZING!!! #now", has_link=False, has_media=False)
        better = "Writing the plan down first took 12 minutes and saved us two days. What do you write down?"
        good = await compose.score(transport, better, has_link=False, has_media=True)
        return bad.value, good.value

    bad, good = speak(deed)
    assert bad < good == 100


def test_guidance_is_given_for_both_steps(speak: Speak) -> None:
    async def deed(transport: Transport) -> Any:
        first = await compose.compose(transport, "release notes", "engagement")
        second = await compose.refine(transport, "release notes", "engagement", "plain", media_type="none")
        return first, second

    first, second = speak(deed)
    assert first.rules
    assert second.advice


def test_a_style_is_saved_read_and_compared(speak: Speak) -> None:
    async def deed(transport: Transport) -> Any:
        await styles.save(transport, "ours", ["First sample.", "Second sample."])
        await styles.save(transport, "theirs", ["Other."])
        kept = await styles.get(transport, "ours")
        return kept, await styles.compare(transport, "ours", "theirs")

    kept, (first, second) = speak(deed)
    assert kept.samples == ("First sample.", "Second sample.")
    assert (first.samples, second.samples) == (kept.samples, ("Other.",))


def test_an_author_s_style_is_fetched_from_their_posts(speak: Speak) -> None:
    style = speak(lambda transport: styles.fetch(transport, "@ostinato_demo"))

    assert style.username == "ostinato_demo"
    assert style.samples


def test_a_style_that_is_not_there_is_refused(speak: Speak) -> None:
    with pytest.raises(ApiRefused, match="style_not_found"):
        speak(lambda transport: styles.get(transport, "nobody"))


async def post(transport: Transport, text: str) -> Any:
    return await tweets.create(
        transport,
        account="ostinato_demo",
        content=text,
        idempotency_key=f"key-{text}".replace(" ", "-"),
        may_send=lambda: None,
    )


def test_a_tweet_is_written_read_found_and_deleted(speak: Speak) -> None:
    async def deed(transport: Transport) -> Any:
        written = await post(transport, "Hello there")
        user = await users.user_id(transport, "ostinato_demo")
        seen = [tweet async for page in users.user_tweets(transport, user) for tweet in page]
        read = await tweets.get(transport, written.tweet_id)
        gone = await tweets.delete(
            transport, written.tweet_id, account="ostinato_demo", idempotency_key="d", may_send=lambda: None
        )
        return written, seen, read, gone

    written, seen, read, gone = speak(deed)
    assert seen[0] == read
    assert (read.id, read.text) == (written.tweet_id, "Hello there")
    assert gone.state is State.DONE


def test_with_our_own_limits_the_server_never_has_to_refuse(server: SandboxServer, speak: Speak, clock: Clock) -> None:
    started = clock()

    async def deed(transport: Transport) -> None:
        for number in range(45):
            await transport.read("/credits")
            if number % 3 == 0:
                await compose.score(transport, "Hello", has_link=False, has_media=False)
            if number % 9 == 0:
                await post(transport, f"Number {number}")

    speak(deed)
    assert clock() - started >= timedelta(seconds=4)


def test_a_server_stricter_than_expected_is_believed(speak: Speak, clock: Clock) -> None:
    async def deed(transport: Transport) -> list[ApiLimited]:
        refused = []
        for _ in range(14):
            try:
                await transport.read("/credits")
            except ApiLimited as error:
                refused.append(error)
        return refused

    class Generous(MemoryWindows):
        """Knows nothing of other processes, which have taken the server's window already."""

        async def take(self, tier: Tier, **asked: Any) -> tuple[int, datetime]:
            granted, until = await super().take(tier, **(asked | {"limit": 1000}))
            return granted, until

    limits = Limiter(Generous(), clock=clock, sleep=clock.sleep, max_wait=0)
    refused = speak(deed, limits)

    assert [error.status for error in refused] == [429, None, None, None]
    assert {error.retry_at for error in refused} == {clock() + timedelta(seconds=1)}
