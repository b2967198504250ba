"""A step's drafts: the model's, and for each that is missing one of the embedded writer's, with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from domain.draft import Draft, Origin
from generators.model.writer import Written


def merged(written: Written, embedded: Sequence[Draft]) -> tuple[Draft, ...]:
    """The model's drafts, then as many of *embedded* as are missing, numbered; each with its share of what it took."""
    chosen = [*written.drafts, *embedded[: len(written.missing)]]
    reasons = [None] * len(written.drafts) + [*written.missing]
    origins = shares(written.origin, len(chosen))
    return tuple(
        replace(draft, id=f"d{at}", origin=replace(origin, why=why))
        for at, (draft, origin, why) in enumerate(zip(chosen, origins, reasons, strict=False))
    )


def shares(origin: Origin, count: int) -> list[Origin]:
    """*origin* in *count* parts whose tokens and costs add up to its own."""
    cost = origin.cost_micros
    return [
        replace(
            origin,
            tokens_in=_share(origin.tokens_in, at, count),
            tokens_out=_share(origin.tokens_out, at, count),
            cost_micros=None if cost is None else _share(cost, at, count),
        )
        for at in range(count)
    ]


def _share(whole: int, at: int, count: int) -> int:
    return whole * (at + 1) // count - whole * at // count
