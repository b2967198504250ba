"""Whether a server honours idempotency keys: known from what it answers, never assumed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from enum import StrEnum

from domain.errors import ApiError, ApiRefused
from xquik.transport import POST_PATH, Transport

# 256 characters and a space: no server that reads keys can accept this one.
MALFORMED_KEY = "not a key " + "x" * 246
FRESH = timedelta(minutes=1)


class KeySetting(StrEnum):
    """What the owner says about the server's idempotency keys."""

    AUTO = "auto"
    YES = "yes"
    NO = "no"


class KeySupport:
    """Remembers whether the server honours keys. *load* and *save* keep it beyond the process, per base URL."""

    def __init__(
        self,
        transport: Transport,
        setting: KeySetting | str = KeySetting.AUTO,
        *,
        load: Callable[[], Awaitable[bool | None]] | None = None,
        save: Callable[[bool], Awaitable[None]] | None = None,
    ) -> None:
        self._transport = transport
        self._setting = KeySetting(setting)
        self._load = load
        self._save = save
        self._known: bool | None = None
        self._saved: bool | None = None
        self._seen_at: datetime | None = None

    async def honoured(self) -> bool:
        """Tell whether the same key may be sent again without posting twice. What is not known is no."""
        if self._setting is not KeySetting.AUTO:
            return self._setting is KeySetting.YES
        if self._known is None and self._load is not None:
            self._known = self._saved = await self._load()
        if self._known is None:
            self._known = await self._probed()
        if self._known is not None and self._known != self._saved and self._save is not None:
            await self._save(self._known)
            self._saved = self._known
        return self._known is True

    async def still_honoured(self) -> bool:
        """Tell the same for a key that is to be sent again now: a server may have gone back to a release without keys.

        What was seen less than a minute ago is believed; while nothing can be learnt it is no.
        """
        if self._setting is KeySetting.AUTO and await self.honoured() and not self._fresh():
            found = await self._probed()
            if found is None:
                return False
            self._known = found
        return await self.honoured()

    def _fresh(self) -> bool:
        return self._seen_at is not None and timedelta(0) <= self._transport.clock() - self._seen_at <= FRESH

    async def _probed(self) -> bool | None:
        found = await probe(self._transport)
        if found:
            self._seen_at = self._transport.clock()
        return found

    def saw_record(self) -> None:
        """Take note of an answer with a write record: a server that keeps them honours their keys.

        Nothing is saved here: between the answer to a post and its settlement nothing else may fail.
        """
        self._known = True
        self._seen_at = self._transport.clock()


async def probe(transport: Transport) -> bool | None:
    """Ask with a write that cannot post: no account, no text, a key that no server accepts. None: cannot tell."""
    try:
        await transport.write("POST", POST_PATH, {}, idempotency_key=MALFORMED_KEY, may_send=lambda: None)
    except ApiRefused as error:
        if "idempotency_key" in (error.code or ""):  # invalid_, missing_: it is read, and comes first
            return True
        return False if error.code == "invalid_input" else None
    except ApiError:
        return None
    return None
