"""What the HTTP door can be asked: one table entry for each operation, from which everything else is made.

Routes, scopes, the OpenAPI document, the reference page and the tests read the same entries.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from domain.token import Scope
from scheduler.shown.schema_words import Schema

if TYPE_CHECKING:
    from starlette.responses import Response

    from web.call import Call

Endpoint = Callable[["Call"], Awaitable["Response"]]

JSON = "application/json"
FORM = "multipart/form-data"
RAW = "application/octet-stream"  # the bytes of one file, and nothing around them
BODY_LIMIT = 1024 * 1024  # bytes of a request's body


class Manner(StrEnum):
    """How an operation speaks when it refuses."""

    OWN = "own"  # problem details, RFC 9457; unknown parameters are refused
    COMPATIBLE = "compatible"  # {"success": false, "error": sentence}; unknown parameters are ignored


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the query. *read* gives its value from its text and raises ValueError with the remedy."""

    name: str
    description: str
    schema: Schema
    read: Callable[[str], Any]
    default: Any = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class Example:
    """One call of an operation, with what it answers: in the document and on the reference page, checked by tests.

    *body* is the JSON object, *form* the fields of a multipart body where those are other values.
    """

    answer: Any = None
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    form: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing that can be asked.

    Without a *scope* nobody needs a token. *request* is the schema of the body, in each of the media types *takes*;
    None: there is no body. *answer* is the schema of what it answers with *status* as *gives*. *refusals* are the
    statuses of refusals beside those that every such operation may give; *also* are those that answer with a document
    of their own, with its schema.
    """

    id: str
    method: str
    path: str
    summary: str
    endpoint: Endpoint
    scope: Scope | None
    example: Example
    tag: str
    description: str = ""
    parameters: tuple[Parameter, ...] = ()
    request: Schema | None = None
    takes: tuple[str, ...] = (JSON,)
    body_required: bool = True
    body_limit: int = BODY_LIMIT
    status: int = 200
    answer: Schema | None = None
    gives: str = JSON
    refusals: tuple[int, ...] = ()
    also: Mapping[int, Schema] = field(default_factory=dict)
    creates: bool = False  # takes an Idempotency-Key
    manner: Manner = Manner.OWN
    slow: bool = False  # may read for seconds, and has threads of its own for it

    def statuses(self) -> tuple[int, ...]:
        """Give every status that it may answer with, success first."""
        found = {*self.refusals}
        if self.scope is not None:
            found |= {401, 403, 429}
        if "{" in self.path:
            found |= {404}
        if self.parameters or self.creates:
            found |= {self.invalid}
        if self.request is not None:
            found |= {400, 413, 415, self.invalid}
        if self.creates:
            found |= {409}
        return (self.status, *sorted((found | {*self.also}) - {self.status}))

    @property
    def invalid(self) -> int:
        """The status for wrong fields: the compatible operations document 400 only."""
        return 422 if self.manner is Manner.OWN else 400
