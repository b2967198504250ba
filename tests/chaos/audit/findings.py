"""What an audit finds: the kinds of errors, each of which must be zero, and what is counted beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """A kind of error in the books."""

    DUPLICATE = "duplicate"  # one part is out twice
    LOST_POST = "lost post"  # no post and no reason, or one that is said to be out and is not
    UNOWNED_TWEET = "unowned tweet"  # a post that no publication owns up to
    UNFINISHED_RUN = "run without a final state"
    BROKEN_THREAD = "thread with a gap or a wrong parent"
    SLOT_WITHOUT_ROW = "slot without a row"
    UNPLANNED_SLOT = "slot that is none, or has two rows"
    UNORDERED_RUN = "run that nobody asked for"
    FALSE_REASON = "reason that is not so"
    POST_AFTER_CANCEL = "post after cancel"
    POST_OUT_OF_TIME = "post before its time or after the end"
    POST_WITHIN_GAP = "post within its account's gap"
    THREAD_INTERRUPTED = "thread with another's post in its midst"
    UNINTENDED_REQUEST = "request without an intention"
    UNAPPROVED_POST = "post that nobody approved"
    UNSUPPORTED_TEXT = "text that its sources do not hold"
    UNTOLD_END = "end that nobody was told"
    TOLD_TWICE = "end that was told twice or too soon"
    LOST_CALLBACK = "callback lost"
    CALLBACK_OUT_OF_ORDER = "callback out of order"
    FALSE_CALLBACK = "callback with a wrong signature or body"
    SILENT_DEAD_LETTER = "dead letter too soon or without a reason"
    BOOKS_DIFFER = "books that differ"
    UNKNOWN_WITH_KEYS = "unknown though keys are honoured"
    UNKNOWN_BUT_VISIBLE = "unknown though the timeline shows it"


@dataclass(frozen=True, slots=True)
class Finding:
    """One error: its kind, the ids of what it is about, and a sentence for a person."""

    kind: Kind
    about: tuple[str, ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class Met:
    """What became of the publications that met one kind of fault at the sandbox.

    *reconciled* are those whose outcome is known and is what the sandbox has; *settled_by* says how it became known,
    and holds `deferred` and `refused` for those that were not posted.
    """

    publications: int
    reconciled: int
    settled_by: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Audit:
    """All that an audit found. *counts* are no errors: by heading, what there was of it and how often."""

    found: Mapping[Kind, tuple[Finding, ...]]
    counts: Mapping[str, Mapping[str, int]]
    reconciled_by_fault: Mapping[str, Met] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        """Tell whether every kind of error is at zero."""
        return not any(self.found.values())

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Give all errors, in the order of their kinds."""
        return tuple(each for kind in Kind for each in self.found.get(kind, ()))

    @property
    def unknown(self) -> int:
        """Give how many publications nobody knows the outcome of."""
        return self.counts["publications"].get("unknown", 0)
