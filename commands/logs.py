"""The daemon's log: structlog to stderr, for a person or as one JSON object a line; and to a file, where one is set."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from commands.log_file import OLD_FILES, LogFile
from commands.log_words import HarmlessFormatter, harmless
from domain.errors import FieldError, SettingsError


class Lines(structlog.PrintLogger):
    """Prints lines. One that cannot be printed is lost: work does not end because nobody can be told of it.

    Its disk may be full, or who read its pipe may have gone. The log file is written apart from this.
    """

    def msg(self, message: str) -> None:
        with suppress(OSError):
            super().msg(message)

    log = debug = info = warn = warning = msg
    fatal = failure = err = error = critical = exception = msg


def configure(level: str, form: str, file: Path | None = None, old_files: int = OLD_FILES) -> None:
    """Log events of *level* and above to stderr; *form* is "console" or "json". A *file* gets them as JSON too, beside
    up to *old_files* older ones.

    Raises SettingsError when the file cannot be written.
    """
    to_file = [] if file is None else [_log_file(file, old_files)]
    numeric = logging.getLevelNamesMapping()[level.upper()]
    told = logging.StreamHandler(sys.stderr)
    told.setFormatter(HarmlessFormatter("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[told])
    for each in to_file:
        logging.getLogger().addHandler(each)
    logging.getLogger("apscheduler").setLevel(max(numeric, logging.WARNING))
    last = [structlog.processors.JSONRenderer()] if form == "json" else _for_a_person()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _plain,
            structlog.processors.format_exc_info,
            *to_file,
            *last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(numeric),
        logger_factory=lambda *_: Lines(sys.stderr),
        cache_logger_on_first_use=True,
    )


@contextmanager
def warnings_only() -> Iterator[None]:
    """Within a command, log warnings to stderr and nothing else: its output may be JSON."""
    before = structlog.get_config()
    structlog.configure(
        processors=[structlog.processors.add_log_level, structlog.processors.format_exc_info, *_for_a_person()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=lambda *_: Lines(sys.stderr),
        cache_logger_on_first_use=False,
    )
    try:
        yield
    finally:
        structlog.configure(**before)


def _log_file(path: Path, old_files: int) -> LogFile:
    try:
        return LogFile(path, old_files=old_files)
    except OSError as error:
        reason = f"the file {path} cannot be written ({error.strerror}); name one that you may write to"
        raise SettingsError([FieldError("OSTINATO_LOG_FILE", reason)]) from error


def _plain(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Write instants as ISO 8601."""
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in event.items()}


def _for_a_person() -> list[structlog.types.Processor]:
    plain = structlog.dev.plain_traceback
    return [harmless, structlog.dev.ConsoleRenderer(colors=_colours(), exception_formatter=plain)]


def _colours() -> bool:
    return sys.stderr.isatty()
