"""What an endpoint is given: who asks, what they brought, and the parts of the program that it may use."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from domain.owner import LOCAL_OWNER
from domain.prices import XquikPrices
from domain.protocols import Offload
from domain.template import SoundSource
from domain.token import Token
from scheduler.calendar_reading import ReadCalendar
from scheduler.editor import Editor
from scheduler.operations.projects import ReadPage
from scheduler.operations.refining import Redraw
from scheduler.operations.sampling import TakesSample
from scheduler.watching import Watching
from sources.addresses import Network
from storage import idempotent_answers
from storage.database import Database
from storage.known_tokens import KnownTokens
from storage.webhooks import Cipher
from storage.writer import DatabaseFailing, Writer
from web.answers import as_json
from web.attempts import Attempts
from web.bodies import LARGE_AT_ONCE
from web.operation import Operation
from web.outside import Outside
from web.problems import Refused
from web.tail import Tail

T = TypeVar("T")
READERS = 8  # threads that read the database: one for each connection that is kept
HERE = 1  # where the database is in this process: it gives up the interpreter at each row, and two wait for one another
SLOWLY = 2  # threads for operations that read for seconds: no other call waits for them
_KEY = re.compile(r"[!-~]{1,255}")


class Spoken(Protocol):
    """Gives the words that are spoken somewhere. Raises SourceError with what to do."""

    def __call__(self, source: SoundSource, *, owner: str, now: datetime) -> Awaitable[str]: ...


def reading(database: Database) -> ThreadPoolExecutor:
    """Give the threads that read *database*."""
    return ThreadPoolExecutor(HERE if database.dialect == "sqlite" else READERS, thread_name_prefix="web-reader")


@dataclass(frozen=True, slots=True)
class Parts:
    """What the program lends to the door, the same in the daemon and in `ostinato serve`.

    *read_calendar* reads a calendar through the guarded client. *watching* looks after a daemon in this process. What
    is None is not there.
    """

    database: Database
    writer: Writer
    cipher: Cipher
    clock: Callable[[], datetime]
    new_id: Callable[[], str]
    read_calendar: ReadCalendar | None = None
    watching: Watching | None = None
    roles: Callable[[], Sequence[str]] | None = None  # gives the role of each daemon that runs
    spacing: timedelta = timedelta(0)  # between two posts of an account without a gap of its own
    offload: Offload | None = None  # takes pictures apart in a process of its own
    editor: Editor | None = None  # writes posts anew
    has_model: bool = False  # whether it asks a language model
    redraw: Redraw | None = None  # draws the charts of a post that was written anew
    spoken: Spoken | None = None  # gives the words of what is spoken at a URL
    has_prices: bool = False  # whether what it takes is known in dollars
    hears: bool = False  # whether what is spoken can be written down
    read_page: ReadPage | None = None  # reads a page through the guarded client
    address: str | None = None  # at which others reach the door
    account: str | None = None  # posts where a compatible request names none
    prices: XquikPrices = field(default_factory=XquikPrices)  # of posts, for the budgets of accounts
    posts_apart: timedelta = timedelta(0)  # of one owner, asked for through the compatible operations
    allow: Sequence[Network] = ()  # private networks in which a webhook may be
    outside: Outside = field(default_factory=Outside)
    take_sample: TakesSample | None = None  # writes what a template would post
    sample_seconds: float = 120.0  # that writing one may take
    samples: set[object] = field(default_factory=set)  # a mark for each that is being written
    attempts: Attempts | None = None  # counts wrong tokens
    large_bodies: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(LARGE_AT_ONCE))
    asked_at: dict[str, datetime] = field(default_factory=dict)  # owner: when the last of these was
    readers: ThreadPoolExecutor = field(init=False)
    slow_readers: ThreadPoolExecutor = field(init=False)
    tail: Tail = field(init=False)
    known_tokens: KnownTokens = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "readers", reading(self.database))
        object.__setattr__(self, "slow_readers", ThreadPoolExecutor(SLOWLY, thread_name_prefix="web-slow-reader"))
        object.__setattr__(self, "tail", Tail(self.database, self.readers, self.clock))
        object.__setattr__(self, "known_tokens", KnownTokens(self.database))

    def stop_reading(self) -> None:
        """Wait for what is being read, and read nothing more."""
        for threads in (self.readers, self.slow_readers):
            threads.shutdown(wait=True, cancel_futures=True)
        self.known_tokens.close()


@dataclass(frozen=True, slots=True)
class Call:
    """One call of an operation, admitted: its token allows it, its parameters and its body could be read."""

    operation: Operation
    parts: Parts
    request: Request
    id: str
    now: datetime
    token: Token | None = None
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    document: Mapping[str, Any] = field(default_factory=dict)
    form: FormData | None = None
    content: bytes | None = None  # of a body that is one file

    @property
    def owner(self) -> str:
        """Whose rows the caller sees, and nobody else's."""
        return self.token.owner if self.token else LOCAL_OWNER

    @property
    def readers(self) -> ThreadPoolExecutor:
        """The threads in which this call reads."""
        return self.parts.slow_readers if self.operation.slow else self.parts.readers

    async def read(self, function: Callable[[Connection], T]) -> T:
        """Give what *function* reads, in a transaction that only reads, in a thread. Raises DatabaseFailing."""

        def reading() -> T:
            try:
                with self.parts.database.read() as connection:
                    return function(connection)
            except SQLAlchemyError as error:
                raise DatabaseFailing(f"the database did not answer: {type(error).__name__}") from error

        return await asyncio.get_running_loop().run_in_executor(self.readers, reading)

    async def write(self, function: Callable[[Connection], T]) -> T:
        """Give what *function* writes in the next transaction of the writer, once it is on disk.

        What it raises undoes its own changes only. An operation that opens its own transaction is given
        `Joined(connection)`.
        """
        return await self.parts.writer.call(function)

    async def create(
        self, function: Callable[[Connection], Any], location: Callable[[Any], str] | None = None
    ) -> Response:
        """Answer with what *function* creates, as `write` does; with an Idempotency-Key only once a day.

        The same key with the same call gets the same answer, and nothing is created anew. Raises Conflict when the key
        stands for another call. *location* gives the new thing's path from what is answered.
        """
        key = self.request.headers.get("idempotency-key")
        if key is not None and not _KEY.fullmatch(key):
            raise Refused(
                "Idempotency-Key must be 1 to 255 visible ASCII characters; take a UUID",
                status=self.operation.invalid,
                code="invalid_input",
                field="Idempotency-Key",
            )
        if key is None:
            said, again = await self.write(lambda c: (as_json(function(c)).decode(), False))
        else:
            print_of = await self._fingerprint()
            said, again = await self.write(
                lambda c: idempotent_answers.once(
                    c,
                    key,
                    print_of,
                    lambda: as_json(function(c)).decode(),
                    owner=self.owner,
                    cipher=self.parts.cipher,
                    now=self.now,
                )
            )
        headers = {"Idempotent-Replayed": "true"} if again else {}
        if location is not None:
            headers["Location"] = location(json.loads(said))
        return Response(said, self.operation.status, headers, "application/json")

    async def _fingerprint(self) -> str:
        """Give what tells this call from another: operation, path, query, and what the body says."""
        brought = hashlib.sha256()
        for part in (self.operation.id, self.request.url.path, self.request.url.query):
            brought.update(part.encode(errors="replace") + b"\n")
        brought.update(json.dumps(self.document, sort_keys=True, separators=(",", ":")).encode())
        brought.update(self.content or b"")
        for name, value in self.form.multi_items() if self.form is not None else ():
            brought.update(b"\n" + name.encode())
            if isinstance(value, str):
                brought.update(b"=" + value.encode())
                continue
            await value.seek(0)
            while piece := await value.read(64 * 1024):
                brought.update(piece)
            await value.seek(0)
        return brought.hexdigest()
