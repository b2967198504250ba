"""What the README tells a new user to type: each command is run as it stands there, or says here why it is not."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.acceptance.stage import wait_for

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
MAKES_A_TOKEN = "TOKEN=$(ostinato token create reader --scope read --json | jq -r .token)"
ASKS_WITH_IT = 'curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8780/api/v1/templates/tips/slots'
NOT_RUN = {
    MAKES_A_TOKEN: "its part behind `ostinato` is typed beside `ostinato serve`",
    ASKS_WITH_IT: "its request is made beside `ostinato serve`",
    ". .venv/bin/activate": "the tests run in that environment already",
    "ostinato template add my-template.toml": "stands for a file of the reader's own",
    "export OSTINATO_XQUIK_KEY_FILE=/path/to/a/file/with/the/key": "there is no key of the real API here",
    "ostinato account list": "asks the real API",
    "ostinato post settle POST …": "nothing is unknown after a few seconds that went well",
}
SAMPLE = "ostinato template preview tips --sample"


@dataclass
class NewUser:
    """Types commands in the repository's folder; `~` is a folder of their own."""

    folder: Path
    port: int
    exported: dict[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        return os.environ | {"HOME": str(self.folder), "OSTINATO_SANDBOX_PORT": str(self.port)} | self.exported

    def type(self, command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words(command), cwd=ROOT, env=self.environment(), capture_output=True, text=True, timeout=20, check=False
        )

    def start(self, command: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            words(command),
            cwd=ROOT,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def asks(self, command: str) -> Any:
        done = self.type(f"{command} --json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


def words(command: str) -> list[str]:
    """Give the arguments of an `ostinato` command, run by the interpreter of the tests."""
    name, *others = shlex.split(command)
    assert name == "ostinato"
    return [sys.executable, "-m", "cli", *others]


def commands_of(text: str) -> list[str]:
    """Give every line of the code blocks of *text* without its comment."""
    blocks = re.findall(r"^```\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    lines = (re.sub(r"\s+#.*", "", line).strip() for block in blocks for line in block.splitlines())
    return [line for line in lines if line]


def succeeds(user: NewUser, command: str) -> None:
    done = user.type(command)
    assert done.returncode == 0, (command, done.stderr)
    assert done.stdout.strip(), command


def posts_into_the_sandbox(user: NewUser, command: str) -> None:
    daemon = user.start(command)
    try:
        posts = wait_for(lambda: user.asks("ostinato post list --status published")["posts"], "a post")
        sample = user.asks(SAMPLE)["sample"]
        daemon.send_signal(signal.SIGTERM)
        printed, _ = daemon.communicate(timeout=10)
    finally:
        daemon.kill()
        daemon.communicate()
    assert posts[0]["text"] in (ROOT / "examples" / "tips.txt").read_text(encoding="utf-8")
    assert daemon.returncode == 0, printed
    assert sample["drafts"]
    assert f"`{SAMPLE}`" in README


def answers_over_http(user: NewUser, command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = user.start(f"{command} --port {port}")
    try:
        token = user.asks("ostinato token create reader --scope read")["token"]
        url = ASKS_WITH_IT.split()[-1].replace("8780", str(port))
        asked = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})

        def answered() -> Any:
            try:
                with urllib.request.urlopen(asked, timeout=5) as answer:
                    return json.load(answer)
            except urllib.error.URLError:  # it does not listen yet
                return None

        told = wait_for(answered, "an answer")
    finally:
        server.kill()
        server.communicate()
    assert [each["at"] for each in told["slots"]]


def exports(user: NewUser, command: str) -> None:
    name, _, value = command.removeprefix("export ").partition("=")
    user.exported[name] = value.replace("~", str(user.folder))


def leaves_a_home_that_is_the_sandboxs_for_one_that_is_not(user: NewUser, command: str) -> None:
    key = {"OSTINATO_XQUIK_KEY": "xq_" + "0" * 64}
    user.exported |= key
    refused = user.type("ostinato daemon")
    assert refused.returncode == 5, refused.stderr
    assert "sandbox database" in refused.stderr
    assert "another OSTINATO_HOME" in refused.stderr
    del user.exported["OSTINATO_XQUIK_KEY"], user.exported[command.removeprefix("unset ")]
    assert user.asks("ostinato template list") == {"templates": []}


def refuses_without_a_key(user: NewUser, command: str) -> None:
    done = user.type(command)
    assert done.returncode != 0
    assert "OSTINATO_XQUIK_KEY" in done.stderr
    assert "--sandbox" in done.stderr


def explains_the_newest_run(user: NewUser, command: str) -> None:
    (run,) = user.asks("ostinato run list")["runs"]
    done = user.type(command.replace("RUN", run["id"]))
    assert done.returncode == 0, done.stderr
    for said in ("everything was posted", "Where each word of", "confirmed"):
        assert said in done.stdout


def explains_an_instant(user: NewUser, command: str) -> None:
    done = user.type(command.replace("NAME", "tips").replace("TIME", "2020-02-29"))
    assert done.returncode == 0, done.stderr
    assert "no slot: the template was added at" in done.stdout


RUN: dict[str, Callable[[NewUser, str], None]] = {
    "export OSTINATO_HOME=~/ostinato-try": exports,
    "unset OSTINATO_HOME": leaves_a_home_that_is_the_sandboxs_for_one_that_is_not,
    "ostinato template add examples/tips.toml": succeeds,
    "ostinato template preview tips": succeeds,
    "ostinato serve": answers_over_http,
    "ostinato daemon --sandbox": posts_into_the_sandbox,
    "ostinato daemon": refuses_without_a_key,
    "ostinato status": succeeds,
    "ostinato run why RUN": explains_the_newest_run,
    "ostinato template why NAME --at TIME": explains_an_instant,
}


def test_every_command_of_the_readme_is_run_or_says_why_not() -> None:
    told = {command for command in commands_of(README) if not command.startswith("make ")}

    assert told == RUN.keys() | NOT_RUN.keys()


def test_the_commands_of_the_readme_do_what_it_says(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        user = NewUser(tmp_path, free.getsockname()[1])

    for command in commands_of(README):
        if command in RUN:
            RUN[command](user, command)


def test_every_word_for_make_is_one_that_the_makefile_knows() -> None:
    known = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    code = [*commands_of(README + CONTRIBUTING), *re.findall(r"`([^`\n]+)`", README + CONTRIBUTING)]
    named = {word for line in code for word in re.findall(r"^make (\w+)", line)}

    assert named >= {"setup", "demo", "lint", "test"}
    assert named <= known
