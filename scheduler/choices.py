"""What runs of this process chose a moment ago: a run that compared before must compare its drafts with that too."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from domain.draft import Draft
from domain.publication import Post
from domain.run import Run
from generators.repetition import Earlier

KEPT = 200  # choices of an account; a run takes seconds from its comparison to its choice


@dataclass(slots=True)
class _Choice:
    at: int
    run_id: str
    said: tuple[Earlier, ...]
    recorded: bool = False


class Choices:
    """Counts choices, so that of two runs of an account that choose at once the later one sees what the earlier chose.

    SQL shows a choice only when it is on disk. Between `news` being empty and `add` nothing may be awaited.
    """

    def __init__(self) -> None:
        self._last = 0
        self._of: dict[str, deque[_Choice]] = {}
        self._seen: dict[str, int] = {}

    def compares(self, run: Run) -> bool:
        """Note that *run* compares its drafts with what SQL shows now; tell whether it does so for the first time."""
        if run.id in self._seen:
            return False
        unrecorded = (each.at for each in self._of.get(run.account, ()) if not each.recorded)
        self._seen[run.id] = next(unrecorded, self._last + 1) - 1
        return True

    def news(self, run: Run) -> tuple[Earlier, ...]:
        """Give what other runs of the account chose since *run* compared, or asked for the last time."""
        seen = self._seen.get(run.id, self._last)
        self._seen[run.id] = self._last
        since = (each for each in self._of.get(run.account, ()) if each.at > seen and each.run_id != run.id)
        return tuple(said for each in since for said in each.said)

    def add(self, run: Run, chosen: Sequence[Draft], posts: Sequence[Post]) -> None:
        """Take note of what *run* chose, before it is recorded."""
        self._last += 1
        first = {post.group: post.id for post in posts if post.part == 0}
        said = tuple(Earlier(first[at], tuple(part.text for part in draft.parts)) for at, draft in enumerate(chosen))
        self._of.setdefault(run.account, deque(maxlen=KEPT)).append(_Choice(self._last, run.id, said))

    def recorded(self, run: Run) -> None:
        """SQL shows what *run* chose."""
        for each in self._of.get(run.account, ()):
            each.recorded = each.recorded or each.run_id == run.id

    def take_back(self, run: Run) -> None:
        """What *run* chose could not be recorded: it is not said."""
        kept = (each for each in self._of.get(run.account, ()) if each.run_id != run.id)
        self._of[run.account] = deque(kept, maxlen=KEPT)

    def forget(self, run_id: str) -> None:
        """The run is done, or another's."""
        self._seen.pop(run_id, None)
