"""What one research does, step by step: questions, leads, pages, passages, report. Each step is noted when it is done.

Interrupted anywhere, it goes on from what was noted. What it reads is data: no page decides what is done next.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol, TypeVar

import structlog

from domain.errors import SourceError
from domain.material import Material, MaterialKind
from domain.protocols import Offload, ReadPage
from domain.research import Bounds, Lead, Notes, Report, Research, Scope
from domain.run import Rejected
from generators.model.errors import ModelError
from generators.research.asking import Payer, ResearchModel
from generators.research.leads import chosen
from generators.research.passages import Passage, passages_of
from generators.research.questions import questions_of
from generators.research.writing import extracted

log = structlog.get_logger(__name__)
T = TypeVar("T")

AT_ONCE = 4  # pages that are read at the same time
LONGEST_PAGE = 40_000  # characters of a page that are kept
READING = 0.75  # of the time; the rest is for the report
ASKING, ONE_PAGE = 0.25, 0.2  # of the time, at most, for all searches and for one page
SHORTEST_WAIT = 1.0  # seconds
ENOUGH = 12  # tweets and entries that bring their own text, which cost no page


class Find(Protocol):
    """Looks a topic up in one place. Raises SourceError."""

    def __call__(self, questions: Sequence[str], scope: Scope, ledger: Ledger) -> Awaitable[Sequence[Lead]]: ...


class Ledger(Payer, Protocol):
    """What one research has taken, kept in SQL under the hold on it. Each call may raise LeaseLost."""

    async def pages(self, wanted: int) -> int:
        """Count up to *wanted* pages before they are read; give how many may be."""
        ...

    async def note(self, notes: Notes) -> None:
        """Keep what there is so far."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """A report, or why there is none; and what was considered and gave nothing."""

    report: Report | None
    rejected: tuple[Rejected, ...]
    failure: str | None = None


class Researcher:
    """Does research with the finders, the reader of pages and, where there is one, the model it is given."""

    def __init__(
        self,
        *,
        finders: Sequence[Find],
        read_page: ReadPage,
        offload: Offload,
        bounds: Bounds,
        clock: Callable[[], datetime],
        model: ResearchModel | None = None,
    ) -> None:
        self._finders = finders
        self._read_page = read_page
        self._offload = offload
        self._bounds = bounds
        self._clock = clock
        self._model = model

    async def __call__(self, research: Research, notes: Notes, ledger: Ledger) -> Outcome:
        """Go on with *research* from its *notes*, within what is left of its time, pages and cost."""
        work = _Work(research, notes, ledger)
        left = (self._bounds.time - research.worked).total_seconds()
        try:
            async with asyncio.timeout(max(left * READING, SHORTEST_WAIT)):
                await self._read(work)
        except TimeoutError:
            work.reject("time", "it was up; what had not been read by then is left out")
        passages, questions = work.notes.materials, work.notes.questions or questions_of(research.topic)
        found = await self._offload(passages_of, passages, questions) if passages else ()
        if not found:
            return Outcome(None, work.notes.rejected, _nothing(work.notes))
        left_over = max(left * (1 - READING), SHORTEST_WAIT)
        return Outcome(await self._report(work, found, questions, left_over), work.notes.rejected)

    async def _read(self, work: _Work) -> None:
        if not work.notes.questions:
            await work.note(questions=await self._questions(work))
        if work.notes.leads is None:
            leads = await self._leads(work)
            brought = [lead.material for lead in leads if lead.material is not None]
            await work.note(leads=leads, materials=tuple(_numbered(brought[:ENOUGH], 0)))
        while batch := self._untried(work)[:AT_ONCE]:
            granted = await work.ledger.pages(len(batch))
            if not granted:
                work.reject("pages", f"{self._bounds.pages} were read, which is the most; the others are left out")
                return
            await self._read_pages(work, batch[:granted])

    async def _questions(self, work: _Work) -> tuple[str, ...]:
        topic = work.research.topic
        if self._model is not None:
            try:
                return await self._model.questions(topic, work.ledger)
            except ModelError as error:
                log.warning("research.fallback", research=work.research.id, step="questions", reason=str(error))
        return questions_of(topic)

    async def _leads(self, work: _Work) -> tuple[Lead, ...]:
        """Ask all finders; one that fails does not stop the others."""
        questions, scope = work.notes.questions, work.research.scope
        found: list[Lead] = [Lead("page", url, own=True) for url in scope.urls]
        seconds = self._share(ASKING)
        answers = await asyncio.gather(
            *(_within(seconds, "search", find(questions, scope, work.ledger)) for find in self._finders),
            return_exceptions=True,
        )
        for answer in answers:
            if isinstance(answer, SourceErrors):
                found += answer.leads
                for each in answer.errors:
                    work.reject(each.reference, each.reason)
            elif isinstance(answer, SourceError):
                work.reject(answer.reference, answer.reason)
            elif isinstance(answer, BaseException):
                raise answer
            else:
                found += answer
        return chosen(found, questions)

    def _share(self, part: float) -> float:
        """Give that part of a research's time, in seconds."""
        return max(self._bounds.time.total_seconds() * part, SHORTEST_WAIT)

    def _untried(self, work: _Work) -> list[Lead]:
        pages = [lead for lead in work.notes.leads or () if lead.material is None and lead.url is not None]
        return pages[work.notes.tried :]

    async def _read_pages(self, work: _Work, batch: Sequence[Lead]) -> None:
        first = len(work.notes.materials)
        now = self._clock()
        seconds = self._share(ONE_PAGE)
        urls = [lead.url or "" for lead in batch]
        read = await asyncio.gather(
            *(_within(seconds, url, self._read_page(url, material_id="", now=now)) for url in urls),
            return_exceptions=True,
        )
        materials = []
        for answer in read:
            if isinstance(answer, SourceError):
                work.reject(answer.reference, answer.reason)
            elif isinstance(answer, BaseException):
                raise answer
            else:
                materials.append(answer)
        added = tuple(_numbered(materials, first))
        await work.note(tried=work.notes.tried + len(batch), materials=(*work.notes.materials, *added))

    async def _report(
        self, work: _Work, passages: Sequence[Passage], questions: Sequence[str], seconds: float
    ) -> Report:
        """Have the model write it from the passages; without one, or where it fails, they are the report."""
        if self._model is not None:
            try:
                async with asyncio.timeout(seconds):
                    written = await self._model.report(work.research.topic, passages, questions, work.ledger)
                if written is not None:
                    return written
                why = "no sentence of the model's report held"
            except ModelError as error:
                why = str(error)
            except TimeoutError:
                why = "there was no time left for the model"
            log.warning("research.fallback", research=work.research.id, step="report", reason=why)
        return extracted(passages, questions)


class SourceErrors(SourceError):
    """Some of the places could not be asked; *leads* is what the others gave."""

    def __init__(self, errors: Sequence[SourceError], leads: Sequence[Lead]) -> None:
        super().__init__(errors[0].reference, errors[0].reason)
        self.errors = tuple(errors)
        self.leads = tuple(leads)


@dataclass(slots=True)
class _Work:
    """A research in progress: what is reached when its time is up is kept."""

    research: Research
    notes: Notes
    ledger: Ledger

    async def note(self, **found: object) -> None:
        self.notes = replace(self.notes, **found)  # type: ignore[arg-type]  # names of its fields
        await self.ledger.note(self.notes)

    def reject(self, reference: str, reason: str) -> None:
        said = Rejected(reference, reason)
        if said not in self.notes.rejected:
            self.notes = replace(self.notes, rejected=(*self.notes.rejected, said))


async def _within(seconds: float, reference: str, asked: Awaitable[T]) -> T:
    """Wait so long for one of many: who stalls must not take the time of all. Raises SourceError."""
    try:
        async with asyncio.timeout(seconds):
            return await asked
    except TimeoutError:
        raise SourceError(reference, f"it took longer than {seconds:g} s of the research's time") from None


def _numbered(materials: Sequence[Material], first: int) -> list[Material]:
    return [
        replace(each, id=f"m{at}", kind=MaterialKind.RESEARCH, text=each.text[:LONGEST_PAGE])
        for at, each in enumerate(materials, first)
    ]


def _nothing(notes: Notes) -> str:
    """Say why there is no report."""
    if notes.materials:
        return "what was read says nothing that answers the topic; name feeds or pages about it, or say it otherwise"
    if notes.rejected:
        return "nothing could be read: " + "; ".join(f"{each.reference}: {each.reason}" for each in notes.rejected[:3])
    return "nothing was found; name feeds or pages about it, set OSTINATO_SEARCH_URL, or say the topic otherwise"
