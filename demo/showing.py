"""The order in which the demo tells what happened."""

from __future__ import annotations

from rich.console import Console

from demo import story, written
from demo.findings import Explained, Findings


def show(out: Console, findings: Findings, sandbox: str) -> None:
    """Print everything that was read back."""
    for run in findings.published:
        _posted(out, run, sandbox)
    for run in findings.runs:
        if not run.posts:
            out.print(story.heading(f"{run.template}: a slot that posted nothing"))
            out.print(story.silence(run))
    out.print(story.heading("The callbacks that the receiver got, each verified with the shared secret"))
    out.print(story.callbacks(findings.callbacks))
    genuine = [callback for callback in findings.callbacks if callback.problem is None]
    if genuine:
        out.print("\nThe last of them, as it came:")
        out.print(story.one_callback(genuine[-1]))


def _posted(out: Console, run: Explained, sandbox: str) -> None:
    out.print(story.heading(f"{run.template}: the material"))
    for material in run.material:
        out.print(written.material(material))
    out.print(story.heading(f"{run.template}: the drafts and their checks"))
    out.print(written.drafts(run))
    materials = {material.id: material for material in run.material}
    for draft in run.winners:
        out.print(f"\nThe checks of {draft.id}, as POST /compose answered:")
        out.print(written.checklist(draft))
        out.print(story.heading(f"{run.template}: where each word comes from"))
        out.print(written.provenance(draft, materials))
    out.print(story.heading(f"{run.template}: what was posted"))
    out.print(written.looks(run, sandbox))
