"""What runs of this process chose a moment ago: a run that compared before must compare its drafts with that too."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from domain.draft import Draft
from domain.publication import Post
from domain.run import Run
from generators.repetition import Earlier

KEPT = 200  # choices of an account; a run takes seconds from its comparison to its choice


@dataclass(frozen=True, slots=True)
class _Choice:
    at: int
    run: Run
    said: tuple[Earlier, ...]


class Choices:
    """Counts choices, so that of two runs of an account that choose at once the later one sees what the earlier chose.

    SQL shows a choice only when it is on disk. Between `news` being empty and `add` nothing may be awaited.
    """

    def __init__(self) -> None:
        self._last = 0
        self._of: dict[str, deque[_Choice]] = {}  # by account
        self._unrecorded: dict[str, _Choice] = {}  # by run
        self._seen: dict[str, int] = {}  # by run

    @property
    def remembered(self) -> int:
        """How many choices are kept in memory."""
        return sum(len(kept) for kept in self._of.values())

    def compares(self, run: Run) -> bool:
        """Note that *run* compares its drafts with what SQL shows now; tell whether it does so for the first time."""
        if run.id in self._seen:
            return False
        hidden = (each.at for each in self._unrecorded.values() if each.run.account.lower() == run.account.lower())
        self._seen[run.id] = min(hidden, default=self._last + 1) - 1
        return True

    def news(self, run: Run) -> tuple[Earlier, ...]:
        """Give what other runs of the account chose since *run* compared, or asked for the last time."""
        seen = self._seen.get(run.id, self._last)
        self._seen[run.id] = self._last
        since = takewhile(lambda each: each.at > seen, reversed(self._of.get(run.account.lower(), ())))
        return tuple(said for each in since if each.run.id != run.id for said in each.said)

    def add(self, run: Run, chosen: Sequence[Draft], posts: Sequence[Post]) -> None:
        """Take note of what *run* chose, before it is recorded."""
        if not chosen:
            return
        self._last += 1
        first = {post.group: post.id for post in posts if post.part == 0}
        said = tuple(Earlier(first[at], tuple(part.text for part in draft.parts)) for at, draft in enumerate(chosen))
        kept = self._of.setdefault(run.account.lower(), deque(maxlen=KEPT))
        self._drop_what_everybody_saw(kept)
        made = self._unrecorded[run.id] = _Choice(self._last, run, said)
        kept.append(made)

    def _drop_what_everybody_saw(self, kept: deque[_Choice]) -> None:
        hidden = min((each.at for each in self._unrecorded.values()), default=self._last)
        oldest = min(self._seen.values(), default=self._last)
        while kept and kept[0].at < hidden and kept[0].at <= oldest:
            kept.popleft()

    def recorded(self, run: Run) -> None:
        """SQL shows what *run* chose."""
        self._unrecorded.pop(run.id, None)

    def take_back(self, run: Run) -> None:
        """What *run* chose could not be recorded: it is not said."""
        made = self._unrecorded.pop(run.id, None)
        if made is not None and made in self._of.get(run.account.lower(), ()):
            self._of[run.account.lower()].remove(made)

    def forget(self, run_id: str) -> None:
        """The run is done, or another's."""
        self._seen.pop(run_id, None)
