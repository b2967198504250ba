"""The model's way from material to drafts: digest, write, check, refine; whatever fails is left to the embedded writer.

What a model says is never believed: its quotations are looked up, its sentences checked against what they cite.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

from domain.draft import Draft, Origin
from domain.material import Material
from domain.protocols import Offload
from generators.brief import Brief
from generators.embedded.hints import Hint, read_hints
from generators.embedded.language import language_of
from generators.embedded.met import shows
from generators.embedded.style import distance, manner_of
from generators.model.answers import Digest, Idea, Writing
from generators.model.asking import Prices, Tally, ask
from generators.model.briefing import ANGLES, digest_question, refine_question, seed_of, write_question
from generators.model.building import Desk
from generators.model.checks import alike, judged, said_before
from generators.model.errors import ModelError
from generators.model.facts import Dropped, Fact, grounded
from generators.model.fuse import Fuse
from generators.model.prompts import DIGEST, REFINE, REPAIR, WRITE
from generators.model.revising import Revision, judge, revised
from generators.model.server import Server, one_line
from generators.rules import checks

MOST_MATERIALS = 4
ROUNDS = 2  # of refining
LONGEST_REASON = 400  # characters
FIRST = 10.0  # the rank that a model's drafts start from: between equal scores they come before the embedded writer's
PER_CHECK, PER_DISTANCE, PLACE = 0.08, 0.6, 0.001


@dataclass(frozen=True, slots=True)
class Written:
    """What a model gave for one step: *drafts* that passed every check, and for each that is missing the reason.

    *origin* holds what the step took altogether. *dropped* are the quotations that no document holds.
    """

    drafts: tuple[Draft, ...]
    missing: tuple[str, ...]
    origin: Origin
    calls: int = 0
    facts: int = 0
    dropped: tuple[Dropped, ...] = ()


@dataclass(slots=True)
class _Step:
    """A step in progress: what is reached when its time ends is kept."""

    tally: Tally = field(default_factory=Tally)
    passed: dict[int, Draft] = field(default_factory=dict)
    wrong: dict[int, str] = field(default_factory=dict)
    facts: int = 0
    dropped: list[Dropped] = field(default_factory=list)
    prompts: list[str] = field(default_factory=list)


class ModelWriter:
    """Writes and refines drafts through *server*. Never raises ModelError: what could not be had is told in words.

    *timeout* is the number of seconds that all calls of one step may take together. A model that failed three steps in
    a row is not asked for a minute; *clock* gives seconds.
    """

    def __init__(
        self,
        server: Server,
        *,
        offload: Offload,
        clock: Callable[[], float],
        timeout: float,
        prices: Prices | None = None,
    ) -> None:
        self._server = server
        self._fuse = Fuse(clock)
        self._offload = offload
        self._timeout = timeout
        self._prices = prices

    @property
    def model(self) -> str:
        return self._server.model

    @property
    def room(self) -> int:
        """How many times the usual tokens an answer of the next step may have."""
        return self._server.room

    def _step(self) -> _Step:
        return _Step(Tally(room=self._server.room))

    async def close(self) -> None:
        """Close the connections to the server."""
        await self._server.close()

    async def compose(self, materials: Sequence[Material], brief: Brief, *, wanted: int) -> Written:
        """Up to *wanted* drafts of *materials*, each past the gate and all checks."""
        step, count = self._step(), min(wanted, len(ANGLES))
        why = await self._within(lambda: self._compose(step, materials, brief, count))
        drafts = _ranked([step.passed[number] for number in sorted(step.passed)], brief)
        missing = [step.wrong[number] for number in sorted(step.wrong) if number not in step.passed]
        missing += [why or f"the model wrote {len(drafts)} of {wanted} drafts"] * wanted
        short = tuple(missing[: wanted - len(drafts)])
        return Written(drafts, short, self._origin(step, brief), step.tally.calls, step.facts, tuple(step.dropped))

    async def refine(self, draft: Draft, materials: Sequence[Material], brief: Brief, *, new_id: str) -> Written:
        """*draft* with its failed checks answered, under *new_id*; what passed still passes, else it is missing."""
        step = self._step()
        why = await self._within(lambda: self._refine(step, draft, materials, brief, new_id))
        drafts = tuple(step.passed.values())
        missing = () if drafts else (why or step.wrong.get(0, "the model changed nothing for the better"),)
        return Written(drafts, missing, self._origin(step, brief), step.tally.calls)

    async def _within(self, work: Callable[[], Awaitable[None]]) -> str | None:
        """Do *work* within the time; give why it was not done, or None."""
        if why := self._fuse.blown():
            return why
        try:
            await self._in_time(work)
        except ModelError as error:
            self._fuse.record(str(error), error.rest)
            return str(error)
        self._fuse.record(None)
        return None

    async def _in_time(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            async with asyncio.timeout(self._timeout):
                await work()
        except TimeoutError:
            raise ModelError(f"the model took longer than {self._timeout:g} s") from None
        except MemoryError as error:
            raise ModelError(f"the model's answer could not be checked: {error}") from error

    async def _compose(self, step: _Step, materials: Sequence[Material], brief: Brief, count: int) -> None:
        used = [material for material in materials if material.text or material.title][:MOST_MATERIALS]
        facts = await self._facts(step, used)
        if not facts:
            raise ModelError("the model found no fact that the material states")
        desk = Desk(
            materials={material.id: material for material in used},
            facts={fact.id: fact for fact in facts},
            prompt=brief.given,
            linked=_linked(brief),
            # Guessed in a process of its own: the guess takes 75 MB.
            language=await self._offload(language_of, used[0]),
        )
        step.prompts.append(WRITE)
        writing = await ask(self._server, write_question(desk, brief, count), Writing, step.tally)
        ideas = {idea.number: idea for idea in writing.drafts if 1 <= idea.number <= count}
        again = await self._check(step, ideas, desk, brief)
        for round_ in range(1, ROUNDS + 1):
            if not again:
                return
            step.prompts.append(REFINE)
            question = refine_question(desk, brief, again, round_=round_)
            better = await ask(self._server, question, Writing, step.tally)
            numbers = {idea.number for idea, _ in again}
            again = await self._check(
                step, {idea.number: idea for idea in better.drafts if idea.number in numbers}, desk, brief
            )

    async def _facts(self, step: _Step, materials: Sequence[Material]) -> list[Fact]:
        """The facts of all documents. A document whose digest cannot be had is left out, unless it is every one."""
        step.prompts.append(DIGEST)
        digests = await asyncio.gather(
            *(ask(self._server, digest_question(material), Digest, step.tally) for material in materials),
            return_exceptions=True,
        )
        facts: list[Fact] = []
        for material, digest in zip(materials, digests, strict=True):
            if isinstance(digest, Digest):
                kept, dropped = await self._offload(grounded, digest, material, first=len(facts) + 1)
                facts += kept
                step.dropped += dropped
            elif not isinstance(digest, ModelError):
                raise digest
        failed = [digest for digest in digests if isinstance(digest, ModelError)]
        if len(failed) == len(materials) and failed:
            raise failed[0]
        step.facts = len(facts)
        return facts

    async def _check(
        self, step: _Step, ideas: dict[int, Idea], desk: Desk, brief: Brief
    ) -> list[tuple[Idea, tuple[str, ...]]]:
        """Keep of *ideas* what passes everything and is unlike what is kept already; give what can be corrected."""
        again = []
        in_order = tuple(ideas[number] for number in sorted(ideas))
        for each in await self._offload(judged, in_order, desk, brief):
            number, draft = each.idea.number, each.draft
            if each.wrong:
                step.wrong[number] = one_line(f"draft {number}: {'; '.join(each.wrong)}", LONGEST_REASON)
                again.append((each.idea, each.wrong))
            elif said_before(draft, brief):
                step.wrong[number] = f"draft {number}: the account has posted it before"
            elif any(alike(draft, other) for other in step.passed.values()):
                step.wrong[number] = f"draft {number}: it is like another draft"
            else:
                step.passed[number] = draft
        return again

    async def _refine(
        self, step: _Step, draft: Draft, materials: Sequence[Material], brief: Brief, new_id: str
    ) -> None:
        revision: Revision | None = revised(draft, materials, brief)
        for round_ in range(1, ROUNDS + 1):
            if revision is None:
                return
            step.prompts.append(REFINE)
            question = refine_question(revision.desk, brief, [(revision.idea, revision.wrong)], round_=round_)
            writing = await ask(self._server, question, Writing, step.tally)
            outcome = await self._offload(judge, revision, writing, tuple(materials), brief, new_id)
            if isinstance(outcome, Draft):
                step.passed[0] = outcome
                return
            step.wrong[0] = one_line("; ".join(outcome.wrong), LONGEST_REASON)
            revision = outcome

    def _origin(self, step: _Step, brief: Brief) -> Origin:
        tally = step.tally
        return Origin(
            model=self._server.model,
            prompts=tuple(dict.fromkeys([*step.prompts, *([REPAIR] if tally.repaired else [])])),
            seed=seed_of(brief),
            tokens_in=tally.tokens_in,
            tokens_out=tally.tokens_out,
            cost_micros=self._prices.micros(tally.tokens_in, tally.tokens_out) if self._prices else None,
        )


def _linked(brief: Brief) -> bool:
    wishes = read_hints(brief.prompt)
    return False if wishes.refuses(Hint.LINK) else wishes.wants(Hint.LINK) or brief.link


def _ranked(drafts: Sequence[Draft], brief: Brief) -> tuple[Draft, ...]:
    """*drafts* with their ranks and unmet hints, best first. Hints outside the vocabulary are taken as understood."""
    wishes, manner = replace(read_hints(brief.prompt), unknown=()), manner_of(brief.style)

    def finished(draft: Draft, place: int) -> Draft:
        texts = [part.text for part in draft.parts]
        passed = min(sum(check.passed for check in checks(text, has_link="://" in text)) for text in texts)
        far = distance(texts[0], manner) if manner else 0.0
        unmet = wishes.unmet(lambda hint: shows(hint, draft, brief, draft.language))
        rank = FIRST + PER_CHECK * passed - PER_DISTANCE * far - PLACE * place
        return replace(draft, rank=round(rank, 4), unmet_hints=unmet, tweet_style=brief.tweet_style)

    made = [finished(draft, place) for place, draft in enumerate(drafts)]
    return tuple(sorted(made, key=lambda draft: -draft.rank))
