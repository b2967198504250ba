"""A wire to PostgreSQL that can be cut, or swallow what is sent: a proxy on a port of this machine."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress
from pathlib import Path
from typing import Self

RESET = struct.pack("ii", 1, 0)  # SO_LINGER: a close is a reset at once


class Wire:
    """Carries bytes between clients of `127.0.0.1:port` and the server whose Unix socket is in *folder*."""

    def __init__(self, folder: str) -> None:
        self._server = str(Path(folder) / ".s.PGSQL.5432")
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._swallowed: set[socket.socket] = set()
        self._swallows = False
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()

    def cut(self) -> None:
        """Reset every connection, and refuse new ones."""
        with suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)  # what waits in accept() comes back
        self._door.close()
        for pair in self._pairs:
            for end in pair:
                _reset(end)
        self._pairs.clear()

    def swallow(self) -> None:
        """Take all that is sent and carry nothing: on the connections there are, and on new ones."""
        self._swallows = True
        self._swallowed = {end for pair in self._pairs for end in pair}

    def mend(self) -> None:
        """Carry new connections again. What was swallowed stays so, and so does what was begun then."""
        self._swallows = False
        if self._door.fileno() < 0:
            self._door = socket.create_server(("127.0.0.1", self.port))
            self._open()

    def _open(self) -> None:
        threading.Thread(target=self._accept, args=(self._door,), daemon=True).start()

    def _accept(self, door: socket.socket) -> None:
        while True:
            try:
                client, _ = door.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            try:
                server.connect(self._server)
            except OSError:  # the server is away, which is all that the client learns
                _reset(client)
                server.close()
                continue
            if self._swallows:
                self._swallowed |= {client, server}
            self._pairs.append((client, server))
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self._carry, args=(source, sink), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while (piece := source.recv(65536)) and self._may_pass(source, sink, piece):
                if source not in self._swallowed:
                    sink.sendall(piece)
        if source not in self._swallowed:
            for end in (source, sink):
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def _may_pass(self, source: socket.socket, sink: socket.socket, piece: bytes) -> bool:
        """Tell whether *piece* is carried; where not, both ends are closed."""
        return True


def _reset(end: socket.socket) -> None:
    with suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    with suppress(OSError):
        end.shutdown(socket.SHUT_RD)  # what waits in recv() comes back, and lets go of it
    end.close()
