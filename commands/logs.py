"""The daemon's log: structlog to stderr, for a person or as one JSON object a line."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from datetime import datetime
from typing import Any

import structlog


def configure(level: str, form: str) -> None:
    """Log events of *level* and above to stderr; *form* is "console" or "json"."""
    numeric = logging.getLevelNamesMapping()[level.upper()]
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("apscheduler").setLevel(max(numeric, logging.WARNING))
    last = structlog.processors.JSONRenderer() if form == "json" else structlog.dev.ConsoleRenderer(colors=_colours())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _plain,
            structlog.processors.format_exc_info,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(numeric),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def _plain(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Write instants as ISO 8601."""
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in event.items()}


def _colours() -> bool:
    return sys.stderr.isatty()
