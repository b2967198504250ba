"""From a template to scored drafts: the steps that may be repeated. Reads, asks and writes text; never publishes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.draft import Draft, Guidance, Score
from domain.errors import ApiLimited, ApiRefused, ApiUnavailable
from domain.material import Material, StyleProfile
from domain.protocols import Offload
from domain.run import Rejected, Run
from domain.template import Template
from generators.brief import Brief
from generators.refine import refine
from generators.score import score

COMPOSE_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Gathered:
    """The material of a run, what was considered and gave nothing, and the feed items that the run reserves."""

    materials: tuple[Material, ...]
    rejected: tuple[Rejected, ...] = ()
    item_ids: tuple[int, ...] = ()


class Editor(Protocol):
    """What the runner needs to get from a template to scored drafts. Each call may be repeated after a crash."""

    async def gather(self, template: Template, now: datetime) -> Gathered: ...

    async def compose(self, template: Template, run: Run, material: tuple[Material, ...]) -> tuple[Draft, ...]:
        """Write drafts. Raises WriterError when none can be written from this material."""
        ...

    async def score(self, drafts: tuple[Draft, ...]) -> tuple[Draft, ...]: ...

    async def refine(
        self, template: Template, run: Run, material: tuple[Material, ...], drafts: tuple[Draft, ...]
    ) -> tuple[Draft, ...]:
        """Give the drafts and at most one more, changed where the best one's checks failed."""
        ...


class WritingDesk:
    """The Editor of the daemon: sources for material, the embedded writer for drafts, `/compose` for scores."""

    def __init__(
        self,
        *,
        gather: Callable[[Template, datetime], Awaitable[Gathered]],
        offload: Offload,
        write: Callable[[tuple[Material, ...], Brief], tuple[Draft, ...]],
        ask_score: Callable[[str, bool, bool], Awaitable[Score]],
        ask_guidance: Callable[[Template, str], Awaitable[Guidance]],
        read_style: Callable[[Template], Awaitable[StyleProfile | None]],
        posted_texts: Callable[[str], Awaitable[frozenset[str]]],
    ) -> None:
        self._gather = gather
        self._offload = offload
        self._write = write
        self._ask_score = ask_score
        self._ask_guidance = ask_guidance
        self._read_style = read_style
        self._posted_texts = posted_texts

    async def gather(self, template: Template, now: datetime) -> Gathered:
        return await self._gather(template, now)

    async def compose(self, template: Template, run: Run, material: tuple[Material, ...]) -> tuple[Draft, ...]:
        brief = await self._brief(template, run, material)
        drafts = await self._offload(self._write, material, brief)
        return drafts[: max(template.count, template.maximum_drafts - 1)]  # the last place is for a refinement

    async def score(self, drafts: tuple[Draft, ...]) -> tuple[Draft, ...]:
        return await score(drafts, ask=self._ask_score)

    async def refine(
        self, template: Template, run: Run, material: tuple[Material, ...], drafts: tuple[Draft, ...]
    ) -> tuple[Draft, ...]:
        brief = await self._brief(template, run, material)
        best = max(drafts, key=rank)
        refined = await self._offload(refine, best, material, brief, new_id=f"d{len(drafts)}")
        return (*drafts, refined) if refined is not None else drafts

    async def _brief(self, template: Template, run: Run, material: tuple[Material, ...]) -> Brief:
        topic = material[0].title or template.prompt or template.name
        return Brief(
            type=template.type,
            tweet_style=template.tweet_style,
            goal=template.goal,
            prompt=template.prompt,
            count=template.count,
            maximum_drafts=template.maximum_drafts,
            link=template.link,
            seed=run.id,
            style=await self._read_style(template),
            guidance=await self._guidance(template, topic),
            avoid=await self._posted_texts(template.account),
        )

    async def _guidance(self, template: Template, topic: str) -> Guidance | None:
        """Ask `/compose` for its advice; writing goes on without it when it cannot be had."""
        try:
            return await self._ask_guidance(template, topic)
        except (ApiUnavailable, ApiRefused, ApiLimited):
            return None


def rank(draft: Draft) -> tuple[int, float]:
    """Give the order of drafts: the score first, the writer's own preference between equals."""
    return (draft.score.value if draft.score else -1, draft.rank)


def worth_refining(drafts: tuple[Draft, ...], *, maximum_drafts: int) -> bool:
    """Tell whether the best draft failed a check, was not refined yet, and there is room for another draft."""
    best = max(drafts, key=rank)
    refined = {draft.refined_from for draft in drafts}
    improvable = best.score is not None and bool(best.score.failed)
    return improvable and best.refined_from is None and best.id not in refined and len(drafts) < maximum_drafts
