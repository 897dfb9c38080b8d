"""May we call this host, and at which address exactly? Nothing inside, unless the shop's settings name it (F38)."""

import ipaddress
import socket
from collections.abc import Collection
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from ..jobs import CannotSucceed

# Addresses that stand for another one inside them: NAT64 hands on to IPv4.
NAT64 = ipaddress.ip_network("64:ff9b::/96")
IP = ipaddress.IPv4Address | ipaddress.IPv6Address


class Inside(CannotSucceed):
    """The host is on our own machine or network, or nowhere that the public net leads to."""


class NoHost(CannotSucceed):
    """The URL is not one that may be called."""


def may_be_called(url: str, schemes: Collection[str] = ("https",)) -> bool:
    """Whether the form of the address is right; where it leads is asked at each call."""
    try:
        parts = urlsplit(url)
        named = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return parts.scheme in schemes and named and "@" not in parts.netloc and not parts.fragment and url.isprintable()


def split(url: str, schemes: Collection[str] = ("https",)) -> SplitResult:
    """The parts of a URL that may be called; NoHost otherwise, whoever wrote it into the row."""
    if not may_be_called(url, schemes):
        raise NoHost
    return urlsplit(url)


def looked_up(host: str, port: int) -> str:
    """The one address to connect to. Inside when any address of the host is not public: asked once, checked, used."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    addresses = [str(entry[4][0]) for entry in found]
    if host.lower().rstrip(".") not in settings.RECIPIENT_HOSTS_INSIDE and not all(map(is_public, addresses)):
        raise Inside
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether this is one machine on the public net; of an address that holds another, the one inside counts."""
    try:
        ip: IP = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    ip = _inside(ip) or ip
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _inside(ip: IP) -> IP | None:
    if isinstance(ip, ipaddress.IPv4Address):
        return None
    return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in NAT64 else ip.ipv4_mapped or ip.sixtofour
