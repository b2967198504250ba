"""What `/compose` advises for writing and refining: asked once, however many runs want it, and kept for an hour."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeAlias

from domain.draft import Guidance
from domain.template import Template
from xquik import compose
from xquik.transport import Transport

FRESH = timedelta(hours=1)  # both follow the API's version, the goal and the tone, not the topic
KEPT = 256  # at once; each template may have a tone of its own
TONE = "as the author writes"

Key: TypeAlias = tuple[str, str, str | None]  # step, goal, and the style or the tone


class Advice:
    """Asks `/compose` for rules and advice. Each request counts in the key's write tier, so none is made twice."""

    def __init__(self, transport: Transport, clock: Callable[[], datetime]) -> None:
        self._transport = transport
        self._clock = clock
        self._kept: dict[Key, tuple[datetime, Guidance]] = {}  # the oldest first
        self._asked: dict[Key, asyncio.Future[Guidance]] = {}

    async def rules(self, template: Template, topic: str) -> Guidance:
        """Give the rules that apply to the template's goal and style. Raises as `Transport.read`."""
        style = template.style.username if template.style else None
        return await self._had(
            ("compose", template.goal, style), lambda: compose.compose(self._transport, topic, template.goal, style)
        )

    async def refinement(self, template: Template, topic: str) -> Guidance:
        """Give the advice for refining in the template's goal and tone. Raises as `Transport.read`."""
        tone = template.prompt or TONE
        return await self._had(
            ("refine", template.goal, tone), lambda: compose.refine(self._transport, topic, template.goal, tone)
        )

    async def _had(self, key: Key, ask: Callable[[], Awaitable[Guidance]]) -> Guidance:
        """Give what is kept, or what is asked for already, or else ask; those who wait for a failure share it."""
        kept = self._kept.get(key)
        if kept is not None and self._clock() - kept[0] <= FRESH:
            return kept[1]
        asked = self._asked.get(key)
        if asked is None:
            asked = self._asked[key] = asyncio.ensure_future(self._ask(key, ask))
            asked.add_done_callback(_seen)
        return await asyncio.shield(asked)  # a run that is stopped must not stop the others' question

    async def _ask(self, key: Key, ask: Callable[[], Awaitable[Guidance]]) -> Guidance:
        try:
            guidance = await ask()
        finally:
            del self._asked[key]
        self._kept.pop(key, None)
        self._kept[key] = (self._clock(), guidance)
        if len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]
        return guidance


def _seen(asked: asyncio.Future[Guidance]) -> None:
    """Take note of a failure that nobody waits for any more."""
    if not asked.cancelled():
        asked.exception()
