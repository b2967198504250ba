"""Where the pictures and the public pages of posts are, for one caller."""

from __future__ import annotations

from scheduler.shown.compatible import Links, NoLinks
from web.call import Call


def links_of(call: Call) -> Links:  # noqa: ARG001 - the address is that of the call
    """Give the links of this installation."""
    return NoLinks()
