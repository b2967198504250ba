"""What a person can do with tokens: make one, see those there are, take one back."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from domain.errors import FieldError, InvalidInput
from domain.token import Scope, Token
from scheduler.operations.prefixes import whole_id
from storage import tables, tokens
from storage.database import Database

BITS = 256
SHOWN = 10  # characters of a token that are kept, to tell it from others
MARK = "ost_"  # by which scanners for secrets know one
NAME = re.compile(r"[^\x00-\x1f\x7f]{1,100}")
OWNER = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


@dataclass(frozen=True, slots=True)
class Made:
    """A new token, and the *secret* that is shown this once."""

    token: Token
    secret: str


def create(
    database: Database,
    name: str,
    scopes: Collection[Scope],
    *,
    owner: str,
    now: datetime,
    new_id: Callable[[], str],
) -> Made:
    """Make a token of 256 random bits; only its digest is kept. Raises InvalidInput naming all problems."""
    problems = []
    if not NAME.fullmatch(name.strip()):
        problems.append(FieldError("name", "must be 1 to 100 characters in one line; say who uses the token"))
    if not OWNER.fullmatch(owner):
        problems.append(FieldError("owner", "must be 1 to 63 small letters, digits, - and _; leave it out for local"))
    if not scopes:
        problems.append(FieldError("scopes", f"name at least one of {', '.join(Scope)}"))
    if problems:
        raise InvalidInput(problems)
    secret = MARK + secrets.token_urlsafe(BITS // 8)
    token = Token(new_id(), owner, name.strip(), secret[:SHOWN], frozenset(scopes), now)
    with database.write() as connection:
        tokens.keep(connection, token, digest(secret))
    return Made(token, secret)


def list_all(database: Database, *, owner: str | None = None) -> list[Token]:
    """Give all tokens, or those of *owner*, revoked ones too, in the order of their making."""
    with database.read() as connection:
        return tokens.list_all(connection, owner=owner)


def revoke(database: Database, token_id: str, *, owner: str | None = None, now: datetime) -> Token:
    """Let a token open nothing any more. Raises NotFound, and InvalidInput when the beginning of an id fits several."""
    with database.write() as connection:
        whole = whole_id(connection, tables.tokens.c.id, token_id)
        tokens.get(connection, whole, owner=owner)
        tokens.revoke(connection, whole, now=now)
        return tokens.get(connection, whole, owner=owner)


def digest(secret: str) -> str:
    """Give the SHA-256 of a token: with 256 random bits in it, nothing slower is needed against guessing."""
    return hashlib.sha256(secret.encode()).hexdigest()
