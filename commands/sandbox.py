"""`ostinato sandbox`: a stand-in for the Xquik API."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, cast

import click

from domain.errors import Conflict


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Where it listens.")
@click.option("--port", type=click.IntRange(0, 65535), default=8788, show_default=True, help="0 picks a free one.")
@click.option("--api-key", metavar="KEY", help="The only key accepted; without it every key that starts with xq_.")
@click.option("--database", type=click.Path(path_type=Path, dir_okay=False), help="Its SQLite file; default temporary.")
@click.option("--limits/--no-limits", default=True, show_default=True, help="The three rate-limit tiers.")
@click.option(
    "--api",
    type=click.Choice(["durable", "seed"]),
    default="durable",
    show_default=True,
    help="How it speaks: with idempotency keys, or without.",
)
def command(host: str, port: int, api_key: str | None, database: Path | None, limits: bool, api: str) -> None:
    """Run a local stand-in for the Xquik API.

    --api durable knows idempotency keys and write records, --api seed knows neither. Its timeline is a page at /.

    \b
    Example:
      ostinato sandbox --port 8788 --database sandbox.db --no-limits
    """
    from sandbox.options import SandboxOptions
    from sandbox.serve import serve

    generation = cast(Literal["durable", "seed"], api)
    options = SandboxOptions(database=database, api_key=api_key, limits=limits, api=generation)
    try:
        serve(options, host, port)
    except OSError as error:
        raise Conflict(f"cannot listen on {host}:{port}: {error.strerror}; choose another --port") from error
