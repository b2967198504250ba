"""One statement for many rows at once, made of the statement for one.

Run row by row, a statement gives the interpreter up and takes it back with every row, and waits for whoever took it in
between. As one statement the database does all its rows in one go, beside the program.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from pydantic_core import to_json
from sqlalchemy import Column, Dialect, MetaData, Table
from sqlalchemy.sql import visitors
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.elements import BindParameter

from storage.row_values import Row, tuples

GIVEN = "given_rows"  # the name of the rows among the tables of the statement
# How many rows are run as one statement on SQLite, where each number has a text of its own; the rest is run one by one.
CHUNKS = (128, 32, 8)
FEWEST = 4  # rows worth a statement of their own on PostgreSQL, where the text is the same for any number
_SOURCE = re.compile(rf"\b{GIVEN}\b(?!\.)")
_VALUES = re.compile(r"\) VALUES \((.*?)\)(?= ON CONFLICT|$)", re.DOTALL)


class ManyRows:
    """A statement as one dialect runs it for many rows: its parameters become the columns of a table of rows.

    That table is `VALUES` on SQLite, and one JSON document on PostgreSQL: its driver takes longer for the values of a
    row, one by one or in arrays, than the server does for the row. All rows see the database as it was before the
    statement, and an UPDATE changes a row once, however many of *them* hit it: the number of table rows touched tells.
    """

    def __init__(self, sql: UpdateBase, dialect: Dialect) -> None:
        binds = {bind.key: bind for bind in visitors.iterate(sql) if isinstance(bind, BindParameter) and bind.required}
        given = Table(GIVEN, MetaData(), *[Column(key, bind.type) for key, bind in binds.items()])

        def column(element: Any, **_: Any) -> Any:
            return given.c[element.key] if isinstance(element, BindParameter) and element.required else None

        statement = visitors.replacement_traverse(sql, {}, column)
        assert isinstance(statement, UpdateBase)
        compiled = statement.compile(dialect=dialect, for_executemany=True)
        assert isinstance(compiled, SQLCompiler)
        self._dialect = dialect
        self._binds = binds
        text = _VALUES.sub(rf") SELECT \1 FROM {GIVEN} WHERE true", str(compiled))  # noqa: S608 - a statement's own text
        self._head, self._tail = _SOURCE.split(text)
        constants = [compiled.binds[key].effective_value for key in compiled.positiontup or ()]
        before = self._head.count(self._place)
        self._before, self._after = constants[:before], constants[before:]
        self._texts: dict[int, str] = {}
        processors = {key: bind.type.bind_processor(dialect) for key, bind in binds.items()}
        self._tuple = tuples(tuple(binds), processors, {})

    def run(self, connection: Any, rows: Sequence[Row]) -> tuple[int, list[Any]]:
        """Run the statement for as many of *rows* as it is worth; give how many, and the cursors that know of it.

        Raises the driver's own errors.
        """
        done, cursors = 0, []
        for size in self._sizes(len(rows)):
            cursor = connection.cursor()
            cursor.execute(self._text(size), [*self._before, *self._values(rows[done : done + size]), *self._after])
            cursors.append(cursor)
            done += size
        return done, cursors

    @property
    def _place(self) -> str:
        return "?" if self._dialect.name == "sqlite" else "%s"

    def _sizes(self, count: int) -> Iterator[int]:
        if self._dialect.name != "sqlite":
            yield from [count] if count >= FEWEST else []
            return
        for size in CHUNKS:
            while count >= size:
                yield size
                count -= size

    def _values(self, rows: Sequence[Row]) -> Iterable[Any]:
        if self._dialect.name == "sqlite":
            return chain.from_iterable([self._tuple(row) for row in rows])
        return [to_json(rows).decode()]

    def _text(self, count: int) -> str:
        size = count if self._dialect.name == "sqlite" else 0
        if size not in self._texts:
            source = self._rows_of(size) if size else self._document
            self._texts[size] = f"{self._head}{source}{self._tail}"
        return self._texts[size]

    def _rows_of(self, count: int) -> str:
        row = f"({', '.join('?' * len(self._binds))})"
        named = ", ".join(f"column{place} AS {name}" for place, name in enumerate(self._quoted, 1))
        return f"(SELECT {named} FROM (VALUES {', '.join([row] * count)})) AS {GIVEN}"  # noqa: S608 - places and names

    @property
    def _document(self) -> str:
        types = [bind.type.compile(self._dialect) for bind in self._binds.values()]
        columns = ", ".join(f"{name} {kind}" for name, kind in zip(self._quoted, types, strict=True))
        return f"json_to_recordset(%s::json) AS {GIVEN} ({columns})"

    @property
    def _quoted(self) -> list[str]:
        quote = self._dialect.identifier_preparer.quote
        return [quote(name) for name in self._binds]
