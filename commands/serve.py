"""`ostinato serve`: the HTTP API alone."""

from __future__ import annotations

from dataclasses import replace

import click

from commands import wiring


@click.command()
@click.option("--host", metavar="ADDRESS", help="Where to listen, instead of OSTINATO_HTTP_HOST.")
@click.option("--port", type=click.IntRange(1, 65535), help="The port, instead of OSTINATO_HTTP_PORT or 8780.")
def command(host: str | None, port: int | None) -> None:
    """Serve the HTTP API until it is stopped, beside a daemon or without one.

    It runs no template: what it is asked for is kept, and a daemon on the same database does it. The daemon serves the
    API itself with OSTINATO_HTTP_PORT. Other machines can reach it once there is a token.

    \b
    Example:
      ostinato serve
      ostinato serve --host 0.0.0.0 --port 8080
    """
    from commands import http_door

    chosen = wiring.settings()
    http_door.run(replace(chosen, http_host=host or chosen.http_host, http_port=port or chosen.http_port))
