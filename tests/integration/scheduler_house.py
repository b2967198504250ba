"""A planner and a runner on a real database, with an editor and a publisher that do as the test says."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from itertools import count
from typing import Any, TypeVar

from domain.draft import Check, Draft, Part, Repeats, Score
from domain.errors import ApiUnavailable
from domain.event import Event, EventType
from domain.material import Material, MaterialKind
from domain.publication import Outcome, Post, Publication, Settlement
from domain.run import Run
from domain.schedule import Grid, Schedule
from domain.template import PostType, Sources, StoredTemplate, Template, TemplateState, TemplateStatus
from generators.repetition import Earlier, mark
from scheduler.asking import Asking
from scheduler.editor import Editor, Gathered
from scheduler.illustrating import Illustrates
from scheduler.lanes import Lanes
from scheduler.last_look import LastLook
from scheduler.leases import Leases
from scheduler.pictures import Attaches
from scheduler.planner import Planned, plan_due
from scheduler.publishing import Publishing
from scheduler.run_posts import RunPosts
from scheduler.runner import Runner
from scheduler.spending import Spending
from sources.guard import guarded_client
from storage import events, posts, publications, runs, templates
from storage.cipher import FernetCipher
from storage.database import Database
from storage.writer import Writer
from tests.integration.storage_values import listed, running

T = TypeVar("T")
NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
LEASE = timedelta(seconds=60)
CIPHER = FernetCipher(b"A" * 43 + b"=")
TLS = ssl.create_default_context()
REQUEST = timedelta(seconds=30)
PASSED = Score(90, (Check("No hashtags", passed=True),), "xquik")
POOR = Score(40, (Check("No hashtags", passed=True),), "xquik")
WORDS = Material("m0", MaterialKind.TEXT, "words")


class Clock:
    """Stands still unless it is moved. Calling it gives the wall's time; `monotonic` seconds."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def monotonic(self) -> float:
        return self.now.timestamp()

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


def draft(*parts: str, name: str = "d0") -> Draft:
    return Draft(name, tuple(Part(part) for part in parts or ("Hello",)))


class FakeEditor(Editor):
    """Gives what it was told to give, or raises it; `calls` names the steps it was asked for."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.asked: list[Template] = []  # what drafts were asked for with, call by call
        self.gathered: Gathered | BaseException = Gathered((WORDS,))
        self.drafts: tuple[Draft, ...] | BaseException = (draft(),)
        self.scores: Score | BaseException = PASSED
        self.scores_of: dict[str, Score] = {}  # of some drafts, by their ids
        self.repeats_of: dict[str, Repeats] = {}  # what some drafts repeat, by their ids
        self.minds_others = False  # whether drafts repeat what other runs chose at the same time
        self.said_meanwhile: list[Earlier] = []  # what those chose
        self.at_score: Callable[[], Awaitable[None]] | None = None
        self.compared: list[list[str]] = []  # the ids of the drafts that were compared, call by call
        self.refined: Draft | None = None
        self.refine_raises: BaseException | None = None
        self.at_compose: Callable[[], Awaitable[None]] | None = None

    async def gather(self, template: Template, run: Run, now: datetime) -> Gathered:
        self.calls.append("gather")
        return given(self.gathered)

    async def compose(self, template: Template, run: Run, material: tuple[Material, ...]) -> tuple[Draft, ...]:
        self.calls.append("compose")
        self.asked.append(template)
        if self.at_compose is not None:
            await self.at_compose()
        return given(self.drafts)

    async def compare(
        self, template: Template, run: Run, material: tuple[Material, ...], drafts: tuple[Draft, ...]
    ) -> tuple[Draft, ...]:
        self.compared.append([each.id for each in drafts])
        return tuple(replace(each, repeats=self.repeats_of.get(each.id)) for each in drafts)

    async def compare_with(
        self, template: Template, material: tuple[Material, ...], drafts: tuple[Draft, ...], said: tuple[Earlier, ...]
    ) -> tuple[Draft, ...]:
        self.said_meanwhile += said
        return mark(drafts, said, standing_links=()) if self.minds_others else drafts

    async def score(self, drafts: tuple[Draft, ...]) -> tuple[Draft, ...]:
        self.calls.append("score")
        if self.at_score is not None:
            await self.at_score()
        score = given(self.scores)
        return tuple(replace(each, score=self.scores_of.get(each.id, score)) for each in drafts)

    async def refine(
        self, template: Template, run: Run, material: tuple[Material, ...], drafts: tuple[Draft, ...]
    ) -> tuple[Draft, ...]:
        self.calls.append("refine")
        given(self.refine_raises)
        return (*drafts, self.refined) if self.refined else drafts


class FakePublisher:
    """Confirms what it is sent, unless `answers` or `findings` hold something else for the text; gives it or raises it.

    `sent`, `asked` and `deleted` are what came, in order.
    """

    def __init__(self) -> None:
        self.sent: list[Publication] = []
        self.asked: list[Publication] = []
        self.deleted: list[str] = []
        self.answers: dict[str, list[Settlement | BaseException]] = {}
        self.findings: dict[str, list[Settlement | BaseException]] = {}
        self.not_deleted: Exception | None = None
        self._ids = count(1000)

    async def send(self, publication: Publication, *, may_send: Callable[[], None]) -> Settlement:
        may_send()
        self.sent.append(publication)
        if waiting := self.answers.get(publication.text):
            return given(waiting.pop(0))
        return confirmed(str(next(self._ids)))

    async def ask(
        self, publication: Publication, *, taken: Collection[str], may_send: Callable[[], None]
    ) -> Settlement:
        found = Settlement(Outcome.UNKNOWN, "timeline")
        self.asked.append(publication)
        if waiting := self.findings.get(publication.text):
            found = given(waiting.pop(0))
        try:
            may_send()
        except ApiUnavailable:  # the same key may not be sent again
            return Settlement(Outcome.UNKNOWN, "replay") if found.found_by == "replay" else found
        return found

    async def delete(self, account: str, tweet_id: str) -> bool:
        if self.not_deleted is not None:
            raise self.not_deleted
        self.deleted.append(tweet_id)
        return True


def given(what: T | BaseException) -> T:
    if isinstance(what, BaseException):
        raise what
    return what


def confirmed(tweet_id: str, found_by: str = "answer") -> Settlement:
    return Settlement(Outcome.CONFIRMED, found_by, tweet_id=tweet_id)


UNCLEAR = Settlement(Outcome.UNKNOWN, "answer", reason="no_answer")


class House:
    """Everything of the heart but its beat: the test says when to plan and when to work."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = Clock()
        self.editor = FakeEditor()
        self.publisher = FakePublisher()
        self.lanes = Lanes(spacing=timedelta(0), clock=self.clock)
        self.slept: list[float] = []
        self.broken_sleep: BaseException | None = None
        self.thread_gap = timedelta(0)
        self.lease = LEASE
        self.longest_request = 5.0  # seconds for one answer of a pre_publish callback
        self.asked_at_once = 16
        self.attach: Callable[[Writer, Spending], Attaches] | None = None
        self.illustrate: Callable[[Writer], Illustrates] | None = None
        self._numbers = count(1)
        self.boot()

    def boot(self) -> None:
        """Be a new process: new leases, under a new owner's id."""
        self.leases = Leases(
            lease=self.lease, request_timeout=min(REQUEST, self.lease / 2), monotonic=self.clock.monotonic
        )

    def new_id(self) -> str:
        return f"id{next(self._numbers)}"

    def template(self, name: str = "t1", *, next_slot_at: datetime | None = NOW, **fields: Any) -> Template:
        """Keep a template that is due at NOW."""
        made = Template(
            id=name,
            **{
                "name": f"name-of-{name}",
                "account": "demo",
                "type": PostType.TWEET,
                "schedule": Schedule(Grid(4, NOW)),
                "sources": Sources(text="words"),
                **fields,
            },
        )
        with self.database.write() as c:
            templates.insert(c, made, TemplateState(TemplateStatus.ACTIVE, next_slot_at, NOW, NOW))
        return made

    def plan(self) -> Planned:
        with self.database.write() as c:
            return plan_due(c, now=self.clock(), new_id=self.new_id)

    def runner(self, writer: Writer) -> Runner:
        async def sleep(seconds: float) -> None:
            self.slept.append(seconds)
            given(self.broken_sleep)

        at_hand = RunPosts(self.database)
        spending = Spending(self.database)
        publishing = Publishing(
            database=self.database,
            writer=writer,
            publisher=self.publisher,
            lanes=self.lanes,
            posts=at_hand,
            may_send=self.leases.may_send,
            install="here",
            thread_gap=self.thread_gap,
            labels_ai=True,
            clock=self.clock,
            new_id=self.new_id,
            sleep=sleep,
            last_look=LastLook(self.database, self.editor.compare_with),
            spending=spending,
            pictures=self.attach(writer, spending) if self.attach else None,
        )
        return Runner(
            writer=writer,
            editor=self.editor,
            publishing=publishing,
            asking=Asking(
                database=self.database,
                writer=writer,
                cipher=CIPHER,
                client=guarded_client(allow=[ip_network("127.0.0.0/8")], verify=TLS),
                posts=at_hand,
                clock=self.clock,
                new_id=self.new_id,
                longest_request=self.longest_request,
                at_once=self.asked_at_once,
            ),
            posts=at_hand,
            clock=self.clock,
            new_id=self.new_id,
            illustrate=self.illustrate(writer) if self.illustrate else None,
        )

    def work(self) -> int:
        """Claim all that may be worked on now and work on it, once; give how many runs that were."""
        return asyncio.run(self._work())

    async def _work(self) -> int:
        with running(self.database) as writer:
            runner = self.runner(writer)
            claimed = await writer.call(
                lambda c: runs.claim(c, owner=self.leases.owner, now=self.clock(), lease=LEASE, limit=50)
            )
            for facts in claimed:
                hold = self.leases.take(facts.run.id, facts.run.epoch, self.clock.monotonic())
                try:
                    await runner.work(hold, facts, self.stored(facts.run.template_id).template)
                finally:
                    self.leases.drop(hold)
            return len(claimed)

    def die_while(self, working: type[BaseException]) -> None:
        """Work until *working* is raised, which no part of the program catches; then boot anew."""
        with suppress(working):
            self.work()
        self.boot()
        with self.database.write() as c:
            runs.reclaim(c, self.leases.owner)

    def stored(self, template_id: str = "t1") -> StoredTemplate:
        with self.database.read() as c:
            return templates.get(c, template_id)

    def runs(self, template_id: str = "t1") -> list[Run]:
        """Give a template's runs, the oldest first."""
        with self.database.read() as c:
            return listed(c, template_id=template_id)[::-1]

    def run(self, template_id: str = "t1") -> Run:
        (only,) = self.runs(template_id)
        return only

    def posts(self, template_id: str = "t1") -> list[Post]:
        with self.database.read() as c:
            return posts.list_posts(c, template_id=template_id)

    def ledger(self, template_id: str = "t1") -> list[Publication]:
        with self.database.read() as c:
            found = listed(c, template_id=template_id)[::-1]
            return [each for run in found for each in publications.of_run(c, run.id)]

    def events(self, template_id: str = "t1") -> list[Event]:
        with self.database.read() as c:
            return events.list_events(c, template_id=template_id)

    def events_without_template(self) -> list[Event]:
        with self.database.read() as c:
            return [event for event in events.list_events(c) if event.template_id is None]

    def told(self, template_id: str = "t1") -> list[EventType]:
        return [event.type for event in self.events(template_id)]

    def texts_sent(self) -> list[str]:
        return [publication.text for publication in self.publisher.sent]


class Died(BaseException):
    """What a test raises in the place of a SIGKILL: nothing catches it."""


def outcomes(ledger: Iterable[Publication]) -> list[str | None]:
    return [each.outcome and each.outcome.value for each in ledger]
