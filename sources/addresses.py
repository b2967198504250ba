"""Which addresses may be connected to. Pure: it looks at numbers, never at names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# What `ipaddress` of some Python 3.11 releases calls global although it is not the public internet.
_SPECIAL = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8",  # this host, RFC 1122
        "100.64.0.0/10",  # carrier-grade NAT, RFC 6598; some clouds keep their metadata in it
        "168.63.129.16/32",  # the platform address of a large cloud, public by number only
        "192.0.0.0/24",  # protocol assignments, RFC 6890; some clouds keep their metadata in it
        "192.88.99.0/24",  # 6to4 relays, RFC 7526
        "64:ff9b:1::/48",  # local-use NAT64, RFC 8215
        "2001::/23",  # protocol assignments with Teredo, RFC 2928: the embedded server and client are the sender's word
        "3fff::/20",  # documentation, RFC 9637
    )
)
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
_ISATAP = (0x00005EFE, 0x02005EFE)


def why_refused(address: Address, allow: Sequence[Network] = ()) -> str | None:
    """Give the reason why *address* must not be connected to, None if it may be.

    An IPv6 address that carries an IPv4 address is judged by both. *allow* lists the networks of one's own.
    """
    if _listed(address, allow):
        return None
    embedded = tuple(_embedded(address))
    for inner in embedded:
        if not _listed(inner, allow) and (reason := _kind(inner)):
            return f"carries {inner}, {reason}"
    if isinstance(address, IPv6Address) and (address.ipv4_mapped or address in _NAT64):
        return None  # only a way to write the address inside, which has been judged
    return _kind(address)


def _listed(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)  # versions may differ: then it is False


def _kind(address: Address) -> str | None:
    checks = (
        (address.is_unspecified, "the unspecified address"),
        (address.is_loopback, "a loopback address"),
        (address.is_link_local, "a link-local address, where cloud metadata lives"),
        (address.is_multicast, "a multicast address"),
        (address.is_private, "a private address"),
        (_listed(address, _SPECIAL), "a special-purpose address"),
        (address.is_reserved or not address.is_global, "a reserved address"),
        (isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST, "not a global unicast address"),
    )
    return next((reason for applies, reason in checks if applies), None)


def _embedded(address: Address) -> Iterator[IPv4Address]:
    """Give the IPv4 addresses that an IPv6 address carries, by every scheme in use."""
    if isinstance(address, IPv4Address):
        return
    if address.ipv4_mapped:
        yield address.ipv4_mapped
    if address.sixtofour:
        yield address.sixtofour
    if address.teredo:
        yield from address.teredo
    number = int(address)
    if address in _NAT64 or (number >> 32) & 0xFFFFFFFF in _ISATAP:
        yield IPv4Address(number & 0xFFFFFFFF)
