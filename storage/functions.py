"""SQL functions that the dialects spell differently."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction


class new_id(GenericFunction[str]):  # noqa: N801 - named as it is called, like SQLAlchemy's own functions
    """A fresh random id of 32 hexadecimal digits for each row."""

    type = Text()
    inherit_cache = True


@compiles(new_id, "sqlite")
def _sqlite(_element: new_id, _compiler: SQLCompiler, **_: Any) -> str:
    return "lower(hex(randomblob(16)))"


@compiles(new_id, "postgresql")
def _postgresql(_element: new_id, _compiler: SQLCompiler, **_: Any) -> str:
    return "replace(gen_random_uuid()::text, '-', '')"
