"""What the demo prints about what happened, for a terminal or for a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.rule import Rule
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from commands.output import clean
from demo.checks import Checked
from demo.findings import Callback, Explained

WIDTH = 100  # the narrowest that the tables are made for
EXCERPT = 320


def console() -> Console:
    """Give a console that writes colours to terminals only, at least 100 columns wide."""
    found = Console(highlight=False, markup=False, emoji=False)
    width = max(WIDTH, min(found.width, 120)) if found.is_terminal else WIDTH
    return Console(file=sys.stdout, width=width, highlight=False, markup=False, emoji=False)


def heading(words: str) -> RenderableType:
    return Group(Text(), Rule(Text(words, style="bold"), align="left", style="dim"))


def places(addresses: Iterable[tuple[str, str]]) -> RenderableType:
    """Name the processes and where they listen."""
    return grid((Text(name, style="bold"), Text(clean(where))) for name, where in addresses)


def template_file(path: Path) -> RenderableType:
    """Show a template as the file that it is."""
    return Panel(
        Syntax(path.read_text(encoding="utf-8").strip(), "toml", background_color="default", word_wrap=True),
        title=path.name,
        title_align="left",
        border_style="dim",
    )


def callbacks(received: Iterable[Callback]) -> RenderableType:
    """Show each callback with what its signature check said."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
    for name in ("event", "template", "no.", "webhook-id", "signature"):
        table.add_column(name, no_wrap=name not in ("signature", "event"))
    for each in received:
        verdict = Text(f"✗ {each.problem}", style="red") if each.problem else Text("✓ valid", style="green")
        number = str(each.event.get("sequence", "-"))
        table.add_row(
            clean(each.type), clean(each.template), number, clean(each.headers.get("webhook-id", "-")), verdict
        )
    return table


def one_callback(callback: Callback) -> RenderableType:
    """Show one callback whole: its headers and the beginning of its body."""
    lines = [(Text(name, style="bold"), Text(clean(value))) for name, value in callback.headers.items()]
    body = clean(callback.body)
    return grid([*lines, (Text("body", style="bold"), Text(body[:EXCERPT] + ("…" if len(body) > EXCERPT else "")))])


def silence(run: Explained) -> RenderableType:
    """Show the reason of a slot that posted nothing."""
    rows = [
        (Text("template", style="bold"), Text(clean(run.template))),
        (Text("reason", style="bold"), Text(run.run.reason or "-", style="yellow")),
        (Text("in words", style="bold"), Text(clean(run.sentence))),
    ]
    rows += [
        (Text("looked at", style="bold"), Text(clean(f"{one.reference}: {one.reason}")))
        for one in run.rejected
        if one.reason not in run.sentence
    ]
    return grid(rows)


def verdict(checked: Iterable[Checked]) -> RenderableType:
    """Show each check with ✓ or ✗, and what was found wrong."""
    lines: list[Text] = []
    for one in checked:
        lines.append(Text("✓ " if one.passed else "✗ ", style="green" if one.passed else "bold red").append(one.words))
        lines += [Text(f"    {clean(problem)}", style="red") for problem in one.problems]
    return Group(*lines)


def grid(rows: Iterable[tuple[Text, Text]]) -> RenderableType:
    """Lay out rows of two columns."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table
