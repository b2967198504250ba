"""Which addresses a webhook may have: public ones over https, and those of the networks that the owner allows."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from sources.addresses import Address, Network, why_refused

REMEDY = "name a public https URL, or add the network to OSTINATO_ALLOW_NETWORKS"


def address_problem(url: str, allow: Sequence[Network]) -> str | None:
    """Say why nothing may be told at *url*; None where it is https, and its host may be connected to if it is a number.

    A name is looked up when it is told something, and judged then. Within the networks of *allow* http does as well.
    """
    parts = urlsplit(url)
    address = _address(parts.hostname or "")
    if address is not None and (reason := why_refused(address, allow)):
        return f"names {address}, {reason}; {REMEDY}"
    if parts.scheme != "https" and not (address is not None and any(address in network for network in allow)):
        return f"is not https; {REMEDY}"
    return None


def _address(host: str) -> Address | None:
    try:
        return ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        return None
