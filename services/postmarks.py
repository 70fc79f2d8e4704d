"""What goes out with a message and is known again when it comes back: links, addresses, ids.

Each carries a keyed hash: nobody makes one up, and knowing one gives no other (R-15).
"""

import base64
import hashlib
import hmac
import re

_TOKEN = re.compile(r"u(\d{1,10})t(\d{1,12})\.([a-z2-7]{20})")
_REPLY = re.compile(r"\+t(\d{1,12})\.([a-z2-7]{12})@")
_key = b""
_base_url = ""


def configure(secret_key: str, base_url: str) -> None:
    """Derive the key from the installation's secret, and know its address; called by main.py."""
    global _key, _base_url  # noqa: PLW0603 - as the database, one for the process
    _key = hmac.digest(secret_key.encode(), b"appticket postmarks 1", "sha256")
    _base_url = base_url


def url(path: str = "/") -> str:
    """Return the address of a page, as people reach it (R-8: never from a request)."""
    return f"{_base_url}{path}"


def mute_url(user_id: int, number: int) -> str:
    """Return where one says « no more of this ticket » without signing in."""
    said = f"u{user_id}t{number}"
    return url(f"/mute/{said}.{_hash('mute', said, 20)}")


def muted_by(token: str) -> tuple[int, int] | None:
    """Return the person and the ticket that a link of `mute_url` names; None when it is forged."""
    found = _TOKEN.fullmatch(token)
    if found is None or not _is_ours("mute", f"u{found[1]}t{found[2]}", found[3]):
        return None
    return int(found[1]), int(found[2])


def message_id(key: str, domain: str) -> str:
    """Return the Message-ID of a message: the same each time it is sent (RFC 5322 §3.6.4)."""
    return f"<at.{key}.{_hash('message', key, 12)}@{domain}>"


def thread_id(number: int, domain: str) -> str:
    """Return the Message-ID that all messages about a ticket refer to; none bears it itself."""
    said = f"t{number}"
    return f"<at.{said}.{_hash('thread', said, 12)}@{domain}>"


def reply_address(address: str, number: int) -> str:
    """Return where an answer about a ticket goes: `support+t42.…@example.org`."""
    name, _at, domain = address.rpartition("@")
    return f"{name}+t{number}.{_hash('reply', str(number), 12)}@{domain}"


def answered(address: str) -> int | None:
    """Return the ticket that an address of `reply_address` names; None when it is forged."""
    found = _REPLY.search(address.lower())
    return int(found[1]) if found and _is_ours("reply", found[1], found[2]) else None


def _hash(about: str, said: str, length: int) -> str:
    """Return small letters and digits: mail servers may change the case of a name."""
    digest = hmac.new(_key, f"{about}:{said}".encode(), hashlib.sha256).digest()
    return base64.b32encode(digest).decode().lower()[:length]


def _is_ours(about: str, said: str, told: str) -> bool:
    return hmac.compare_digest(_hash(about, said, len(told)), told)
