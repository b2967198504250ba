"""The X accounts that templates may post as."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.budget import AccountBudget
from domain.duration import format_duration
from domain.errors import FieldError, InvalidInput
from domain.owner import LOCAL_OWNER
from domain.template_document.reading import ACCOUNT
from storage import accounts, budgets, runs
from storage.database import Database
from xquik.accounts import Account, list_accounts
from xquik.transport import Transport

LONGEST_GAP = timedelta(days=7)
KNOWN_WITHIN = timedelta(seconds=3)  # daemons look each second for what others have changed


@dataclass(frozen=True, slots=True)
class Gaps:
    """The least time between two posts of one account: the accounts' own by name in lower case, and of the others."""

    own: Mapping[str, timedelta]
    otherwise: timedelta

    def of(self, account: str) -> timedelta:
        return self.own.get(account.lower(), self.otherwise)


@dataclass(frozen=True, slots=True)
class Spaced:
    """An account by its name, with the gap that holds between its posts; None where it is the setting's."""

    account: str
    gap: timedelta | None


@dataclass(frozen=True, slots=True)
class Standing:
    """What is set for an account: *own* says whether its gap is one that its owner has set."""

    account: str
    gap: timedelta
    own: bool
    budget: AccountBudget | None
    templates: tuple[str, ...]


async def list_all(transport: Transport) -> list[Account]:
    """Give the accounts connected to the API key, by username. Raises ApiError."""
    return sorted(await list_accounts(transport), key=lambda account: account.username.lower())


def gaps(database: Database, *, otherwise: timedelta) -> Gaps:
    """Give the gaps between posts; *otherwise* is that of accounts without one of their own."""
    with database.read() as connection:
        return Gaps(accounts.gaps(connection), otherwise)


def templates_of(database: Database, name: str, *, owner: str = LOCAL_OWNER) -> list[str]:
    """Give the names of the owner's templates that post as the account *name*."""
    with database.read() as connection:
        return accounts.templates_of(connection, name.removeprefix("@"), owner=owner)


def is_shared(database: Database, name: str, *, owner: str) -> bool:
    """Tell whether another owner's templates post as the account *name* too: what is done to it befalls them."""
    with database.read() as connection:
        return accounts.is_shared(connection, name.removeprefix("@"), owner=owner)


def set_gap(
    database: Database,
    name: str,
    gap: timedelta | None,
    *,
    now: datetime,
    owner: str = LOCAL_OWNER,
    for_all: bool = False,
) -> Spaced:
    """Set the least time between two posts of the account *name*; None takes its own away. Gives what holds then.

    Where several owners have set one, the longest holds for each; *for_all* takes away those of the others.
    Posts that wait for the gap as it was find out anew how long they have to, once every daemon knows of this one.
    Raises InvalidInput when it is no username, or the gap is no whole number of seconds up to a week.
    """
    account = name.removeprefix("@")
    if not ACCOUNT.fullmatch(account):
        raise InvalidInput([FieldError("name", "name an X account: 1 to 15 letters, digits and underscores")])
    if gap is not None and (gap > LONGEST_GAP or gap.microseconds):
        longest = format_duration(LONGEST_GAP)
        raise InvalidInput([FieldError("gap", f"must be whole seconds, from 0s to {longest}, such as 30m")])
    with database.write() as connection:
        accounts.set_gap(connection, account, gap, owner=owner)
        if for_all:
            accounts.forget_other_gaps(connection, account, owner=owner)
        holds = accounts.gaps(connection).get(account.lower())
        runs.ask_anew(connection, account, now=now, at=now + KNOWN_WITHIN)
    return Spaced(account, holds)


def is_name(name: str) -> bool:
    """Tell whether X could have an account of that name."""
    return ACCOUNT.fullmatch(name) is not None


def is_known(database: Database, name: str, *, owner: str) -> bool:
    """Tell whether a template of the owner posts as the account *name*, or the owner has set something for it."""
    found = standing(database, name, otherwise=timedelta(0), owner=owner)
    return found.own or found.budget is not None or bool(found.templates)


def standing(database: Database, name: str, *, otherwise: timedelta, owner: str) -> Standing:
    """Give what the owner has set for the account *name*, with the gap that holds; *otherwise* where nobody set one."""
    with database.read() as connection:
        return Standing(
            account=name,
            gap=Gaps(accounts.gaps(connection), otherwise).of(name),
            own=accounts.has_gap(connection, name, owner=owner),
            budget=budgets.account_budgets(connection, owner=owner).get(name.lower()),
            templates=tuple(accounts.templates_of(connection, name, owner=owner)),
        )
