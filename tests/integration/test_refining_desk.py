"""The desk at which the door refines: what is spoken is fetched as any source, and written down by a model."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from commands.reading import reading
from commands.refining_desk import Refining, refining_desk
from domain.errors import SourceError
from domain.template import SoundSource
from settings import load
from storage.database import Database
from tests.integration.sources_server import HostileServer, reply
from tests.integration.storage_values import NOW, running
from tests.media_files import wav
from tests.model_server import KEY, Model, serving

SPOKEN = {"OSTINATO_TRANSCRIPTION_MODEL": "whisper-1"}


@pytest.fixture
def dialect() -> str:
    return "sqlite"


def heard(database: Database, home: Path, model: Model, path: str = "/a.wav", **settings: str) -> tuple[str, Refining]:
    """Give what the desk of these settings hears at *path* of a site in this machine, and the desk."""
    chosen = load(
        {
            "OSTINATO_HOME": str(home),
            "OPENAI_BASE_URL": model.address,
            "OPENAI_API_KEY": KEY,
            "OSTINATO_ALLOW_NETWORKS": "127.0.0.0/8",
            **settings,
        }
    )

    async def hearing() -> tuple[str, Refining]:
        async with HostileServer() as site, reading(chosen) as (web, pool):
            site.answers["/a.wav"] = reply(wav(), kind="audio/wav")
            site.answers["/page"] = reply(b"<html>no sound</html>")
            with running(database) as writer:
                async with refining_desk(chosen, database, writer, web=web, pool=pool) as desk:
                    spoken: Any = desk.media.spoken
                    return await spoken(SoundSource(url=f"{site.url}{path}"), owner="local", now=NOW), desk

    return asyncio.run(hearing())


def test_what_is_spoken_is_written_down_without_a_key_of_the_api(database: Database, tmp_path: Path) -> None:
    with serving() as model:
        words, desk = heard(database, tmp_path, model, **SPOKEN)

    assert words == model.says
    assert [(each.step, each.sound) for each in model.asked] == [("transcribe", wav())]
    assert model.wrong == []
    assert (desk.editor, desk.has_model) == (None, False)


def test_with_a_key_there_is_an_editor_that_asks_the_model(database: Database, tmp_path: Path) -> None:
    named = {"OSTINATO_XQUIK_KEY": "xq_test", "OSTINATO_MODEL": "small"}
    with serving() as model:
        _, desk = heard(database, tmp_path, model, **SPOKEN, **named)

    assert desk.editor is not None
    assert desk.has_model


@pytest.mark.parametrize(
    ("path", "settings", "reason"),
    [
        ("/gone.wav", SPOKEN, "404"),
        ("/page", SPOKEN, "/page"),
        ("/a.wav", {}, "set OSTINATO_TRANSCRIPTION_MODEL"),
        ("/a.wav", SPOKEN | {"OSTINATO_ALLOW_NETWORKS": ""}, "loopback"),
    ],
    ids=["not there", "no sound", "no model", "this machine"],
)
def test_what_cannot_be_heard_is_said(
    database: Database, tmp_path: Path, path: str, settings: dict[str, str], reason: str
) -> None:
    with serving() as model, pytest.raises(SourceError, match=reason):
        heard(database, tmp_path, model, path, **settings)
    assert model.asked == []
