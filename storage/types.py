"""Column types that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, String
from sqlalchemy.types import TypeDecorator, TypeEngine

WIDTH = 32  # "2026-01-31 09:00:00.000000+00:00"


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: aware in, aware UTC out, exact to the microsecond.

    SQLite keeps it as text of fixed width, so that text order is time order; PostgreSQL as `timestamptz`.
    """

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[datetime] | TypeEngine[str]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(DateTime(timezone=True))
        return dialect.type_descriptor(String(WIDTH))

    # On SQLite the two processors are given whole: SQLAlchemy would wrap each in two more calls, for every value.

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        return _text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        return _moment if dialect.name == "sqlite" else super().result_processor(dialect, coltype)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | str | None:
        if dialect.name != "postgresql":
            return _text(value)
        return None if value is None else _in_utc(value)

    def process_result_value(self, value: datetime | str | None, _: Dialect) -> datetime | None:
        if value is None:
            return None
        return _moment(value) if isinstance(value, str) else value.astimezone(UTC)


def _text(value: datetime | None) -> str | None:
    if value is None:
        return None
    return (value if value.tzinfo is UTC else _in_utc(value)).isoformat(" ", "microseconds")


def _moment(value: str | None) -> datetime | None:
    if value is None:
        return None
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


def _in_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone; storage takes aware datetimes only")
    return value.astimezone(UTC)
