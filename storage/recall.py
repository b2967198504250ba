"""What was worked out on a connection and still holds: on SQLite, until anybody commits anything."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Connection

from storage.database import MEMORY, data_version, is_writing

T = TypeVar("T")
LIMIT = 16 * 1024 * 1024  # bytes that one connection keeps in mind
LEAST = 1000  # bytes that a thing counts for, whatever it weighs


@dataclass(slots=True)
class _Memory:
    """What holds at one version of the database."""

    version: int
    things: dict[Hashable, Any] = field(default_factory=dict)
    size: int = 0

    def keep(self, key: Hashable, value: Any, size: int) -> None:
        if self.size + size > LIMIT:
            self.things.clear()
            self.size = 0
        if size <= LIMIT:
            self.things[key] = value
            self.size += size


def recall(c: Connection, key: Hashable, make: Callable[[], T], weigh: Callable[[T], int] = lambda _: 0) -> T:
    """Give what *make* gives, which must depend on *key* and on the database alone; what it gave before while it holds.

    *weigh* gives the bytes of a value. Nothing is kept in a transaction that writes, whose changes may be taken back,
    nor on PostgreSQL, which does not tell whether anything was committed.
    """
    memory = _memory(c)
    if memory is None:
        return make()
    if key not in memory.things:
        value = make()
        memory.keep(key, value, LEAST + 4 * len(repr(key)) + weigh(value))  # a caller may choose most of a key
        return value
    found: T = memory.things[key]
    return found


def _memory(c: Connection) -> _Memory | None:
    version = data_version(c)
    if not version or is_writing(c):
        return None
    memory: _Memory | None = c.info.get(MEMORY)
    if memory is None or memory.version != version:
        memory = c.info[MEMORY] = _Memory(version)
    return memory
