"""What a run pays its models: the most is reserved before one is asked, what it took is settled after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from domain.budget import Entry, EntryKind, EntryState
from domain.errors import OverBudget
from domain.run import Run
from domain.template import Template
from generators.model.asking import Prices
from generators.model.writer import Written
from scheduler.spending import Spending
from storage import spending
from storage.statements import Write
from storage.writer import Writer


@dataclass(frozen=True, slots=True)
class Payment:
    """An entry that is open while the model writes; *reserved* tells that it stands in the books already."""

    entry: Entry
    reserved: bool


class Payments:
    """Pays for the calls of models, within the budgets of template and account."""

    def __init__(
        self,
        *,
        writer: Writer,
        spending: Spending,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._writer = writer
        self._spending = spending
        self._clock = clock
        self._new_id = new_id

    async def reserve(self, run: Run, template: Template, step: str, most: Callable[[], int]) -> Payment:
        """Reserve what *most* gives, in micros, where anything is limited; the posts of the run must fit beside it.

        Raises OverBudget. A worker that dies meanwhile leaves it reserved, and the run's end counts it as spent.
        """
        now = self._clock()
        entry = Entry(
            id=self._new_id(),
            kind=EntryKind.MODEL,
            run_id=run.id,
            template_id=run.template_id,
            account=run.account.lower(),
            amount=0,
            state=EntryState.RESERVED,
            detail=step,
            at=now,
        )
        limits = await self._spending.windows(run, template, now)
        if not limits:
            return Payment(entry, reserved=False)
        entry = replace(entry, amount=most())
        room = self._spending.least(template)
        try:
            await self._writer.submit(Write(spending.reserve(limits, [entry], room=room)))
        except OverBudget as error:
            raise await self._spending.explained(limits, entry.amount + room, error) from error
        return Payment(entry, reserved=True)

    async def pay(self, payment: Payment, amount: int, said: str) -> None:
        """Enter *amount*, in micros, as paid for what is *said*; none of what was reserved is held back then."""
        if not (amount or payment.reserved):
            return
        state = EntryState.SPENT if amount else EntryState.RELEASED
        paid = replace(payment.entry, amount=amount, state=state, detail=said, settled_at=self._clock())
        await self._writer.submit(Write(spending.settle(paid)))
        self._spending.count(EntryKind.MODEL, amount)


class Purse(Payments):
    """Pays for the steps of a writer whose *prices* are known."""

    def __init__(
        self,
        *,
        writer: Writer,
        spending: Spending,
        prices: Prices,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        super().__init__(writer=writer, spending=spending, clock=clock, new_id=new_id)
        self.prices = prices

    async def settle(self, payment: Payment, written: Written) -> None:
        """Count what the model took. One that answered and did not count its tokens took all that was reserved."""
        entry, origin = payment.entry, written.origin
        uncounted = not origin.tokens_in and not origin.tokens_out and (written.drafts or written.facts)
        amount = entry.amount if uncounted else origin.cost_micros or 0
        await self.pay(payment, amount, f"{entry.detail}: {written.calls} calls of {origin.model}")
