"""Tokens of the HTTP door, by the digest of what their owner was shown once."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, bindparam, exists, insert, or_, select, update

from domain.errors import NotFound
from domain.token import Scope, Token, in_order
from storage.tables import tokens

USED_EVERY = timedelta(minutes=1)  # how exactly it is kept when a token was used last
REMEDY = "`ostinato token list` shows the ids of those there are"

_OF_DIGEST = select(tokens).where(tokens.c.digest == bindparam("digest"))  # put together once: every call asks it


def keep(c: Connection, token: Token, digest: str) -> None:
    """Keep a new token."""
    row = {
        "id": token.id,
        "owner_id": token.owner,
        "name": token.name,
        "digest": digest,
        "prefix": token.prefix,
        "scopes": " ".join(each.value for each in in_order(token.scopes)),
        "created_at": token.created_at,
    }
    c.execute(insert(tokens).values(row))


def find(c: Connection, digest: str) -> tuple[str, Token] | None:
    """Give the token of that *digest*, revoked or not, with the digest as it is kept."""
    row = c.execute(_OF_DIGEST, {"digest": digest}).mappings().first()
    return (row["digest"], _token(row)) if row else None


def get(c: Connection, token_id: str, *, owner: str | None = None) -> Token:
    """Give one token, of any owner unless one is named. Raises NotFound."""
    query = select(tokens).where(tokens.c.id == token_id)
    row = c.execute(query if owner is None else query.where(tokens.c.owner_id == owner)).mappings().first()
    if row is None:
        raise NotFound("token", token_id, REMEDY)
    return _token(row)


def list_all(c: Connection, *, owner: str | None = None) -> list[Token]:
    """Give all tokens, or those of *owner*, revoked ones too, in the order of their making."""
    query = select(tokens).order_by(tokens.c.created_at, tokens.c.id)
    rows = c.execute(query if owner is None else query.where(tokens.c.owner_id == owner)).mappings()
    return [_token(row) for row in rows]


def any_open(c: Connection, now: datetime) -> bool:
    """Tell whether there is a token that opens something at *now*."""
    lasting = or_(tokens.c.expires_at.is_(None), tokens.c.expires_at > now)
    return bool(c.execute(select(exists().where(tokens.c.revoked_at.is_(None), lasting))).scalar())


def good(c: Connection, ids: Collection[str], now: datetime) -> set[str]:
    """Give those of *ids* that open something at *now*."""
    lasting = or_(tokens.c.expires_at.is_(None), tokens.c.expires_at > now)
    query = select(tokens.c.id).where(tokens.c.id.in_(ids), tokens.c.revoked_at.is_(None), lasting)
    return set(c.execute(query).scalars())


def revoke(c: Connection, token_id: str, *, now: datetime) -> None:
    """Let the token open nothing any more; revoking it twice keeps the first time."""
    c.execute(update(tokens).where(tokens.c.id == token_id, tokens.c.revoked_at.is_(None)).values(revoked_at=now))


def used(c: Connection, token_id: str, *, now: datetime) -> None:
    """Note that the token was used, unless that is known to the minute."""
    stale = or_(tokens.c.last_used_at.is_(None), tokens.c.last_used_at <= now - USED_EVERY)
    c.execute(update(tokens).where(tokens.c.id == token_id, stale).values(last_used_at=now))


def _token(row: RowMapping) -> Token:
    known = {each.value for each in Scope}
    return Token(
        id=row["id"],
        owner=row["owner_id"],
        name=row["name"],
        prefix=row["prefix"],
        scopes=frozenset(Scope(word) for word in row["scopes"].split() if word in known),
        created_at=row["created_at"],
        last_used_at=row["last_used_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
    )
