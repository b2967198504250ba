"""Domain values to JSON text and back, exactly: what JSON columns hold."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import cache, lru_cache
from typing import Any, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")


def dump(kind: Hashable, value: object) -> str:
    """Give *value*, of the type *kind*, as JSON text."""
    return _to_json(kind)(value).decode()


def load(kind: Callable[..., T], document: str) -> T:
    """Give back what `dump` made a document of."""
    value: T = _adapter(kind).validate_json(document)
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
def _adapter(kind: Hashable) -> TypeAdapter[Any]:
    return TypeAdapter[Any](kind)  # type: ignore[arg-type]  # what `cache` can hash is a type here
