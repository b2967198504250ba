"""The sandbox beside a daemon: a child process that ends when its parent does, however that ends."""

from __future__ import annotations

import os
import secrets
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin

from domain.errors import FieldError, SettingsError

HOST = "127.0.0.1"
START_SECONDS = 20.0


def throwaway_key() -> str:
    """Give a key that the sandbox accepts: xq_ and 64 hexadecimal digits, new at each start."""
    return "xq_" + secrets.token_hex(32)


def base_url(port: int) -> str:
    """Give the base URL of the sandbox beside a daemon."""
    return f"http://{HOST}:{port}/api/v1"


def page(url: str) -> str:
    """Give the page with the timeline of the sandbox whose base URL is *url*."""
    return urljoin(url, "/")


@contextmanager
def running(port: int, database: Path) -> Iterator[str]:
    """Run a sandbox on *port* with its state in *database*, and give its base URL once it answers.

    Raises SettingsError when it does not start.
    """
    command = [sys.executable, "-m", "commands.sandbox_child", str(port), str(database)]
    # A session of its own: Ctrl-C is for the daemon, which still needs the sandbox to finish what it has begun.
    child = subprocess.Popen(  # noqa: S603 - our own module
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True, cwd=Path(__file__).parents[1]
    )
    try:
        _await_start(child, port)
        yield base_url(port)
    finally:
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _await_start(child: subprocess.Popen[bytes], port: int) -> None:
    assert child.stdout is not None
    ready, _, _ = select.select([child.stdout], [], [], START_SECONDS)
    if not ready or not child.stdout.readline():
        reason = (
            f"no sandbox could be started on {HOST}:{port}; where one runs there already, start this daemon without "
            f"--sandbox, with OSTINATO_XQUIK_URL={base_url(port)} and OSTINATO_XQUIK_KEY=xq_try; else set a free port"
        )
        raise SettingsError([FieldError("OSTINATO_SANDBOX_PORT", reason)])


def main(port: int, database: Path) -> None:
    """Serve the sandbox until the parent is gone: then standard input ends."""
    from sandbox.options import SandboxOptions
    from sandbox.serve import serve

    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        serve(SandboxOptions(database=database), HOST, port)
    except OSError as error:
        sys.exit(f"sandbox: {error.strerror or error}")


def _end_with_parent() -> None:
    while os.read(0, 1024):  # not sys.stdin: its lock would be held when the interpreter ends
        continue
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
