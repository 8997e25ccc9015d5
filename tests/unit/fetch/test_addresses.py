from __future__ import annotations

import ipaddress

import hypothesis.strategies as st
import pytest
from hypothesis import given

from validator.fetch.addresses import is_loopback, is_public


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "1.1.1.1", "93.184.215.14", "172.15.0.1", "172.32.0.1", "100.63.255.255",
     "100.128.0.0", "2606:4700:4700::1111", "2a00:1450:4001:82f::200e", "2001:4860:4860::8888"],
)  # fmt: skip
def test_addresses_out_on_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1",
        "127.9.9.9", "168.63.129.16", "169.254.169.254", "172.16.0.1", "172.31.255.255",
        "192.0.0.1", "192.0.0.9", "192.0.0.192", "192.0.2.1",
        "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1",
        "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
        "::", "::1", "::127.0.0.1", "::8.8.8.8", "::ffff:8.8.8.8", "::ffff:10.0.0.1",
        "::ffff:0:8.8.8.8", "64:ff9b::8.8.8.8", "64:ff9b::a00:1", "64:ff9b:1::1", "100::1",
        "2001::1", "2001:0:4136:e378::1", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1",
        "2002:a00:1::", "2002:808:808::", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254",
        "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1", "2606:4700::1%eth0",
        "", "localhost", "8.8.8", "8.8.8.8.", "08.8.8.8", "0x8.8.8.8", "134744072", "8.8.8.8/32",
    ],
)  # fmt: skip
def test_every_other_address_and_every_other_text_is_not(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.255.255.254", "::1"])
def test_loopback_is_loopback(address: str) -> None:
    assert is_loopback(address)
    assert not is_public(address)


@pytest.mark.parametrize("address", ["::ffff:127.0.0.1", "::1%lo", "0.0.0.0", "::", "localhost"])
def test_what_only_resembles_loopback_is_not(address: str) -> None:
    assert not is_loopback(address)


@given(st.ip_addresses(v=6))
def test_an_address_that_carries_a_closed_one_is_closed(address: ipaddress.IPv6Address) -> None:
    if is_public(str(address)):
        assert address.is_global
        assert address in ipaddress.IPv6Network("2000::/3")
        assert address.sixtofour is None
        assert address.teredo is None


@given(st.ip_addresses(v=4))
def test_no_special_address_is_public(address: ipaddress.IPv4Address) -> None:
    special = (
        address.is_private or address.is_multicast or address.is_reserved or address.is_link_local
    )
    assert not (special and is_public(str(address)))
