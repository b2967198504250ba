"""What runs of this process chose a moment ago: a run that compared before must compare its drafts with that too."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import takewhile

from domain.draft import Draft
from domain.publication import Post
from domain.run import Run
from generators.repetition import Earlier

KEPT = 200  # choices of an account; a run takes seconds from its comparison to its choice


@dataclass(frozen=True, slots=True)
class _Choice:
    at: int
    run_id: str
    said: tuple[Earlier, ...]


@dataclass(slots=True)
class _Account:
    last: int = 0
    kept: deque[_Choice] = field(default_factory=lambda: deque(maxlen=KEPT))
    unrecorded: dict[str, _Choice] = field(default_factory=dict)  # by run, the earliest first
    seen: dict[str, int] = field(default_factory=dict)  # by run

    def drop_what_everybody_saw(self) -> None:
        hidden = min((each.at for each in self.unrecorded.values()), default=self.last)
        oldest = min(self.seen.values(), default=self.last)
        while self.kept and self.kept[0].at < hidden and self.kept[0].at <= oldest:
            self.kept.popleft()


class Choices:
    """Counts choices, so that of two runs of an account that choose at once the later one sees what the earlier chose.

    SQL shows a choice only when it is on disk. Between `news` being empty and `add` nothing may be awaited.
    """

    def __init__(self) -> None:
        self._accounts: dict[str, _Account] = {}

    @property
    def remembered(self) -> int:
        """How many choices are kept in memory."""
        return sum(len(account.kept) for account in self._accounts.values())

    def compares(self, run: Run) -> bool:
        """Note that *run* compares its drafts with what SQL shows now; tell whether it does so for the first time."""
        account = self._account(run)
        if run.id in account.seen:
            return False
        earliest = next(iter(account.unrecorded.values()), None)
        account.seen[run.id] = earliest.at - 1 if earliest else account.last
        return True

    def news(self, run: Run) -> tuple[Earlier, ...]:
        """Give what other runs of the account chose since *run* compared, or asked for the last time."""
        account = self._account(run)
        seen = account.seen.get(run.id, account.last)
        account.seen[run.id] = account.last
        if seen == account.last:
            return ()
        since = takewhile(lambda each: each.at > seen, reversed(account.kept))
        return tuple(said for each in since if each.run_id != run.id for said in each.said)

    def add(self, run: Run, chosen: Sequence[Draft], posts: Sequence[Post]) -> None:
        """Take note of what *run* chose, before it is recorded."""
        if not chosen:
            return
        account = self._account(run)
        account.last += 1
        first = {post.group: post.id for post in posts if post.part == 0}
        said = tuple(Earlier(first[at], tuple(part.text for part in draft.parts)) for at, draft in enumerate(chosen))
        account.drop_what_everybody_saw()
        made = account.unrecorded[run.id] = _Choice(account.last, run.id, said)
        account.kept.append(made)

    def recorded(self, run: Run) -> None:
        """SQL shows what *run* chose."""
        self._account(run).unrecorded.pop(run.id, None)

    def take_back(self, run: Run) -> None:
        """What *run* chose could not be recorded: it is not said."""
        account = self._account(run)
        made = account.unrecorded.pop(run.id, None)
        if made is not None and made in account.kept:
            account.kept.remove(made)

    def forget(self, run: Run) -> None:
        """The run is done, or another's."""
        account = self._account(run)
        account.seen.pop(run.id, None)
        if not account.seen and not account.unrecorded:  # whoever compares from now on sees in SQL what was kept
            del self._accounts[run.account.lower()]

    def _account(self, run: Run) -> _Account:
        name = run.account.lower()
        return self._accounts.get(name) or self._accounts.setdefault(name, _Account())
