"""Keys of callers, which make a retry safe: the same key again returns what it made before."""

import hashlib

from services.permissions import Actor


def kept(by: Actor, key: str | None, *scope: object) -> str | None:
    """Return what is kept of a key: of any length, and each person’s own within `scope`."""
    if not key:
        return None
    parts = "\x1f".join(map(str, (by.id, *scope, key)))
    return hashlib.sha256(parts.encode("utf-8", "replace")).hexdigest()
