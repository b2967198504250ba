"""Reading a request's body: how large it may be, and what it may hold. Nothing is read that will be refused."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from typing import Any

from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.types import Message, Receive

from web.operation import BODY_LIMIT, FORM, Operation
from web.problems import Refused

FIELDS_LIMIT, FILES_LIMIT = 64, 8
LARGE_AT_ONCE = 4  # bodies over the usual limit that are held in memory at one time
DEPTH_LIMIT = 64  # arrays and objects within one another
VALUES_LIMIT = 500_000  # values in one body: of the smallest, each takes thirty times its own bytes of memory
# NUL cannot be stored by PostgreSQL, and a lone surrogate by nobody.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def is_large(request: Request, operation: Operation) -> bool:
    """Tell whether the body may be larger than most operations take."""
    length = request.headers.get("content-length", "")
    return operation.body_limit > BODY_LIMIT and not (length.isdecimal() and int(length[:15]) <= BODY_LIMIT)


def unstorable(text: str) -> bool:
    """Tell whether no database can keep *text*."""
    return "\x00" in text if text.isascii() else _UNSTORABLE.search(text) is not None


def limited(request: Request, limit: int) -> Request:
    """Give the request so that reading over *limit* bytes of its body raises Refused, with 413.

    Raises it at once where its header says so already.
    """
    length = request.headers.get("content-length", "")
    if length.isdecimal() and (len(length) > 15 or int(length) > limit):
        raise _too_large(limit)
    return Request(request.scope, _counting(request.receive, limit))


def refuse_ambiguous(request: Request) -> None:
    """Refuse a body that has two lengths: a proxy may take the one, and the server the other (RFC 9112, 6.3)."""
    if "content-length" in request.headers and "transfer-encoding" in request.headers:
        sentence = "the body has a Content-Length and a Transfer-Encoding; send one of them"
        raise Refused(sentence, headers={"Connection": "close"})


def media_type(request: Request, takes: Sequence[str]) -> str | None:
    """Give which of *takes* the body is; None where no type is named. Raises Refused, with 415, for another one."""
    named = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if named in takes:
        return named
    if not named:
        return None
    raise Refused(
        f"Content-Type {named[:80]!r} is not understood here; send {' or '.join(takes)}",
        status=415,
        code="unsupported_media_type",
    )


def read_json(body: bytes) -> dict[str, Any] | None:
    """Give the JSON object that *body* holds; None where it is blank. Raises Refused, with 400."""
    if not body.strip():
        return None
    # Every value but the first stands behind one of these. In texts they are counted too, which only makes it stricter.
    if len(body) > VALUES_LIMIT and sum(body.count(each) for each in (b",", b"[", b"{", b":")) > VALUES_LIMIT:
        raise Refused(f"the body holds more than {VALUES_LIMIT:,} values; send a plainer one, or several")
    try:
        found = json.loads(body.decode("utf-8"), parse_constant=_no_number, parse_float=_finite)
    except UnicodeDecodeError:
        raise Refused("the body is not UTF-8; send JSON in UTF-8") from None
    except RecursionError:
        raise Refused(f"the body is nested deeper than {DEPTH_LIMIT} levels; send a plainer one") from None
    except ValueError as error:
        reason = str(error).partition(": line ")[0]
        raise Refused(f"the body is not JSON ({reason}); send one JSON object") from None
    if not isinstance(found, dict):
        raise Refused("the body is not a JSON object; send one in {braces}")
    _check(found, 0)
    return found


async def form(request: Request, limit: int) -> FormData:
    """Give the fields and files of a multipart body, the files on disk where they are large. Raises Refused."""
    try:
        found = await request.form(max_files=FILES_LIMIT, max_fields=FIELDS_LIMIT, max_part_size=limit)
    except MultiPartException as error:
        raise Refused(f"the body is no {FORM} that can be read ({error.message}); send it anew") from None
    for name, value in found.multi_items():
        if unstorable(name) or (isinstance(value, str) and unstorable(value)):
            await found.close()
            raise _unstorable(name)
    return found


def _counting(receive: Receive, limit: int) -> Receive:
    had = 0

    async def counted() -> Message:
        nonlocal had
        message = await receive()
        had += len(message.get("body", b""))
        if had > limit:
            raise _too_large(limit)
        return message

    return counted


def _too_large(limit: int) -> Refused:
    sentence = f"the body is larger than {limit} bytes, which is the most that is taken here"
    return Refused(sentence, status=413, code="too_large", headers={"Connection": "close"})


def _check(value: Any, depth: int) -> None:
    """Refuse what no field can hold, wherever it stands."""
    if depth > DEPTH_LIMIT:
        raise Refused(f"the body is nested deeper than {DEPTH_LIMIT} levels; send a plainer one")
    if isinstance(value, str):
        if unstorable(value):
            raise _unstorable(None)
    elif isinstance(value, dict):
        for name, each in value.items():
            _check(name, depth)
            _check(each, depth + 1)
    elif isinstance(value, list):
        for each in value:
            _check(each, depth + 1)


def _unstorable(name: str | None) -> Refused:
    where = "a field" if name is None else repr(name[:80])
    return Refused(f"{where} holds a character that cannot be stored (NUL or half of a surrogate pair)")


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:20]} is too large a number")
    return number
