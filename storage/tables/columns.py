"""What the tables share: their metadata, the names of constraints, and the columns that recur."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    Text,
    literal_column,
)
from sqlalchemy import text as sql
from sqlalchemy.sql.elements import ColumnClause

from domain.owner import LOCAL_OWNER
from storage.types import UtcDateTime

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def text(name: str, *, null: bool = False) -> Column[str]:
    return Column(name, Text, nullable=null)


def number(name: str, *, null: bool = False, default: str | None = None) -> Column[int]:
    return Column(name, Integer, nullable=null, server_default=default)


def moment(name: str, *, null: bool = False) -> Column[object]:
    return Column(name, UtcDateTime, nullable=null)


def owner() -> Column[str]:
    """Give the column of whose row it is; part of every primary, unique and foreign key of an owned table."""
    return Column("owner_id", Text, nullable=False, server_default=LOCAL_OWNER)


def belongs(column: str, parent: str, key: str = "id", *, on_delete: str = "RESTRICT") -> ForeignKeyConstraint:
    """Give the foreign key to a row of *parent* that has the same owner."""
    return ForeignKeyConstraint([column, "owner_id"], [f"{parent}.{key}", f"{parent}.owner_id"], ondelete=on_delete)


def one_of(column: str, words: type[StrEnum]) -> CheckConstraint:
    """Give the check that *column* holds one of the enum's values."""
    return CheckConstraint(f"{column} IN ({', '.join(repr(word.value) for word in words)})", name=column)


def where(condition: str, *, sqlite: str | None = None) -> dict[str, Any]:
    """Give the arguments that make an Index a partial one; *sqlite* says it where SQLite has it in other words."""
    return {"sqlite_where": sql(sqlite or condition), "postgresql_where": sql(condition)}


def constant(word: StrEnum) -> ColumnClause[str]:
    """Give *word* as it stands in SQL text, not as a parameter: SQLite picks a partial index by what it can read."""
    return literal_column(repr(word.value), Text)
