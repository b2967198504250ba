"""Questions: what the owner's system is asked before a run's posts go out, and what was decided."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b

from domain.draft import Draft
from domain.template import ApproveDefault


class Decision(StrEnum):
    """What was decided about a run's posts. The last two are the template's own word after the deadline."""

    APPROVE = "approve"
    REPLACE = "replace"
    VETO = "veto"
    POST = "default_post"
    DROP = "default_drop"


@dataclass(frozen=True, slots=True)
class Question:
    """One question about a run; it keeps its *id* and *deadline* in every attempt, whoever asks.

    *revision* names the drafts that it is about. *attempts* counts the tries without a decision, of which *last_error*
    is what was wrong with the last. *reason* is the receiver's own.
    """

    id: str
    revision: str
    asked_at: datetime
    deadline: datetime
    attempts: int = 0
    last_error: str | None = None
    decision: Decision | None = None
    reason: str | None = None
    decided_at: datetime | None = None


DEFAULTS = {ApproveDefault.POST: Decision.POST, ApproveDefault.DROP: Decision.DROP}
DROPPED = frozenset({Decision.VETO, Decision.DROP})  # nothing is posted


def revision_of(chosen: Iterable[Draft]) -> str:
    """Name what would be posted: 16 hexadecimal digits that change with any of its words."""
    digest = blake2b(digest_size=8)
    for draft in chosen:
        for text in (draft.id, *(part.text for part in draft.parts)):
            digest.update(f"{len(text)}:{text}".encode("utf-8", "surrogatepass"))
        digest.update(b";")
    return digest.hexdigest()
