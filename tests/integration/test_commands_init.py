from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

import cli
from sandbox.options import SandboxOptions
from sandbox.serve import SandboxServer
from tests.integration.command_line import CommandLine
from tests.integration.test_commands_outside import RSS, serving

PAGE = (
    b"<html><head><title>Harbour</title></head><body><article><h1>The ferry is back</h1><p>"
    + b"The ferry to the island runs again from Monday, after 14 weeks in the yard. " * 12
    + b"</p></article></body></html>"
)
SITE = {"/feed.xml": ("application/rss+xml", RSS), "/page": ("text/html", PAGE)}


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer(SandboxOptions(limits=False, api_key="xq_right")) as server:
        yield server


@pytest.fixture
def site() -> Iterator[str]:
    with serving(SITE) as address:
        yield address


@pytest.fixture
def ostinato(tmp_path: Path, sandbox: SandboxServer) -> CommandLine:
    (tmp_path / "key").write_text("xq_right\n")
    environ = {"OSTINATO_XQUIK_URL": sandbox.base_url, "OSTINATO_ALLOW_NETWORKS": "127.0.0.0/8"}
    return CommandLine(tmp_path / "home", environ)


def flags(ostinato: CommandLine, site: str, **changed: str) -> list[str]:
    given = {
        "key-file": str(ostinato.home.parent / "key"),
        "account": "@Ostinato_Lab",
        "source": f"{site}/feed.xml",
        **changed,
    }
    return ["init", *(word for name, value in given.items() for word in (f"--{name}", value))]


def left(ostinato: CommandLine) -> set[str]:
    return {path.name for path in ostinato.home.glob("*")} & {"settings.env", "xquik.key"}


def test_flags_alone_make_everything(ostinato: CommandLine, site: str) -> None:
    made = ostinato.json(*flags(ostinato, site))

    home = ostinato.home
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert {stat.S_IMODE((home / name).stat().st_mode) for name in ("settings.env", "xquik.key", "secret.key")} == {
        0o600
    }
    assert "xq_right" not in (home / "settings.env").read_text()
    assert made["source"] == {"url": f"{site}/feed.xml", "kind": "feed", "title": "Harbour news"}
    assert (made["template"]["name"], made["template"]["account"]) == ("first", "ostinato_lab")
    assert (made["template"]["status"], made["template"]["next_slot_at"]) == ("paused", None)


def test_what_it_wrote_is_what_the_other_commands_need(ostinato: CommandLine, site: str) -> None:
    ostinato(*flags(ostinato, site))
    del ostinato.environ["OSTINATO_XQUIK_URL"]

    assert len(ostinato.json("account", "list")["accounts"]) == 3
    ostinato("template", "resume", "first")
    assert {each["level"] for each in ostinato.json("doctor")["checks"]} <= {"ok", "warning"}


def test_a_page_is_a_first_source_too(ostinato: CommandLine, site: str) -> None:
    made = ostinato.json(*flags(ostinato, site, source=f"{site}/page"), "--name", "harbour")

    assert made["source"]["kind"] == "page"
    assert made["template"]["urls"] == [f"{site}/page"]


def test_a_person_is_asked_and_told_what_comes_next(ostinato: CommandLine, site: str) -> None:
    environ = {"OSTINATO_HOME": str(ostinato.home), **ostinato.environ}
    answers = f"xq_right\nostinato_lab\n{site}/feed.xml\n"

    result = CliRunner().invoke(cli.main, ["init"], input=answers, env=environ)

    assert result.exit_code == 0, result.output
    assert "accounts of this key: ostinato_de, ostinato_demo, ostinato_lab" in result.output
    assert "ostinato template preview first --sample" in result.output
    assert "xq_right" not in result.output
    assert left(ostinato) == {"settings.env", "xquik.key"}


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"account": "somebody_else"}, 2),
        ({"source": "no url"}, 2),
        ({"source": "SITE/gone"}, 8),
        ({"name": "With Blanks"}, 2),
    ],
)
def test_what_does_not_work_is_told_and_nothing_is_written(
    ostinato: CommandLine, site: str, changed: dict[str, str], code: int
) -> None:
    given = {name: value.replace("SITE", site) for name, value in changed.items()}

    ostinato.refused(*flags(ostinato, site, **given), code=code)

    assert left(ostinato) == set()
    assert ostinato.json("template", "list") == {"templates": []}


def test_a_key_that_is_refused_is_told_and_not_written(ostinato: CommandLine, site: str) -> None:
    (ostinato.home.parent / "key").write_text("xq_wrong")
    ostinato.refused(*flags(ostinato, site), code=6)
    (ostinato.home.parent / "key").write_text("two words")
    ostinato.refused(*flags(ostinato, site), code=2)

    assert left(ostinato) == set()


def test_an_answer_that_does_not_work_is_asked_for_again(ostinato: CommandLine, site: str) -> None:
    answers = ["xq_wrong", "xq_right", "nobody", "ostinato_demo", f"{site}/nothing", f"{site}/page", ""]
    environ = {"OSTINATO_HOME": str(ostinato.home), **ostinato.environ}

    result = CliRunner().invoke(cli.main, ["init"], input="\n".join(answers), env=environ)

    assert result.exit_code == 0, result.output
    assert "'nobody' is not connected" in result.stderr
    assert "neither a feed" in result.stderr
    assert left(ostinato) == {"settings.env", "xquik.key"}
    assert (ostinato.home / "xquik.key").read_text() == "xq_right\n"


def test_who_leaves_in_the_middle_has_written_nothing(ostinato: CommandLine) -> None:
    environ = {"OSTINATO_HOME": str(ostinato.home), **ostinato.environ}

    result = CliRunner().invoke(cli.main, ["init"], input="xq_right\nnobody\n", env=environ)

    assert result.exit_code == 130
    assert left(ostinato) == set()


def test_nothing_is_overwritten_unless_it_is_asked_for(ostinato: CommandLine, site: str) -> None:
    ostinato(*flags(ostinato, site))
    (ostinato.home / "settings.env").write_text("OSTINATO_WORKERS=8\n")

    ostinato.refused(*flags(ostinato, site, name="second"), code=5)
    assert (ostinato.home / "settings.env").read_text() == "OSTINATO_WORKERS=8\n"
    ostinato.refused(*flags(ostinato, site), "--force", code=5)  # the template is there: no --force for that
    assert (ostinato.home / "settings.env").read_text() == "OSTINATO_WORKERS=8\n"

    ostinato(*flags(ostinato, site, name="second"), "--force")
    assert "OSTINATO_XQUIK_KEY_FILE" in (ostinato.home / "settings.env").read_text()


def test_with_json_nothing_is_asked(ostinato: CommandLine, site: str) -> None:
    assert "--key-file" in ostinato.refused("init", code=2)["fields"]["key"]
    words = flags(ostinato, site)

    assert "--source" in ostinato.refused(*words[: words.index("--source")], code=2)["fields"]["source"]
    assert os.environ.get("OSTINATO_XQUIK_KEY") is None
