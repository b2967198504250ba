"""Research as a source of a run: the passages that its reports cite, and a report of the run's own.

A run whose research is not finished waits for it, up to the template's grace. Research posts nothing and is not the
run's: what it costs is bounded by itself, and for a run's own research by the budgets of template and account too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from domain.budget import Entry, EntryKind, EntryState
from domain.errors import NotFound, OstinatoError, OverBudget
from domain.material import Material, MaterialKind
from domain.research import Bounds, OutputType, Research, ResearchStatus, Scope
from domain.run import Rejected, Run
from domain.template import Template
from scheduler.spending import Spending
from storage import recurring_research, research
from storage import spending as books
from storage.statements import Write
from storage.writer import Writer

LOOK_EVERY = timedelta(seconds=5)
TOPIC = 500  # characters of a template's own text that are looked up
OWN = "deep research"


class ResearchUnfinished(OstinatoError):
    """A run's research is not finished: look again at *look_again*. Nothing was gathered."""

    def __init__(self, what: str, look_again: datetime) -> None:
        super().__init__(f"{what} is not finished; `ostinato research list` shows how it stands")
        self.look_again = look_again


@dataclass(frozen=True, slots=True)
class _Found:
    """What SQL has of a template's research: finished reports, what is still worked on, and what gave nothing."""

    done: tuple[Research, ...] = ()
    unfinished: tuple[str, ...] = ()
    rejected: tuple[Rejected, ...] = ()


class Researched:
    """Gives the passages of a template's research; without *spending* no budget limits it."""

    def __init__(
        self, *, writer: Writer, bounds: Bounds, new_id: Callable[[], str], spending: Spending | None = None
    ) -> None:
        self._writer = writer
        self._bounds = bounds
        self._new_id = new_id
        self._spending = spending

    async def __call__(
        self, template: Template, run: Run | None, now: datetime
    ) -> tuple[list[Material], list[Rejected]]:
        """Give the passages that the reports cite, and what gave none; without a *run* nothing is begun or waited for.

        Raises ResearchUnfinished while one of them is worked on, and OverBudget when the run's own would cost too much.
        """
        found = await self._writer.call(partial(_named, ids=template.sources.research, owner=template.owner_id))
        if template.deep_research:
            own = await self._own(template, run, now)
            found = _Found(
                (*found.done, *own.done), (*found.unfinished, *own.unfinished), (*found.rejected, *own.rejected)
            )
        rejected = list(found.rejected)
        if found.unfinished and run is not None:
            raise ResearchUnfinished(found.unfinished[0], now + LOOK_EVERY)
        rejected += [Rejected(each, "it is not finished yet", failed=False) for each in found.unfinished]
        cited = {(each.url, each.text): each for report in found.done for each in materials_of(report)}
        return list(cited.values()), rejected

    async def _own(self, template: Template, run: Run | None, now: datetime) -> _Found:
        """Give the run's own research, which the first asking queues."""
        if run is None:
            said = "it is done when the template runs; this sample is without it"
            return _Found(rejected=(Rejected(OWN, said, failed=False),))
        own = await self._writer.call(lambda c: research.of_run(c, run.id))
        if own is None:
            await self._reserve(template, run, now)
            await self._writer.call(partial(research.add, made=self._asked(template, run, now)))
            return _Found(unfinished=(OWN,))
        if own.status in {ResearchStatus.QUEUED, ResearchStatus.WORKING}:
            return _Found(unfinished=(OWN,))
        await self._settle(template, run, own, now)
        if own.status is ResearchStatus.FAILED:
            return _Found(rejected=(Rejected(OWN, own.failure or "it failed"),))
        return _Found((own,))

    def _asked(self, template: Template, run: Run, now: datetime) -> Research:
        sources = template.sources
        scope = Scope(tuple(feed.url for feed in sources.feeds), sources.urls)
        queued = ResearchStatus.QUEUED
        return Research(
            self._new_id(),
            topic_of(template),
            OutputType.TEXT,
            queued,
            now,
            scope=scope,
            run_id=run.id,
            owner_id=template.owner_id,
        )

    async def _reserve(self, template: Template, run: Run, now: datetime) -> None:
        """Reserve the most that it may cost, where anything is limited, with what the run's posts need beside it."""
        limits = await self._spending.windows(run, template, now) if self._spending else ()
        if not limits or self._spending is None:
            return
        entry, room = _entry(run, self._bounds.micros, now), self._spending.least(template)
        try:
            await self._writer.submit(Write(books.reserve(limits, [entry], room=room)))
        except OverBudget as error:
            raise await self._spending.explained(limits, entry.amount + room, error) from error

    async def _settle(self, template: Template, run: Run, own: Research, now: datetime) -> None:
        """Count what it took; asking again counts nothing twice, since the entry is the run's one."""
        limited = self._spending is not None and await self._spending.windows(run, template, now)
        if not (own.cost_micros or limited):
            return
        state = EntryState.SPENT if own.cost_micros else EntryState.RELEASED
        entry = replace(_entry(run, own.cost_micros, now), state=state, settled_at=now)
        await self._writer.submit(Write(books.settle(entry)))


def topic_of(template: Template) -> str:
    """Give what a template's own research looks up: what it is asked to write, its own text, or its name."""
    words = template.prompt or template.sources.text or template.name.replace("-", " ").replace("_", " ")
    return " ".join(words.split())[:TOPIC]


def materials_of(found: Research) -> Iterator[Material]:
    """Give each passage that the report cites as a piece of material, with its page as its source; without ids."""
    for each in found.report.citations if found.report else ():
        yield Material(
            id="",
            kind=MaterialKind.RESEARCH,
            text=each.text,
            title=each.title,
            url=each.url,
            site=each.site,
            author=each.author,
            language=each.language,
            published_at=each.published_at,
            fetched_at=each.fetched_at,
            research_id=found.id,
        )


def _named(c: Connection, ids: tuple[str, ...], owner: str) -> _Found:
    """Look up the research that a template names: one report, or the newest of one that recurs."""
    done: list[Research] = []
    unfinished: list[str] = []
    rejected: list[Rejected] = []
    for each in ids:
        name = f"research {each}"
        try:
            found = _newest(c, each, owner)
        except NotFound:
            rejected.append(Rejected(name, "there is no such research; see `ostinato research list`"))
            continue
        if found is None:
            rejected.append(
                Rejected(name, "it recurs and has no finished report; see `ostinato research recurring show`")
            )
        elif found.status is ResearchStatus.DONE:
            done.append(found)
        elif found.status is ResearchStatus.FAILED:
            rejected.append(Rejected(name, found.failure or "it failed"))
        else:
            unfinished.append(name)
    return _Found(tuple(done), tuple(unfinished), tuple(rejected))


def _newest(c: Connection, research_id: str, owner: str) -> Research | None:
    """Give the research of that id; of one that recurs the newest finished report, else what is worked on."""
    try:
        return research.get(c, research_id, owner=owner)
    except NotFound:
        recurring = recurring_research.get(c, research_id, owner=owner)
    done = research.newest_done(c, recurring.id)
    return done or next(iter(research.list_all(c, limit=1, recurring_id=recurring.id, owner=owner)), None)


def _entry(run: Run, micros: int, now: datetime) -> Entry:
    return Entry(
        id=f"{run.id}-research",
        kind=EntryKind.MODEL,
        run_id=run.id,
        template_id=run.template_id,
        account=run.account.lower(),
        amount=micros,
        state=EntryState.RESERVED,
        detail=OWN,
        at=now,
    )
