from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.integration.command_line import CommandLine
from tests.media_files import picture, png_bomb, wav

TEMPLATE = 'name = "shown"\naccount = "acme"\ntype = "tweet"\ndaily_count = 1\n'


@pytest.fixture
def ostinato(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path / "home")


def written(tmp_path: Path, name: str, content: bytes) -> str:
    path = tmp_path / name
    path.write_bytes(content)
    return str(path)


def refused(ostinato: CommandLine, *words: str, code: int) -> str:
    return str(ostinato.refused(*words, code=code)["message"])


def test_a_file_is_kept_listed_named_by_a_template_and_removed_when_that_is_gone(
    ostinato: CommandLine, tmp_path: Path
) -> None:
    path = written(tmp_path, "chart.txt", picture())
    kept = ostinato.json("file", "add", path)
    assert (kept["name"], kept["media_type"], kept["needed"]) == ("chart.txt", "image/png", False)
    assert ostinato.json("file", "add", path)["id"] == kept["id"]

    ostinato.add(f'image = {{ file = "{kept["id"]}", alt = "Our visitors" }}\n' + TEMPLATE)
    (shown,) = ostinato.json("file", "list")["files"]
    assert shown == kept | {"needed": True, "created_at": shown["created_at"]}
    assert ostinato.json("file", "show", kept["id"][:8]) == shown
    assert "a template, a run or a post needs it" in ostinato("file", "show", kept["id"]).output
    assert "is needed by a template" in refused(ostinato, "file", "remove", kept["id"][:8], code=5)

    ostinato("template", "edit", "shown", "--set", "text=words", "--unset", "image")
    assert ostinato("file", "remove", kept["id"][:8]).output == "removed chart.txt\n"
    assert "no files" in ostinato("file", "list").output


def test_a_trial_keeps_nothing(ostinato: CommandLine, tmp_path: Path) -> None:
    ostinato("file", "add", written(tmp_path, "a.wav", wav()), "--dry-run")
    assert ostinato.json("file", "list")["files"] == []


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("bomb.png", png_bomb(7_000), "more than 40 million points"),
        ("cut.png", picture(size=(400, 300))[:-900], "truncated or damaged"),
        ("page.png", b"<html>", "is none of image/png"),
        ("large.png", picture() + bytes(11 * 1024 * 1024), "is 11 MB large; at most 10 MB are allowed"),
        ("long.wav", wav() + bytes(26 * 1024 * 1024), "is larger than 25 MB"),
        ("empty.png", b"", "is empty"),
    ],
)
def test_a_hostile_file_is_refused_with_its_reason(
    ostinato: CommandLine, tmp_path: Path, name: str, content: bytes, why: str
) -> None:
    said = refused(ostinato, "file", "add", written(tmp_path, name, content), code=2)
    assert why in said
    assert name in said


def test_a_pipe_is_not_waited_for(ostinato: CommandLine, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    assert "is not a regular file" in refused(ostinato, "file", "add", str(tmp_path / "pipe.png"), code=2)


def test_a_template_with_something_spoken_is_refused_without_a_model_by_every_door(
    ostinato: CommandLine, tmp_path: Path
) -> None:
    spoken = 'audio = "https://pod.example/episode.mp3"\n' + TEMPLATE
    folder = tmp_path / "templates"
    folder.mkdir()
    path = written(folder, "shown.toml", spoken.encode())
    said = "set OSTINATO_TRANSCRIPTION_MODEL, and OPENAI_API_KEY or OPENAI_BASE_URL"
    assert said in refused(ostinato, "template", "add", path, code=2)
    assert said in refused(ostinato, "template", "add", path, "--replace", code=2)
    assert said in refused(ostinato, "template", "apply", str(folder), code=2)
    ostinato.add('text = "words"\n' + TEMPLATE)
    assert said in refused(ostinato, "template", "edit", "shown", "--file", path, code=2)
    assert said in refused(ostinato, "template", "edit", "shown", "--set", "audio=https://pod.example/a.mp3", code=2)

    ostinato.environ |= {"OSTINATO_TRANSCRIPTION_MODEL": "whisper-1", "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
    ostinato("template", "edit", "shown", "--file", path)


def test_a_template_that_names_a_file_that_is_not_there_is_refused(ostinato: CommandLine, tmp_path: Path) -> None:
    image = 'image = { file = "0b8f7a4e-1111-4c3e-9d5a-0123456789ab" }\n'
    path = written(tmp_path, "t.toml", (image + TEMPLATE).encode())
    assert "there is no such file" in refused(ostinato, "template", "add", path, code=2)
    assert ostinato.json("template", "list")["templates"] == []
