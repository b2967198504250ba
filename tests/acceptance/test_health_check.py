"""The image's health check, run against real daemons: green while they get on with their work, red when they do not."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from storage.database import open_database
from tests.acceptance.stage import Stage, stage, wait_for
from tests.container_files import health_check


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])


def healthy(here: Stage, port: int) -> bool:
    """Run the command as Docker does, which gives up on it after a while."""
    python, *words = health_check()
    assert python == "python"
    environment = {**here.environment, "OSTINATO_HEALTH_PORT": str(port)}
    try:
        done = subprocess.run([sys.executable, *words], env=environment, capture_output=True, timeout=15, check=False)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


@pytest.mark.timeout(90)
def test_the_check_is_green_for_a_daemon_at_work_and_red_for_one_that_hangs_is_too_old_or_has_ended(
    tmp_path: Path,
) -> None:
    with stage(tmp_path) as here:
        port = free_port()
        assert not healthy(here, port)
        daemon = here.daemon(OSTINATO_HEALTH_PORT=str(port))
        daemon.wait_for_line("daemon.ready")
        assert healthy(here, port)

        daemon.popen.send_signal(signal.SIGSTOP)
        assert not healthy(here, port)
        daemon.popen.send_signal(signal.SIGCONT)
        assert healthy(here, port)

        upgrade_by_a_newer(here)
        wait_for(lambda: not healthy(here, port), "a red check", within=20)
        daemon.wait_for_line(r"daemon\.outdated")
        assert daemon.stop() == 0
        assert not healthy(here, port)


def upgrade_by_a_newer(here: Stage) -> None:
    """Leave what the `db upgrade` of a version leaves that this one may not run beside."""
    database = open_database(here.database)
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.execute(text("UPDATE installation SET oldest_schema = '9999'"))
    database.close()
