"""What a log line may hold for a person: nothing that ends its line, or that a terminal would take for an order."""

from __future__ import annotations

import logging
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

MARGIN = "    "  # of each line of a traceback: none of them looks like a line of the log


@dataclass(frozen=True, slots=True)
class _Quoted:
    """A text that is written in quotes, with escapes, as Python does."""

    text: str

    def __repr__(self) -> str:
        return repr(self.text)


def plain(text: str) -> str:
    """Give *text* with escapes for what cannot be seen: controls, line breaks, what turns the direction of others."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def harmless(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Make every text of an *event* harmless, for a log that a person reads."""
    return {name: _harmless(name, value) for name, value in event.items()}


class HarmlessFormatter(logging.Formatter):
    """Writes what libraries log: the first line as it is, further ones set off by a margin."""

    def format(self, record: logging.LogRecord) -> str:
        first, *more = super().format(record).split("\n")
        return "\n".join([plain(first), *(MARGIN + plain(line) for line in more)])


def _harmless(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if name in {"exception", "stack"}:
        return "\n".join(MARGIN + plain(line) for line in value.split("\n"))
    if name == "event":
        return plain(value)
    return value if value.isprintable() else _Quoted(value)
