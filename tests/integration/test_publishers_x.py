"""The X publisher against the sandbox on a port: every settlement, and every way in which an answer is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import httpx
import pytest

from domain.errors import ApiBlocked, ApiUnclear, LeaseLost
from domain.publication import Outcome, Publication, Settlement
from domain.reasons import Reason
from publishers.keys import KeySetting, KeySupport
from publishers.x import UNWANTED, XPublisher
from sandbox.options import SandboxOptions
from sandbox.serve import SandboxServer
from tests.memory_windows import MemoryWindows
from xquik.limits import UNLIMITED, Limiter
from xquik.transport import Retries, Transport

Generation = Literal["durable", "seed"]
TEXT = "Q&A: is 1 < 2? See https://example.com/notes?a=1&b=2 for café numbers."
TAKEN: frozenset[str] = frozenset()


def clock() -> datetime:
    return datetime.now(UTC)


async def no_pause(_: float) -> None:
    """Polls of the sandbox settle by their count, so none has to be waited for."""


class Stage:
    """A sandbox, its admin door, and publications to play with."""

    def __init__(self, server: SandboxServer) -> None:
        self.server = server
        self.admin = httpx.Client(base_url=server.admin_url, verify=False)
        self.numbers = iter(range(1, 1000))

    def fault(self, kind: str, **params: Any) -> None:
        self.admin.post("/faults", json={"kind": kind, "match": {"method": "POST"}, **params}).raise_for_status()

    def view(self, kind: str, **params: Any) -> None:
        self.admin.post("/faults", json={"kind": kind, "times": None, **params}).raise_for_status()

    def tweets(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = self.admin.get("/tweets").json()["tweets"]
        return listed

    def posts(self) -> list[dict[str, Any]]:
        """The `POST /x/tweets` requests that named an account; a probe names none."""
        asked = self.admin.get("/requests").json()["requests"]
        return [each for each in asked if each["path"].endswith("/x/tweets") and each["account"]]

    def publication(self, text: str = TEXT, **changes: Any) -> Publication:
        number = next(self.numbers)
        made = Publication(
            f"p{number}", f"r{number}", "t", "ostinato_demo", 0, 0, 0, f"i-r{number}-0-0-0", text, None, clock()
        )
        return replace(made, **changes)

    def play(self, deed: Callable[[XPublisher], Awaitable[Any]], **options: Any) -> Any:
        async def scenario() -> Any:
            async with httpx.AsyncClient(verify=False) as client:
                return await deed(self.publisher(client, **options))

        return asyncio.run(scenario())

    def publisher(
        self,
        client: httpx.AsyncClient,
        *,
        timeout: float = 5,
        key: str = "xq_test",
        taken: Collection[str] = TAKEN,
        clock: Callable[[], datetime] = clock,
        wanted: Callable[[Publication], bool] = lambda _: True,
    ) -> XPublisher:
        transport = self.transport(client, timeout=timeout, key=key, clock=clock)

        async def of_account(_: str) -> Collection[str]:
            return taken

        async def still_wanted(publication: Publication) -> bool:
            return wanted(publication)

        keys = KeySupport(transport)
        return XPublisher(transport, keys=keys, taken=of_account, wanted=still_wanted, sleep=no_pause)

    def honoured(self, setting: KeySetting = KeySetting.AUTO, *, key: str = "xq_test", times: int = 1) -> list[bool]:
        async def scenario() -> list[bool]:
            async with httpx.AsyncClient(verify=False) as client:
                keys = KeySupport(self.transport(client, key=key), setting)
                return [await keys.honoured() for _ in range(times)]

        return asyncio.run(scenario())

    def transport(
        self,
        client: httpx.AsyncClient,
        *,
        timeout: float = 5,
        key: str = "xq_test",
        clock: Callable[[], datetime] = clock,
    ) -> Transport:
        limits = Limiter(MemoryWindows(), clock=clock, tiers=UNLIMITED)
        retries = Retries(attempts=2, first=0, longest=0, jitter=0)
        return Transport(
            base_url=self.server.base_url,
            key=key,
            client=client,
            limits=limits,
            clock=clock,
            timeout=timeout,
            retries=retries,
        )

    def send(self, publication: Publication, **options: Any) -> Settlement:
        settled: Settlement = self.play(lambda publisher: publisher.send(publication, may_send=lambda: None), **options)
        return settled

    def ask(self, publication: Publication, *, taken: Collection[str] = TAKEN, **options: Any) -> Settlement:
        def deed(publisher: XPublisher) -> Awaitable[Settlement]:
            return publisher.ask(publication, taken=taken, may_send=lambda: None)

        settled: Settlement = self.play(deed, **options)
        return settled


def staged(api: Generation, **options: Any) -> Iterator[Stage]:
    with SandboxServer(SandboxOptions(api=api, limits=False, **options)) as server:
        stage = Stage(server)
        yield stage
        stage.admin.close()


@pytest.fixture
def durable() -> Iterator[Stage]:
    yield from staged("durable")


@pytest.fixture
def seed() -> Iterator[Stage]:
    yield from staged("seed")


@pytest.fixture(params=["durable", "seed"])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    yield from staged(request.param)


def test_a_post_is_confirmed_with_its_tweet_id(stage: Stage) -> None:
    publication = stage.publication()

    settled = stage.send(publication)

    (tweet,) = stage.tweets()
    assert settled == Settlement(Outcome.CONFIRMED, "answer", tweet_id=tweet["id"], charged=settled.charged)
    assert settled.charged in (None, 10)
    assert (tweet["text"], tweet["account"]) == (TEXT, "ostinato_demo")
    assert tweet["idempotency_key"] == publication.idempotency_key


def test_a_part_replies_to_the_part_before(stage: Stage) -> None:
    first = stage.send(stage.publication("One of two"))
    stage.send(stage.publication("Two of two", part=1, reply_to=first.tweet_id))

    assert [tweet["reply_to"] for tweet in stage.tweets()] == [None, first.tweet_id]


def test_a_limit_defers_to_the_time_that_the_server_names(stage: Stage) -> None:
    stage.fault("rate_limited", retry_after=44)

    settled = stage.send(stage.publication())

    assert settled.outcome is Outcome.DEFERRED
    assert settled.retry_at is not None
    assert timedelta(seconds=40) < settled.retry_at - clock() <= timedelta(seconds=44)
    assert stage.tweets() == []


def test_a_limit_without_json_defers_too(stage: Stage) -> None:
    stage.fault("rate_limited", retry_after=44, bare=True)

    assert stage.send(stage.publication()).outcome is Outcome.DEFERRED


def test_a_refused_key_defers_and_pauses(stage: Stage) -> None:
    settled = stage.send(stage.publication(), key="another")

    assert (settled.outcome, settled.pause) == (Outcome.DEFERRED, Reason.API_BLOCKED.value)


def test_empty_credits_defer_and_pause(stage: Stage) -> None:
    stage.admin.post("/accounts/ostinato_demo", json={"credits": 3})

    settled = stage.send(stage.publication())

    assert (settled.outcome, settled.pause) == (Outcome.DEFERRED, Reason.API_BLOCKED.value)
    assert settled.reason == "insufficient_credits"


@pytest.mark.parametrize("health", ["needsReauth", "suspended"])
def test_an_account_that_needs_its_owner_defers_and_pauses(stage: Stage, health: str) -> None:
    stage.admin.post("/accounts/ostinato_demo", json={"health": health})

    settled = stage.send(stage.publication())

    assert (settled.outcome, settled.pause) == (Outcome.DEFERRED, Reason.ACCOUNT_BLOCKED.value)
    assert stage.tweets() == []


def test_an_account_that_is_not_connected_pauses(stage: Stage) -> None:
    settled = stage.send(stage.publication(account="nobody_here"))

    assert settled.pause == Reason.ACCOUNT_BLOCKED.value


def test_a_text_that_is_too_long_is_refused(stage: Stage) -> None:
    settled = stage.send(stage.publication("word " * 80))

    assert (settled.outcome, settled.reason) == (Outcome.REFUSED, "x_content_too_long")


def test_a_server_that_is_not_there_defers_with_a_growing_pause(stage: Stage) -> None:
    stage.server.__exit__(None, None, None)

    first, later = stage.send(stage.publication()), stage.send(stage.publication(attempt=4))

    assert (first.outcome, later.outcome) == (Outcome.DEFERRED, Outcome.DEFERRED)
    assert first.retry_at is not None
    assert later.retry_at is not None
    assert later.retry_at - first.retry_at > timedelta(minutes=1)


def test_a_lease_lost_at_the_socket_defers_and_nothing_is_out(stage: Stage) -> None:
    asked = []

    def may_send() -> None:
        asked.append(True)
        if len(asked) == 2:
            raise LeaseLost("r")

    settled = stage.play(lambda publisher: publisher.send(stage.publication(), may_send=may_send))

    assert settled.outcome is Outcome.DEFERRED
    assert stage.posts() == []


LOST_AFTER_THE_WRITE: list[tuple[str, dict[str, Any]]] = [
    ("drop_after", {}),
    ("error_after", {"status": 502}),
    ("error_after", {"status": 500, "code": "x_write_ambiguous"}),
    ("cut_body", {}),
    ("wrong_json", {}),
    ("slow", {"seconds": 3, "after_write": True}),
]


def patience(kind: str) -> float:
    """Seconds to wait for an answer: few where none comes in time. A quarter of them is for the connection."""
    return 1.0 if kind == "slow" else 5.0


@pytest.mark.parametrize(("kind", "params"), LOST_AFTER_THE_WRITE)
def test_an_answer_lost_after_the_write_is_found_by_the_same_key(
    durable: Stage, kind: str, params: dict[str, Any]
) -> None:
    durable.fault(kind, **params)
    publication = durable.publication()

    assert durable.send(publication, timeout=patience(kind)).outcome is Outcome.UNKNOWN
    found = durable.ask(publication)

    (tweet,) = durable.tweets()
    assert found == Settlement(Outcome.CONFIRMED, "replay", tweet_id=tweet["id"], status_url=None, charged=10)
    assert {post["idempotency_key"] for post in durable.posts()} == {publication.idempotency_key}


@pytest.mark.parametrize(("kind", "params"), LOST_AFTER_THE_WRITE)
def test_an_answer_lost_after_the_write_is_found_in_the_timeline(
    seed: Stage, kind: str, params: dict[str, Any]
) -> None:
    seed.fault(kind, **params)
    publication = seed.publication()

    assert seed.send(publication, timeout=patience(kind)).outcome is Outcome.UNKNOWN
    found = seed.ask(publication)

    (tweet,) = seed.tweets()
    assert found == Settlement(Outcome.CONFIRMED, "timeline", tweet_id=tweet["id"])
    assert len(seed.posts()) == 1


def test_a_request_lost_before_the_write_is_made_up_for_by_the_same_key(durable: Stage) -> None:
    durable.fault("drop_before")
    publication = durable.publication()

    assert durable.send(publication).outcome is Outcome.UNKNOWN
    assert durable.tweets() == []

    assert durable.ask(publication).found_by == "replay"
    assert durable.ask(publication).found_by == "replay"
    assert len(durable.tweets()) == 1


@pytest.mark.parametrize(("fault", "is_out"), [("drop_before", False), ("drop_after", True)])
def test_a_key_of_what_is_wanted_no_more_is_not_sent_again_and_what_is_out_is_found(
    durable: Stage, fault: str, *, is_out: bool
) -> None:
    durable.fault(fault)
    publication = durable.publication()
    assert durable.send(publication).outcome is Outcome.UNKNOWN

    found = durable.play(
        lambda publisher: publisher.ask(publication, taken=TAKEN, may_send=lambda: None), wanted=lambda _: False
    )

    assert found.outcome is (Outcome.CONFIRMED if is_out else Outcome.UNKNOWN)
    assert (found.found_by, found.detail) == ("timeline", None if is_out else UNWANTED)
    assert len(durable.tweets()) == is_out
    assert len(durable.posts()) == 1


def test_a_lease_lost_at_the_socket_of_a_replay_sends_nothing(durable: Stage) -> None:
    durable.fault("drop_before")
    publication = durable.publication()
    durable.send(publication)
    asked = []

    def may_send() -> None:
        asked.append(True)
        if len(asked) == 2:
            raise LeaseLost("r")

    with pytest.raises(LeaseLost):
        durable.play(lambda publisher: publisher.ask(publication, taken=TAKEN, may_send=may_send))
    assert len(durable.posts()) == 1
    assert durable.tweets() == []


def test_a_request_lost_before_the_write_stays_unknown_where_keys_are_not_honoured(seed: Stage) -> None:
    seed.fault("drop_before")
    publication = seed.publication()

    assert seed.send(publication).outcome is Outcome.UNKNOWN
    for _ in range(3):
        assert seed.ask(publication).outcome is Outcome.UNKNOWN
    assert seed.tweets() == []
    assert len(seed.posts()) == 1


def test_a_timeline_that_lags_leaves_it_unknown_and_never_sends_again(seed: Stage) -> None:
    seed.fault("drop_after")
    seed.view("lag", seconds=3600)
    publication = seed.publication()
    seed.send(publication)

    assert seed.ask(publication).outcome is Outcome.UNKNOWN
    assert len(seed.posts()) == 1

    seed.admin.delete("/faults")
    assert seed.ask(publication).found_by == "timeline"
    assert len(seed.tweets()) == 1


def test_a_part_of_a_thread_is_found_below_its_parent_only(seed: Stage) -> None:
    first = seed.send(seed.publication("One of two"))
    other = seed.send(seed.publication("Another thread"))
    seed.fault("drop_after")
    publication = seed.publication("Two of two", part=1, reply_to=first.tweet_id)
    seed.send(publication)

    assert seed.ask(replace(publication, reply_to=None)).outcome is Outcome.UNKNOWN
    assert seed.ask(replace(publication, reply_to=other.tweet_id)).outcome is Outcome.UNKNOWN
    assert seed.ask(publication).tweet_id == seed.tweets()[-1]["id"]


def test_a_timeline_with_short_links_and_entities_is_understood() -> None:
    for seed in staged("seed", tco=True):
        seed.fault("drop_after")
        publication = seed.publication()
        seed.send(publication)

        assert seed.ask(publication).found_by == "timeline"


def test_a_tweet_settles_one_publication_only(seed: Stage) -> None:
    seed.fault("drop_after")
    publication = seed.publication()
    seed.send(publication)
    (tweet,) = seed.tweets()

    assert seed.ask(publication, taken={tweet["id"]}).outcome is Outcome.UNKNOWN
    assert seed.ask(publication).outcome is Outcome.CONFIRMED


def test_the_same_text_from_long_before_is_no_finding(seed: Stage) -> None:
    seed.send(seed.publication())
    publication = seed.publication(intended_at=clock() + timedelta(minutes=3))

    assert seed.ask(publication).outcome is Outcome.UNKNOWN


def test_a_finding_may_lie_pages_back(seed: Stage) -> None:
    seed.fault("drop_after")
    publication = seed.publication("The first of many")
    seed.send(publication)

    async def many(publisher: XPublisher) -> None:
        for number in range(25):
            await publisher.send(seed.publication(f"Number {number}"), may_send=lambda: None)

    seed.play(many)

    assert seed.ask(publication).tweet_id == seed.tweets()[0]["id"]


def test_a_post_is_found_though_this_clock_is_ahead_of_the_servers(seed: Stage) -> None:
    def ahead() -> datetime:
        return clock() + timedelta(hours=1)

    publication = seed.publication(intended_at=ahead())
    seed.send(publication)

    assert seed.ask(publication).outcome is Outcome.UNKNOWN
    assert seed.ask(publication, clock=ahead).tweet_id == seed.tweets()[0]["id"]


def test_a_duplicate_of_an_old_post_is_refused(stage: Stage) -> None:
    stage.send(stage.publication())
    old = stage.tweets()[0]["id"]

    settled = stage.send(stage.publication(intended_at=clock()), taken={old})

    assert (settled.outcome, settled.reason) == (Outcome.REFUSED, Reason.DUPLICATE.value)
    assert "x_duplicate_action" in (settled.detail or "")


def test_a_duplicate_that_no_timeline_shows_yet_is_unknown_until_it_does(seed: Stage) -> None:
    publication = seed.publication()
    seed.send(publication)
    seed.fault("lag", match={"method": "GET", "path": "/x/users"}, times=2, seconds=3600)

    settled = seed.send(publication)

    assert (settled.outcome, settled.reason) == (Outcome.UNKNOWN, "x_duplicate_action")
    assert seed.ask(publication).tweet_id == seed.tweets()[0]["id"]


def test_a_duplicate_that_is_this_very_part_is_confirmed(seed: Stage) -> None:
    # The server has sent it on twice: the first time it went out, the second time X called it a duplicate.
    publication = seed.publication()
    seed.send(publication)

    settled = seed.send(publication)

    assert (settled.outcome, settled.found_by) == (Outcome.CONFIRMED, "timeline")
    assert len(seed.tweets()) == 1


def test_a_replay_that_meets_a_duplicate_stays_unknown(durable: Stage) -> None:
    # The post of another publication: neither the key nor the time says that it is this one.
    durable.send(durable.publication())
    (tweet,) = durable.tweets()

    settled = durable.ask(durable.publication(), taken={tweet["id"]})

    assert (settled.outcome, settled.reason) == (Outcome.UNKNOWN, "x_duplicate_action")


def test_a_key_that_was_used_for_another_text_is_refused_and_not_exchanged(durable: Stage) -> None:
    publication = durable.publication()
    durable.send(publication)

    settled = durable.send(replace(publication, text="Something else"))

    assert (settled.outcome, settled.reason) == (Outcome.REFUSED, "idempotency_conflict")
    assert len(durable.tweets()) == 1


def test_a_replay_whose_payload_is_built_differently_stays_unknown(durable: Stage) -> None:
    publication = durable.publication()
    durable.send(publication)

    settled = durable.ask(replace(publication, text="Something else"))

    assert (settled.outcome, settled.reason) == (Outcome.UNKNOWN, "idempotency_conflict")


def test_a_pending_write_is_polled_until_it_is_out(durable: Stage) -> None:
    durable.fault("pending", settle_polls=2)

    settled = durable.send(durable.publication())

    assert (settled.outcome, settled.found_by) == (Outcome.CONFIRMED, "status")
    assert settled.tweet_id == durable.tweets()[0]["id"]


def test_a_pending_write_that_takes_longer_is_unknown_until_its_status_says_so(durable: Stage) -> None:
    durable.fault("pending", settle_polls=5)
    publication = durable.publication()

    settled = durable.send(publication)
    assert settled.outcome is Outcome.UNKNOWN
    assert settled.status_url is not None

    known = replace(publication, status_url=settled.status_url)
    again = durable.ask(known)
    assert (again.outcome, again.status_url) == (Outcome.UNKNOWN, settled.status_url)
    assert durable.ask(known).found_by == "status"
    assert len(durable.posts()) == 1


def test_a_pending_write_that_fails_safely_is_deferred(durable: Stage) -> None:
    durable.fault("pending", settle_polls=1, outcome="failed")

    settled = durable.send(durable.publication())

    assert (settled.outcome, settled.found_by) == (Outcome.DEFERRED, "status")


def test_an_unconfirmed_write_of_the_seed_is_looked_for_in_the_timeline(seed: Stage) -> None:
    seed.fault("pending", settle_after=3600, appears="at_once")
    publication = seed.publication()

    settled = seed.send(publication)
    assert settled.outcome is Outcome.UNKNOWN

    found = seed.ask(replace(publication, status_url=settled.status_url))
    assert (found.outcome, found.found_by) == (Outcome.CONFIRMED, "timeline")


def test_a_failing_read_leaves_it_unknown(seed: Stage) -> None:
    seed.fault("drop_after")
    publication = seed.publication()
    seed.send(publication)
    seed.view("error", status=503, match={"method": "GET"})

    settled = seed.ask(publication)

    assert settled.outcome is Outcome.UNKNOWN
    assert "timeline not read" in (settled.detail or "")


def test_a_replay_is_not_made_days_later(durable: Stage) -> None:
    publication = durable.publication(intended_at=clock() - timedelta(days=2))

    assert durable.ask(publication).outcome is Outcome.UNKNOWN
    assert durable.posts() == []


@pytest.mark.parametrize(("api", "honoured"), [("durable", True), ("seed", False)])
def test_a_probe_that_cannot_post_tells_whether_keys_are_honoured(api: Generation, honoured: bool) -> None:
    for stage in staged(api):
        assert stage.honoured() == [honoured]
        assert stage.tweets() == []


def test_a_probe_without_a_clear_answer_counts_as_no_and_is_made_again(durable: Stage) -> None:
    assert durable.honoured(key="refused", times=2) == [False, False]

    assert len(durable.admin.get("/requests").json()["requests"]) == 2


@pytest.mark.parametrize(("setting", "told"), [(KeySetting.YES, True), (KeySetting.NO, False)])
def test_the_owner_overrules_the_probe(stage: Stage, setting: KeySetting, told: bool) -> None:
    assert stage.honoured(setting) == [told]
    assert stage.admin.get("/requests").json()["requests"] == []


def test_a_write_record_seen_makes_the_probe_needless(durable: Stage) -> None:
    async def scenario() -> bool:
        async with httpx.AsyncClient(verify=False) as client:
            keys = KeySupport(transport := durable.transport(client))
            await XPublisher(transport, keys=keys).send(durable.publication(), may_send=lambda: None)
            return await keys.honoured()

    assert asyncio.run(scenario())
    assert len(durable.admin.get("/requests").json()["requests"]) == 1


def test_what_is_learnt_about_keys_is_kept_beyond_the_process(durable: Stage) -> None:
    kept: list[bool] = []

    async def load() -> bool | None:
        return kept[-1] if kept else None

    async def save(found: bool) -> None:
        kept.append(found)

    async def scenario() -> None:
        async with httpx.AsyncClient(verify=False) as client:
            for _ in range(2):
                transport = durable.transport(client)
                assert await KeySupport(transport, load=load, save=save).honoured()

    asyncio.run(scenario())

    assert kept == [True]
    assert len(durable.admin.get("/requests").json()["requests"]) == 1


def test_a_deleted_tweet_is_gone_and_deleting_it_again_says_so(stage: Stage) -> None:
    sent = stage.send(stage.publication())

    async def deed(publisher: XPublisher) -> list[bool]:
        return [await publisher.delete("ostinato_demo", sent.tweet_id or "") for _ in range(2)]

    assert stage.play(deed) == [True, True]
    assert [tweet["state"] for tweet in stage.tweets()] == ["deleted"]


def test_a_label_is_sent_shown_and_sent_again_with_the_same_key(durable: Stage) -> None:
    durable.fault("drop_after")
    publication = durable.publication(made_with_ai=True)
    durable.send(publication)
    durable.send(durable.publication("Without"))

    settled = durable.ask(publication)

    assert (settled.outcome, settled.found_by) == (Outcome.CONFIRMED, "replay")
    with httpx.Client(verify=False) as client:
        headers = {"x-api-key": "xq_test"}
        shown = client.get(f"{durable.server.base_url}/x/tweets/{settled.tweet_id}", headers=headers).json()
        page = client.get(durable.server.admin_url.replace("/_sandbox", "/")).text
    assert shown["tweet"]["madeWithAi"] is True
    assert page.count("Made with AI") == 1


def test_a_deletion_that_failed_is_tried_anew_under_another_key(durable: Stage) -> None:
    sent = durable.send(durable.publication())
    failing = {"kind": "pending", "match": {"method": "DELETE"}, "settle_polls": 1, "outcome": "failed"}
    durable.admin.post("/faults", json=failing).raise_for_status()

    assert durable.play(lambda publisher: publisher.delete("ostinato_demo", sent.tweet_id or "")) is True
    assert [tweet["state"] for tweet in durable.tweets()] == ["deleted"]


def test_a_deletion_that_is_not_done_yet_is_not_called_deleted(stage: Stage) -> None:
    sent = stage.send(stage.publication())
    pending = {"kind": "pending", "match": {"method": "DELETE"}, "settle_after": 3600}
    stage.admin.post("/faults", json=pending).raise_for_status()

    with pytest.raises(ApiUnclear):
        stage.play(lambda publisher: publisher.delete("ostinato_demo", sent.tweet_id or ""))


def test_a_tweet_of_an_account_that_needs_its_owner_is_not_called_deleted(stage: Stage) -> None:
    sent = stage.send(stage.publication())
    stage.admin.post("/accounts/ostinato_demo", json={"health": "locked"})

    with pytest.raises(ApiBlocked):
        stage.play(lambda publisher: publisher.delete("ostinato_demo", sent.tweet_id or ""))
