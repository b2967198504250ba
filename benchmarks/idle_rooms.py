"""No-op sources, writer and publisher: what is left of a run is the program's own overhead."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from itertools import count

from domain.draft import Check, Draft, Part, Score, Segment, SegmentKind
from domain.material import Material, MaterialKind
from domain.publication import Outcome, Publication, Settlement
from domain.run import Run
from domain.template import Template
from generators.repetition import Earlier
from scheduler.editor import Gathered

TEXT = "The harbour master counts the boats at dawn and again at dusk, every day, whatever the weather."
CHECKS = tuple(Check(f"check {number}", passed=True) for number in range(11))


class IdleEditor:
    """Gives the same material and the same three drafts to every run, at once."""

    def __init__(self) -> None:
        self._material = (Material("m0", MaterialKind.TEXT, TEXT, title="Boats"),)
        self._drafts = tuple(
            Draft(f"d{number}", (Part(TEXT, (Segment(SegmentKind.EXTRACT, TEXT, "m0", "text", ((0, len(TEXT)),)),)),))
            for number in range(3)
        )
        self._scored = tuple(
            Draft(draft.id, draft.parts, rank=-number, score=Score(100, CHECKS, "local"))
            for number, draft in enumerate(self._drafts)
        )

    async def gather(self, template: Template, run: Run, now: datetime) -> Gathered:  # noqa: ARG002
        return Gathered(self._material)

    async def compose(self, template: Template, run: Run, material: tuple[Material, ...]) -> tuple[Draft, ...]:  # noqa: ARG002
        return self._drafts

    async def compare_with(
        self,
        template: Template,  # noqa: ARG002
        material: tuple[Material, ...],  # noqa: ARG002
        drafts: tuple[Draft, ...],
        said: tuple[Earlier, ...],  # noqa: ARG002
    ) -> tuple[Draft, ...]:
        return drafts

    async def score(self, drafts: tuple[Draft, ...]) -> tuple[Draft, ...]:  # noqa: ARG002
        return self._scored

    async def compare(
        self,
        template: Template,  # noqa: ARG002
        run: Run,  # noqa: ARG002
        material: tuple[Material, ...],  # noqa: ARG002
        drafts: tuple[Draft, ...],
    ) -> tuple[Draft, ...]:
        return drafts

    async def refine(
        self,
        template: Template,  # noqa: ARG002
        run: Run,  # noqa: ARG002
        material: tuple[Material, ...],  # noqa: ARG002
        drafts: tuple[Draft, ...],
    ) -> tuple[Draft, ...]:
        return drafts


_TWEETS = count(10**15)  # a tweet settles one part for ever: all publishers here count on, past any history


class IdlePublisher:
    """Confirms every part at once, with tweet ids that count up, from *first* where other processes count too."""

    def __init__(self, first: int | None = None) -> None:
        self._ids = _TWEETS if first is None else count(first)

    async def send(self, publication: Publication, *, may_send: Callable[[], None]) -> Settlement:  # noqa: ARG002
        may_send()
        return Settlement(Outcome.CONFIRMED, "answer", tweet_id=str(next(self._ids)))

    async def ask(
        self,
        publication: Publication,
        *,
        taken: Collection[str],
        may_send: Callable[[], None],  # noqa: ARG002
    ) -> Settlement:
        raise AssertionError(f"nothing is unknown here: {publication.id}, {len(taken)}")

    async def delete(self, account: str, tweet_id: str) -> bool:
        raise AssertionError(f"nothing is deleted here: {account}, {tweet_id}")
