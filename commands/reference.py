"""`python -m commands.reference` (`make docs`): writes docs/cli.md, the manual, from the commands themselves."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import click

import cli
from commands.errors import EXIT_CODES
from commands.manual import ARGUMENTS, EVERYWHERE, NOTES, Notes

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE = DOCS / "cli.md"
HEAD = """# The command line

Written by `make docs`; change the commands' help, `commands/manual.py` or [json.md](json.md), not this page.
`ostinato COMMAND --help` (or `-h`) says the same in short, `ostinato --version` which version it is.

## What holds for every command

* Tables are for people. Piped they have no colours and are as wide as they must be; of a post's text they show the
  beginning, which `show`, `why` and `--json` have whole. With `--json` a command
  prints one JSON object whose keys are stable ([json.md](json.md)), or one on each line where it says so.
* What goes wrong is told on standard error: one line with the remedy, or one for each problem; with `--json` as an
  object.
* Every command that changes something takes `--dry-run`: everything is done and checked, then taken back, and what
  would have happened is shown. Nothing is sent.
* Instants are in UTC. Durations are whole numbers with units: `90d`, `2h`, `1h30m`. Parts count from 1 in what people
  read, and from 0 in JSON. Links to posts of a sandbox's database lead to the sandbox's page.
* **Exit codes** that any command may end with: {codes}. Others stand with the command;
  [exit-codes.md](exit-codes.md) has them all.
* **Environment**: `OSTINATO_HOME` and `OSTINATO_DATABASE`, and what stands with the command. All but the first may
  stand in `$OSTINATO_HOME/settings.env` instead; [settings.md](settings.md) has all of them.
* **Files**: `$OSTINATO_HOME` (`~/.ostinato`) holds the settings, the database `ostinato.db` and the key of its secrets.
  The first command makes it.

## The commands

| command | |
|---|---|
{index}
"""


def main() -> None:
    """Write the page and name it."""
    PAGE.write_text(page(), encoding="utf-8")
    click.echo(f"wrote {PAGE}")


def page() -> str:
    """Give the manual of all commands as Markdown."""
    found = list(contexts())
    printed = printed_as_json((DOCS / "json.md").read_text(encoding="utf-8"))
    index = "\n".join(f"| [`{each.command_path}`](#{_anchor(each)}) | {_in_short(each)} |" for each in found)
    codes = "; ".join(f"`{code}` {EXIT_CODES[code]}" for code in EVERYWHERE)
    return "\n".join([HEAD.format(codes=codes, index=index), *(section(each, printed) for each in found)])


def contexts() -> Iterator[click.Context]:
    """Give every command that does something, in alphabetical order, each in a context with its full name."""
    top = click.Context(cli.main, info_name="ostinato")
    for name in cli.main.list_commands(top):
        command = cli.main.get_command(top, name)
        assert command is not None
        yield from _within(click.Context(command, parent=top, info_name=name))


def _within(context: click.Context) -> Iterator[click.Context]:
    """Give the commands of a group, and of the groups in it; a command itself."""
    if not isinstance(context.command, click.Group):
        yield context
        return
    for name, each in sorted(context.command.commands.items()):
        yield from _within(click.Context(each, parent=context, info_name=name))


def section(context: click.Context, printed: dict[str, list[tuple[str, str]]]) -> str:
    """Give one command as a man page has it; *printed* is what each prints as JSON, by its name."""
    name = name_of(context)
    notes = NOTES.get(name, Notes())
    text, examples = help_of(context.command)
    usage = " ".join((context.command_path, *context.command.collect_usage_pieces(context)))
    blocks = [
        f"### {context.command_path}",
        f"    {usage}",
        text.strip(),
        _table(
            "argument", [(metavar(each, context), argument_help(name, each, context)) for each in arguments(context)]
        ),
        _table("option", [_option(each, context) for each in options(context.command)]),
        _json(printed.get(name, [])),
        *_facts(notes),
        f"```\n{examples.strip()}\n```",
        _related(context, notes),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def name_of(context: click.Context) -> str:
    """Give a command's name without the program's."""
    return context.command_path.removeprefix("ostinato ")


def help_of(command: click.Command) -> tuple[str, str]:
    """Give a command's help: what it says, and its examples, one a line."""
    text, _, examples = inspect.cleandoc(command.help or "").partition("\b\nExample:\n")
    return text, inspect.cleandoc(examples)


def arguments(context: click.Context) -> list[click.Argument]:
    """Give the arguments of a command."""
    return [each for each in context.command.params if isinstance(each, click.Argument)]


def metavar(argument: click.Argument, context: click.Context) -> str:
    """Give an argument as the usage line has it, without brackets and dots."""
    return re.sub(r"[\[\]{}.]", "", argument.make_metavar(context))


def argument_help(name: str, argument: click.Argument, context: click.Context) -> str:
    """Say what an argument of the command *name* is; empty when nobody has said it."""
    shown = metavar(argument, context)
    named = (f"{name} {argument.name}", f"{name} {shown}", shown)
    return next((ARGUMENTS[each] for each in named if each in ARGUMENTS), "")


def options(command: click.Command) -> list[click.Option]:
    """Give the options that a command shows."""
    return [each for each in command.params if isinstance(each, click.Option) and not each.hidden]


def printed_as_json(text: str) -> dict[str, list[tuple[str, str]]]:
    """Read docs/json.md: the usages and what they print, by the name of the command."""
    found: dict[str, list[tuple[str, str]]] = {}
    names = sorted((name_of(each) for each in contexts()), key=len, reverse=True)
    for usage, prints in re.findall(r"^\| (`ostinato .+?) \| (.+) \|$", text, re.MULTILINE):
        words = usage.removeprefix("`ostinato ").replace("`", " ")
        name = next((each for each in names if f"{words} ".startswith(f"{each} ")), words)
        found.setdefault(name, []).append((usage, prints))
    return found


def _in_short(context: click.Context) -> str:
    return _cell(" ".join(help_of(context.command)[0].strip().split("\n\n")[0].split()))


def _json(printed: list[tuple[str, str]]) -> str:
    if not printed:
        return ""
    if len(printed) == 1:
        return f"**JSON** ([words](json.md#what-the-json-holds)): {printed[0][1]}."
    return "**JSON** ([words](json.md#what-the-json-holds))\n\n" + "\n".join(
        f"* {usage}: {prints}." for usage, prints in printed
    )


def _facts(notes: Notes) -> Iterator[str]:
    if notes.codes:
        yield "**Exit codes**: " + "; ".join(f"`{code}` {EXIT_CODES[code]}" for code in notes.codes) + "."
    if notes.environment:
        yield "**Environment**: " + ", ".join(_name(each) for each in notes.environment) + "."
    if notes.files:
        yield "**Files**: " + ", ".join(_name(each) for each in notes.files) + "."


def _related(context: click.Context, notes: Notes) -> str:
    """Name the other commands of the group, and the pages that say more."""
    parent, related = context.parent, [f"[{each}.md]({each}.md)" for each in notes.see]
    if parent is not None and parent.parent is not None and isinstance(parent.command, click.Group):
        others = (each for each in _within(parent) if each.command_path != context.command_path)
        beside = len(parent.command_path) + 1
        related[:0] = [f"[`{each.command_path[beside:]}`](#{_anchor(each)})" for each in others]
    return f"**See also**: {', '.join(related)}." if related else ""


def _name(text: str) -> str:
    """Mark a variable or a path as such; what follows a colon explains it."""
    name, colon, rest = text.partition(":")
    return text if " " in name else f"`{name}`{colon}{rest}"


def _option(option: click.Option, context: click.Context) -> tuple[str, str]:
    spelled, text = option.get_help_record(context) or ("", "")
    return spelled, text


def _table(kind: str, rows: list[tuple[str, str]]) -> str:
    if not rows:
        return ""
    return "\n".join([f"| {kind} | |", "|---|---|", *(f"| `{_cell(name)}` | {_cell(text)} |" for name, text in rows)])


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("  ", " ")


def _anchor(context: click.Context) -> str:
    return context.command_path.replace(" ", "-")


if __name__ == "__main__":
    main()
