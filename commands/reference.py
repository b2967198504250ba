"""`python -m commands.reference` (`make docs`): writes docs/commands.md anew from the commands' own help."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import click

import cli

PAGE = Path(__file__).resolve().parent.parent / "docs" / "commands.md"
HEAD = """# Every command with its options

Written by `make docs` from the commands themselves; change their help, not this page. What they print as JSON:
[cli.md](cli.md). Every command also has `-h` and `--help`.
"""


def main() -> None:
    """Write the page and name it."""
    PAGE.write_text(page(), encoding="utf-8")
    click.echo(f"wrote {PAGE}")


def page() -> str:
    """Give the reference of all commands as Markdown."""
    return "\n".join([HEAD, *(section(context) for context in contexts())])


def contexts() -> Iterator[click.Context]:
    """Give every command that does something, in alphabetical order, each in a context with its full name."""
    top = click.Context(cli.main, info_name="ostinato")
    for name in cli.main.list_commands(top):
        command = cli.main.get_command(top, name)
        assert command is not None
        context = click.Context(command, parent=top, info_name=name)
        if isinstance(command, click.Group):
            for inner, each in sorted(command.commands.items()):
                yield click.Context(each, parent=context, info_name=inner)
        else:
            yield context


def section(context: click.Context) -> str:
    """Give one command: its usage, its help, its example, and a table of its options."""
    command = context.command
    text, _, example = inspect.cleandoc(command.help or "").partition("\b\nExample:\n")
    options = [option for option in command.params if isinstance(option, click.Option) and not option.hidden]
    usage = " ".join((context.command_path, *command.collect_usage_pieces(context)))
    blocks = [
        f"## {context.command_path}",
        f"`{usage}`",
        text.strip(),
        f"```\n{inspect.cleandoc(example)}\n```",
        "\n".join(["| option | |", "|---|---|", *(_row(option, context) for option in options)]) if options else "",
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _row(option: click.Option, context: click.Context) -> str:
    spelled, text = option.get_help_record(context) or ("", "")
    return "| `{}` | {} |".format(*(cell.replace("|", "\\|").replace("  ", " ") for cell in (spelled, text)))


if __name__ == "__main__":
    main()
