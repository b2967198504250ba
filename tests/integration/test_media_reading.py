"""Sounds and pictures become material: paid once, kept, refused when hostile, and told about without a model."""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from itertools import count
from typing import Any, ParamSpec, TypeVar

import pytest
from PIL import Image
from sqlalchemy import select

from domain.budget import Budget
from domain.errors import SourceError
from domain.material import Material, MaterialKind, picture_of
from domain.owner import LOCAL_OWNER
from domain.run import Rejected, Run, RunStatus, Trigger
from domain.template import ImageSource, SoundSource, Sources, Template
from generators.model.asking import Prices
from generators.model.hearing import Transcriber
from generators.model.seeing import Describer
from generators.model.server import Server
from scheduler.editor import instructed
from scheduler.media_reading import MediaReading
from scheduler.purse import Payments
from scheduler.shown import views
from scheduler.spending import Spending
from sources.image import examine
from sources.media import Loaded
from storage import blobs, tables, templates
from storage.database import Database
from storage.tables import Holder
from storage.writer import Writer
from tests.integration.storage_values import NOW, files_of, held_run, running
from tests.media_files import picture, png_bomb, wav
from tests.model_server import KEY, Model, Status, serving

P = ParamSpec("P")
T = TypeVar("T")
SOUND, PICTURE = "https://pod.example/episode.wav", "https://pics.example/chart.png?size=large"
RUN = Run("r1", "t1", "acme", NOW, NOW, Trigger.SCHEDULE, RunStatus.WORKING)


class Desk:
    """Reads files of a small world for one run of one template."""

    def __init__(self, database: Database, model: Model) -> None:
        self.database = database
        self.model = model
        self.files: dict[str, bytes] = {SOUND: wav(), PICTURE: picture()}
        self.hears = self.sees = True
        self.price: Decimal | None = None
        self.prices: Prices | None = None
        held_run(database)
        with database.read() as c:
            self.template = templates.get(c, "t1").template
        self._ids = count()

    async def fetch(self, url: str, media_type: str) -> Loaded:
        if url not in self.files:
            raise SourceError(url, "there is no such page (404)")
        return Loaded(url, self.files[url], media_type)

    def reading(self, writer: Writer, server: Server) -> MediaReading:
        return MediaReading(
            writer=writer,
            fetch_audio=partial(self.fetch, media_type="audio/wav"),
            fetch_image=partial(self.fetch, media_type="image/png"),
            examine=partial(examine, offload=here),
            transcriber=Transcriber(server, price=self.price) if self.hears else None,
            describer=Describer(server, prices=self.prices, seconds=20) if self.sees else None,
            payments=Payments(
                writer=writer,
                spending=Spending(self.database),
                clock=lambda: NOW,
                new_id=lambda: f"p{next(self._ids)}",
            ),
        )

    def doing(self, what: Callable[[MediaReading], Awaitable[T]]) -> T:
        async def play() -> T:
            server = Server(model="small", base_url=self.model.address, key=KEY)
            try:
                with running(self.database) as writer:
                    return await what(self.reading(writer, server))
            finally:
                await server.close()

        return asyncio.run(play())

    def gather(self, sources: Sources, *others: Material) -> tuple[list[Material], list[Rejected]]:
        materials, rejected = list(others), list[Rejected]()
        made = replace(self.template, sources=sources)
        self.doing(lambda reading: reading.add_to(materials, rejected, made, RUN, NOW))
        return materials[len(others) :], rejected

    def hints(self, source: SoundSource) -> Material | None:
        made = replace(self.template, prompt_audio=source)
        return self.doing(lambda reading: reading.hints(made, RUN, now=NOW))

    def kept(self, content: bytes, name: str, owner: str = "local") -> str:
        with self.database.write() as c:
            return blobs.keep(c, content, name=name, now=NOW, owner=owner).id

    def paid(self) -> list[tuple[str, int, str]]:
        with self.database.read() as c:
            entries = tables.ledger_entries
            query = select(entries.c.detail, entries.c.amount_micros, entries.c.state).order_by(entries.c.id)
            return [(row.detail, row.amount_micros, row.state) for row in c.execute(query)]


async def here(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    return function(*args, **kwargs)


@pytest.fixture
def model() -> Iterator[Model]:
    with serving() as found:
        yield found
    assert found.wrong == []


@pytest.fixture
def desk(database: Database, model: Model) -> Desk:
    return Desk(database, model)


def audio(*places: str | SoundSource) -> Sources:
    return Sources(audio=tuple(SoundSource(each) if isinstance(each, str) else each for each in places))


def image(**fields: Any) -> Sources:
    return Sources(image=ImageSource(**({"url": PICTURE} | fields)))


def test_what_is_spoken_is_material_that_says_where_it_comes_from(desk: Desk) -> None:
    (heard,), rejected = desk.gather(audio(SOUND))
    assert (heard.kind, heard.text, heard.site, heard.url) == (MaterialKind.AUDIO, desk.model.says, "pod.example", None)
    assert heard.file is not None
    assert (heard.file.source, heard.file.reader, heard.file.media_type) == (SOUND, "small", "audio/wav")
    assert heard.file.digest == hashlib.sha256(wav()).hexdigest()
    assert rejected == []


def test_a_kept_file_is_heard_under_its_name_and_only_by_its_owner(desk: Desk) -> None:
    mine, theirs = desk.kept(wav(), "memo.wav"), desk.kept(wav(), "memo.wav", owner="other")
    (heard,), _ = desk.gather(audio(SoundSource(None, mine)))
    assert heard.file is not None
    assert (heard.file.source, heard.site) == ("memo.wav", None)
    assert desk.gather(audio(SoundSource(None, theirs)))[1][0].reason.startswith("it is gone")


def test_words_that_were_written_down_once_are_not_paid_again(desk: Desk) -> None:
    desk.price = Decimal("0.006")
    for place in (SOUND, SoundSource(None, desk.kept(wav(), "the same.wav"))):
        assert [each.text for each in desk.gather(audio(place))[0]] == [desk.model.says]
    assert len(desk.model.at("transcribe")) == 1
    assert desk.paid() == [("transcribe: 1 call of small", 9_000, "spent")]


def test_two_that_read_the_same_sound_at_once_pay_once(desk: Desk) -> None:
    async def both(reading: MediaReading) -> list[Material]:
        source = SoundSource(SOUND)
        return list(
            await asyncio.gather(
                *(reading.sound(desk.template, RUN, source, material_id=name, now=NOW) for name in ("a", "b"))
            )
        )

    assert len(desk.doing(both)) == 2
    assert len(desk.model.at("transcribe")) == 1


def test_another_sound_is_written_down_anew_and_a_failed_one_tried_again(desk: Desk) -> None:
    desk.model.will("transcribe", Status(500))
    (why,) = desk.gather(audio(SOUND))[1]
    assert (why.reference, why.reason) == (SOUND, "it was not written down: the server answered 500")
    desk.gather(audio(SOUND))
    desk.files[SOUND] = wav(900)
    desk.gather(audio(SOUND))
    assert len(desk.model.at("transcribe")) == 3


def test_one_sound_that_fails_does_not_cost_the_others(desk: Desk) -> None:
    heard, rejected = desk.gather(audio("https://pod.example/gone.wav", SOUND))
    assert [each.id for each in heard] == ["m0"]
    assert [each.reason for each in rejected] == ["there is no such page (404)"]


def test_without_a_model_the_remedy_is_named(desk: Desk) -> None:
    desk.hears = False
    (why,) = desk.gather(audio(SOUND))[1]
    assert "set OSTINATO_TRANSCRIPTION_MODEL, and OPENAI_API_KEY or OPENAI_BASE_URL" in why.reason


@pytest.mark.parametrize("said", ["", " … ", "\u200b\u202e"])
def test_silence_is_no_material(desk: Desk, said: str) -> None:
    desk.model.says = said
    (why,) = desk.gather(audio(SOUND))[1]
    assert why.reason == "nothing is said in it that could be written down"


def test_a_transcript_is_cleaned_as_strangers_text_is(desk: Desk) -> None:
    desk.model.says = "Visitors\u202e rose\u200b to 412.\r\n\r\n\r\nAll came in June.\x07"
    (heard,), _ = desk.gather(audio(SOUND))
    assert heard.text == "Visitors rose to 412.\n\nAll came in June."


def test_a_budget_that_is_too_small_leaves_the_sound_unheard_and_says_so(desk: Desk) -> None:
    desk.price = Decimal(60)
    desk.template = replace(desk.template, budget=Budget(run=2_000))
    (why,) = desk.gather(audio(SOUND))[1]
    assert why.reason.startswith("over budget: the template's budget of $0.002 for one run")
    assert desk.model.at("transcribe") == []


def test_what_was_reserved_is_released_when_nothing_came(desk: Desk) -> None:
    desk.price = Decimal("0.006")
    desk.template = replace(desk.template, budget=Budget(run=1_000_000))
    desk.model.will("transcribe", Status(500))
    desk.gather(audio(SOUND))
    assert desk.paid() == [("transcribe: no answer", 0, "released")]


def test_spoken_hints_follow_those_of_the_prompt_and_are_no_material(desk: Desk) -> None:
    desk.model.says = "Keep it short. Mention the number."
    hints = desk.hints(SoundSource(SOUND))
    assert hints is not None
    assert hints.kind is MaterialKind.HINTS
    written: Template = replace(desk.template, prompt="No emoji.")
    assert instructed(written, hints).prompt == "No emoji.\n\nKeep it short. Mention the number."
    assert instructed(desk.template, hints).prompt == "Keep it short. Mention the number."
    assert instructed(written, None) == written


def test_hints_that_cannot_be_heard_are_an_error(desk: Desk) -> None:
    with pytest.raises(SourceError, match="404"):
        desk.hints(SoundSource("https://pod.example/gone.wav"))


def test_what_a_model_says_of_a_picture_is_material_and_the_picture_is_kept_for_the_run(desk: Desk) -> None:
    (seen,), rejected = desk.gather(image())
    assert rejected == []
    assert seen.text == (
        "A bar chart shows visitors by month.\n\nJune has 412 visitors, and May has 380.\n\nVisitors 2026"
    )
    assert seen.file is not None
    assert seen.file.reader == "small, describe-1"
    assert seen.file.facts == "A PNG picture of 120 × 80 points, mostly blue and white"
    found = picture_of([seen])
    assert found is not None
    assert found.alt == "Bar chart of visitors: May 380, June 412."
    with desk.database.read() as c:
        (file,) = files_of(c, Holder.RUN, "r1")
        blob = blobs.get(c, file, owner=LOCAL_OWNER)
        assert blobs.content(c, blob.id, owner=LOCAL_OWNER) == picture()
    assert (blob.id, blob.name) == (found.blob, "chart.png")


def test_a_picture_is_described_once_and_shown_small_without_what_is_embedded(desk: Desk) -> None:
    exif = Image.Exif()
    exif[0x010E] = "Secret words"
    desk.files[PICTURE] = picture(size=(3000, 200), exif=exif)
    for _ in range(2):
        desk.gather(image())
    (asked,) = desk.model.at("describe")
    assert b"Secret" not in asked.picture
    assert Image.open(io.BytesIO(asked.picture)).size == (1024, 68)


def test_describing_is_paid_by_the_tokens(desk: Desk) -> None:
    desk.prices = Prices(Decimal("0.15"), Decimal("0.60"))
    desk.gather(image())
    assert desk.paid() == [("describe: 1 calls of small, describe-1", 27, "spent")]


def test_the_owners_own_description_goes_before_the_models(desk: Desk) -> None:
    (seen,), _ = desk.gather(image(alt="Our visitors"))
    assert seen.file is not None
    assert seen.file.alt == "Our visitors"
    assert picture_of([replace(seen, file=replace(seen.file, attach=False))]) is None


@pytest.mark.parametrize(
    ("sees", "why"),
    [(False, "no language model is set"), (True, "the model did not tell about it: the server refused the question")],
)
def test_without_a_model_that_sees_there_are_facts_alone_and_the_provenance_says_so(
    desk: Desk, sees: bool, why: str
) -> None:
    desk.sees, desk.model.sees = sees, False
    (seen,), _ = desk.gather(image())
    assert seen.text == "A PNG picture of 120 × 80 points, mostly blue and white."
    assert seen.file is not None
    assert seen.file.reader is None
    assert seen.file.why.startswith(why)
    assert seen.file.blob is not None


def test_facts_alone_are_not_written_about_beside_other_material(desk: Desk) -> None:
    desk.sees = False
    (seen,), _ = desk.gather(image(), Material("m0", MaterialKind.TEXT, "words"))
    assert (seen.id, seen.text) == ("m1", "")
    assert picture_of([seen]) is not None


def test_embedded_words_are_material_without_a_model(desk: Desk) -> None:
    desk.sees = False
    exif = Image.Exif()
    exif[0x010E] = "The dome opens at dusk on 14 June."
    exif[0x013B] = "Mara Lindqvist"
    exif[0x0132] = "2026:05:03 21:04:00"
    exif[0x8825] = {1: "N", 2: (59.0, 20.0, 0.0)}
    desk.files[PICTURE] = picture(exif=exif)
    (seen,), _ = desk.gather(image())
    assert (seen.text, seen.author) == ("The dome opens at dusk on 14 June.", "Mara Lindqvist")
    assert seen.file is not None
    assert seen.file.facts == "A PNG picture of 120 × 80 points, taken on 3 May 2026, mostly blue and white"
    assert seen.file.alt == "The dome opens at dusk on 14 June."
    assert "59.0" not in repr(seen)
    assert "59" not in seen.file.facts


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (png_bomb(7_000), "more than 40 million points"),
        (picture(size=(400, 300))[:-900], "truncated or damaged"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 400, "cannot be read as such"),
    ],
)
def test_a_hostile_picture_is_refused_and_not_kept(desk: Desk, content: bytes, why: str) -> None:
    desk.files[PICTURE] = content
    (rejected,) = desk.gather(image())[1]
    assert why in rejected.reason
    with desk.database.read() as c:
        assert blobs.list_blobs(c, owner=LOCAL_OWNER) == []


def test_a_sample_keeps_nothing(desk: Desk) -> None:
    made = replace(desk.template, sources=image())
    materials: list[Material] = []
    desk.doing(lambda reading: reading.add_to(materials, [], made, None, NOW))
    assert picture_of(materials) is None
    with desk.database.read() as c:
        assert blobs.list_blobs(c, owner=LOCAL_OWNER) == []


def test_a_picture_goes_with_its_runs_drafts_and_its_transcript_later_than_its_last_use(desk: Desk) -> None:
    desk.gather(image())
    with desk.database.write() as c:
        blobs.release_runs(c, ["r1"])
        assert blobs.prune(c, now=NOW + timedelta(days=2), deleted_before=NOW, limit=10) == 1


def test_what_read_a_file_is_shown_and_nothing_of_the_file_itself(desk: Desk) -> None:
    (heard,), _ = desk.gather(audio(SOUND))
    desk.sees = False
    (seen,), _ = desk.gather(image())
    assert views.material(heard)["file"] == {
        "source": SOUND,
        "digest": hashlib.sha256(wav()).hexdigest(),
        "media_type": "audio/wav",
        "size": len(wav()),
        "reader": "small",
        "why": None,
        "facts": None,
        "file": None,
        "alt": None,
        "attach": False,
    }
    shown = views.material(seen)["file"]
    assert (shown["reader"], shown["why"]) == (None, "no language model is set that could look at it")
    assert [shown["file"]] == [each.blob for each in (picture_of([seen]),) if each]


def test_words_that_are_asked_for_outside_of_a_run_are_kept_too_and_enter_no_books(desk: Desk) -> None:
    desk.price = Decimal("0.006")
    source = SoundSource(SOUND)
    for _ in range(2):
        assert desk.doing(lambda reading: reading.spoken(source, owner="local", now=NOW)) == desk.model.says
    assert len(desk.model.at("transcribe")) == 1
    assert desk.paid() == []
