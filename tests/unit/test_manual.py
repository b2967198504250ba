from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import cli
from commands import manual, reference
from commands.errors import EXIT_CODES
from settings import variables

CONTEXTS = list(reference.contexts())
NAMES = [reference.name_of(context) for context in CONTEXTS]
DOCS = Path(__file__).parents[2] / "docs"


def examples() -> Iterator[tuple[str, str]]:
    for context in CONTEXTS:
        for line in reference.help_of(context.command)[1].splitlines():
            yield reference.name_of(context), line


def found(words: list[str]) -> tuple[click.Command, list[str]]:
    """Give the command that *words* name, and the words that are left for it."""
    command: click.Command = cli.main
    while isinstance(command, click.Group):
        inner = command.get_command(click.Context(command), words[0])
        assert inner is not None, words
        command, words = inner, words[1:]
    return command, words


@pytest.mark.parametrize(("name", "line"), list(examples()))
def test_every_example_is_a_command_line_that_its_command_takes(name: str, line: str) -> None:
    words = shlex.split(re.sub(r"\$\(.*\)", "today", line).split(" > ")[0], comments=True)
    while "=" in words[0]:
        variable, words = words[0].partition("=")[0], words[1:]
        assert variable in dict(variables())

    assert words[0] == "ostinato"
    assert [*words, ""][1 : 1 + len(name.split())] == name.split()
    command, left = found(words[1:])
    context = click.Context(command)
    values, rest, _ = command.make_parser(context).parse_args(list(left))
    assert rest == []
    for parameter in command.params:
        value = values.get(parameter.name or "")
        given = value is not None and type(value).__name__ != "Sentinel"  # click's own word for "not given"
        if given and not isinstance(parameter.type, (click.Path, click.File)):
            parameter.type_cast_value(context, value)
        assert given or not parameter.required, parameter.name


def test_every_command_has_its_notes_and_no_other() -> None:
    assert sorted(manual.NOTES) == sorted(NAMES)


@pytest.mark.parametrize("context", CONTEXTS, ids=NAMES)
def test_every_argument_is_explained(context: click.Context) -> None:
    for argument in reference.arguments(context):
        assert reference.argument_help(reference.name_of(context), argument, context).endswith(".")


@pytest.mark.parametrize("name", NAMES)
def test_notes_name_what_there_is(name: str) -> None:
    notes, known = manual.NOTES[name], {*dict(variables()), *manual.EDITOR}

    assert set(notes.codes) <= set(EXIT_CODES) - set(manual.EVERYWHERE)
    assert [each for each in notes.environment if each not in known and " " not in each] == []
    assert [each for each in notes.see if not (DOCS / f"{each}.md").exists()] == []


def test_every_command_that_prints_json_says_what() -> None:
    printed = reference.printed_as_json((DOCS / "json.md").read_text())
    prints = {
        reference.name_of(context)
        for context in CONTEXTS
        if "as_json" in {parameter.name for parameter in context.command.params}
    }

    assert set(printed) == prints


def test_a_section_has_what_a_man_page_has() -> None:
    page = reference.page()
    section = page[page.index("### ostinato template edit\n") : page.index("### ostinato template export\n")]

    for said in (
        "    ostinato template edit [OPTIONS] NAME",
        "Change template NAME",
        "| `NAME` | A template's name or id. |",
        "| `--set FIELD=VALUE` | Set a field, such as count=2; repeatable. |",
        "**JSON** ([words](json.md#what-the-json-holds)): a *template*",
        "**Exit codes**: `4` nothing has that name or id",
        "**Environment**: `VISUAL`, `EDITOR`.",
        "**Files**: `$OSTINATO_HOME/edits/`",
        "ostinato template edit morning --set count=2",
        "**See also**: [`add`](#ostinato-template-add)",
        "[templates.md](templates.md)",
    ):
        assert said in section, said


def test_every_link_within_the_page_leads_to_a_heading() -> None:
    page = reference.page()
    headings = {
        re.sub(r"[^\w -]", "", text).lower().replace(" ", "-") for text in re.findall(r"^#+ (.+)$", page, re.MULTILINE)
    }

    assert set(re.findall(r"\]\(#([^)]+)\)", page)) - headings == set()
