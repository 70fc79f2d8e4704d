"""What `doctor` finds out about who may read `/metrics`."""

from ipaddress import IPv4Network, IPv6Network, ip_network

from data.config import Settings

STRONG = 32  # characters
_WIDE = {4: 8, 6: 32}  # the most of the world that somebody’s own network can be


def finding(settings: Settings) -> tuple[bool, str]:
    """Return whether only those who should may read it, and a sentence."""
    networks = [ip_network(entry, strict=False) for entry in settings.metrics_allow]
    public = sorted(str(network) for network in networks if not _is_own(network))
    if public:
        told = f"{', '.join(public)} may read /metrics, and is not your own network: take it out"
        return False, f"{told} of APPTICKET_METRICS_ALLOW, and give who asks a token."
    if settings.metrics_token and len(settings.metrics_token) < STRONG:
        told = f"APPTICKET_METRICS_TOKEN has less than {STRONG} characters"
        return False, f"{told}: make another with `openssl rand -hex 32`."
    allowed = ", ".join(settings.metrics_allow) or "no address"
    token = "who knows the token" if settings.metrics_token else "nobody else"
    return True, f"/metrics answers to {allowed}, and to {token}."


def _is_own(network: IPv4Network | IPv6Network) -> bool:
    return network.is_private and network.prefixlen >= _WIDE[network.version]
