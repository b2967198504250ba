"""Running the sandbox: in the foreground for a person, on a thread for a test."""

import asyncio
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType

import uvicorn

from sandbox.app import create_app
from sandbox.call import PREFIX
from sandbox.closing import ClosableProtocol
from sandbox.options import SandboxOptions

TICK, TICKS_A_DAY = 0.1, 864_000  # uvicorn's own
GRACE = 1.0  # seconds that requests are given to be answered
LOOK_EVERY = 0.005


def serve(options: SandboxOptions, host: str = "127.0.0.1", port: int = 8788) -> None:
    """Serve until interrupted. Prints one line with the base URL once the port is bound; port 0 picks a free one."""
    bound = _bind(host, port)
    url = f"http://{host}:{bound.getsockname()[1]}{PREFIX}"
    server = _Server(options, lambda: print(f"sandbox listening on {url}", flush=True))
    server.run(sockets=[bound])


class SandboxServer:
    """A sandbox on a thread and a free port: `with SandboxServer(options) as s: s.base_url`.

    *base_url* ends in /api/v1; *admin_url* is the admin door, ending in /_sandbox. With a *database* in the options,
    a second server on the same file goes on where the first one stopped.
    """

    def __init__(self, options: SandboxOptions | None = None, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.options = options or SandboxOptions()
        self._socket = _bind(host, port)
        self.port: int = self._socket.getsockname()[1]
        self.origin = f"http://{host}:{self.port}"
        self.base_url = self.origin + PREFIX
        self.admin_url = self.origin + "/_sandbox"
        self._ready = threading.Event()
        self._server = _Server(self.options, self._ready.set)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), name="sandbox", daemon=True)

    def __enter__(self) -> "SandboxServer":
        self._thread.start()
        if not self._ready.wait(10):
            raise RuntimeError(f"the sandbox on port {self.port} did not start within 10 s")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.stop()
        self._thread.join(10)


class _Server(uvicorn.Server):
    """uvicorn, telling when it is ready, and stopping without its pauses of a tenth of a second each."""

    def __init__(self, options: SandboxOptions, on_ready: Callable[[], object]) -> None:
        super().__init__(
            uvicorn.Config(
                create_app(options),
                http=ClosableProtocol,
                ws="none",
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
            )
        )
        self._on_ready = on_ready
        self._told_to_stop = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        self._on_ready()

    def stop(self) -> None:
        """Stop. To be called by another thread."""
        self.should_exit = True
        with suppress(RuntimeError):  # it has stopped already
            self._loop.call_soon_threadsafe(self._told_to_stop.set)

    async def main_loop(self) -> None:
        ticks = 0
        while not await self.on_tick(ticks):
            ticks = (ticks + 1) % TICKS_A_DAY
            with suppress(TimeoutError):
                await asyncio.wait_for(self._told_to_stop.wait(), TICK)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for listening in (*self.servers, *(sockets or ())):
            listening.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        try:
            async with asyncio.timeout(GRACE):
                while self.server_state.connections or self.server_state.tasks:
                    await asyncio.sleep(LOOK_EVERY)
        except TimeoutError:
            for task in self.server_state.tasks:
                task.cancel()
        await self.lifespan.shutdown()


def _bind(host: str, port: int) -> socket.socket:
    # asyncio switches off Nagle only where the protocol is named; without that every answer waits 40 ms.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((host, port))
    return bound
