"""Statements of the hot path: compiled once for each dialect, run with plain tuples, merged over many writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Any

from sqlalchemy import BindParameter, Connection, Dialect, Table, bindparam, insert
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import Insert, UpdateBase

from domain.errors import Conflict, OstinatoError
from domain.run import Hold

Row = Mapping[str, Any]
InsertInto = Callable[[Table], Any]  # gives sqlite.Insert or postgresql.Insert, which share their upsert methods


class Prepared:
    """A statement for many rows.

    Compiled for each dialect at its first use. Statements that are the same object are run together with the rows of
    all the writes of a batch, which is where the writer's speed comes from: Core's own `executemany` costs more than
    the database does. An upsert is given as a function of the dialect's own `insert`. When it touched fewer rows than
    it must, *error* is raised and says *refusal*.
    """

    def __init__(
        self,
        sql: UpdateBase | Callable[[InsertInto], UpdateBase],
        refusal: str = "the row is not in the state that this write needs",
        error: type[OstinatoError] = Conflict,
    ) -> None:
        self.sql = sql
        self.refusal = refusal
        self.error = error
        self._compiled: dict[str, tuple[str, Callable[[Row], tuple[Any, ...]]]] = {}

    def run(self, connection: Connection, rows: Sequence[Row]) -> int:
        """Run the statement once for each of *rows* and give the number of table rows it touched.

        Raises the driver's own errors.
        """
        name = connection.dialect.name
        text, values = self._compiled.get(name) or self._compile(name)
        cursor = connection.connection.cursor()
        try:
            cursor.executemany(text, [values(row) for row in rows])
            return int(cursor.rowcount)
        finally:
            cursor.close()

    def _compile(self, name: str) -> tuple[str, Callable[[Row], tuple[Any, ...]]]:
        dialect, insert_of = _dialect(name)
        sql = self.sql(insert_of) if callable(self.sql) else self.sql
        compiled = sql.compile(dialect=dialect, for_executemany=True)
        assert isinstance(compiled, SQLCompiler)
        names = tuple(compiled.positiontup or ())
        constants = {key: bind.effective_value for key, bind in compiled.binds.items() if not bind.required}
        processors = {key: compiled.binds[key].type.bind_processor(dialect) for key in names}
        self._compiled[name] = str(compiled), _tuples(names, processors, constants)
        return self._compiled[name]


@dataclass(frozen=True, slots=True)
class Statement:
    """A prepared statement with its rows. *expect* is how many table rows it must touch; None: any number."""

    sql: Prepared
    rows: Sequence[Row]
    expect: int | None = None


@dataclass(frozen=True, slots=True)
class Write:
    """Statements that succeed or fail together. With *held_by*, the first of them is the fence of that hold."""

    statements: tuple[Statement, ...]
    held_by: Hold | None = None


def insert_into(table: Table, *names: str) -> Insert:
    """Give the insert of the columns *names*, each from a parameter of its own name."""
    return insert(table).values(parameters(table, *names))


def insert_or_nothing(table: Table, *names: str) -> Callable[[InsertInto], UpdateBase]:
    """Give the insert that leaves a row alone which is there already, under whichever unique key."""
    return lambda insert_of: insert_of(table).values(parameters(table, *names)).on_conflict_do_nothing()


def insert_or_replace(
    table: Table, *names: str, key: Sequence[str], change: Sequence[str]
) -> Callable[[InsertInto], UpdateBase]:
    """Give the insert that sets the columns *change* of the row which has the same *key* already."""

    def upsert(insert_of: InsertInto) -> UpdateBase:
        row = insert_of(table).values(parameters(table, *names))
        statement: UpdateBase = row.on_conflict_do_update(
            index_elements=[*key], set_={name: row.excluded[name] for name in change}
        )
        return statement

    return upsert


def parameters(table: Table, *names: str) -> dict[str, BindParameter[Any]]:
    """Give a parameter for each of the columns *names*, of the column's name and type."""
    return {name: bindparam(name, type_=table.c[name].type) for name in names}


def _tuples(
    names: Sequence[str], processors: Mapping[str, Callable[[Any], Any] | None], constants: Row
) -> Callable[[Row], tuple[Any, ...]]:
    """Give what makes the parameters of a row: all values at once, then those replaced that have a processor."""
    if len(names) < 2:  # `itemgetter` gives no tuple then
        return lambda row: tuple([_processed(processors[key], {**constants, **row}[key]) for key in names])
    values = itemgetter(*names)
    changed = [(place, process) for place, key in enumerate(names) if (process := processors[key])]

    def of(row: Row) -> tuple[Any, ...]:
        found = list(values({**constants, **row} if constants else row))
        for place, process in changed:
            found[place] = process(found[place])
        return tuple(found)

    return of if changed or constants else values


def _processed(process: Callable[[Any], Any] | None, value: Any) -> Any:
    return process(value) if process else value


@cache
def _dialect(name: str) -> tuple[Dialect, InsertInto]:
    """Give the dialect with positional parameters, and its `insert`; only the one in use is imported."""
    if name == "sqlite":
        from sqlalchemy.dialects import sqlite

        return sqlite.dialect(paramstyle="qmark"), sqlite.insert
    from sqlalchemy.dialects import postgresql

    return postgresql.psycopg.dialect(paramstyle="format"), postgresql.insert  # type: ignore[no-untyped-call]
