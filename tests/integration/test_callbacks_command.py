"""The notify command as a real process."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from callbacks import command
from callbacks.refused import Refused
from domain.event import Event, EventType

EVENT = Event("e1", EventType.RUN_FAILED, datetime(2026, 3, 1, tzinfo=UTC), {"callbackData": "ü"}, "t1", "r1", 1)


def python(code: str, *arguments: object) -> str:
    return shlex.join([sys.executable, "-c", code, *map(str, arguments)])


def run(line: str, time_limit: float = 20) -> None:
    asyncio.run(command.send(line, EVENT, time_limit=time_limit))


def test_the_command_gets_the_event_on_standard_input(tmp_path: Path) -> None:
    run(python("import sys; open(sys.argv[1], 'w').write(sys.stdin.read())", tmp_path / "got"))

    got = json.loads((tmp_path / "got").read_text())
    assert (got["id"], got["type"], got["data"]) == ("e1", "run.failed", {"callbackData": "ü"})


def test_the_command_sees_what_the_event_is_and_no_secret_of_the_daemon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OSTINATO_XQUIK_KEY", "xq_secret")
    code = "import json, os, sys; json.dump(dict(os.environ), open(sys.argv[1], 'w'))"
    run(python(code, tmp_path / "environment"))

    seen = json.loads((tmp_path / "environment").read_text())
    assert (seen["OSTINATO_EVENT_TYPE"], seen["OSTINATO_EVENT_ID"]) == ("run.failed", "e1")
    assert seen["PATH"] == os.environ["PATH"]
    assert "OSTINATO_XQUIK_KEY" not in seen


def test_no_shell_reads_the_command(tmp_path: Path) -> None:
    run(python("import sys; open(sys.argv[1], 'w').write(sys.argv[2])", tmp_path / "got", "$HOME; `id` > x"))

    assert (tmp_path / "got").read_text() == "$HOME; `id` > x"


def test_another_exit_code_is_a_failure_that_quotes_the_end_of_the_output() -> None:
    with pytest.raises(Refused, match=r"the notify command exited with 3: x+ mail server is down$"):
        run(
            python(
                "import sys; print('x' * 9000, flush=True); print('mail server is down', file=sys.stderr); sys.exit(3)"
            )
        )


def test_a_command_that_reads_nothing_is_accepted() -> None:
    run("true")


def test_a_command_that_does_not_exist_is_a_failure() -> None:
    with pytest.raises(Refused, match="could not be started"):
        run("/nowhere/notify --now")


def test_a_command_that_takes_too_long_is_killed_with_all_its_children(tmp_path: Path) -> None:
    code = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open(sys.argv[1] + ".part", "w").write(f"{os.getpid()} {child.pid}")
os.rename(sys.argv[1] + ".part", sys.argv[1])
time.sleep(600)
"""
    with pytest.raises(Refused, match="took longer than 2 s and was killed"):
        run(python(code, tmp_path / "pids"), time_limit=2)

    for pid in map(int, (tmp_path / "pids").read_text().split()):
        assert ended(pid)


def test_a_child_that_stays_behind_does_not_hold_up_a_command_that_has_ended(tmp_path: Path) -> None:
    code = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open(sys.argv[1], "w").write(str(child.pid))
"""
    run(python(code, tmp_path / "pid"), time_limit=20)

    os.kill(int((tmp_path / "pid").read_text()), 9)


def ended(pid: int) -> bool:
    """Whether the process is gone, or dead and not yet collected, within a few seconds."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        os.sched_yield()
    return False
