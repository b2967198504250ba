"""`/x/refine`: spoken instructions follow the written ones, and charts are drawn for the new words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, ParamSpec, TypeVar

import pytest

from domain.errors import SourceError
from domain.material import Material, MaterialKind
from domain.picture import Charts, Picture
from domain.template import SoundSource
from generators.charts.choosing import draw
from scheduler.editor import Gathered
from scheduler.illustrating import Illustrating
from storage.database import Database
from tests.integration.compatible_stage import Stage, staged
from tests.integration.test_compatible_rows import ENVELOPE

P = ParamSpec("P")
T = TypeVar("T")
SOUND, SILENCE, GONE = "https://pod.example/a.mp3", "https://pod.example/silence.mp3", "https://pod.example/gone.mp3"
WORDS = {SOUND: "Make it shorter.", SILENCE: " "}
PEOPLE = "Tokyo: 14.1 million\nOsaka: 8.8 million"
RAIN = "Rain in mm\n\nBergen: 2,250 mm\nOslo: 763 mm"
CITIES = Material("m0", MaterialKind.PAGE, f"{PEOPLE}\n\n{RAIN}", title="Cities", language="en")


async def inline(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    return function(*args, **kwargs)


class Ears:
    """Hears what is spoken at three URLs, and keeps what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str | None, str]] = []

    async def __call__(self, source: SoundSource, *, owner: str, now: datetime) -> str:
        self.asked.append((source.url, owner))
        assert now.tzinfo is not None
        if source.url not in WORDS:
            raise SourceError(source.url or "", "there is no such page (404)")
        return WORDS[source.url]


class Pencil:
    """Draws with the door's own writer."""

    def __init__(self) -> None:
        self.stage: Stage | None = None
        self.broken = False

    async def __call__(
        self, pictures: Sequence[Picture], material: Sequence[Material], text: str, run_id: str, *, owner: str
    ) -> tuple[Picture, ...]:
        assert self.stage is not None
        if self.broken:
            raise TimeoutError("drawing took too long")
        drawing = Illustrating(writer=self.stage.door.parts.writer, offload=inline, clock=self.stage.house.clock)
        return await drawing.anew(pictures, material, text, run_id, owner=owner)


@pytest.fixture
def ears() -> Ears:
    return Ears()


@pytest.fixture
def pencil() -> Pencil:
    return Pencil()


@pytest.fixture
def stage(database: Database, ears: Ears, pencil: Pencil) -> Iterator[Stage]:
    with staged(database, hears=True, spoken=ears, redraw=pencil, has_model=True) as found:
        pencil.stage = found
        yield found


def held(stage: Stage, *parts: str) -> dict[str, Any]:
    stage.post(*parts, approval="approve")
    found: dict[str, Any] = stage.door.get("/x/posts")["posts"][0]
    return found


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"prompt": "No hashtags."}, "No hashtags."),
        ({"promptAudioUrl": SOUND}, "Make it shorter."),
        ({"prompt": "No hashtags.", "promptAudioUrl": SOUND}, "No hashtags.\n\nMake it shorter."),
        ({"prompt": " ", "promptAudioUrl": SOUND}, "Make it shorter."),
    ],
    ids=["2.3 prompt", "2.3 promptAudioUrl", "2.3 both: the prompt first", "2.3 blank prompt"],
)
def test_spoken_instructions_follow_the_written_ones(stage: Stage, fields: dict[str, Any], said: str) -> None:
    post = held(stage, "Hello there")

    answer = stage.refine({"tweetId": post["id"], **fields}, "Hello")

    assert (answer.status_code, answer.json()["post"]["result"]) == (200, "Hello"), answer.text
    prompt = stage.house.editor.asked[-1].prompt or ""
    assert prompt.startswith(f"{said}\n\n")
    assert prompt.endswith("Hello there")


def test_long_instructions_leave_room_for_the_post(stage: Stage) -> None:
    post = held(stage, "Hello there")

    stage.refine({"tweetId": post["id"], "prompt": "x" * 5_000}, "Hello")

    prompt = stage.house.editor.asked[-1].prompt or ""
    assert (len(prompt), prompt.endswith("Hello there")) == (5_000, True)


@pytest.mark.parametrize(("url", "code"), [(GONE, "source"), (SILENCE, "invalid_input")])
def test_what_cannot_be_heard_is_refused_and_the_post_stays(stage: Stage, url: str, code: str) -> None:
    post = held(stage, "Hello there")

    answer = stage.refine({"tweetId": post["id"], "promptAudioUrl": url}, "Hello")

    said = answer.json()
    assert (answer.status_code, said.keys(), said["code"], said["field"]) == (400, ENVELOPE, code, "promptAudioUrl")
    assert stage.door.get("/x/posts")["posts"] == [post]


def test_nothing_is_written_down_for_a_post_that_cannot_be_refined(stage: Stage, ears: Ears) -> None:
    stage.post("Hello")
    (out,) = stage.door.get("/x/posts")["posts"]

    for name, status in ((out["id"], 409), ("nobody", 404)):
        stage.door.refused(status, "POST", "/x/refine", {"tweetId": name, "promptAudioUrl": SOUND})
    assert ears.asked == []
    stage.later(minutes=1)
    post = held(stage, "Good day")
    stage.refine({"tweetId": post["id"], "promptAudioUrl": SOUND}, "Day")
    assert ears.asked == [(SOUND, "local")]


def test_without_a_model_for_it_spoken_instructions_are_refused(database: Database) -> None:
    with staged(database) as stage:
        post = held(stage, "Hello there")
        said = stage.door.refused(400, "POST", "/x/refine", {"tweetId": post["id"], "promptAudioUrl": SOUND})
    assert (said["code"], said["field"]) == ("not_configured", "promptAudioUrl")
    assert "set OSTINATO_TRANSCRIPTION_MODEL" in said["error"]


def drawn(stage: Stage, text: str) -> dict[str, Any]:
    """Give a post with charts that waits for approval."""
    stage.house.editor.gathered = Gathered((CITIES,))
    stage.house.illustrate = lambda writer: Illustrating(writer=writer, offload=inline, clock=stage.house.clock)
    post = held(stage, text)
    assert post["barChartImageUrl"]
    assert post["dataTableImageUrl"]
    return post


def fetched(stage: Stage, url: str) -> bytes:
    return stage.door.ask("GET", url.removeprefix("http://door"), token=None).content


def test_charts_are_drawn_for_the_new_words(stage: Stage) -> None:
    before = drawn(stage, "Tokyo has 14.1 million people, Osaka 8.8 million.")
    told = draw((CITIES,), "Bergen gets 2,250 mm of rain, Oslo 763 mm.")
    assert told is not None

    answer = stage.refine({"tweetId": before["id"], "prompt": "rain"}, "Bergen gets 2,250 mm of rain, Oslo 763 mm.")

    after = answer.json()["post"]
    assert answer.status_code == 200
    assert fetched(stage, after["barChartImageUrl"]) == told.bar_chart
    assert fetched(stage, after["dataTableImageUrl"]) == told.data_table
    assert after["barChartImageUrl"] != before["barChartImageUrl"]
    shown = stage.door.get(f"/x/posts/{before['id']}")["post"]
    assert shown["dataTableImageUrl"] == after["dataTableImageUrl"]
    assert [each["label"] for each in before["data"]["rows"]] == ["Tokyo", "Osaka"]
    assert [(each["label"], each["value"]) for each in shown["data"]["rows"]] == [("Bergen", "2250"), ("Oslo", "763")]


def test_the_same_numbers_are_the_same_pictures(stage: Stage) -> None:
    before = drawn(stage, "Tokyo has 14.1 million people, Osaka 8.8 million.")

    after = stage.refine({"tweetId": before["id"], "prompt": "x"}, "Tokyo: 14.1 million. Osaka: 8.8 million.").json()

    assert {name: after["post"][name] for name in ("barChartImageUrl", "dataTableImageUrl")} == {
        "barChartImageUrl": before["barChartImageUrl"],
        "dataTableImageUrl": before["dataTableImageUrl"],
    }


def test_where_nothing_can_be_drawn_the_new_words_keep_the_old_pictures(stage: Stage, pencil: Pencil) -> None:
    before = drawn(stage, "Tokyo has 14.1 million people, Osaka 8.8 million.")
    pencil.broken = True

    after = stage.refine({"tweetId": before["id"], "prompt": "x"}, "Bergen gets 2,250 mm of rain.").json()["post"]

    assert (after["result"], after["barChartImageUrl"]) == ("Bergen gets 2,250 mm of rain.", before["barChartImageUrl"])


def test_a_post_without_charts_gets_none(stage: Stage) -> None:
    stage.house.editor.gathered = Gathered((CITIES,))
    before = held(stage, "Hello there")

    after = stage.refine({"tweetId": before["id"], "prompt": "x"}, "Tokyo: 14.1 million. Osaka: 8.8 million.").json()

    assert after["post"]["barChartImageUrl"] is None


def test_charts_are_what_the_compatible_routes_ask_for(stage: Stage) -> None:
    stage.post("Hello", approval="approve")

    assert stage.house.editor.asked[-1].charts is Charts.AUTO
