"""The commands of the HTTP API's pages, run by a shell as they stand there, against a daemon with the sandbox."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.stage import ROOT, Stage, stage
from tests.acceptance.test_monitoring import free_port
from tests.media_files import wav

PAGES = ("http-api.md", "compatible-api.md")
TOOLS = ("bash", "curl", "jq", "timeout")
MISSING = [each for each in TOOLS if shutil.which(each) is None]
THERE = "http://127.0.0.1:8780"
NOT_RUN = {
    "OSTINATO_HTTP_PORT=8780 ostinato daemon": "the tests' daemon is running",
    "export HOOK=https://example.com/hook": "no test leaves this machine: $HOOK is the tests' receiver",
    "export PAGE=https://example.com/news": "no test leaves this machine: $PAGE is there too",
    f'curl -N -H "Authorization: Bearer $TOKEN" "{THERE}/api/v1/events/stream?types=run.failed,post.unknown"': (
        "goes on for ever; another stream is cut off by `--max-time`"
    ),
    f'curl -H "Authorization: Bearer $TOKEN" "{THERE}/api/v1/events?after=$NEXT&wait=60"': (
        "nothing more happens; another call waits for what comes"
    ),
}
SHELL = """
set -euo pipefail
ostinato() {{ {python} -m cli "$@"; }}
python() {{ {python} "$@"; }}
export HOOK={receiver}/hook PAGE={receiver}/page
"""


def commands_of(page: str) -> list[str]:
    """Give the commands of the blocks of *page*, each with the lines that belong to it, without their comments."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    lines = [re.sub(r"\s+# .*", "", line) for kind, block in blocks if not kind for line in block.splitlines()]
    found: list[str] = []
    for line in lines:
        begins = not found or not (found[-1].endswith("\\") or found[-1].count("'") % 2)
        found[len(found) if begins else -1 :] = [line if begins else f"{found[-1]}\n{line}"]
    return [each for each in found if each.strip()]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stage, str]]:
    port = str(free_port())
    with stage(tmp_path_factory.mktemp("curl")) as made:
        made.daemon(OSTINATO_HTTP_PORT=port, OSTINATO_POSTS_APART="0s").wait_for_line("daemon.ready")
        yield made, f"http://127.0.0.1:{port}"


@pytest.mark.skipif(bool(MISSING), reason=f"{' and '.join(MISSING)} is not installed")
def test_every_command_of_the_pages_does_what_it_says(here: tuple[Stage, str], tmp_path: Path) -> None:
    made, url = here
    script = [SHELL.format(python=sys.executable, receiver=made.receiver_url)]
    cut = " || [ $? = 28 ]"  # how curl says that its time was over
    for command in (each for page in PAGES for each in commands_of(page) if each not in NOT_RUN):
        script += [
            f"cat <<'TYPED'\n$ {command}\nTYPED",
            command.replace(THERE, url) + cut * ("--max-time" in command),
            "echo",
        ]
    file = tmp_path / "typed.sh"
    file.write_text("\n".join(script), encoding="utf-8")
    (tmp_path / "memo.m4a").write_bytes(wav())  # a sound: it is told by what it holds
    (tmp_path / "examples").symlink_to(ROOT / "examples")

    done = subprocess.run(
        ["timeout", "60", "bash", str(file)],
        cwd=tmp_path,
        env=made.environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    said = f"{done.stdout}\n{done.stderr}"
    assert done.returncode == 0, said
    for text in ("found it lighter", "Line 7 opens", "Line 8 opens", "The tram opens on Tuesday"):
        assert made.tweets(text), (text, said)
    for word in ("approved", "deleted", "event: run.succeeded", "Recurring template updated", "published"):
        assert word in done.stdout, (word, said)


def test_what_is_not_run_stands_in_the_pages() -> None:
    told = {command for page in PAGES for command in commands_of(page)}

    assert NOT_RUN.keys() <= told
