"""Where posts can be looked at: on X, or on the local page of the sandbox that the database belongs to."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from sqlalchemy import Connection

from storage import installation

X = "https://x.com/"


def site(connection: Connection) -> str:
    """Give the URL that links to posts begin with."""
    return sandbox_page(connection) or X


def sandbox_page(connection: Connection) -> str | None:
    """Give the page of the sandbox that the database belongs to, or None when it is not a sandbox's."""
    bound = installation.base_url(connection)
    if bound is None or urlsplit(bound).hostname not in installation.LOOPBACK:
        return None
    return urljoin(bound, "/")


def link(site: str, tweet_id: str | None) -> str | None:
    """Give the link to a tweet on *site*, None without an id."""
    return f"{site}i/status/{tweet_id}" if tweet_id else None
