"""From a template to scored drafts: the steps that may be repeated. Reads, asks and writes text; never publishes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

import structlog

from domain.draft import Draft, Guidance, Origin, Score
from domain.errors import ApiLimited, ApiRefused, ApiUnavailable, OverBudget, WriterError
from domain.material import Material, MaterialKind, StyleProfile
from domain.project import Project
from domain.protocols import Offload
from domain.run import Rejected, Run
from domain.template import Template
from generators.another_angle import posted, with_another_angle, write_anew
from generators.brief import Brief
from generators.embedded.verbatim import is_verbatim
from generators.instructions import quotable
from generators.model.asking import Prices
from generators.model.briefing import seed_of
from generators.model.estimating import compose_micros, refine_micros
from generators.model.merging import merged
from generators.model.writer import ModelWriter, Written
from generators.repetition import Earlier, links_of, mark
from generators.score import score
from scheduler.purse import Purse

log = structlog.get_logger(__name__)

BACKGROUND = 1_000  # characters of a project's page that a model is shown


@dataclass(frozen=True, slots=True)
class Gathered:
    """The material of a run, what was considered and gave nothing, and the feed items that the run reserves.

    *expired_ids* are the feed items that are too old for the template, and will be at its next run. *hints* are the
    owner's spoken hints, written down.
    """

    materials: tuple[Material, ...]
    rejected: tuple[Rejected, ...] = ()
    item_ids: tuple[int, ...] = ()
    expired_ids: tuple[int, ...] = ()
    hints: Material | None = None


class Editor(Protocol):
    """What the runner needs to get from a template to scored drafts. Each call may be repeated after a crash."""

    async def gather(self, template: Template, run: Run, now: datetime) -> Gathered: ...

    async def compose(self, template: Template, run: Run, material: tuple[Material, ...]) -> tuple[Draft, ...]:
        """Write drafts. Raises WriterError when none can be written from this material."""
        ...

    async def compare(
        self, template: Template, run: Run, material: tuple[Material, ...], drafts: tuple[Draft, ...]
    ) -> tuple[Draft, ...]:
        """Give the drafts, those that repeat an earlier post of the account with what they repeat.

        Where all of them do, and the material has more to tell, there are further drafts that do not.
        """
        ...

    async def compare_with(
        self, template: Template, material: tuple[Material, ...], drafts: tuple[Draft, ...], said: tuple[Earlier, ...]
    ) -> tuple[Draft, ...]:
        """Give the drafts, those that repeat what was *said* a moment ago with what they repeat."""
        ...

    async def score(self, drafts: tuple[Draft, ...]) -> tuple[Draft, ...]: ...

    async def refine(
        self, template: Template, run: Run, material: tuple[Material, ...], drafts: tuple[Draft, ...]
    ) -> tuple[Draft, ...]:
        """Give the drafts and at most one more, changed where the best one's checks failed."""
        ...


class WritingDesk:
    """The Editor of the daemon: sources for material, a writer for drafts, `/compose` for scores.

    The writer is the language model where there is one; for each draft that it does not give, and always without it,
    the embedded writer.
    """

    def __init__(
        self,
        *,
        gather: Callable[[Template, Run, datetime], Awaitable[Gathered]],
        offload: Offload,
        ask_score: Callable[[str, bool, bool], Awaitable[Score]],
        ask_guidance: Callable[[Template, str], Awaitable[Guidance]],
        ask_advice: Callable[[Template, str], Awaitable[Guidance]],
        read_style: Callable[[Template], Awaitable[StyleProfile | None]],
        posted_texts: Callable[[str], Awaitable[frozenset[str]]],
        said_before: Callable[[Template, Run], Awaitable[Sequence[Earlier]]],
        read_projects: Callable[[Template], Awaitable[Sequence[Project]]] | None = None,
        model: ModelWriter | None = None,
        purse: Purse | None = None,
        count_drafts: Callable[[int, int], None] | None = None,
    ) -> None:
        self._gather = gather
        self._offload = offload
        self._ask_score = ask_score
        self._ask_guidance = ask_guidance
        self._ask_advice = ask_advice
        self._read_style = read_style
        self._posted_texts = posted_texts
        self._said_before = said_before
        self._read_projects = read_projects
        self._model = model
        self._purse = purse
        self._count_drafts = count_drafts

    async def gather(self, template: Template, run: Run, now: datetime) -> Gathered:
        return await self._gather(template, run, now)

    async def compose(self, template: Template, run: Run, material: tuple[Material, ...]) -> tuple[Draft, ...]:
        brief = await self._brief(template, run, material)
        wanted = max(template.count, template.maximum_drafts - 1)  # the last place is for a refinement
        if self._model is None or brief.roundup or is_verbatim(material, brief):
            return (await self._offload(write, to_quote(template, material), brief))[:wanted]
        model = self._model
        written = await self._paid(
            template,
            run,
            "compose",
            lambda prices: compose_micros(prices, material, brief, wanted=wanted, room=model.room),
            lambda: model.compose(material, brief, wanted=wanted),
            otherwise=unasked(model, brief, wanted),
        )
        tell(written, "compose")
        if self._count_drafts is not None:
            self._count_drafts(len(written.drafts), len(written.missing))
        return merged(written, await self._instead(written, template, material, brief))

    async def _instead(
        self, written: Written, template: Template, material: tuple[Material, ...], brief: Brief
    ) -> tuple[Draft, ...]:
        """Give the embedded writer's drafts for those that the model did not give; it need not have any then."""
        if not written.missing:
            return ()
        try:
            return await self._offload(write, to_quote(template, material), brief)
        except WriterError:
            if not written.drafts:
                raise
            return ()

    async def compare(
        self, template: Template, run: Run, material: tuple[Material, ...], drafts: tuple[Draft, ...]
    ) -> tuple[Draft, ...]:
        earlier = await self._said_before(template, run) if template.repeat_after else ()
        if not earlier or not drafts:
            return drafts
        before, roundup = tuple(earlier), template.roundup is not None
        marked = await self._offload(set_aside, drafts, before, material, roundup)
        own = any(each.as_it_stands for each in material)  # the owner's words have no other angle
        if own or roundup or any(draft.repeats is None or draft.refined_from for draft in marked):
            return marked
        brief = await self._brief(template, run, material)
        try:
            return await self._offload(try_another_angle, marked, before, to_quote(template, material), brief)
        except WriterError:  # nothing but an instruction
            return marked

    async def compare_with(
        self, template: Template, material: tuple[Material, ...], drafts: tuple[Draft, ...], said: tuple[Earlier, ...]
    ) -> tuple[Draft, ...]:
        new = tuple(draft for draft in drafts if draft.repeats is None)
        marked = await self._offload(set_aside, new, said, material, template.roundup is not None) if new else ()
        found = {draft.id: draft for draft in marked}
        return tuple(found.get(draft.id, draft) for draft in drafts)

    async def score(self, drafts: tuple[Draft, ...]) -> tuple[Draft, ...]:
        return await score(drafts, ask=self._ask_score)

    async def refine(
        self, template: Template, run: Run, material: tuple[Material, ...], drafts: tuple[Draft, ...]
    ) -> tuple[Draft, ...]:
        if template.roundup or all_stand(material):
            return drafts  # a check is not worth an entry's sentence, let alone the owner's words
        brief = await self._brief(template, run, material)
        best, new_id = max(drafts, key=rank), f"d{len(drafts)}"
        written = await self._rewritten(template, run, best, material, brief, new_id)
        if written is not None and written.drafts:
            return (*drafts, replace(written.drafts[0], origin=written.origin))
        refined = await self._offload(change, best, material, brief, new_id)
        if refined is None:
            return drafts
        origin = replace(written.origin, why=written.missing[0]) if written else None
        return (*drafts, replace(refined, origin=origin))

    async def _rewritten(
        self, template: Template, run: Run, best: Draft, material: tuple[Material, ...], brief: Brief, new_id: str
    ) -> Written | None:
        """Have the model refine a draft of its own, with the API's advice; None where it is another's."""
        if self._model is None or best.engine != "model":
            return None
        model = self._model
        advised = await self._advised(template, material, brief)
        written = await self._paid(
            template,
            run,
            "refine",
            lambda prices: refine_micros(prices, best, material, advised, room=model.room),
            lambda: model.refine(best, material, advised, new_id=new_id),
            otherwise=unasked(model, brief, 1),
        )
        tell(written, "refine")
        return written

    async def _paid(
        self,
        template: Template,
        run: Run,
        step: str,
        most: Callable[[Prices], int],
        work: Callable[[], Awaitable[Written]],
        *,
        otherwise: Written,
    ) -> Written:
        """Do *work* within the budgets, which may cost *most*; where that does not fit, give *otherwise*, and why."""
        purse = self._purse
        if purse is None:
            return await work()
        try:
            payment = await purse.reserve(run, template, step, lambda: most(purse.prices))
        except OverBudget as error:
            return replace(otherwise, missing=tuple(f"over budget: {error}" for _ in otherwise.missing))
        written = await work()
        await purse.settle(payment, written)
        return written

    async def _brief(self, template: Template, run: Run, material: tuple[Material, ...]) -> Brief:
        projects = await self._read_projects(template) if self._read_projects and template.projects else ()
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
            guidance=await self._guidance(template, material),
            # Words that are posted as they stand come round again when it is their time, whatever was posted before.
            avoid=frozenset() if all_stand(material) else await self._posted_texts(template.account),
            roundup=template.roundup is not None,
            query=template.fast,
            context="\n".join(each.words for each in projects) or None,
            background="\n".join(each.found[:BACKGROUND] for each in projects if each.found) or None,
        )

    async def _guidance(self, template: Template, material: tuple[Material, ...]) -> Guidance | None:
        """Ask `/compose` for its rules; writing goes on without them when they cannot be had."""
        try:
            return await self._ask_guidance(template, topic(template, material))
        except (ApiUnavailable, ApiRefused, ApiLimited):
            return None

    async def _advised(self, template: Template, material: tuple[Material, ...], brief: Brief) -> Brief:
        """Add what step refine of `/compose` advises; refining goes on without it when it cannot be had."""
        try:
            advice = await self._ask_advice(template, topic(template, material))
        except (ApiUnavailable, ApiRefused, ApiLimited):
            return brief
        known = brief.guidance or Guidance()
        return replace(brief, guidance=replace(known, advice=advice.advice))


def to_quote(template: Template, material: tuple[Material, ...]) -> tuple[Material, ...]:
    """Give what the embedded writer may quote: of a quick request's query not what only asks. Raises WriterError."""
    return quotable(material) if template.fast else material


def instructed(template: Template, hints: Material | None) -> Template:
    """Give *template* with the *hints* that were spoken after those of its prompt."""
    if hints is None:
        return template
    return replace(template, prompt="\n\n".join(filter(None, (template.prompt, hints.text))))


def all_stand(material: tuple[Material, ...]) -> bool:
    """Tell whether all of *material* is the owner's own words, which nobody rewrites."""
    return all(each.as_it_stands for each in material)


def unasked(model: ModelWriter, brief: Brief, wanted: int) -> Written:
    """Give what a model gives that is not asked: none of the drafts that are *wanted*."""
    return Written((), ("",) * wanted, Origin(model.model, (), seed_of(brief)))


def tell(written: Written, step: str) -> None:
    """Log what a step asked of the model, what it took, and why drafts are missing."""
    origin = written.origin
    log.info(
        "model.asked",
        step=step,
        model=origin.model,
        prompts=",".join(origin.prompts),
        seed=origin.seed,
        calls=written.calls,
        tokens_in=origin.tokens_in,
        tokens_out=origin.tokens_out,
        cost_micros=origin.cost_micros,
        facts=written.facts,
        facts_dropped=len(written.dropped),
        drafts=len(written.drafts),
    )
    for why in dict.fromkeys(written.missing):
        log.warning("model.fallback", step=step, reason=why)


def topic(template: Template, material: tuple[Material, ...]) -> str:
    """Give what a post is about, in a few words."""
    return next((each.title for each in material if each.title), template.prompt or template.name)


def standing_links(material: tuple[Material, ...]) -> tuple[str, ...]:
    """Give the links that may stand in every post: a feed's entry is told once, a page or the owner's text is not."""
    pages = [each.url for each in material if each.kind is not MaterialKind.FEED_ITEM and each.url]
    return (*pages, *(link for each in material if each.kind is MaterialKind.TEXT for link in links_of(each.text)))


def set_aside(
    drafts: tuple[Draft, ...], earlier: tuple[Earlier, ...], material: tuple[Material, ...], roundup: bool = False
) -> tuple[Draft, ...]:
    """Mark the drafts that repeat something, in the process pool: comparing hundreds of texts takes a moment.

    A *roundup* may name what was posted by itself, and begin as the last one did; so may a sentence filled in anew.
    """
    links = standing_links(material)
    if roundup:
        links = (*links, *(each.url for each in material if each.url))
    filled_in = any(each.figures for each in material)
    return mark(drafts, earlier, standing_links=links, standing_opening=roundup or filled_in)


def try_another_angle(
    drafts: tuple[Draft, ...], earlier: tuple[Earlier, ...], material: tuple[Material, ...], brief: Brief
) -> tuple[Draft, ...]:
    """Add drafts about what no earlier post has told, in the process pool; the same drafts where there is no such."""
    other = set_aside(write_anew(material, brief, posted(earlier)), earlier, material)
    return with_another_angle(drafts, other, count=brief.count, most=brief.maximum_drafts)


def write(material: tuple[Material, ...], brief: Brief) -> tuple[Draft, ...]:
    """Write drafts. Called in the process pool: the writer's libraries are too heavy for the daemon itself."""
    from generators.embedded.writer import compose

    try:
        return compose(material, brief)
    except WriterError:
        if not brief.avoid or not (anew := write_anew(material, brief, brief.avoid)):
            raise
        return anew


def change(draft: Draft, material: tuple[Material, ...], brief: Brief, new_id: str) -> Draft | None:
    """Refine a draft, in the process pool as well."""
    from generators.refine import refine

    return refine(draft, material, brief, new_id=new_id)


def rank(draft: Draft) -> tuple[int, float]:
    """Give the order of drafts: the score first, the writer's own preference between equals; what repeats is last."""
    if draft.repeats is not None:
        return (-2, draft.rank)
    return (draft.score.value if draft.score else -1, draft.rank)


def worth_refining(drafts: tuple[Draft, ...], *, maximum_drafts: int) -> bool:
    """Tell whether the best draft failed a check, was not refined yet, and there is room for another draft."""
    best = max(drafts, key=rank)
    refined = {draft.refined_from for draft in drafts}
    improvable = best.score is not None and bool(best.score.failed)
    return (
        improvable
        and best.repeats is None
        and best.refined_from is None
        and best.id not in refined
        and len(drafts) < maximum_drafts
    )
