"""Who asks: the bearer token of a request, looked up by its digest."""

from __future__ import annotations

import asyncio
import hmac
import re
from datetime import datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError

from domain.errors import OstinatoError
from domain.token import Scope, Token
from scheduler.operations.tokens import digest
from storage import tokens
from storage.writer import DatabaseFailing
from web.call import Parts
from web.problems import Refused

log = structlog.get_logger(__name__)

INVALID = "Invalid token"  # the sentence of the AutoContent operations
_BEARER = re.compile(r"[Bb]earer +([A-Za-z0-9._~+/=-]{1,200}) *")


async def caller(parts: Parts, header: str | None, now: datetime, *, address: str) -> Token:
    """Give the token that the Authorization *header* brings from *address*.

    Raises Refused, with 401, and with 429 for an address that brought too many wrong ones: nothing is looked up then.
    """
    brought = _BEARER.fullmatch(header or "")
    if brought is None:
        raise unauthorised()
    asked = digest(brought[1])
    if parts.attempts is not None and (seconds := parts.attempts.wait(address, asked)):
        raise Refused(
            f"too many wrong tokens came from this address; try again in {seconds} seconds",
            status=429,
            code="rate_limited",
            headers={"Retry-After": str(seconds)},
        )
    row, found = parts.known_tokens.look(asked)
    if found is None:
        found = await asyncio.get_running_loop().run_in_executor(parts.readers, _find, parts, asked)
        if found is not None:
            parts.known_tokens.keep(asked, row, found)
    if found is None or not hmac.compare_digest(found[0], asked) or not found[1].holds(now):
        if parts.attempts is not None:
            parts.attempts.wrong(address)
        raise unauthorised()
    token = found[1]
    if parts.attempts is not None:
        parts.attempts.right(asked)
    if token.last_used_at is None or now - token.last_used_at >= tokens.USED_EVERY:
        await _note(parts, token, now)
    return token


def admit(token: Token, scope: Scope) -> None:
    """Let the token through. Raises Refused, with 403, when it lacks the scope."""
    if not token.allows(scope):
        raise Refused(
            f"this needs the scope {scope.value}, which the token {token.name!r} has not; make one with "
            f"`ostinato token create NAME --scope {scope.value}`",
            status=403,
            code="forbidden",
        )


def unauthorised() -> Refused:
    """Give the refusal of a token that is missing, unknown, over or revoked: which of these is not told."""
    return Refused(INVALID, status=401, code="unauthorised", headers={"WWW-Authenticate": 'Bearer realm="ostinato"'})


def _find(parts: Parts, asked: str) -> tuple[str, Token] | None:
    try:
        with parts.database.read() as connection:
            return tokens.find(connection, asked)
    except SQLAlchemyError as error:
        raise DatabaseFailing(f"the database did not answer: {type(error).__name__}") from error


async def _note(parts: Parts, token: Token, now: datetime) -> None:
    try:
        await parts.writer.call(lambda c: tokens.used(c, token.id, now=now))
    except OstinatoError as error:  # a full disk keeps nobody from reading
        log.warning("web.token_use_not_kept", token=token.prefix, error=type(error).__name__)
