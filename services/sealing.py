"""Secrets that must be used again, kept so that the database alone does not give them away."""

import base64
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_BYTES = 12  # NIST SP 800-38D §5.2.1.1
_key = b""


class Unreadable(Exception):
    """It was sealed with another secret key, for something else, or it is damaged."""


def configure(secret_key: str) -> None:
    """Derive the key from the installation's secret; called once by main.py."""
    global _key  # noqa: PLW0603 - as the database, one for the process
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"appticket sealed secrets 1")
    _key = derived.derive(secret_key.encode())


def seal(text: str, about: str) -> str:
    """Encrypt a text that can be opened only as what it is `about` (AES-256-GCM)."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    sealed = AESGCM(_key).encrypt(nonce, text.encode(), about.encode())
    return base64.b64encode(nonce + sealed).decode()


def unseal(sealed: str, about: str) -> str:
    """Return the text again.

    Raises:
        Unreadable.
    """
    try:
        raw = base64.b64decode(sealed, validate=True)
        opened = AESGCM(_key).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], about.encode())
    except (InvalidTag, ValueError) as error:
        raise Unreadable from error
    return opened.decode()
