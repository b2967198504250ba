"""Statements of the hot path: compiled once for each dialect, run with plain tuples, merged over many writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Dialect,
    ScalarSelect,
    Table,
    bindparam,
    insert,
    select,
    true,
)
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import Insert, UpdateBase

from domain.errors import Conflict, OstinatoError
from domain.run import Hold
from storage.many_rows import FEWEST, ManyRows
from storage.row_values import Row, tuples

OWNER = "owner_id"
InsertInto = Callable[[Table], Any]  # gives sqlite.Insert or postgresql.Insert, which share their upsert methods


class Prepared:
    """A statement for many rows.

    Compiled for each dialect at its first use. Statements that are the same object are run together with the rows of
    all the writes of a batch, which is where the writer's speed comes from: Core's own `executemany` costs more than
    the database does. An upsert is given as a function of the dialect's own `insert`. When it touched fewer rows than
    it must, *error* is raised and says *refusal*.

    With *at_once* many rows are run as one statement (`storage/many_rows.py`): for statements whose rows need not see
    what the rows before them did. With *apart*, as long as they differ in that value.
    """

    def __init__(
        self,
        sql: UpdateBase | Callable[[InsertInto], UpdateBase],
        refusal: str = "the row is not in the state that this write needs",
        error: type[OstinatoError] = Conflict,
        *,
        at_once: bool = False,
        apart: str | None = None,
    ) -> None:
        self.sql = sql
        self.refusal = refusal
        self.error = error
        self._at_once = at_once
        self._apart = apart
        self._compiled: dict[str, _Compiled] = {}

    def run(self, connection: Connection, rows: Sequence[Row]) -> int:
        """Run the statement once for each of *rows* and give the number of table rows it touched.

        Raises the driver's own errors.
        """
        return self.start(connection, rows).touched

    def start(self, connection: Connection, rows: Sequence[Row]) -> Started:
        """As `run`, where the answer may come later: within `one_trip`, when that has ended.

        Raises the driver's own errors.
        """
        name = connection.dialect.name
        compiled = self._compiled.get(name) or self._compile(name)
        driver = connection.connection.driver_connection
        return Started(compiled.run(driver, rows) if self._differ(rows) else [compiled.run_each(driver, rows)])

    def _differ(self, rows: Sequence[Row]) -> bool:
        return self._apart is None or len({row[self._apart] for row in rows}) == len(rows)

    def _compile(self, name: str) -> _Compiled:
        dialect, insert_of = _dialect(name)
        sql = self.sql(insert_of) if callable(self.sql) else self.sql
        self._compiled[name] = _Compiled(sql, dialect, at_once=self._at_once)
        return self._compiled[name]


class Started(NamedTuple):
    """A statement that was sent: its cursors know how many table rows it touched."""

    cursors: Sequence[Any]

    @property
    def touched(self) -> int:
        return sum([int(cursor.rowcount) for cursor in self.cursors])


@contextmanager
def one_trip(connection: Connection) -> Iterator[None]:
    """Send what is started within to PostgreSQL without waiting for each answer; they are there when it ends.

    Raises the driver's error of the first statement that failed. SQLite is in this process: it answers at once.
    """
    driver = connection.connection.driver_connection
    with _trip(driver, driver is not None and connection.dialect.name != "sqlite"):
        yield


def _trip(driver: Any, far: bool) -> AbstractContextManager[None]:
    if not far:
        return nullcontext()
    from storage.pipelines import pipeline

    return pipeline(driver)


class _Compiled:
    """A statement in the words of one dialect: for one row, and with *at_once* for many."""

    def __init__(self, sql: UpdateBase, dialect: Dialect, *, at_once: bool) -> None:
        compiled = sql.compile(dialect=dialect, for_executemany=True)
        assert isinstance(compiled, SQLCompiler)
        names = tuple(compiled.positiontup or ())
        constants = {key: bind.effective_value for key, bind in compiled.binds.items() if not bind.required}
        processors = {key: compiled.binds[key].type.bind_processor(dialect) for key in names}
        self._far = dialect.name != "sqlite"
        self._text = str(compiled)
        self._values = tuples(names, processors, constants)
        self._many = ManyRows(sql, dialect) if at_once else None

    def run(self, connection: Any, rows: Sequence[Row]) -> list[Any]:
        """Run the statement for *rows*, many at once where that is allowed; give the cursors that know of it."""
        if self._many is None or len(rows) < FEWEST:
            return [self.run_each(connection, rows)]
        done, cursors = self._many.run(connection, rows)
        if done < len(rows):
            cursors.append(self.run_each(connection, rows[done:]))
        return cursors

    def run_each(self, connection: Any, rows: Sequence[Row]) -> Any:
        """Run the statement once for each of *rows*; give the cursor that knows of it."""
        cursor = connection.cursor()
        if len(rows) == 1:
            cursor.execute(self._text, self._values(rows[0]))
        else:
            with _trip(connection, self._far):
                cursor.executemany(self._text, [self._values(row) for row in rows])
        return cursor


class Statement(NamedTuple):
    """A prepared statement with its rows. *expect* is how many table rows it must touch; None: any number."""

    sql: Prepared
    rows: Sequence[Row]
    expect: int | None = None


class Write(NamedTuple):
    """Statements that succeed or fail together. With *held_by*, the first of them is the fence of that hold."""

    statements: tuple[Statement, ...]
    held_by: Hold | None = None


def insert_into(table: Table, *names: str) -> Insert:
    """Give the insert of the columns *names*, each from a parameter of its own name.

    A row of an owned table has the owner of the row that it belongs to: the first of *names* that refers to one. Where
    none does, *names* must have the owner.
    """
    row: Insert = _insert(insert, table, names)
    return row


def insert_or_nothing(table: Table, *names: str) -> Callable[[InsertInto], UpdateBase]:
    """Give the insert that leaves a row alone which is there already, under whichever unique key. As `insert_into`."""
    return lambda insert_of: _insert(insert_of, table, names).on_conflict_do_nothing()


def insert_or_replace(
    table: Table, *names: str, key: Sequence[str], change: Sequence[str]
) -> Callable[[InsertInto], UpdateBase]:
    """Give the insert that sets the columns *change* of the row which has the same *key*. As `insert_into`."""

    def upsert(insert_of: InsertInto) -> UpdateBase:
        row = _insert(insert_of, table, names)
        statement: UpdateBase = row.on_conflict_do_update(
            index_elements=[*key], set_={name: row.excluded[name] for name in change}
        )
        return statement

    return upsert


def parameters(table: Table, *names: str) -> dict[str, BindParameter[Any]]:
    """Give a parameter for each of the columns *names*, of the column's name and type."""
    return {name: bindparam(name, type_=table.c[name].type) for name in names}


def owner_of(parent: Table, row: ColumnElement[Any], key: str = "id") -> ScalarSelect[Any]:
    """Give the SQL of whose the row of *parent* is that has *row* as its *key*."""
    return select(parent.c.owner_id).where(parent.c[key] == row).scalar_subquery()


def _insert(insert_of: InsertInto, table: Table, names: Sequence[str]) -> Any:
    given = parameters(table, *names)
    if OWNER not in table.c or OWNER in names:
        return insert_of(table).values(given)
    belongs = {tuple(key.columns.keys()): key.elements[0].column for key in table.foreign_key_constraints}
    refers = [(name, belongs[name, OWNER]) for name in names if (name, OWNER) in belongs]
    if not refers:
        raise TypeError(f"nothing says whose a row of {table.name} is; give its {OWNER}")
    name, parent = refers[0]
    # Asked for in the same statement, of the row that the foreign key looks at in any case.
    whose = owner_of(parent.table, given[name], parent.name)
    return insert_of(table).from_select([*names, OWNER], select(*given.values(), whose).where(true()))


@cache
def _dialect(name: str) -> tuple[Dialect, InsertInto]:
    """Give the dialect with positional parameters, and its `insert`; only the one in use is imported."""
    if name == "sqlite":
        from sqlalchemy.dialects import sqlite

        return sqlite.dialect(paramstyle="qmark"), sqlite.insert
    from sqlalchemy.dialects import postgresql

    return postgresql.psycopg.dialect(paramstyle="format"), postgresql.insert  # type: ignore[no-untyped-call]
