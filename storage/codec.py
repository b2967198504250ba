"""Domain values to JSON text and back, exactly: what JSON columns hold."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import cache, lru_cache
from typing import Any, TypeVar

from pydantic import TypeAdapter
from pydantic_core import SchemaValidator

T = TypeVar("T")


def dump(kind: Hashable, value: object) -> str:
    """Give *value*, of the type *kind*, as JSON text."""
    return _to_json(kind)(value).decode()


def load(kind: Callable[..., T], document: str) -> T:
    """Give back what `dump` made a document of."""
    value: T = _from_json(kind)(document)
    return value


@lru_cache(maxsize=512)
def load_shared(kind: Callable[..., T], document: str) -> T:
    """As `load`, giving the same value for the same document: for what cannot be changed and is read again and again.

    A template is read with each of its runs, and changes now and then.
    """
    return load(kind, document)


@cache
def _to_json(kind: Hashable) -> Callable[[object], bytes]:
    return _adapter(kind).serializer.to_json  # what `dump_json` calls, without its dozen of options at each call


@cache
def _from_json(kind: Hashable) -> Callable[[str], Any]:
    return SchemaValidator(_first_fit(_adapter(kind).core_schema)).validate_json


def _first_fit(schema: Any) -> Any:
    """Give *schema* with unions whose first member that fits is taken, and the others are not tried.

    What `dump` made fits one member only, by the fields it must have; trying all of them costs as much as the rest.
    """
    if isinstance(schema, dict):
        changed = {key: _first_fit(value) for key, value in schema.items()}
        return changed | {"mode": "left_to_right"} if schema.get("type") == "union" else changed
    return type(schema)(map(_first_fit, schema)) if isinstance(schema, (list, tuple)) else schema


@cache
def _adapter(kind: Hashable) -> TypeAdapter[Any]:
    return TypeAdapter[Any](kind)  # type: ignore[arg-type]  # what `cache` can hash is a type here
