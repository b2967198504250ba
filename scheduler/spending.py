"""What a run pays for its posts: reserved together with the intention to send, settled with what became of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from domain.budget import AccountBudget, Entry, EntryKind, EntryState, Window, post_entry_id
from domain.errors import OverBudget
from domain.picture import Attachment
from domain.prices import XquikPrices
from domain.publication import Outcome, Publication, Settlement
from domain.run import Facts, Run
from domain.template import Template
from scheduler.budget_room import least, limits_of, over
from storage import budgets, spending
from storage.database import Database
from storage.statements import Statement

FRESH = timedelta(seconds=1)  # how soon an account's budget counts that another process set
NOT_KNOWN = "; it counts as spent until it is known whether it went out"


class Spending:
    """Keeps the posts of runs within the budgets of their template and their account.

    Where neither has one, nothing is reserved, and a post costs its one entry when it is out.
    """

    def __init__(
        self,
        database: Database,
        *,
        prices: XquikPrices | None = None,
        count: Callable[[str, int], None] | None = None,
    ) -> None:
        """*count* is told of each payment: its kind, and micros."""
        self._database = database
        self._count = count
        self._prices = prices or XquikPrices()
        self._accounts: Mapping[tuple[str, str], AccountBudget] = {}  # by owner and account
        self._read_at: datetime | None = None
        self._reading = asyncio.Lock()

    @property
    def deletion(self) -> int:
        """What taking back one part costs, in micros."""
        return self._prices.deletion

    async def windows(self, run: Run, template: Template, now: datetime) -> tuple[Window, ...]:
        """Give what a payment of *run* at *now* must fit into."""
        if not self._fresh(now):
            await self._read_again(now)
        account = self._accounts.get((template.owner_id, run.account.lower()))
        if template.budget is None and account is None:
            return ()
        return limits_of(template, account, run.id, now)

    async def reservation(self, facts: Facts, template: Template, now: datetime) -> tuple[Statement, ...]:
        """Give the statements that reserve what the run has left to send, all of it before its first part.

        None once a part is out: the others were reserved with it, and stay so until the run ends.
        """
        if any(each.outcome is Outcome.CONFIRMED for each in facts.publications):
            return ()
        limits = await self.windows(facts.run, template, now)
        if not limits:
            return ()
        entries = self._to_send(facts, now)
        anew = spending.release_posts(**_whose(facts.run), now=now)
        return (*anew, *spending.reserve(limits, entries)) if entries else ()

    def settlement(
        self, facts: Facts, publication: Publication, settlement: Settlement, now: datetime
    ) -> tuple[Statement, ...]:
        """Give the statements that settle what one part was reserved, or cost without being reserved."""
        run, whose = facts.run, _whose(facts.run)
        entry = self._entry(run, publication.group, publication.part, now)
        if settlement.outcome is Outcome.CONFIRMED:
            amount = entry.amount if settlement.charged is None else self._prices.charged(settlement.charged)
            return spending.settle(replace(entry, amount=amount, state=EntryState.SPENT, settled_at=now))
        if settlement.outcome is Outcome.UNKNOWN:
            said = entry.detail + NOT_KNOWN
            return spending.settle(replace(entry, state=EntryState.SPENT, detail=said, settled_at=now))
        if settlement.charged:
            amount, said = self._prices.charged(settlement.charged), f"{entry.detail}; charged, and not sent"
            paid = replace(entry, id=f"{entry.id}-{publication.attempt}", amount=amount, detail=said)
            return (
                *spending.mark(entry.id, EntryState.RELEASED, **whose, now=now),
                *spending.settle(replace(paid, state=EntryState.SPENT, settled_at=now)),
            )
        if settlement.outcome is Outcome.REFUSED:
            return spending.mark(entry.id, EntryState.RELEASED, **whose, now=now)
        if any(each.outcome is Outcome.CONFIRMED for each in facts.publications):
            return spending.mark(entry.id, EntryState.RESERVED, **whose, now=now)  # the thread must be finished
        return (
            *spending.mark(entry.id, EntryState.RELEASED, **whose, now=now),
            *spending.release_posts(**whose, now=now),
        )

    async def check_upload(self, facts: Facts, template: Template, now: datetime) -> None:
        """Raise OverBudget when a picture and what the run has left to send would not fit: it is not uploaded then."""
        limits = await self.windows(facts.run, template, now)
        sent = any(each.outcome is Outcome.CONFIRMED for each in facts.publications)
        needed = self._prices.upload + (0 if sent else sum(entry.amount for entry in self._to_send(facts, now)))
        if limits and (found := await asyncio.to_thread(self._over, limits, needed)):
            raise OverBudget(found)

    def upload(self, publication: Publication, picture: Attachment, now: datetime) -> tuple[Statement, ...]:
        """Give the statements that enter what an upload has cost, whatever becomes of its post; count it."""
        amount = self._prices.upload if picture.charged is None else self._prices.charged(picture.charged)
        self.count(EntryKind.POST, amount)
        entry = Entry(
            id=f"{post_entry_id(publication.run_id, publication.group, publication.part)}-picture-{picture.media_id}",
            kind=EntryKind.POST,
            run_id=publication.run_id,
            template_id=publication.template_id,
            account=publication.account.lower(),
            amount=amount,
            state=EntryState.SPENT,
            detail=f"the picture of part {publication.part + 1} of post {publication.group + 1}",
            at=now,
            settled_at=now,
        )
        return spending.settle(entry)

    def paid(self, settlement: Settlement) -> None:
        """Count a settled publication that was paid for; one of which nothing is known is counted when it is."""
        if settlement.outcome is Outcome.CONFIRMED or settlement.charged:
            told = settlement.charged
            self.count(EntryKind.POST, self._prices.post if told is None else self._prices.charged(told))

    def count(self, kind: EntryKind, micros: int) -> None:
        """Count a payment, where somebody may ask for the numbers."""
        if self._count is not None:
            self._count(kind.value, micros)

    async def closing(self, run: Run, template: Template, now: datetime) -> tuple[Statement, ...]:
        """Give the statements for the end of a run, which nothing must be reserved for any more."""
        limited = await self.windows(run, template, now)
        return spending.close(**_whose(run), now=now) if limited else ()

    async def check(self, run: Run, template: Template, now: datetime) -> None:
        """Raise OverBudget when not even the shortest posts of a run would fit: it need not begin then."""
        limits = await self.windows(run, template, now)
        if limits and (found := await asyncio.to_thread(self._over, limits, self.least(template))):
            raise OverBudget(found)

    async def refusal(self, facts: Facts, template: Template, now: datetime, otherwise: OverBudget) -> OverBudget:
        """Give why the posts of a run do not fit, in numbers."""
        needed = sum(entry.amount for entry in self._to_send(facts, now))
        return await self.explained(await self.windows(facts.run, template, now), needed, otherwise)

    async def explained(self, limits: tuple[Window, ...], needed: int, otherwise: OverBudget) -> OverBudget:
        """Give which of *limits* has not *needed* left, in numbers; *otherwise* when all of them have it by now."""
        found = await asyncio.to_thread(self._over, limits, needed)
        return OverBudget(found) if found else otherwise

    def least(self, template: Template) -> int:
        """Give the least that the posts of a run cost."""
        return least(template, self._prices)

    def _over(self, limits: tuple[Window, ...], needed: int) -> str | None:
        with self._database.read() as connection:
            return over(connection, limits, needed)

    def _fresh(self, now: datetime) -> bool:
        return self._read_at is not None and abs(now - self._read_at) < FRESH

    async def _read_again(self, now: datetime) -> None:
        """Read the accounts' budgets, once for all the runs that wait for them."""
        async with self._reading:
            if not self._fresh(now):
                self._accounts = await asyncio.to_thread(self._read_accounts)
                self._read_at = now  # not before: while they cannot be read nothing may be spent

    def _read_accounts(self) -> Mapping[tuple[str, str], AccountBudget]:
        with self._database.read() as connection:
            return budgets.all_account_budgets(connection)

    def _to_send(self, facts: Facts, now: datetime) -> list[Entry]:
        refused = {(each.group, each.part) for each in facts.publications if each.outcome is Outcome.REFUSED}
        return [
            self._entry(facts.run, group, number, now)
            for group, draft in enumerate(facts.chosen or ())
            for number in range(len(draft.parts))
            if (group, number) not in refused
        ]

    def _entry(self, run: Run, group: int, part: int, now: datetime) -> Entry:
        return Entry(
            id=post_entry_id(run.id, group, part),
            kind=EntryKind.POST,
            run_id=run.id,
            template_id=run.template_id,
            account=run.account.lower(),
            amount=self._prices.post,
            state=EntryState.RESERVED,
            detail=f"part {part + 1} of post {group + 1}",
            at=now,
        )


def _whose(run: Run) -> dict[str, str]:
    return {"run_id": run.id, "template_id": run.template_id, "account": run.account.lower()}
