"""Which addresses are somebody's out on the internet. Everything else is refused.

IANA special-purpose address registries for IPv4 and IPv6 (RFC 6890 and its successors).
`ipaddress.is_global` alone will not do: it lets multicast through, and addresses that carry another
one inside (6to4, Teredo, NAT64, IPv4-mapped).
"""

from __future__ import annotations

import ipaddress
from typing import Final

_CLOSED_V4: Final = tuple(
    map(
        ipaddress.IPv4Network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # carrier-grade NAT; also the metadata service of one cloud
            "127.0.0.0/8",  # loopback
            "168.63.129.16/32",  # global in the registry, but one cloud's own platform service
            "169.254.0.0/16",  # link-local; the metadata services of most clouds
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # IETF protocol assignments
            "192.0.2.0/24",  # documentation
            "192.88.99.0/24",  # 6to4 relays, deprecated
            "192.168.0.0/16",  # private
            "198.18.0.0/15",  # benchmarking
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
        ),
    )
)

# The one block that global unicast addresses are given out of; it leaves out unique-local,
# link-local, site-local, multicast, loopback, IPv4-mapped and -compatible, and NAT64 (64:ff9b::).
_OPEN_V6: Final = ipaddress.IPv6Network("2000::/3")
_CLOSED_V6: Final = tuple(
    map(
        ipaddress.IPv6Network,
        (
            "2001::/23",  # IETF protocol assignments: Teredo, benchmarking, ORCHID
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4: holds an IPv4 address
            "3fff::/20",  # documentation (RFC 9637)
        ),
    )
)


def is_public(text: str) -> bool:
    """Say whether an address, as a resolver spells it, is global unicast. Zones are not."""
    address = _address(text)
    if address is None or not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _CLOSED_V4)
    return address in _OPEN_V6 and not any(address in network for network in _CLOSED_V6)


def is_loopback(text: str) -> bool:
    """Say whether an address is 127.0.0.0/8 or ::1, in plain spelling."""
    address = _address(text)
    return address is not None and address.is_loopback and "%" not in text


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    zoned = getattr(address, "scope_id", None)
    return None if mapped is not None or zoned is not None else address
