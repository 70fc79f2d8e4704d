"""Passwords: how they are kept (argon2id), and what makes one good enough."""

import threading
import unicodedata
from collections.abc import Iterable
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from data.text import fold
from services.errors import Invalid
from services.words import N_

MIN_LENGTH = 15  # NIST SP 800-63B-4 §3.1.1.2 for a single factor; no rule on kinds of characters
MAX_LENGTH = 128  # code points; longer ones only cost work

# OWASP’s floor for argon2id: about 40 ms and 19 MiB; two at a time leave the machine to the others.
HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1, hash_len=32, salt_len=16)
_hasher = HASHER
_turn = threading.Semaphore(2)

_COMMON = (
    "administrateur", "administrator", "appticket", "azerty", "bienvenue", "bonjour", "changeme",
    "helpdesk", "iloveyou", "jetaime", "letmein", "motdepasse", "password", "qwerty", "secret",
    "soleil", "support", "utilisateur", "welcome",
)  # fmt: skip
_ROWS = (
    "abcdefghijklmnopqrstuvwxyz", "01234567890", "azertyuiop", "qsdfghjklm", "wxcvbn",
    "qwertyuiop", "asdfghjkl", "zxcvbnm",
)  # fmt: skip
_SHORTEST_RUN = 3
_SHORTEST_WORD = 4  # shorter names are part of too many words
_LEAST_LEFT = 8  # letters and digits that are neither known words nor runs
_LEAST_DISTINCT = 5


def configure(hasher: PasswordHasher) -> None:
    """Use another hasher; for tests, where forty milliseconds are long."""
    global _hasher  # noqa: PLW0603 - one installation, one hasher
    _hasher = hasher
    _decoy.cache_clear()


class Worked(str):
    """A password whose slow work was done before the transaction that needs what came of it."""

    __slots__ = ("hash", "verdicts")

    def __init__(self, _password: str) -> None:
        self.hash: str | None = None
        self.verdicts: dict[str | None, bool] = {}


def worked(password: str) -> Worked:
    """Hash a password before the transaction that keeps it: nobody waits for the work meanwhile."""
    done = Worked(password)
    if len(password) <= MAX_LENGTH:  # what is too long is refused anyway
        done.hash = hashed(password)
    return done


def compared(password: str, kept: str | None) -> Worked:
    """Compare a password with what is kept, and hash it anew if that is due, beforehand as well."""
    done = Worked(password)
    done.verdicts[kept] = matches(password, kept)
    if kept and done.verdicts[kept] and needs_rehash(kept):
        done.hash = hashed(password)
    return done


def hashed(password: str) -> str:
    """Return the argon2id hash of a password that was checked."""
    if isinstance(password, Worked) and password.hash:
        return password.hash
    with _turn:
        return _hasher.hash(_composed(password))


def matches(password: str, kept: str | None) -> bool:
    """Tell whether the password is the one hashed; as much work when there is none (R-18)."""
    if len(password) > MAX_LENGTH:
        return False
    if isinstance(password, Worked) and kept in password.verdicts:
        return password.verdicts[kept]
    with _turn:
        try:
            _hasher.verify(kept or _decoy(), _composed(password))
        except (VerificationError, InvalidHashError):
            return False
    return kept is not None


def needs_rehash(kept: str) -> bool:
    """Tell whether the hash was made with other parameters than today’s."""
    return _hasher.check_needs_rehash(kept)


def check(password: str, *, words: Iterable[str] = (), field: str = "password") -> None:
    """Refuse a password that is too short, too long or easy to guess.

    `words` are the person’s own: name, address. No expiry, no composition rule (NIST, CNIL).

    Raises:
        Invalid: for `field`.
    """
    if len(password) > MAX_LENGTH:
        raise Invalid({field: N_("At most {most} characters, please.")}, most=MAX_LENGTH)
    if len(unicodedata.normalize("NFKC", password)) < MIN_LENGTH:
        sentence = N_("At least {least} characters, please: a few words make a good password.")
        raise Invalid({field: sentence}, least=MIN_LENGTH)
    if _is_guessable(password, words):
        raise Invalid({field: N_("This password is easy to guess: choose other words.")})


def _composed(password: str) -> bytes:
    """Return the same bytes however the keyboard composed its accents (NFKC, NIST)."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


@cache
def _decoy() -> str:
    """Return the hash that is compared with when there is none."""
    return _hasher.hash("nobody has this password")


def _is_guessable(password: str, words: Iterable[str]) -> bool:
    rest = "".join(c for c in fold(password) if c.isalnum())
    known = {part for word in words for part in fold(word).replace("@", " ").split()}
    known |= {piece for part in known for piece in part.replace("-", ".").split(".")}
    known = {"".join(c for c in word if c.isalnum()) for word in known} | set(_COMMON)
    for word in sorted(known, key=len, reverse=True):
        if len(word) >= _SHORTEST_WORD:
            rest = rest.replace(word, "")
    rest = _without_runs(rest)
    rest = _without_repetition(rest)
    return len(rest) < _LEAST_LEFT or len(set(rest)) < _LEAST_DISTINCT


def _without_repetition(text: str) -> str:
    """Return the block a text repeats: “chat” for “chatchatchat”."""
    period = (text + text).find(text, 1)
    return text[:period] if text else text


def _without_runs(text: str) -> str:
    """Return the text without abc, 321, azerty or aaa: what follows from the character before."""
    left: list[str] = []
    run = text[:1]
    for char in text[1:]:
        if any(run + char in row for row in _rows()) or set(run) == {char}:
            run += char
        else:
            left.append(run)
            run = char
    return "".join(part for part in [*left, run] if len(part) < _SHORTEST_RUN)


@cache
def _rows() -> tuple[str, ...]:
    return (*_ROWS, *(row[::-1] for row in _ROWS))
