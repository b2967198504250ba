"""What the chain of a run is made from. Values only; storage reads them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.budget import Entry, Window
from domain.reasons import Reason
from domain.run import FINAL, Facts, Run
from domain.template import Template
from scheduler.operations.why.chain import Step
from scheduler.operations.why.values import Callback

NOT_GATHERED = (Reason.NOTHING_NEW, Reason.EXPIRED, Reason.SOURCES_FAILED)


@dataclass(frozen=True, slots=True)
class LastPost:
    """The post of an account before another: the run it was of, and when it went out."""

    run_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Limit:
    """A budget's window, and what it has *taken* by now in micros, reserved or spent."""

    window: Window
    taken: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """*planned_by* is the template as it was when the slot was planned, *worked_by* as it was when it was written.

    Either is None when it is not known any more. *previous* is the run that was in the way of this one. *gap* is what
    the account keeps between two posts now, and *before* its post before the first of this run. *entries* are its
    payments, *limits* the budgets that they had to fit into.
    """

    facts: Facts
    planned_by: Template | None
    worked_by: Template | None
    previous: Run | None = None
    gap: timedelta = timedelta(0)
    before: LastPost | None = None
    callbacks: tuple[Callback, ...] = ()
    entries: tuple[Entry, ...] = ()
    limits: tuple[Limit, ...] = ()

    @property
    def run(self) -> Run:
        return self.facts.run

    @property
    def pruned(self) -> bool:
        """Whether what was gathered and written is not kept any more."""
        facts = self.facts
        done = facts.run.status in FINAL and facts.run.reason not in NOT_GATHERED
        return done and facts.material == () and not facts.drafts

    @property
    def reached(self) -> Step:
        """How far the run got, as far as it left a trace."""
        facts = self.facts
        if facts.publications:
            return Step.PUBLICATIONS
        if facts.held:
            return Step.APPROVAL
        if facts.question:
            return Step.PRE_PUBLISH
        traces = (
            (facts.chosen is not None, Step.REPETITION),
            (facts.drafts is not None, Step.DRAFTS),
            (facts.material is not None, Step.ITEMS),
            (facts.run.started_at is not None, Step.START),
        )
        return next((step for trace, step in traces if trace), Step.NOMINAL)
