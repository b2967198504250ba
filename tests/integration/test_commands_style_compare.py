from __future__ import annotations

from pathlib import Path

import pytest

from domain.material import StyleProfile
from sandbox.serve import SandboxServer
from scheduler.shown.style_views import measured
from tests.integration.command_line import CommandLine


@pytest.fixture
def ostinato(tmp_path: Path, sandbox: SandboxServer) -> CommandLine:
    return CommandLine(tmp_path / "home", {"OSTINATO_XQUIK_URL": sandbox.base_url, "OSTINATO_XQUIK_KEY": "xq_test"})


def test_a_style_is_measured_by_its_posts() -> None:
    samples = ("Why? https://example.com/x?y=1", "Ships\nsail #sea", "Ships sail", "@acme ships")

    found = measured(StyleProfile("a", samples))

    assert (found.count, found.shortest, found.longest) == (4, 10, 28)
    assert (found.with_links, found.with_hashtags, found.with_mentions) == (25, 25, 25)
    assert (found.questions, found.several_lines) == (25, 25)
    assert found.words[:2] == ("ships", "sail")


def test_a_style_without_posts_is_all_zeros() -> None:
    found = measured(StyleProfile("a", ()))

    assert (found.count, found.typical_length, found.questions, found.words) == (0, 0, 0, ())


def test_a_style_kept_here_is_compared_with_one_that_the_api_keeps(
    ostinato: CommandLine, tmp_path: Path, sandbox: SandboxServer
) -> None:
    samples = tmp_path / "samples.txt"
    samples.write_text("Calm words.\n---\nMore calm words.\n")
    elsewhere = CommandLine(tmp_path / "elsewhere", ostinato.environ)
    elsewhere("style", "fetch", "marcus_builds")
    ostinato("style", "save", "our-voice", str(samples))

    one, other = ostinato.json("style", "compare", "our-voice", "@marcus_builds")["styles"]

    assert (one["name"], one["count"], one["words"][0]) == ("our-voice", 2, "calm")
    assert (other["name"], other["count"] > 2) == ("marcus_builds", True)
    assert [each["name"] for each in ostinato.json("style", "list")["styles"]] == ["our-voice"]
    assert "typical length" in ostinato("style", "compare", "our-voice", "marcus_builds").output


def test_two_that_only_the_api_keeps_are_compared_too(ostinato: CommandLine, tmp_path: Path) -> None:
    elsewhere = CommandLine(tmp_path / "elsewhere", ostinato.environ)
    for name in ("marcus_builds", "ostinato_demo"):
        elsewhere("style", "fetch", name)

    styles = ostinato.json("style", "compare", "marcus_builds", "ostinato_demo")["styles"]

    assert [each["name"] for each in styles] == ["marcus_builds", "ostinato_demo"]
    assert all(each["count"] for each in styles)


def test_a_style_that_nobody_keeps_is_named(ostinato: CommandLine) -> None:
    assert "nobody" in ostinato.refused("style", "compare", "nobody", "nothing", code=4)["message"]
    del ostinato.environ["OSTINATO_XQUIK_KEY"]
    assert "without a key" in ostinato.refused("style", "compare", "nobody", "nothing", code=4)["message"]
