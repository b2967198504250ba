"""Writing down what is spoken in a process of its own: with a library that stands in for faster-whisper."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

import httpx
import pytest

from commands.media import media_models, media_reading
from domain.errors import SettingsError
from domain.material import Material
from domain.owner import LOCAL_OWNER
from domain.schedule import Grid, Schedule
from domain.template import PostType, SoundSource, Sources, Template
from generators.model.errors import ModelError
from generators.model.local_hearing import LocalTranscriber, problem_of
from settings import Settings, load
from storage import blobs
from storage.database import Database
from tests.integration.storage_values import NOW, running
from tests.media_files import wav

P = ParamSpec("P")
T = TypeVar("T")
LIBRARY = """
import json, os, sys
from types import SimpleNamespace

print("a library that talks")


class WhisperModel:
    def __init__(self, folder, local_files_only=False):
        assert local_files_only and os.path.isfile(os.path.join(folder, "model.bin"))

    def transcribe(self, sound):
        said = sound.read()
        if said == b"crash":
            os.abort()
        if said == b"hang":
            import signal
            signal.pause()
        if said == b"damaged":
            raise ValueError("no sound in it\\nat all")
        if said == b"environment":
            words = [json.dumps(dict(os.environ))]
        elif said.startswith(b"RIFF"):
            words = [" The observatory reopens on 14 June.", "", " Tickets are free. "]
        else:
            words = [said.decode()]
        return (SimpleNamespace(text=each) for each in words), SimpleNamespace(duration=2.5)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that looks like a model's, and a library that takes it."""
    library = tmp_path / "library"
    library.mkdir()
    (library / "faster_whisper.py").write_text(LIBRARY)
    monkeypatch.syspath_prepend(str(library))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(library), os.environ.get("PYTHONPATH")))))
    model = tmp_path / "whisper-small"
    model.mkdir()
    (model / "model.bin").write_bytes(b"weights")
    (model / "tokenizer.json").write_text("{}")
    return model


def heard(folder: Path, sound: bytes, seconds: float = 60) -> str:
    async def scenario() -> str:
        found = await LocalTranscriber(folder, seconds=seconds).transcribe(sound, "audio/wav")
        assert found.cost_micros == 0
        return found.words

    return asyncio.run(scenario())


def test_the_words_of_a_sound_are_written_down(folder: Path) -> None:
    transcriber = LocalTranscriber(folder)

    assert problem_of(folder) is None
    assert heard(folder, wav()) == "The observatory reopens on 14 June. Tickets are free."
    assert (transcriber.model, transcriber.most_micros(wav(), "audio/wav")) == ("faster-whisper whisper-small", 0)


def test_what_goes_wrong_with_a_sound_is_an_error_and_nothing_else(folder: Path) -> None:
    with pytest.raises(ModelError, match=r"^ValueError: no sound in it"):
        heard(folder, b"damaged")
    with pytest.raises(ModelError, match=r"ended with -6; it may lack memory"):
        heard(folder, b"crash")
    with pytest.raises(ModelError, match=r"took longer than 0\.5 s"):
        heard(folder, b"hang", seconds=0.5)


def test_the_process_that_listens_knows_no_secret(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OSTINATO_XQUIK_KEY", "OPENAI_API_KEY", "OSTINATO_DATABASE", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "planted")

    told = json.loads(heard(folder, b"environment"))

    assert "planted" not in told.values()
    assert told["HF_HUB_OFFLINE"] == "1"


def test_sounds_wait_for_one_another(folder: Path) -> None:
    async def scenario() -> list[str]:
        transcriber = LocalTranscriber(folder)
        found = await asyncio.gather(*(transcriber.transcribe(b"%d" % each, "audio/wav") for each in range(2)))
        return [each.words for each in found]

    assert asyncio.run(scenario()) == ["0", "1"]


def settings(home: Path, model: Path) -> Settings:
    return load({"OSTINATO_HOME": str(home), "OSTINATO_WHISPER_MODEL": str(model)})


async def made(chosen: Settings) -> None:
    async with media_models(chosen) as models:
        assert isinstance(models.transcriber, LocalTranscriber)


def test_a_folder_without_a_model_is_refused_with_what_to_name(tmp_path: Path, folder: Path) -> None:
    asyncio.run(made(settings(tmp_path, folder)))

    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "model.bin").touch()
    assert "there is no tokenizer.json" in str(problem_of(tmp_path / "half"))
    for other in (tmp_path, tmp_path / "nothing"):
        with pytest.raises(
            SettingsError, match=r"OSTINATO_WHISPER_MODEL: there is no model\.bin in .*; name the folder"
        ):
            asyncio.run(made(settings(tmp_path, other)))


def test_without_the_extra_it_is_refused_with_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(
        SettingsError, match=r"faster-whisper is not installed; run `pip install 'ostinato\[whisper\]'`"
    ):
        asyncio.run(made(settings(tmp_path, tmp_path)))


def test_two_that_would_listen_are_one_too_many(tmp_path: Path) -> None:
    environ = {"OSTINATO_WHISPER_MODEL": "/models", "OSTINATO_TRANSCRIPTION_MODEL": "whisper-1"}

    assert settings(tmp_path, tmp_path).hears
    with pytest.raises(
        SettingsError, match="OSTINATO_WHISPER_MODEL: OSTINATO_TRANSCRIPTION_MODEL is set too; keep one"
    ):
        load({"OSTINATO_HOME": str(tmp_path), **environ})


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_what_the_model_on_this_machine_heard_is_material_like_any_other(
    database: Database, tmp_path: Path, folder: Path
) -> None:
    template = Template("t", "a", "demo", PostType.TWEET, Schedule(Grid(1, NOW)), Sources())

    async def scenario() -> Material:
        with running(database) as writer:
            kept = await writer.call(lambda c: blobs.keep(c, wav(), name="memo.wav", now=NOW, owner=LOCAL_OWNER))
            async with media_models(settings(tmp_path, folder)) as models, httpx.AsyncClient() as web:
                reading = media_reading(models, writer=writer, web=web, pool=here)
                source = SoundSource(None, kept.id)
                return await reading.sound(template, None, source, material_id="m0", now=NOW)

    found = asyncio.run(scenario())

    assert found.text == "The observatory reopens on 14 June. Tickets are free."
    assert found.file is not None
    assert found.file.reader == "faster-whisper whisper-small"


async def here(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    return function(*args, **kwargs)
