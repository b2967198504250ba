"""What the reader asked of the demo, from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from demo.breaking import breaks
from demo.problems import DemoError

SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Asked:
    """*page* and *feed* are the reader's own, None for the local ones. *limit* is in seconds."""

    page: str | None = None
    feed: str | None = None
    serve: bool = False
    limit: float = SECONDS
    broken: frozenset[str] = frozenset()


def read_asked(environ: Mapping[str, str]) -> Asked:
    """Read URL, FEED, SERVE and DEMO_TIMEOUT. Raises DemoError naming what is wrong."""
    return Asked(
        page=_address(environ, "URL"),
        feed=_address(environ, "FEED"),
        serve=environ.get("SERVE", "").strip().lower() not in ("", "0", "no", "false"),
        limit=_seconds(environ.get("DEMO_TIMEOUT", "").strip()),
        broken=breaks(environ),
    )


def _address(environ: Mapping[str, str], name: str) -> str | None:
    text = environ.get(name, "").strip()
    if not text:
        return None
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise DemoError(f"{name}={text} is not an http or https address; write it like {name}=https://example.com/page")
    return text


def _seconds(text: str) -> float:
    try:
        limit = float(text or SECONDS)
    except ValueError:
        limit = 0.0
    if not 1 <= limit <= 3600:
        raise DemoError(f"DEMO_TIMEOUT={text} is not a number of seconds from 1 to 3600")
    return limit
