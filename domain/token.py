"""Tokens: who may ask the HTTP door for what, on whose behalf."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Scope(StrEnum):
    """What a token allows."""

    READ = "read"
    WRITE = "write"
    PUBLISH = "publish"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token; the token itself is shown once and not kept.

    *prefix* is its beginning, which tells tokens apart in lists.
    """

    id: str
    owner: str
    name: str
    prefix: str
    scopes: frozenset[Scope]
    created_at: datetime
    last_used_at: datetime | None = None
    expires_at: datetime | None = None
    revoked_at: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Tell whether it opens anything at *now*."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def allows(self, scope: Scope) -> bool:
        """Tell whether it may do what needs *scope*; `admin` may do everything."""
        return bool(self.scopes & {scope, Scope.ADMIN})


def in_order(scopes: Collection[Scope]) -> list[Scope]:
    """Give *scopes* from the smallest to the largest."""
    return [each for each in Scope if each in scopes]
