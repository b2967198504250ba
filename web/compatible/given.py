"""The fields of a compatible request, read alike from a form and from JSON: one way to read each kind of value.

A form has only strings and files: "true", "2" and "101,202" are read as what they stand for. JSON is taken at its word:
a string is no number and no truth there. Empty values count as absent everywhere, and unknown names are ignored.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from domain.template_document.fields import url_problem
from web.bodies import unstorable
from web.compatible.refusal import Refusal, wrong

Choice = TypeVar("Choice", bound=StrEnum)
Entry = TypeVar("Entry", str, int)
MOST = 10  # entries of a list
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a form, as its client named it; neither name nor type is believed."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Given:
    """The values of a request by name; of a *form* each has all values that were sent under its name."""

    values: Mapping[str, Any]
    form: bool

    def has(self, name: str) -> bool:
        """Tell whether *name* was sent at all, null included."""
        return name in self.values

    def raw(self, name: str) -> Any:
        """Give what stands under *name*; of a form the last value, without blanks around it. None for what is empty."""
        value = self.values.get(name)
        if self.form and isinstance(value, Sequence) and value:
            value = value[-1]
            value = value.strip() if isinstance(value, str) else value
        return None if value in ("", [], ()) else value

    def text(self, name: str, *, limit: int) -> str | None:
        """Give a text of at most *limit* characters; a blank one is absent."""
        value = self.raw(name)
        if value is None:
            return None
        checked = _storable(name, value, limit)
        return checked if checked.strip() else None

    def opaque(self, name: str, *, limit: int) -> str | None:
        """Give a text exactly as it was sent, blanks around it too."""
        value = self.values.get(name)
        if self.form and isinstance(value, Sequence) and value:
            value = value[-1]
        return None if value is None or value == "" else _storable(name, value, limit)

    def url(self, name: str) -> str | None:
        """Give an http or https URL."""
        value = self.raw(name)
        if value is None:
            return None
        if reason := url_problem(value):
            raise Refusal(f"{name}: {reason}", field=name)
        return str(value).strip()

    def integer(self, name: str, low: int, high: int, *, sentence: str | None = None) -> int | None:
        """Give a whole number from *low* to *high*; *sentence* is what is said about another."""
        value = self.raw(name)
        if value is None:
            return None
        if self.form and isinstance(value, str) and _WHOLE.fullmatch(value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise Refusal(sentence or f"{name} must be a whole number between {low} and {high}", field=name)
        if not low <= value <= high:
            raise Refusal(sentence or f"{name} must be between {low} and {high}", field=name)
        return value

    def boolean(self, name: str) -> bool | None:
        """Give true or false; a form may write them as 1 and 0."""
        value = self.raw(name)
        if value is None:
            return None
        if self.form and isinstance(value, str):
            value = _TRUTHS.get(value.lower())
        if not isinstance(value, bool):
            raise wrong(name, "must be true or false")
        return value

    def choice(self, name: str, options: type[Choice]) -> Choice | None:
        """Give one of the words of *options*."""
        value = self.raw(name)
        if value is None:
            return None
        try:
            return options(value)
        except ValueError:
            raise wrong(name, f"must be one of {', '.join(each.value for each in options)}") from None

    def moment(self, name: str) -> datetime | None:
        """Give a date and time in UTC; one without an offset is UTC."""
        value = self.raw(name)
        if value is None:
            return None
        try:
            read = datetime.fromisoformat(value)
            return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
        except (TypeError, ValueError, OverflowError):
            raise wrong(name, "must be an ISO 8601 date and time, such as 2030-12-31T23:59:59Z") from None

    def texts(self, name: str, *, limit: int = 200) -> tuple[str, ...]:
        """Give a list of at most ten texts of at most *limit* characters, each once, in their order."""
        found = []
        for each in self._entries(name):
            if isinstance(each, bool) or not isinstance(each, str | int):
                raise wrong(name, "must be a list of ids")
            found.append(_storable(name, str(each), limit))
        return _at_most(name, found)

    def numbers(self, name: str) -> tuple[int, ...]:
        """Give a list of at most ten whole numbers, each once, in their order.

        A number in quotes counts in a list that was written as text, not in a list of JSON.
        """
        strict = not self.form and isinstance(self.values.get(name), list)
        found = []
        for each in self._entries(name):
            if isinstance(each, str) and not strict and _WHOLE.fullmatch(each):
                each = int(each)
            if isinstance(each, bool) or not isinstance(each, int):
                raise wrong(name, f"must be a list of whole numbers; {each!r} is none")
            found.append(each)
        return _at_most(name, found)

    def file(self, name: str) -> Upload | None:
        """Give an uploaded file; an empty one without a name is what a form sends for none."""
        value = self.raw(name)
        if value is None or (isinstance(value, Upload) and not value.name and not value.content):
            return None
        if not isinstance(value, Upload):
            raise wrong(name, "must be a file of a multipart form")
        return value

    def _entries(self, name: str) -> list[Any]:
        """Give the entries of a list: a JSON array, or texts that hold one or are separated by commas."""
        value = self.values.get(name, self.values.get(f"{name}[]"))
        if value is None:
            return []
        sent = value if isinstance(value, list | tuple) else [value]
        if not self.form and isinstance(value, list):
            return [each.strip() if isinstance(each, str) else each for each in sent if each != ""]
        found: list[Any] = []
        for each in sent:
            if not isinstance(each, str):
                raise wrong(name, "must be a list, or text separated by commas")
            found += _split(name, each)
        return found


def from_form(pairs: Iterable[tuple[str, str | Upload]]) -> Given:
    """Give the fields of a form, in which a name may stand several times."""
    values: dict[str, list[str | Upload]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return Given(values, form=True)


def from_json(document: Mapping[str, Any]) -> Given:
    """Give the fields of a JSON object."""
    return Given(document, form=False)


def _split(name: str, text: str) -> list[Any]:
    if text.strip().startswith("["):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            raise wrong(name, "begins like a JSON array and is none") from None
        return [each for each in found if each != ""]
    return [part for each in text.split(",") if (part := each.strip())]


def _at_most(name: str, found: Iterable[Entry]) -> tuple[Entry, ...]:
    unique = tuple(dict.fromkeys(found))
    if len(unique) > MOST:
        raise wrong(name, f"has {len(unique)} entries; at most {MOST} are allowed")
    return unique


def _storable(name: str, value: Any, limit: int) -> str:
    if not isinstance(value, str):
        raise wrong(name, "must be text")
    if unstorable(value):
        raise wrong(name, "holds a character that cannot be stored (NUL or half of a surrogate pair)")
    if len(value) > limit:
        raise wrong(name, f"is {len(value)} characters long; at most {limit} are allowed")
    return value
