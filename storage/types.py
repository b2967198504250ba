"""Column types that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime

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

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | str | None:
        if value is None:
            return None
        moment = value if value.tzinfo is UTC else _in_utc(value)
        return moment if dialect.name == "postgresql" else moment.isoformat(" ", "microseconds")

    def process_result_value(self, value: datetime | str | None, _: Dialect) -> datetime | None:
        if value is None:
            return None
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return moment.astimezone(UTC)


def _in_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone; storage takes aware datetimes only")
    return value.astimezone(UTC)
