"""Putting rows together by what they have in common."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


def grouped(things: Iterable[T], by: Callable[[T], K]) -> dict[K, list[T]]:
    """Give *things* in their order, under what *by* says of each."""
    found: dict[K, list[T]] = defaultdict(list)
    for each in things:
        found[by(each)].append(each)
    return dict(found)
