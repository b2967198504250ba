from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.command_line import CommandLine
from tests.integration.test_commands_daemon import await_line, daemon, free_port
from tests.integration.test_model_writer import TEXT
from tests.model_server import Model, Status, serving


def ostinato_with(model: Model, home: Path) -> CommandLine:
    environ = {
        "OSTINATO_SANDBOX_PORT": str(free_port()),
        "OSTINATO_RATE_LIMITS": "off",
        "OPENAI_BASE_URL": model.address,
        "OSTINATO_MODEL": "small",
    }
    ostinato = CommandLine(home, environ)
    ostinato.add(
        f'name = "a"\naccount = "ostinato_demo"\ntype = "tweet"\nprompt = "short"\ntext = """{TEXT}"""\n'
        '[schedule]\ntimes = ["09:00"]\ntimezone = "UTC"\n'
    )
    return ostinato


@pytest.mark.parametrize(("failing", "engine"), [(False, "model"), (True, "embedded")])
def test_the_daemon_posts_what_the_model_or_else_the_embedded_writer_wrote(
    tmp_path: Path, failing: bool, engine: str
) -> None:
    with serving() as model:
        if failing:
            model.always("digest", Status(500))
        ostinato = ostinato_with(model, tmp_path / "home")
        with daemon(ostinato) as process:
            run = ostinato.json("template", "run", "a")
            await_line(process, "run.finished", [])
            shown = ostinato.json("run", "why", run["run_id"])
    assert model.at("digest")
    chosen = [each for each in shown["drafts"] if each["chosen"]]
    assert [each["engine"] for each in chosen] == [engine]
    assert (chosen[0]["origin"]["why"] is not None) is failing
    assert shown["status"] == "posted"
