"""The order of intending, sending and settling, and what each failure leaves behind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from domain.errors import LeaseLost
from domain.publication import Outcome, Publication, Settlement
from publishers.ledger import publish

PUBLICATION = Publication(
    "p", "r", "t", "ada", 0, 0, 0, "i-r-0-0-0", "Hello", None, datetime(2026, 5, 6, 12, 0, tzinfo=UTC)
)
CONFIRMED = Settlement(Outcome.CONFIRMED, "answer", tweet_id="1900")


@dataclass
class Diary:
    """A ledger and a publisher that write down what they are asked, and fail where they are told to."""

    fails_at: str = ""
    lines: list[str] = field(default_factory=list)

    def _note(self, line: str) -> None:
        if self.fails_at == line:
            raise LeaseLost("r")
        self.lines.append(line)

    async def intend(self, publication: Publication) -> None:
        self._note("intend")

    async def send(self, publication: Publication, *, may_send: Callable[[], None]) -> Settlement:
        may_send()
        self._note("send")
        return CONFIRMED

    async def settle(self, publication: Publication, settlement: Settlement) -> None:
        self._note(f"settle {settlement.outcome}")

    async def ask(
        self, publication: Publication, *, taken: Collection[str], may_send: Callable[[], None]
    ) -> Settlement:
        raise AssertionError("publishing asks nothing")

    async def delete(self, account: str, tweet_id: str) -> bool:
        raise AssertionError("publishing deletes nothing")


def run(diary: Diary, may_send: Callable[[], None] = lambda: None) -> Settlement:
    return asyncio.run(publish(PUBLICATION, ledger=diary, publisher=diary, may_send=may_send))


def test_the_intention_is_written_before_the_request_leaves_and_the_outcome_after() -> None:
    diary = Diary()

    assert run(diary) == CONFIRMED
    assert diary.lines == ["intend", "send", "settle confirmed"]


@pytest.mark.parametrize(
    ("fails_at", "lines"),
    [("intend", []), ("send", ["intend"]), ("settle confirmed", ["intend", "send"])],
)
def test_a_failure_anywhere_never_sends_twice_and_never_settles_by_guess(fails_at: str, lines: list[str]) -> None:
    diary = Diary(fails_at)

    with pytest.raises(LeaseLost):
        run(diary)
    assert diary.lines == lines


def test_a_worker_that_may_not_send_any_more_sends_nothing() -> None:
    diary = Diary()

    def lost() -> None:
        raise LeaseLost("r")

    with pytest.raises(LeaseLost):
        run(diary, lost)
    assert diary.lines == ["intend"]
