"""Where the server may be sent by an address that a person typed (R-7).

Without an administrator's leave it goes to public addresses only: not to this machine, not into
the organisation's network, not to a cloud's metadata.
"""

import re
import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from urllib.parse import urlsplit

from services.errors import Invalid
from services.words import N_

MAX_URL = 2000
PORTS = frozenset({80, 443, 8443})
LOOKUP_SECONDS = 5.0

Address = IPv4Address | IPv6Address
_HOST = re.compile(
    r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9])?)*"
)
_PUBLIC_6 = IPv6Network("2000::/3")  # all that is given out (RFC 4291 §2.4)
_SPECIAL = tuple(  # given out for protocols and tunnels; Python’s own list differs by version
    map(ip_network, ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2002::/16", "3fff::/20"))
)

_USUAL = {"https": 443, "http": 80}

_lookups = ThreadPoolExecutor(4, thread_name_prefix="lookup")
_allowed_hosts: frozenset[str] = frozenset()
_allowed_networks: tuple[IPv4Network | IPv6Network, ...] = ()


class Refused(Exception):
    """Nothing may be sent there."""


@dataclass(frozen=True, slots=True)
class Destination:
    """An address taken apart; nobody has looked yet where its host is."""

    scheme: str
    host: str
    port: int
    target: str  # path and query

    @property
    def authority(self) -> str:
        """Return what the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _USUAL[self.scheme] else f"{host}:{self.port}"


def configure(allowed: Iterable[str]) -> None:
    """Let the hosts and networks of APPTICKET_WEBHOOK_ALLOW be reached though they are private."""
    global _allowed_hosts, _allowed_networks
    hosts, networks = set(), []
    for entry in allowed:
        try:
            networks.append(ip_network(entry, strict=False))
        except ValueError:
            hosts.add(entry.lower())
    _allowed_hosts, _allowed_networks = frozenset(hosts), tuple(networks)


def parse(url: str, *, allows_http: bool = False) -> Destination:
    """Take an address apart and refuse what is wrong without asking where its host is.

    Raises:
        Refused.
    """
    if len(url) > MAX_URL or not url.isascii() or re.search(r"[\x00-\x20\x7f\\]", url):
        raise Refused
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError as error:
        raise Refused from error
    if parts.scheme not in ("https", *(["http"] if allows_http else [])) or "@" in parts.netloc:
        raise Refused
    literal = _literal(host)
    if literal is None and not _HOST.fullmatch(host):
        raise Refused
    if literal is not None and not (_is_allowed(host, literal) or is_public(literal)):
        raise Refused
    port = port or _USUAL[parts.scheme]
    if port not in PORTS and not _is_allowed(host, literal):
        raise Refused
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Destination(parts.scheme, host, port, target)


def resolve(destination: Destination) -> list[Address]:
    """Return where the host is, once: every address must be public, or allowed.

    Raises:
        Refused: one of them is not, or there is none.
    """
    literal = _literal(destination.host)
    found = [literal] if literal is not None else _looked_up(destination)
    if not found or not all(_is_allowed(destination.host, a) or is_public(a) for a in found):
        raise Refused
    return found


def check(url: str, *, allows_http: bool) -> None:
    """Refuse an address as a field of a form does; where its host is, is asked too.

    Raises:
        Invalid.
    """
    try:
        resolve(parse(url, allows_http=allows_http))
    except Refused:
        raise Invalid({"url": REFUSED}) from None


REFUSED = N_(
    "Messages cannot be sent to this address: it must begin with https:// and lead to a public"
    " server. The installation guide says how to allow others."
)


def is_public(address: Address) -> bool:
    """Tell whether an address is one of the Internet's, and no disguise of another."""
    if isinstance(address, IPv6Address) and address not in _PUBLIC_6:
        return False  # IPv4-mapped, NAT64, loopback, private, link-local, multicast
    if any(address in network for network in _SPECIAL if network.version == address.version):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _is_allowed(host: str, address: Address | None) -> bool:
    if host in _allowed_hosts:
        return True
    return address is not None and any(
        address in network for network in _allowed_networks if network.version == address.version
    )


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _looked_up(destination: Destination) -> list[Address]:
    """Ask the system, which also reads `0` and `2130706433` as addresses, for so long at most."""
    asked = _lookups.submit(
        socket.getaddrinfo, destination.host, destination.port, type=socket.SOCK_STREAM
    )
    try:
        rows = asked.result(LOOKUP_SECONDS)
    except (OSError, UnicodeError) as error:  # a TimeoutError is an OSError
        raise Refused from error
    return list(dict.fromkeys(ip_address(str(row[4][0])) for row in rows))
