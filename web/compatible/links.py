"""Where the files of this installation are, for one caller."""

from __future__ import annotations

from scheduler.shown.compatible import Links
from web.call import Call


def links_of(call: Call) -> Links:
    """Give the links below the address that the settings name, or else the one that the caller has used."""
    return Links(call.parts.address or str(call.request.base_url).rstrip("/"), call.parts.cipher.seal)
