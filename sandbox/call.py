"""One request to the API, as its handler sees it."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.datastructures import FormData
from starlette.requests import Request

from sandbox.answers import ApiError, Json, invalid

if TYPE_CHECKING:
    from sandbox.faults import Fault
    from sandbox.world import World

PREFIX = "/api/v1"


@dataclass(slots=True)
class Call:
    """What was asked, when, and what the faults in force change about the answer."""

    world: "World"
    method: str
    path: str  # below /api/v1
    params: dict[str, str]
    query: dict[str, str]
    headers: dict[str, str]
    origin: str  # http://host:port, as the caller sees it
    raw: bytes
    form: FormData | None
    now: int  # Unix milliseconds
    tco: bool
    lag: int = 0  # milliseconds by which timelines and search are late
    pending: "Fault | None" = None  # asks the write to stay unsettled
    slowed: bool = False  # it was made to wait before it was handled
    _body: Json | None = None

    @property
    def key(self) -> str | None:
        """The idempotency key sent along, None on the generation that knows none."""
        return self.headers.get("idempotency-key") if self.world.durable else None

    @property
    def newest_shown(self) -> int:
        """The moment after which a lagging list hides what was written; far in the future without a lag."""
        return self.now - self.lag if self.lag else 2**62

    def json(self) -> Json:
        """Return the body as an object; an empty body is an empty object.

        Raises ApiError 400 when it is not JSON, or no object.
        """
        if self._body is None:
            self._body = _object(self.raw) if self.raw.strip() else {}
        return self._body

    def peek(self, name: str) -> str:
        """Return a text field of the body for matching and logging, '' when there is none."""
        value: Any = self.form.get(name) if self.form else None
        if value is None and not self.form:
            try:
                value = self.json().get(name)
            except ApiError:
                return ""
        return value if isinstance(value, str) else ""

    def number(self, name: str, default: int, low: int, high: int) -> int:
        """Return a query parameter as a number, clamped to *low* and *high*; nonsense gives *default*."""
        try:
            value = int(float(self.query.get(name, "") or default))
        except (ValueError, OverflowError):
            return default
        return max(low, min(high, value))


def _object(raw: bytes) -> Json:
    try:
        body = json.loads(raw)
        # Half a surrogate pair can be written as an escape, but neither stored nor sent back.
        if b"\\ud" in raw.lower():
            json.dumps(body, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise ApiError(400, "invalid_json") from None
    if not isinstance(body, dict):
        raise invalid("The body must be a JSON object.")
    return body


async def read_call(world: "World", request: Request) -> Call:
    """Read the whole request; a form is parsed, any other body is kept as bytes."""
    form = await request.form() if request.headers.get("content-type", "").startswith("multipart/form-data") else None
    return Call(
        world=world,
        method=request.method,
        path=request.url.path.removeprefix(PREFIX),
        params={name: str(value) for name, value in request.path_params.items()},
        query=dict(request.query_params),
        headers=dict(request.headers),
        origin=str(request.base_url).rstrip("/"),
        raw=b"" if form is not None else await request.body(),
        form=form,
        now=int(world.options.clock() * 1000),
        tco=world.options.tco,
    )
