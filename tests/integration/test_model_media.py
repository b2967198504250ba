"""Sound is written down and pictures are told about by a model: what it is sent, what comes back, and what it costs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from decimal import Decimal
from typing import TypeVar

import pytest

from generators.model.asking import Prices
from generators.model.errors import ModelError
from generators.model.hearing import Transcriber, Transcript, likely_seconds, wav_seconds
from generators.model.seeing import Describer, Seen
from generators.model.server import Server
from tests.media_files import wav
from tests.model_server import CLOSE, FLOOD, KEY, STALL, Model, Say, Status, serving

T = TypeVar("T")
JPEG = b"\xff\xd8\xff\xe0picture"
PRICES = Prices(Decimal("0.15"), Decimal("0.60"))


@pytest.fixture
def model() -> Iterator[Model]:
    with serving() as found:
        yield found
    assert found.wrong == []


def with_server(model: Model, name: str, work: Callable[[Server], Awaitable[T]]) -> T:
    async def play() -> T:
        server = Server(model=name, base_url=model.address, key=KEY)
        try:
            return await work(server)
        finally:
            await server.close()

    return asyncio.run(play())


def heard(
    model: Model, sound: bytes, media_type: str = "audio/wav", price: Decimal | None = None, seconds: float = 20
) -> Transcript:
    async def work(server: Server) -> Transcript:
        return await Transcriber(server, price=price, seconds=seconds).transcribe(sound, media_type)

    return with_server(model, "whisper-1", work)


def seen(model: Model, prices: Prices | None = None) -> Seen:
    async def work(server: Server) -> Seen:
        return await Describer(server, prices=prices, seconds=20).describe(JPEG)

    return with_server(model, "small", work)


@pytest.mark.parametrize(
    ("sound", "media_type", "name"),
    [(wav(), "audio/wav", "audio.wav"), (b"ID3\x04" + bytes(90), "audio/mpeg", "audio.mp3")],
)
def test_a_sound_is_sent_whole_under_a_name_that_says_its_format_alone(
    model: Model, sound: bytes, media_type: str, name: str
) -> None:
    assert heard(model, sound, media_type).words == model.says
    (asked,) = model.at("transcribe")
    assert asked.sound == sound
    assert asked.body == {"model": "whisper-1", "response_format": "json"}
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert name.startswith("audio.")


@pytest.mark.parametrize(("lasts", "micros"), [(90.0, 9_000), (None, 10)])
def test_a_sound_costs_its_length_by_the_servers_word_or_by_its_own_header(
    model: Model, lasts: float | None, micros: int
) -> None:
    model.lasts = lasts
    assert heard(model, wav(800), price=Decimal("0.006")).cost_micros == micros  # 0.1 s of sound, and its header


def test_without_a_price_nothing_is_known_of_the_cost(model: Model) -> None:
    assert heard(model, wav()).cost_micros is None


def test_the_length_of_a_wav_is_read_and_of_the_others_taken_to_be_at_64_kbit() -> None:
    assert wav_seconds(wav(8_000)) == pytest.approx(1.0, abs=0.01)
    assert wav_seconds(b"RIFF\0\0\0\0WAVEfmt ") is None
    assert likely_seconds(b"ID3" + bytes(79_997), "audio/mpeg") == 10.0


def test_the_most_that_a_sound_may_cost_is_more_than_it_costs(model: Model) -> None:
    async def work(server: Server) -> tuple[int, int, int]:
        priced = Transcriber(server, price=Decimal("0.006"))
        free = Transcriber(server)
        return (
            priced.most_micros(wav(8_000), "audio/wav"),
            priced.most_micros(bytes(60_000), "audio/mpeg"),
            free.most_micros(wav(), "audio/wav"),
        )

    assert with_server(model, "whisper-1", work) == (100, 6_000, 0)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Status(400, "Invalid file format."), "the server refused the sound: Error code: 400"),
        (Status(401), "the server answered 401"),
        (Status(404), "the server answered 404"),
        (Status(429), "too many requests, or no credit"),
        (Status(500), "the server answered 500"),
        (CLOSE, "not reachable"),
        (FLOOD, "more than 2097152 bytes"),
        (lambda _: {"nothing": 1}, "is no transcription"),
        (lambda _: {"text": ["a"]}, "is no transcription"),
    ],
)
def test_a_transcription_that_fails_says_why(model: Model, answer: Say | Status | str, said: str) -> None:
    model.will("transcribe", answer)
    with pytest.raises(ModelError, match=said):
        heard(model, wav())


def test_a_server_that_says_nothing_is_not_waited_for(model: Model) -> None:
    model.will("transcribe", STALL)
    with pytest.raises(ModelError, match=r"took longer than 0\.2 s"):
        heard(model, wav(), seconds=0.2)


def test_a_picture_is_shown_and_told_about(model: Model) -> None:
    said = seen(model, PRICES)
    assert said.sentences == ("A bar chart shows visitors by month.", "June has 412 visitors, and May has 380.")
    assert (said.text, said.alt) == ("Visitors 2026", "Bar chart of visitors: May 380, June 412.")
    assert (said.cost_micros, said.calls, said.counted) == (27, 1, True)
    (asked,) = model.at("describe")
    assert asked.picture == JPEG


def test_a_model_that_sees_no_pictures_says_so(model: Model) -> None:
    model.sees = False
    with pytest.raises(ModelError, match="takes no image input"):
        seen(model)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("no object", "not of the form asked for, twice"),
        (lambda _: {"sentences": ["  "], "text": "", "alt": ""}, "said nothing about the picture"),
        (Status(503), "the server answered 503"),
    ],
)
def test_a_picture_that_is_not_told_about_says_why(model: Model, answer: Say | Status | str, said: str) -> None:
    model.always("describe", answer)
    model.always("repair", "no object")
    with pytest.raises(ModelError, match=said):
        seen(model)
