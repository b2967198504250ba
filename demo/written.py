"""How the demo shows a run that posted: material, drafts, where each word comes from, and the posts themselves."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from commands.output import clean
from demo.findings import Explained
from demo.provenance import excerpt, source
from demo.story import EXCERPT, grid
from domain.draft import Draft, Segment, SegmentKind
from domain.material import Material

TWEET_WIDTH = 64


def material(found: Material) -> RenderableType:
    """Show what was gathered: title, source, length and how it begins."""
    text = " ".join(clean(found.text).split())
    about = [found.site, found.author, found.language, found.published_at and f"{found.published_at:%d %B %Y}"]
    return grid(
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
    unmet = [hint for draft in run.winners for hint in draft.unmet_hints]
    notes = [Text(f"Not followed of the template's prompt: {clean(', '.join(unmet))}")] if unmet else []
    return Group(table, reason, *notes)


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
    return grid(zip(left, right, strict=True))


def provenance(draft: Draft, materials: dict[str, Material]) -> RenderableType:
    """Show where each run of words of a published draft comes from, part by part."""
    table = Table(box=None, padding=(0, 2, 1, 0), header_style="bold", pad_edge=False, expand=True)
    table.add_column("published", ratio=4, overflow="fold")
    table.add_column("kind", no_wrap=True)
    table.add_column("where", no_wrap=True)
    table.add_column("the source there", ratio=5, overflow="fold")
    for place, part in enumerate(draft.parts):
        if len(draft.parts) > 1:
            table.add_row(Text(f"part {place + 1} of {len(draft.parts)}", style="bold cyan"))
        for segment in part.segments:
            if segment.text.strip():
                table.add_row(*_traced(segment, materials.get(segment.material_id or "")))
    return table


def _traced(segment: Segment, material: Material | None) -> tuple[Text, ...]:
    published = Text(clean(segment.text.strip()))
    if material is None or segment.kind is SegmentKind.TEMPLATE:
        return published, Text("fixed words"), Text("-"), Text("the writer's own", style="dim")
    spans = ", ".join(f"{start}-{end}" for start, end in segment.spans)
    pieces = excerpt(source(material, segment.field), segment.spans)
    shown = Text.assemble(*((clean(piece), "underline" if used else "dim") for piece, used in pieces))
    return published, Text(segment.kind.value), Text(f"{material.id}.{segment.field}\n{spans}"), shown


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
