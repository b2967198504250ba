"""The values of a row, in the order and the form in which a driver takes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

Row = Mapping[str, Any]


def tuples(
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
