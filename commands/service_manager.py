"""Telling systemd how the daemon is: sd_notify(3), one datagram for each word."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping

import structlog

log = structlog.get_logger(__name__)


def notifier(environ: Mapping[str, str]) -> Callable[[str], None]:
    """Give what tells the socket that NOTIFY_SOCKET names; without one, what tells nobody."""
    address = environ.get("NOTIFY_SOCKET")
    if not address:
        return lambda _: None
    path = "\0" + address[1:] if address.startswith("@") else address  # @ stands for the abstract namespace

    def tell(state: str) -> None:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door:
                door.setblocking(False)
                door.sendto(state.encode(), path)
        except OSError as error:  # a service manager that does not listen must not stop the work
            log.warning("notify.failed", state=state, error=str(error))

    return tell
