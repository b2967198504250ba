from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from commands.daemon_lock import daemon_lock, is_running
from domain.errors import Conflict
from tests.integration.command_line import CommandLine

ROOT = Path(__file__).parents[2]
PATIENCE = 30.0  # seconds


@pytest.fixture
def ostinato(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path / "home", {"OSTINATO_SANDBOX_PORT": str(free_port())})


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def daemon(ostinato: CommandLine, said: list[str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """Run the daemon with its sandbox as a process, from when it says that it is ready; *said* gets its log so far."""
    environ = {**os.environ, "OSTINATO_HOME": str(ostinato.home), **ostinato.environ}
    process = subprocess.Popen(
        # Unbuffered: a line that was read ahead would be out of `select`'s sight.
        [sys.executable, "cli.py", "daemon", "--sandbox"],
        cwd=ROOT,
        env=environ,
        stderr=subprocess.PIPE,
        bufsize=0,
    )
    try:
        await_line(process, "daemon.ready", [] if said is None else said)
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


def await_line(process: subprocess.Popen[bytes], word: str, said: list[str]) -> None:
    assert process.stderr is not None
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        ready, _, _ = select.select([process.stderr], [], [], 0.2)
        line = process.stderr.readline().decode() if ready else ""
        said.append(line)
        if word in line:
            return
        assert process.poll() is None, "".join(said)
    raise AssertionError("".join(said))


def await_closed(port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return
        select.select([], [], [], 0.05)
    raise AssertionError(f"something still listens on {port}")


def test_without_a_key_the_daemon_does_not_start(ostinato: CommandLine) -> None:
    error = ostinato("daemon", code=3).stderr

    assert "OSTINATO_XQUIK_KEY" in error
    assert "--sandbox" in error


def test_a_daemon_with_its_sandbox_serves_commands_refuses_a_second_and_stops_when_told(ostinato: CommandLine) -> None:
    with daemon(ostinato) as process:
        accounts = ostinato.json("account", "list")["accounts"]
        assert "ostinato_demo" in [each["username"] for each in accounts]
        assert ostinato.json("status")["daemon"] == "running"
        assert "another daemon (process " in ostinato("daemon", "--sandbox", code=5).stderr

        process.send_signal(signal.SIGTERM)

        assert process.wait(PATIENCE) == 0
    assert ostinato.json("status")["daemon"] == "stopped"
    await_closed(int(ostinato.environ["OSTINATO_SANDBOX_PORT"]))


def test_the_daemon_says_where_its_sandbox_is(ostinato: CommandLine) -> None:
    said: list[str] = []
    with daemon(ostinato, said):
        page = f"http://127.0.0.1:{ostinato.environ['OSTINATO_SANDBOX_PORT']}/"
        assert ostinato.json("status")["sandbox"] == page
        assert f"sandbox: {page}" in ostinato("status").output

    assert [line for line in said if "sandbox.ready" in line and f"url={page}" in line]


def test_a_killed_daemon_takes_its_sandbox_along_and_frees_its_lock(ostinato: CommandLine) -> None:
    with daemon(ostinato) as process:
        process.kill()
        process.wait(PATIENCE)

        await_closed(int(ostinato.environ["OSTINATO_SANDBOX_PORT"]))
        assert ostinato.json("status")["daemon"] == "stopped"


def test_a_database_belongs_to_the_api_it_was_first_used_with(ostinato: CommandLine) -> None:
    with daemon(ostinato):
        pass
    ostinato.environ["OSTINATO_XQUIK_KEY"] = "xq_real"

    error = ostinato("daemon", code=5).stderr
    assert "belongs to http://127.0.0.1" in error
    assert "set another OSTINATO_HOME and add the templates again" in error


def test_a_sandbox_port_that_is_taken_is_told(ostinato: CommandLine, capfd: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", int(ostinato.environ["OSTINATO_SANDBOX_PORT"]))):
        error = ostinato("daemon", "--sandbox", code=3).stderr

    assert "OSTINATO_SANDBOX_PORT" in error
    assert f"OSTINATO_XQUIK_URL=http://127.0.0.1:{ostinato.environ['OSTINATO_SANDBOX_PORT']}/api/v1" in error
    assert "Traceback" not in capfd.readouterr().err


def test_the_lock_is_held_by_one_and_seen_by_others(ostinato: CommandLine) -> None:
    ostinato("template", "list")
    with ostinato.database() as database:
        assert is_running(database) is False
        with daemon_lock(database, shared=True):
            assert is_running(database) is True
            with pytest.raises(Conflict, match=rf"process {os.getpid()}"), daemon_lock(database, shared=True):
                pass
        assert is_running(database) is False


@pytest.mark.parametrize("role", ["scheduler", "worker"])
def test_one_role_alone_is_refused_on_sqlite(ostinato: CommandLine, role: str) -> None:
    error = ostinato("daemon", "--sandbox", "--role", role, code=5).stderr
    assert f"--role {role} needs PostgreSQL" in error
    assert "leave --role out" in error
