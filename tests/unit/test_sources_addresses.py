from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from sources.addresses import why_refused

REFUSED = {
    "127.0.0.1": "loopback",
    "127.255.255.254": "loopback",
    "0.0.0.0": "unspecified",
    "0.1.2.3": "private",
    "10.0.0.1": "private",
    "172.16.0.1": "private",
    "192.168.1.1": "private",
    "169.254.169.254": "link-local",
    "100.64.0.1": "special-purpose",
    "100.100.100.200": "special-purpose",
    "192.0.0.192": "special-purpose",
    "168.63.129.16": "special-purpose",
    "192.88.99.1": "special-purpose",
    "198.18.0.1": "private",
    "192.0.2.1": "private",
    "224.0.0.1": "multicast",
    "239.255.255.250": "multicast",
    "240.0.0.1": "private",
    "255.255.255.255": "private",
    "::": "unspecified",
    "::1": "loopback",
    "fe80::1": "link-local",
    "fe80::1%eth0": "link-local",
    "fc00::1": "private",
    "fd00:ec2::254": "private",
    "fec0::1": "not a global|reserved|private",
    "ff02::1": "multicast",
    "2001:db8::1": "private",
    "3fff::1": "special-purpose",
    "100::1": "private",
    "5f00::1": "reserved|not a global|private",
    "::ffff:127.0.0.1": "carries 127.0.0.1, a loopback",
    "::ffff:10.0.0.1": "carries 10.0.0.1, a private",
    "::ffff:169.254.169.254": "carries 169.254.169.254, a link-local",
    "::127.0.0.1": "reserved|private",
    "64:ff9b::7f00:1": "carries 127.0.0.1, a loopback",
    "64:ff9b::a9fe:a9fe": "carries 169.254.169.254, a link-local",
    "64:ff9b:1::a00:1": "special-purpose|private|reserved",
    "2002:7f00:1::": "carries 127.0.0.1, a loopback",
    "2002:a9fe:a9fe::1": "carries 169.254.169.254, a link-local",
    "2001:0:7f00:1::": "carries",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2": "carries|special-purpose|private",
    "2606:4700::5efe:10.0.0.1": "carries 10.0.0.1, a private",
}


@pytest.mark.parametrize(("address", "reason"), REFUSED.items(), ids=REFUSED)
def test_an_address_that_is_not_the_public_internet_is_refused_with_the_reason(address: str, reason: str) -> None:
    found = why_refused(ip_address(address))
    assert found is not None
    assert any(part in found for part in reason.split("|")), found


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "93.184.215.14", "2606:4700:4700::1111", "2001:4860:4860::8888", "::ffff:1.1.1.1", "64:ff9b::101:101"],
)
def test_a_public_address_may_be_connected_to_however_it_is_written(address: str) -> None:
    assert why_refused(ip_address(address)) is None


def test_an_allowed_network_opens_itself_and_nothing_else() -> None:
    own = (ip_network("10.1.0.0/16"), ip_network("fd00:1::/32"))
    assert why_refused(ip_address("10.1.2.3"), own) is None
    assert why_refused(ip_address("fd00:1::5"), own) is None
    assert why_refused(ip_address("::ffff:10.1.2.3"), own) is None
    assert why_refused(ip_address("10.2.0.1"), own) is not None
    assert why_refused(ip_address("::ffff:10.2.0.1"), own) is not None
    assert why_refused(ip_address("127.0.0.1"), own) is not None
