"""`python -m sandbox`: the stand-in alone, from the command line."""

from pathlib import Path

import click

from sandbox.options import Generation, SandboxOptions
from sandbox.serve import serve


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8788, show_default=True, help="0 picks a free port.")
@click.option("--api-key", help="The only key accepted; without it, every key that starts with xq_.")
@click.option("--database", type=click.Path(path_type=Path, dir_okay=False), help="Its SQLite file; default temporary.")
@click.option("--limits/--no-limits", default=True, show_default=True, help="The three rate-limit tiers.")
@click.option("--api", type=click.Choice(["durable", "seed"]), default="durable", show_default=True)
@click.option(
    "--repeats/--no-repeats", default=False, show_default=True, help="Let an account say the same twice a day."
)
def main(
    host: str, port: int, api_key: str | None, database: Path | None, limits: bool, api: Generation, repeats: bool
) -> None:
    """Run a local stand-in for the Xquik API.

    Example: python -m sandbox --port 8788 --database .demo/sandbox.sqlite3 --no-limits
    """
    serve(SandboxOptions(database=database, api_key=api_key, limits=limits, api=api, repeats=repeats), host, port)


if __name__ == "__main__":
    main()
