"""What `ostinato init` tries out before it writes anything: the key, the account, and the first source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from commands import wiring
from commands.outside import api
from commands.reading import reading
from domain.errors import FieldError, InvalidInput, SourceError
from scheduler.operations import account as accounts
from settings import Settings
from sources.feed import read_feed
from sources.page import read_page
from storage.database import Database
from xquik.accounts import Account
from xquik.credits import balance


@dataclass(frozen=True, slots=True)
class Key:
    """What a key that the API accepts gives: *credits* and the *accounts* it may post as."""

    credits: int
    accounts: tuple[Account, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """A first source that can be read: a feed, or a page. *title* says what it is."""

    url: str
    is_feed: bool
    title: str

    @property
    def document(self) -> dict[str, object]:
        """The fields of a template that reads it."""
        return {"feeds": [self.url]} if self.is_feed else {"urls": [self.url]}


async def try_key(settings: Settings, database: Database) -> Key:
    """Ask the API with the key of *settings*. Raises ApiError when it is not accepted."""
    async with api(settings, database) as (transport, _):
        return Key(await balance(transport), tuple(await accounts.list_all(transport)))


def try_account(name: str, found: Sequence[Account]) -> str:
    """Give the account's own spelling. Raises InvalidInput when it is not connected to the key, or not healthy."""
    wanted = name.strip().removeprefix("@").lower()
    account = next((each for each in found if each.username.lower() == wanted), None)
    if account is None:
        there = ", ".join(each.username for each in found) or "none"
        problem = f"{name!r} is not connected to this key; connected: {there}"
    elif not account.healthy:
        problem = f"@{account.username} is {account.health}; sign it in again in the Xquik dashboard"
    else:
        return account.username
    raise InvalidInput([FieldError("account", problem)])


async def try_source(settings: Settings, url: str) -> Source:
    """Read *url* once, as a feed or else as a page. Raises SourceError when it is neither."""
    async with reading(settings) as (client, pool):
        try:
            feed = await read_feed(url, client=client, offload=pool)
            return Source(url, True, feed.title or url)
        except SourceError as no_feed:
            try:
                page = await read_page(url, client=client, offload=pool, material_id="m0", now=wiring.now())
            except SourceError as error:
                reason = f"neither a feed ({no_feed.reason}) nor a page to write from ({error.reason})"
                raise SourceError(url, reason) from error
            return Source(url, False, page.title or url)
