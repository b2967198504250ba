"""The addresses of public pages: whoever has one sees the post, and nobody makes one without the installation's key."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import UTC

from domain.publication import Post, PostStatus

Seal = Callable[[str], str]
TAKEN_BACK = (PostStatus.DISCARDED, PostStatus.DELETED)


def is_shown(post: Post) -> bool:
    """Tell whether a post has a page: not when it was discarded, or deleted from X."""
    return post.status not in TAKEN_BACK


def path(post: Post, seal: Seal) -> str:
    """Give the path of a post's page: its id with 128 keyed bits, and the day in UTC on which it was written."""
    return f"/share/podcast/{_name(post.id, seal)}/{_day(post)}"


def post_id(name: str, seal: Seal) -> str | None:
    """Give the id of the post whose page is called *name*; None where this installation did not make it."""
    found = name.rpartition("-")[0]
    return found if hmac.compare_digest(_name(found, seal).encode(), name.encode()) else None


def is_of_day(post: Post, day: str) -> bool:
    """Tell whether a page of *day*, as its path has it, is that of the post."""
    return day == _day(post)


def _name(post_id: str, seal: Seal) -> str:
    return f"{post_id}-{seal('share page ' + post_id)}"


def _day(post: Post) -> str:
    return f"{post.created_at.astimezone(UTC):%Y%m%d}"
