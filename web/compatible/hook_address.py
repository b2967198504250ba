"""Which addresses a webhook may have: public ones over https, and those of the networks that the owner allows."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from sources.addresses import Address, Network, why_refused
from web.compatible.refusal import Refusal

REMEDY = "name a public https URL, or add the network to OSTINATO_ALLOW_NETWORKS"


def refuse_address(url: str, allow: Sequence[Network]) -> None:
    """Raise Refusal unless *url* is https and its host, where it is a number, may be connected to.

    A name is looked up when it is told something, and judged then. Within the networks of *allow* http does as well.
    """
    parts = urlsplit(url)
    address = _address(parts.hostname or "")
    if address is not None and (reason := why_refused(address, allow)):
        raise Refusal(f"url names {address}, {reason}; {REMEDY}", field="url")
    if parts.scheme != "https" and not (address is not None and any(address in network for network in allow)):
        raise Refusal(f"url is not https; {REMEDY}", field="url")


def _address(host: str) -> Address | None:
    try:
        return ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        return None
