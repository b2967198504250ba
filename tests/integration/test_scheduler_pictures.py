"""Posts with pictures from the choice to the sandbox: what is shown, what waits, and what no crash makes twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, ParamSpec, TypeVar

import httpx
import pytest

from domain.budget import Budget
from domain.errors import SourceError
from domain.material import Material, MaterialKind, ReadFile
from domain.owner import LOCAL_OWNER
from domain.picture import Attachment, Charts, OwnPicture, PictureKind
from domain.publication import Post, PostStatus, Publication
from domain.reasons import Reason
from domain.run import Run, RunStatus
from domain.template import PostType, TemplateStatus
from publishers.uploading import XUploads
from scheduler.editor import Gathered
from scheduler.illustrating import Illustrating
from scheduler.operations import templates as operations
from scheduler.pictures import FRESH, Pictures
from scheduler.spending import Spending
from storage import blobs, budgets
from storage.database import Database
from storage.writer import Writer
from tests.integration.scheduler_house import Died, House, draft, outcomes
from tests.integration.storage_values import running
from tests.integration.test_publishers_x import Stage, clock, no_pause, staged
from tests.integration.test_spending_sandbox import Door
from tests.memory_windows import MemoryWindows
from xquik.limits import UNLIMITED, Limiter
from xquik.transport import Transport

P = ParamSpec("P")
T = TypeVar("T")

PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
URL = "https://example.com/poster.png"
UPLOADS = {"method": "POST", "path": "/x/media"}
NUMBERS = Material("m0", MaterialKind.PAGE, "Tokyo: 14.1 million\nOsaka: 8.8 million", title="Cities", language="en")


async def inline(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    return function(*args, **kwargs)


class Uploading:
    """The real uploads, with a client for each; told to, it dies in the place of the next answer."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.dies = False
        self.sent: list[str] = []

    async def upload(
        self, publication: Publication, content: bytes, media_type: str, alt: str, *, may_send: Callable[[], None]
    ) -> Attachment:
        self.sent.append(publication.idempotency_key)
        async with httpx.AsyncClient() as client:
            transport = Transport(
                base_url=self._stage.server.base_url,
                key="xq_test",
                client=client,
                limits=Limiter(MemoryWindows(), clock=clock, tiers=UNLIMITED),
                clock=clock,
                timeout=2,
            )
            uploads = XUploads(transport, sleep=no_pause)
            found = await uploads.upload(publication, content, media_type, alt, may_send=may_send)
        if self.dies:
            self.dies = False
            raise Died
        return found


class Gallery:
    """A house whose posts have pictures, before a sandbox. `web` holds what is to be had at URLs."""

    def __init__(self, database: Database, stage: Stage) -> None:
        self.stage = stage
        self.house = House(database)
        self.house.clock.now = clock()
        self.house.publisher = Door(stage)  # type: ignore[assignment]
        self.uploading = Uploading(stage)
        self.web: dict[str, bytes] = {URL: PNG}
        self.house.attach = self._attach
        self.house.illustrate = lambda writer: Illustrating(writer=writer, offload=inline, clock=self.house.clock)

    def _attach(self, writer: Writer, spending: Spending) -> Pictures:
        return Pictures(
            writer=writer, uploads=self.uploading, read_image=self._read, spending=spending, clock=self.house.clock
        )

    async def _read(self, url: str) -> bytes:
        if url not in self.web:
            raise SourceError(url, "there is no such page (404)")
        return self.web[url]

    def kept(self, content: bytes = PNG) -> str:
        with self.house.database.write() as c:
            return blobs.keep(c, content, name="poster.png", now=self.house.clock(), owner=LOCAL_OWNER).id

    def posted(self, *parts: str, **fields: Any) -> Run:
        """Work on a run that posts *parts*, and give it."""
        kind = PostType.THREAD if len(parts) > 1 else PostType.TWEET
        self.house.template(account="ostinato_demo", type=kind, next_slot_at=None, **fields)
        self.house.editor.drafts = (replace(draft(*(parts or ("Hello",))), material_ids=("m0",)),)
        operations.run_now(self.house.database, "t1", now=self.house.clock(), new_id=self.house.new_id)
        self.house.work()
        return self.house.run()

    def later(self, seconds: float = 60) -> Run:
        self.house.clock.now += timedelta(seconds=seconds)
        self.house.work()
        return self.house.run()

    def shown(self) -> list[list[str]]:
        """Give the URLs of the pictures of each tweet, the first one first."""
        tweets = sorted(self.stage.tweets(), key=lambda each: int(each["id"]))
        return [[picture["mediaUrl"] for picture in tweet["media"]] for tweet in tweets]

    def post(self) -> Post:
        return self.house.posts()[0]


@pytest.fixture
def dialect() -> str:
    """One kind of database is enough, but for the tests that say otherwise."""
    return "sqlite"


@pytest.fixture
def gallery(database: Database) -> Iterator[Gallery]:
    for stage in staged("durable"):
        yield Gallery(database, stage)


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_a_kept_file_is_shown_with_the_post_and_kept_with_it(gallery: Gallery) -> None:
    file = gallery.kept()
    run = gallery.posted(picture=OwnPicture(file=file, alt="A poster"))

    assert run.status is RunStatus.POSTED
    ((url,),) = gallery.shown()
    assert gallery.stage.admin.get(url).content == PNG
    (sent,) = gallery.house.ledger()
    assert sent.picture is not None
    assert (sent.picture.alt, sent.picture.media_url) == ("A poster", url)
    with gallery.house.database.write() as c:
        blobs.prune(c, now=gallery.house.clock() + timedelta(days=400), deleted_before=clock(), limit=10)
        assert blobs.content(c, file, owner=LOCAL_OWNER) == PNG


def test_a_picture_at_a_url_is_read_when_the_post_is_published(gallery: Gallery) -> None:
    assert gallery.posted(picture=OwnPicture(url=URL)).status is RunStatus.POSTED

    ((url,),) = gallery.shown()
    assert gallery.stage.admin.get(url).content == PNG


def test_the_picture_of_the_sources_is_shown(gallery: Gallery) -> None:
    read = ReadFile(URL, "d", "image/png", 72, blob=gallery.kept(), alt="Two people", attach=True)
    gallery.house.editor.gathered = Gathered((replace(NUMBERS, file=read),))

    gallery.posted(charts=Charts.AUTO)

    (picture,) = gallery.post().pictures
    assert (picture.kind, picture.alt, picture.blob) == (PictureKind.IMAGE, "Two people", read.blob)
    assert len(gallery.shown()[0]) == 1


def test_only_the_first_part_of_a_thread_shows_the_picture(gallery: Gallery) -> None:
    assert gallery.posted("one", "two", picture=OwnPicture(url=URL)).status is RunStatus.POSTED

    assert [len(each) for each in gallery.shown()] == [1, 0]


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_comparable_numbers_are_drawn_and_the_chart_goes_out(gallery: Gallery) -> None:
    gallery.house.editor.gathered = Gathered((NUMBERS,))

    assert gallery.posted(charts=Charts.AUTO).status is RunStatus.POSTED

    chart, table = gallery.post().pictures
    assert (chart.kind, table.kind) == (PictureKind.BAR_CHART, PictureKind.DATA_TABLE)
    assert chart.alt == "Bar chart: Cities. Tokyo: 14.1 million; Osaka: 8.8 million."
    assert chart.drawn is not None
    assert [bar.label for bar in chart.drawn.bars] == ["Tokyo", "Osaka"]
    ((url,),) = gallery.shown()
    with gallery.house.database.read() as c:
        assert gallery.stage.admin.get(url).content == blobs.content(c, chart.blob or "", owner=LOCAL_OWNER)


@pytest.mark.parametrize(
    ("material", "charts"),
    [
        (NUMBERS, Charts.NONE),
        (replace(NUMBERS, text="No numbers here."), Charts.AUTO),
        (replace(NUMBERS, id="m1"), Charts.AUTO),
    ],
)
def test_what_was_not_asked_for_or_is_not_told_of_is_not_drawn(
    gallery: Gallery, material: Material, charts: Charts
) -> None:
    gallery.house.editor.gathered = Gathered((material,))

    assert gallery.posted(charts=charts).status is RunStatus.POSTED

    assert gallery.post().pictures == ()
    assert gallery.shown() == [[]]


def test_a_drawing_takes_too_long_and_the_post_goes_out_without(gallery: Gallery) -> None:
    async def slow(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        raise TimeoutError(f"{function.__name__} took too long {args} {kwargs}")

    gallery.house.editor.gathered = Gathered((NUMBERS,))
    gallery.house.illustrate = lambda writer: Illustrating(writer=writer, offload=slow, clock=gallery.house.clock)

    assert gallery.posted(charts=Charts.AUTO).status is RunStatus.POSTED


def test_what_was_drawn_is_drawn_again_from_the_numbers_that_were_kept(gallery: Gallery) -> None:
    gallery.house.editor.gathered = Gathered((NUMBERS,))
    run = gallery.posted(charts=Charts.AUTO)
    before = gallery.post().pictures

    async def again() -> tuple[Any, ...]:
        with running(gallery.house.database) as writer:
            drawing = Illustrating(writer=writer, offload=inline, clock=gallery.house.clock)
            return await drawing.again(before, run.id, owner=LOCAL_OWNER)

    assert asyncio.run(again()) == before


@pytest.mark.parametrize("fault", ["drop_before", "drop_after", "error_after", "cut_body", "error"])
def test_a_post_waits_for_a_picture_whose_upload_is_lost(gallery: Gallery, fault: str) -> None:
    gallery.stage.fault(fault, match=UPLOADS)

    run = gallery.posted(picture=OwnPicture(url=URL))
    assert (run.status, gallery.stage.tweets()) == (RunStatus.QUEUED, [])
    assert (gallery.post().status, (gallery.post().error or "")[:12]) == (PostStatus.GENERATED, "the picture:")

    assert gallery.later().status is RunStatus.POSTED
    assert [len(each) for each in gallery.shown()] == [1]
    assert outcomes(gallery.house.ledger()) == ["deferred", "confirmed"]
    assert len(gallery.stage.posts()) == 1


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_a_picture_that_is_not_to_be_had_is_told_of_after_a_day(gallery: Gallery) -> None:
    gallery.web.clear()
    assert gallery.posted(picture=OwnPicture(url=URL)).status is RunStatus.QUEUED

    run = gallery.later(25 * 3600)

    assert (run.status, run.reason) == (RunStatus.FAILED, Reason.TOO_LATE)
    assert run.detail == f"the picture: {URL}: there is no such page (404)"
    assert gallery.stage.posts() == []


@pytest.mark.parametrize(
    ("content", "said"), [(b"<html>", "none of image/png"), (b"", "is empty"), (PNG[:8] + bytes(11_000_000), "MB")]
)
def test_what_is_no_picture_ends_the_run_at_once(gallery: Gallery, content: bytes, said: str) -> None:
    gallery.web[URL] = content

    run = gallery.posted(picture=OwnPicture(url=URL))

    assert (run.status, run.reason) == (RunStatus.FAILED, Reason.NO_PICTURE)
    assert said in (run.detail or "")
    assert gallery.stage.posts() == []


def test_a_picture_that_x_refuses_ends_the_run(gallery: Gallery) -> None:
    gallery.stage.fault("error", match=UPLOADS, status=422, code="x_rejected")

    run = gallery.posted(picture=OwnPicture(url=URL))

    assert (run.status, run.reason) == (RunStatus.FAILED, Reason.NO_PICTURE)


def test_an_account_that_needs_its_owner_pauses_the_template(gallery: Gallery) -> None:
    gallery.stage.fault("error", match=UPLOADS, status=403, code="account_needs_reauth")

    run = gallery.posted(picture=OwnPicture(url=URL))

    assert (run.status, run.reason) == (RunStatus.FAILED, Reason.ACCOUNT_BLOCKED)
    assert gallery.house.stored().state.status is TemplateStatus.PAUSED


@pytest.mark.parametrize("fault", [{"kind": "drop_after"}, {"kind": "error", "status": 422, "code": "x_rejected"}])
def test_a_template_may_do_without_the_picture(gallery: Gallery, fault: dict[str, Any]) -> None:
    gallery.stage.fault(**fault, match=UPLOADS)

    run = gallery.posted(picture=OwnPicture(url=URL), picture_required=False)

    assert run.status is RunStatus.POSTED
    assert gallery.shown() == [[]]


def test_a_rate_limit_is_waited_out_even_where_the_picture_is_not_required(gallery: Gallery) -> None:
    gallery.stage.fault("rate_limited", match=UPLOADS, retry_after=30)

    assert gallery.posted(picture=OwnPicture(url=URL), picture_required=False).status is RunStatus.QUEUED
    assert gallery.later().status is RunStatus.POSTED
    assert [len(each) for each in gallery.shown()] == [1]


def test_a_server_that_wants_urls_has_the_post_at_once_and_the_next_in_one_go(gallery: Gallery) -> None:
    gallery.stage.fault("error", match={"method": "POST", "path": "/x/tweets"}, status=400, code="unsupported_field")

    assert gallery.posted(picture=OwnPicture(url=URL)).status is RunStatus.QUEUED
    assert gallery.later(1).status is RunStatus.POSTED

    sent = gallery.house.ledger()
    assert [each.picture.by_url for each in sent if each.picture] == [False, True]
    assert len(gallery.uploading.sent) == 1
    assert [len(each) for each in gallery.shown()] == [1]


def test_the_next_attempt_takes_up_what_was_uploaded_while_a_tweet_can_name_it(gallery: Gallery) -> None:
    for _ in range(2):
        gallery.stage.fault("rate_limited", match={"method": "POST", "path": "/x/tweets"}, retry_after=30)
    gallery.posted(picture=OwnPicture(url=URL))
    gallery.later()
    assert len(gallery.uploading.sent) == 1

    gallery.later(FRESH.total_seconds())

    assert gallery.house.run().status is RunStatus.POSTED
    assert len(gallery.uploading.sent) == 2


def test_a_worker_that_dies_after_an_upload_uploads_again_and_posts_once(gallery: Gallery) -> None:
    gallery.uploading.dies = True
    with pytest.raises(Died):
        gallery.posted(picture=OwnPicture(url=URL))
    assert gallery.house.ledger() == []
    gallery.house.die_while(Died)
    gallery.later(300)

    assert gallery.house.run().status is RunStatus.POSTED
    assert len(set(gallery.uploading.sent)) == 1  # the same key: on a server that keeps keys it is one upload
    assert len(gallery.stage.posts()) == 1


def test_a_worker_that_dies_after_the_post_finds_it_with_its_picture(gallery: Gallery) -> None:
    gallery.stage.view("tco")
    gallery.house.publisher.dies = True  # type: ignore[attr-defined]
    with pytest.raises(Died):
        gallery.posted(picture=OwnPicture(url=URL))
    gallery.house.die_while(Died)
    gallery.later(300)

    assert gallery.house.run().status is RunStatus.POSTED
    assert [len(each) for each in gallery.shown()] == [1]


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_an_upload_is_paid_for_beside_its_post(gallery: Gallery) -> None:
    gallery.posted(picture=OwnPicture(url=URL), budget=Budget(day=10_000))

    with gallery.house.database.read() as c:
        entries = budgets.of_run(c, gallery.house.run().id)
    assert [(each.amount, each.detail) for each in entries] == [
        (1_500, "part 1 of post 1"),
        (1_500, "the picture of part 1 of post 1"),
    ]


def test_nothing_is_uploaded_where_the_post_and_its_picture_do_not_fit_the_budget(gallery: Gallery) -> None:
    run = gallery.posted(picture=OwnPicture(url=URL), budget=Budget(day=2_000))

    assert (run.status, run.reason) == (RunStatus.SKIPPED, Reason.OVER_BUDGET)
    assert gallery.uploading.sent == []
