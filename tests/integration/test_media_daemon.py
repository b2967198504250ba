from __future__ import annotations

from pathlib import Path

from tests.integration.command_line import CommandLine
from tests.integration.test_commands_daemon import await_line, daemon, free_port
from tests.media_files import picture, wav
from tests.model_server import serving


def kept(ostinato: CommandLine, tmp_path: Path, name: str, content: bytes) -> str:
    path = tmp_path / name
    path.write_bytes(content)
    return str(ostinato.json("file", "add", str(path))["id"])


def test_the_daemon_posts_what_was_spoken_and_shown_and_says_what_read_it(tmp_path: Path) -> None:
    with serving() as model:
        model.will("transcribe", "Please keep it short.")
        environ = {
            "OSTINATO_SANDBOX_PORT": str(free_port()),
            "OSTINATO_RATE_LIMITS": "off",
            "OPENAI_BASE_URL": model.address,
            "OSTINATO_MODEL": "small",
            "OSTINATO_TRANSCRIPTION_MODEL": "whisper-1",
        }
        ostinato = CommandLine(tmp_path / "home", environ)
        sound, hints = kept(ostinato, tmp_path, "memo.wav", wav()), kept(ostinato, tmp_path, "hints.wav", wav(900))
        shown = kept(ostinato, tmp_path, "chart.png", picture())
        ostinato.add(
            f'name = "a"\naccount = "ostinato_demo"\ntype = "tweet"\naudio = {{ file = "{sound}" }}\n'
            f'image = {{ file = "{shown}" }}\nprompt_audio = {{ file = "{hints}" }}\nprompt = "No emoji."\n'
            '[schedule]\ntimes = ["09:00"]\ntimezone = "UTC"\n'
        )
        with daemon(ostinato) as process:
            started = ostinato.json("template", "run", "a")
            await_line(process, "run.finished", [])
            why = ostinato.json("run", "why", started["run_id"])
    assert model.wrong == []
    assert [asked.sound for asked in model.at("transcribe")] == [wav(900), wav()]  # the hints first
    assert len(model.at("describe")) == 1
    assert "No emoji.\n\nPlease keep it short." in model.at("write")[0].body["messages"][1]["content"]
    assert [(each["kind"], each["file"]["reader"]) for each in why["material"]] == [
        ("audio", "whisper-1"),
        ("image", "small, describe-1"),
        ("spoken-hints", "whisper-1"),
    ]
    assert why["status"] == "posted"
    (used,) = [each for each in ostinato.json("file", "list")["files"] if each["name"] == "chart.png"]
    assert used["needed"]
