"""Reading single values of a document. Each wrong one is noted, and reading goes on with a stand-in."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import urlsplit

from domain.duration import TooLong, parse_duration
from domain.errors import FieldError
from domain.template_document.names import Given

Choice = TypeVar("Choice", bound=StrEnum)
Length = TypeVar("Length", timedelta, None)
URL_LIMIT = 2048
# NUL cannot be stored by PostgreSQL, and a lone surrogate by nobody.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Fields:
    """The values given for one table of the document; problems are appended to *problems*."""

    def __init__(self, given: Given, problems: list[FieldError], prefix: str = "") -> None:
        self._given = given
        self.problems = problems
        self._prefix = prefix

    def has(self, name: str) -> bool:
        """Tell whether *name* has a value; null counts as absent."""
        return name in self._given and self._given[name][1] is not None

    def raw(self, name: str) -> Any:
        return self._given[name][1] if name in self._given else None

    def path(self, name: str) -> str:
        """Give *name* as it was written, after the names of the tables around it."""
        return self._given[name][0] if name in self._given else self._prefix + name

    def problem(self, name: str, reason: str) -> None:
        self.problems.append(FieldError(self.path(name), reason))

    def text(self, name: str, *, limit: int, keep_blank: bool = False) -> str | None:
        """Give a string of at most *limit* characters, unchanged; a blank one counts as absent unless kept."""
        if not self.has(name):
            return None
        value = self.raw(name)
        if not isinstance(value, str):
            self.problem(name, f"must be text, not {_kind(value)}; put it in quotes")
            return None
        if _UNSTORABLE.search(value):
            self.problem(name, "holds a character that cannot be stored (NUL or half of a surrogate pair)")
            return None
        if len(value) > limit:
            self.problem(name, f"is {len(value)} characters long; at most {limit} are allowed")
            return None
        return value if keep_blank or value.strip() else None

    def matching(self, name: str, pattern: re.Pattern[str], hint: str, *, strip: str = "") -> str:
        """Give a required string that *pattern* matches whole, without leading characters of *strip*."""
        if not self.has(name):
            self.problem(name, f"is missing; {hint}")
            return ""
        value = self.raw(name)
        value = value.strip().lstrip(strip) if isinstance(value, str) else None
        if value is None or not pattern.fullmatch(value):
            self.problem(name, hint)
            return ""
        return str(value)

    def integer(self, name: str, low: int, high: int, default: int) -> int:
        if not self.has(name):
            return default
        value = self.raw(name)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.problem(name, f"must be between {low} and {high}")
            return default
        return value

    def boolean(self, name: str, *, default: bool) -> bool:
        if not self.has(name):
            return default
        value = self.raw(name)
        if not isinstance(value, bool):
            self.problem(name, "must be true or false, without quotes")
            return default
        return value

    def choice(self, name: str, options: type[Choice], default: Choice | None) -> Choice | None:
        if not self.has(name):
            return default
        try:
            return options(self.raw(name))
        except ValueError:
            names = [option.value for option in options]
            near = difflib.get_close_matches(str(self.raw(name)), names, n=1)
            self.problem(name, f"must be one of {', '.join(names)}" + (f"; did you mean {near[0]}?" if near else ""))
            return default

    def duration(self, name: str, default: Length, longest: timedelta) -> timedelta | Length:
        """Give a length of time, such as 30m or 2h: longer than zero and at most *longest*."""
        if not self.has(name):
            return default
        value = self.raw(name)
        try:
            length = parse_duration(value if isinstance(value, str) else "")
        except TooLong:
            length = timedelta.max
        except ValueError:
            self.problem(name, "is not a duration; write it like 30m, 2h or 1d")
            return default
        if not timedelta(0) < length <= longest:
            self.problem(name, f"must be longer than zero and at most {longest.days}d")
            return default
        return length

    def list(self, name: str, read: Callable[[str, Any], str | None], *, limit: int) -> tuple[str, ...]:
        """Give what *read* made of each entry, without repetitions, in order; *read* notes problems and gives None."""
        if not self.has(name):
            return ()
        values = self.raw(name)
        if not isinstance(values, (list, tuple)):
            self.problem(name, "must be a list")
            return ()
        if len(values) > limit:
            self.problem(name, f"has {len(values)} entries; at most {limit} are allowed")
            return ()
        return tuple(dict.fromkeys(item for value in values if (item := read(name, value)) is not None))

    def url(self, name: str, value: Any) -> str | None:
        """Give *value* as an http or https URL, or note why it is none."""
        reason = url_problem(value)
        if reason:
            self.problem(name, reason)
            return None
        return str(value).strip()


def _kind(value: Any) -> str:
    names = {bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "a table"}
    return names.get(type(value), type(value).__name__)


def url_problem(value: Any) -> str | None:
    """Say why *value* is not an http or https URL without credentials, or give None."""
    if not isinstance(value, str):
        return f"must be a URL, not {_kind(value)}"
    url = value.strip()
    if len(url) > URL_LIMIT:
        return f"the URL is longer than {URL_LIMIT} characters"
    if _UNSTORABLE.search(url) or any(character.isspace() or ord(character) < 32 for character in url):
        return "the URL holds blanks or control characters; percent-encode them"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        return f"{url!r} is not a URL: {str(error).lower()}"
    if parts.scheme not in ("http", "https") or not host:
        return f"{url!r} is not an http or https URL"
    if parts.username is not None or parts.password is not None:
        return "the URL must not hold a user name or password"
    return None
