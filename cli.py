"""The `ostinato` command: finds the module of a command when it is used, and turns errors into exit codes."""

from __future__ import annotations

import errno
import importlib
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import click

from commands.errors import as_json, as_text, exit_code, render
from domain.errors import OstinatoError

INTERRUPTED = 130
OUTPUT_LOST = 8
UNWRITABLE = frozenset({errno.EPIPE, errno.ENOSPC, errno.EIO, errno.EBADF})

# name -> its module in commands/, and the first line of its help (a test keeps the two the same)
COMMANDS = {
    "account": ("account", "X accounts that the API key may post from."),
    "backup": ("backup", "Copy the database to FILE, also while the daemon runs."),
    "budget": (
        "budget",
        "Show what templates and accounts may spend, what they have, and what is left of the day and the month.",
    ),
    "calendar": ("calendars", "Calendars at URLs whose dates templates exclude."),
    "callback": ("callback", "Who is told what happened, and whether they heard it."),
    "completion": ("completion", "Print the script that lets your shell complete the words of ostinato."),
    "daemon": ("daemon", "Run the scheduler until it is stopped."),
    "db": ("db", "The database and its schema."),
    "doctor": ("doctor", "Look whether everything is in order; exit with 1 when something is not."),
    "events": ("events", "Show what happened, the oldest first; docs/callbacks.md has the types and their data."),
    "feed": ("feed", "Feeds that templates take their material from."),
    "file": ("file", "Sounds and pictures that templates use."),
    "init": ("init", "Ask for the API key, the account and a first source; try each; write the settings."),
    "logs": ("log_reading", "Show the daemon's log file; set OSTINATO_LOG_FILE to keep one."),
    "model": ("model", "The language model that writes, if one is configured."),
    "post": ("post", "What was posted, and what became of it."),
    "project": ("project", "Projects: what posts are about, as context for whoever writes them."),
    "research": (
        "research",
        "Deep research: a topic is looked up, and what is found is kept as a report with numbered citations.",
    ),
    "restore": ("restore", "Put the backup FILE in the place of the database, and let every template go on from now."),
    "run": ("run", "Executions of templates, and why they posted or did not."),
    "sandbox": ("sandbox", "Run a local stand-in for the Xquik API."),
    "schema": ("schema", "Print the JSON Schema of template files, of events, or of what commands print with --json."),
    "score": ("score", "Score TEXT with the checks of the Xquik API."),
    "secrets": ("secrets", "The keys that protect what is kept and what is sent."),
    "serve": ("serve", "Serve the HTTP API until it is stopped, beside a daemon or without one."),
    "status": ("status", "Show how things stand; exit with 1 while failures are unread."),
    "style": ("style", "How authors write: styles that templates can follow."),
    "template": ("template", "Recurring posts: what, as whom, when."),
    "token": ("token", "Who may use the HTTP API, and for what."),
}


class Commands(click.Group):
    """A group that imports a command's module when it is used, and shows our own errors as one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        found = importlib.import_module(f"commands.{COMMANDS[cmd_name][0]}").command
        assert isinstance(found, click.Command)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in sorted(COMMANDS.items())])

    def main(  # type: ignore[override]
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        **extra: Any,
    ) -> None:
        """Run the command and exit with its documented code (docs/exit-codes.md)."""
        words = list(sys.argv[1:] if args is None else args)
        json = "--json" in words
        try:
            _check_encoding(words)
            code = super().main(words, prog_name, complete_var, **(extra | {"standalone_mode": False}))
        except click.Abort:
            click.echo("Interrupted.", err=True)
            code = INTERRUPTED
        except click.ClickException as error:
            if json:
                click.echo(render("usage", error.format_message(), {}), err=True)
            else:
                error.show()
            code = error.exit_code
        except OSError as error:
            if error.errno not in UNWRITABLE:
                raise
            code = _output_lost(error)
        except OstinatoError as error:
            click.echo(as_json(error) if json else as_text(error), err=True)
            code = exit_code(error)
        sys.exit(code if isinstance(code, int) else 0)


def _output_lost(error: OSError) -> int:
    """Say that nothing more can be printed, unless the reader has simply gone; give the exit code."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter tries again when it ends
    if error.errno != errno.EPIPE:
        with suppress(OSError):
            click.echo(f"Error: cannot write: {error.strerror}; make room, or print to another place", err=True)
    return OUTPUT_LOST


def _check_encoding(words: Sequence[str]) -> None:
    for word in words:
        try:
            word.encode()
        except UnicodeEncodeError:
            raise click.UsageError(f"{word!a} is not UTF-8 text") from None


@click.group(cls=Commands, name="ostinato", context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ostinato", prog_name="ostinato")
def main() -> None:
    """Post to X from recurring templates: once, or you are told why not.

    \b
    Example:
      ostinato template add examples/tips.toml
      ostinato daemon --sandbox
    """


if __name__ == "__main__":
    main()
