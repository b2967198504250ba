"""A group of commands whose help says in whole sentences what each of them does."""

from __future__ import annotations

import click


class Commands(click.Group):
    """Lists its commands with the whole first paragraph of their help, over as many lines as that takes."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, _first_paragraph(each)) for name, each in sorted(self.commands.items())])


def _first_paragraph(command: click.Command) -> str:
    return " ".join((command.help or "").split("\n\n", 1)[0].split())
