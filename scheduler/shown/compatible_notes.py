"""What a request asked for and did not get, although it has not failed: in sentences, for its document."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from domain.draft import Draft
from domain.run import Rejected
from generators.choose import shortfall


def notes(rejected: Iterable[Rejected], choice_reason: str | None, drafts: Sequence[Draft | None]) -> list[str]:
    """Give a sentence for each source that could not be read, for posts that are missing and hints not followed.

    *drafts* are those that the posts were made of, None where one is pruned.
    """
    unread = [f"{each.reference}: {each.reason}" for each in rejected if each.failed]
    unmet = dict.fromkeys(hint for draft in drafts if draft is not None for hint in draft.unmet_hints)
    return [*unread, *shortfall(choice_reason), *map(not_followed, unmet)]


def not_followed(hint: str) -> str:
    """Say that *hint*, in its owner's words, was not followed."""
    return f"not followed: {hint}"
