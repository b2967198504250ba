"""`ostinato daemon`: the scheduler itself."""

from __future__ import annotations

import click

from commands import wiring


@click.command()
@click.option("--sandbox", is_flag=True, help="Post into a local stand-in for the API, started beside the daemon.")
@click.option(
    "--role",
    type=click.Choice(["all", "scheduler", "worker", "api"]),
    default="all",
    help="On PostgreSQL, where any number of daemons share a database: plan, or work, or both (the default). `api` "
    "serves the HTTP API alone, as `ostinato serve` does.",
)
def command(sandbox: bool, role: str) -> None:
    """Run the scheduler until it is stopped.

    Stop it with Ctrl-C or SIGTERM: runs in progress reach their next recorded step, and go on at the next start. It
    may also be killed at any moment; nothing is posted twice.

    \b
    Example:
      ostinato daemon --sandbox
      ostinato daemon --role worker
    """
    if role == "api":
        if sandbox:
            raise click.UsageError("--role api posts nothing; leave --sandbox out, or run another role")
        from commands import http_door

        http_door.run(wiring.settings())
        return
    wiring.run_daemon(wiring.settings(), sandbox=sandbox, role=role)
