"""The short answers: what became of a run, or of slots without one, in one sentence."""

from __future__ import annotations

from domain.reasons import SENTENCES, Reason
from domain.run import Run, RunStatus, Verdict

STATUS_SENTENCES = {
    RunStatus.QUEUED: "it waits to be worked on",
    RunStatus.WORKING: "it is being worked on",
    RunStatus.HELD: "it waits for a person: `ostinato run approve` or `ostinato run reject`",
    RunStatus.UNKNOWN: SENTENCES[Reason.UNKNOWN_OUTCOME],
    RunStatus.POSTED: "everything was posted",
}
VERDICT_SENTENCES = {
    Verdict.APPROVED: "a person approved it: the daemon publishes what it wrote",
    Verdict.REJECTED: "a person rejected it: nothing of it is posted, and the daemon ends it",
}
ASKED_ABOUT = "it is not known whether the post went out; the daemon asks, and `ostinato post settle` decides at once"


def sentence(run: Run, *, doubtful: bool = False) -> str:
    """Give the short answer: what became of the run, and for what reason. *doubtful*: a post of it may be out."""
    if run.status is RunStatus.QUEUED and doubtful:
        return ASKED_ABOUT
    if run.status is RunStatus.QUEUED and run.verdict is not None:
        return VERDICT_SENTENCES[run.verdict]
    if run.reason is not None:
        said = SENTENCES[run.reason]
        return f"{said}: {run.detail}" if run.detail and run.detail != said else said
    return STATUS_SENTENCES.get(run.status, run.status.value)
