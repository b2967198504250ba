"""Why a slot posted what it did, or nothing, or will: everything decided about it, in the order in which it happens."""

from scheduler.operations.why.chain import Chain, Effect, Link, Step
from scheduler.operations.why.recorded import of_post, of_run
from scheduler.operations.why.sentences import sentence
from scheduler.operations.why.slots import of_slots
from scheduler.operations.why.values import (
    Answer,
    Attempt,
    Callback,
    Neighbour,
    Standing,
    Why,
    WhyGap,
    WhyNothing,
    WhySlot,
    Written,
)

__all__ = [
    "Answer",
    "Attempt",
    "Callback",
    "Chain",
    "Effect",
    "Link",
    "Neighbour",
    "Standing",
    "Step",
    "Why",
    "WhyGap",
    "WhyNothing",
    "WhySlot",
    "Written",
    "of_post",
    "of_run",
    "of_slots",
    "sentence",
]
