"""What the demo prints about what happened, for a terminal or for a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from commands.output import clean
from demo.checks import Checked
from demo.findings import Callback, Explained
from demo.provenance import excerpt, source
from domain.draft import Draft, Part, SegmentKind
from domain.material import Material

WIDTH = 100  # the narrowest that the tables are made for
TWEET_WIDTH = 64
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
    return _grid((Text(name, style="bold"), Text(clean(where))) for name, where in addresses)


def template_file(path: Path) -> RenderableType:
    """Show a template as the file that it is."""
    return Panel(
        Syntax(path.read_text(encoding="utf-8").strip(), "toml", background_color="default", word_wrap=True),
        title=path.name,
        title_align="left",
        border_style="dim",
    )


def material(found: Material) -> RenderableType:
    """Show what was gathered: title, source, length and how it begins."""
    text = " ".join(clean(found.text).split())
    about = [found.site, found.author, found.language, found.published_at and f"{found.published_at:%d %B %Y}"]
    return _grid(
        [
            (Text("title", style="bold"), Text(clean(found.title), style="bold")),
            (Text("source", style="bold"), Text(clean(f"{found.kind.value} {found.url or ''}"))),
            (Text("about", style="bold"), Text(clean(" · ".join(str(each) for each in about if each)))),
            (Text("length", style="bold"), Text(f"{len(found.text)} characters, {len(found.text.split())} words")),
            (Text("begins", style="bold"), Text(text[:EXCERPT] + ("…" if len(text) > EXCERPT else ""), style="italic")),
        ]
    )


def drafts(run: Explained) -> RenderableType:
    """Show every draft with its checks, and why one won."""
    table = Table(box=None, padding=(0, 2, 1, 0), header_style="bold", pad_edge=False)
    for column in ("draft", "score", "failed checks", "text"):
        table.add_column(column, no_wrap=column in ("draft", "score"), ratio=3 if column == "text" else None)
    for draft in run.drafts:
        won = draft.id in run.chosen
        name = Text(("★ " if won else "  ") + draft.id, style="bold green" if won else "")
        if draft.refined_from:
            name.append(f" ← {draft.refined_from}", style="dim")
        table.add_row(name, *_scored(draft), Text(_beginning(draft)))
    reason = Text("Why it won: ", style="bold").append(clean(run.choice_reason or "no reason is recorded"), style="")
    return Group(table, reason)


def _scored(draft: Draft) -> tuple[Text, Text]:
    if draft.score is None:
        return Text("-"), Text("not scored")
    checks = draft.score.checks
    passed = sum(check.passed for check in checks)
    by = "/compose" if draft.score.scored_by == "xquik" else "own rules"
    failed = Text("\n".join(f"✗ {check.factor}" for check in draft.score.failed) or "none", style="yellow")
    return Text(f"{passed} of {len(checks)}\n{by}"), failed


def _beginning(draft: Draft) -> str:
    more = f"  (+ {len(draft.parts) - 1} more parts)" if len(draft.parts) > 1 else ""
    return " ".join(clean(draft.parts[0].text).split()) + more


def checklist(draft: Draft) -> RenderableType:
    """Show every check of the score of *draft*."""
    if draft.score is None:
        return Text("not scored")
    marks = [
        Text("✓ " if check.passed else "✗ ", style="green" if check.passed else "yellow").append(clean(check.factor))
        for check in draft.score.checks
    ]
    half = (len(marks) + 1) // 2
    left, right = marks[:half], [*marks[half:], Text()][:half]
    return _grid(zip(left, right, strict=True))


def provenance(part: Part, materials: dict[str, Material]) -> RenderableType:
    """Show where each run of words of a published part comes from."""
    table = Table(box=None, padding=(0, 2, 1, 0), header_style="bold", pad_edge=False, expand=True)
    table.add_column("published", ratio=4)
    table.add_column("kind", no_wrap=True)
    table.add_column("where", no_wrap=True)
    table.add_column("the source there", ratio=5)
    for segment in part.segments:
        if not segment.text.strip():
            continue
        found = materials.get(segment.material_id or "")
        if found is None or segment.kind is SegmentKind.TEMPLATE:
            table.add_row(Text(clean(segment.text.strip())), "fixed words", "-", Text("the writer's own", style="dim"))
            continue
        spans = ", ".join(f"{start}-{end}" for start, end in segment.spans)
        pieces = excerpt(source(found, segment.field), segment.spans)
        shown = Text.assemble(*((clean(piece), "underline" if used else "dim") for piece, used in pieces))
        table.add_row(
            Text(clean(segment.text.strip())), segment.kind.value, f"{found.id}.{segment.field}\n{spans}", shown
        )
    return table


def looks(run: Explained, sandbox: str) -> RenderableType:
    """Show the posts as they look, a thread as panels that are joined, with their URLs."""
    shown: list[RenderableType] = []
    for place, post in enumerate(run.parts):
        if place:
            shown.append(Text("   │", style="dim"))
        number = f" · {place + 1} of {len(run.posts)}" if len(run.posts) > 1 else ""
        shown.append(
            Panel(
                Text(clean(post.text)),
                title=Text(f"@{post.account}{number}", style="bold"),
                title_align="left",
                width=TWEET_WIDTH,
                border_style="cyan",
            )
        )
        shown.append(Text(f"   {post.url}\n   {sandbox}/status/{post.tweet_id}", style="dim"))
    return Group(*shown)


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
    return _grid([*lines, (Text("body", style="bold"), Text(body[:EXCERPT] + ("…" if len(body) > EXCERPT else "")))])


def silence(run: Explained) -> RenderableType:
    """Show the reason of a slot that posted nothing."""
    rows = [
        (Text("template", style="bold"), Text(clean(run.template))),
        (Text("reason", style="bold"), Text(run.run.reason or "-", style="yellow")),
        (Text("in words", style="bold"), Text(clean(run.sentence))),
    ]
    rows += [(Text("looked at", style="bold"), Text(clean(f"{one.reference}: {one.reason}"))) for one in run.rejected]
    return _grid(rows)


def verdict(checked: Iterable[Checked]) -> RenderableType:
    """Show each check with ✓ or ✗, and what was found wrong."""
    lines: list[Text] = []
    for one in checked:
        lines.append(Text("✓ " if one.passed else "✗ ", style="green" if one.passed else "bold red").append(one.words))
        lines += [Text(f"    {clean(problem)}", style="red") for problem in one.problems]
    return Group(*lines)


def _grid(rows: Iterable[tuple[Text, Text]]) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    for row in rows:
        table.add_row(*row)
    return Padding(table, (0, 0, 0, 0))
