"""Who may ask how the process is doing: who knows the token, or asks from an allowed address.

R-23. An address counts only of who connects directly: a request that some proxy passed on says so
in its headers, whatever they claim, and comes from outside.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv6Address, ip_address, ip_network

from data.config import Settings

PASSED_ON = ("x-forwarded-for", "x-forwarded-host", "x-real-ip", "forwarded", "via")


class Verdict(Enum):
    """What becomes of a request, by its status."""

    WELCOME = 200
    UNKNOWN = 401  # there is a token, and this is not it
    HIDDEN = 404  # for strangers there is nothing here


@dataclass(frozen=True, slots=True)
class Access:
    """What the settings say."""

    settings: Settings

    def verdict(self, address: str, headers: Mapping[str, str]) -> Verdict:
        """Return what becomes of a request; the names of headers are in small letters."""
        token = self.settings.metrics_token
        if token and _is_token(token, headers.get("authorization", "")):
            return Verdict.WELCOME
        is_direct = not any(name in headers for name in PASSED_ON)
        if is_direct and self._is_allowed(address):
            return Verdict.WELCOME
        return Verdict.UNKNOWN if token else Verdict.HIDDEN

    def _is_allowed(self, address: str) -> bool:
        try:
            asker = ip_address(address)
        except ValueError:
            return False
        if isinstance(asker, IPv6Address) and asker.ipv4_mapped:
            asker = asker.ipv4_mapped
        networks = (ip_network(text, strict=False) for text in self.settings.metrics_allow)
        return any(asker in network for network in networks)


def _is_token(token: str, authorization: str) -> bool:
    kind, _space, given = authorization.partition(" ")
    is_same = hmac.compare_digest(given.strip().encode(), token.encode())
    return is_same and kind.lower() == "bearer"
