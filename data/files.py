"""Attachments on disk, kept under the digest of their bytes: a name is never a path (R-13)."""

import hashlib
import os
import secrets
import shutil
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from data.text import clean_line

MAX_FILE_BYTES = 25 * 2**20
MIN_FREE_BYTES = 2 * 2**30
MAX_NAME = 200
OPAQUE = "application/octet-stream"

# What a browser may show in place: recognised by its first bytes, and by nothing else.
_SIGNATURES: tuple[tuple[str, bytes, int, bytes, int], ...] = (
    ("image/png", b"\x89PNG\r\n\x1a\n", 0, b"", 0),
    ("image/jpeg", b"\xff\xd8\xff", 0, b"", 0),
    ("image/gif", b"GIF8", 0, b"", 0),
    ("image/webp", b"RIFF", 0, b"WEBP", 8),
    ("application/pdf", b"%PDF-", 0, b"", 0),
)
_EXTENSIONS: dict[str, str] = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".pdf": "application/pdf",
}
SHOWN_INLINE = frozenset(_EXTENSIONS.values())

_root = Path("var/files")


class TooLarge(Exception):
    """More bytes than one file may have."""


class NoRoom(Exception):
    """The disk is nearly full: nothing more is accepted."""


class Lying(Exception):
    """The name promises a kind of file that the bytes are not."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that is safely on disk."""

    digest: str
    size_bytes: int
    name: str
    content_type: str


def configure(root: Path) -> None:
    """Say where attachments live; called once by main.py and once per test."""
    global _root  # noqa: PLW0603 - like the engine: one installation, one place
    _root = root
    (root / "incoming").mkdir(parents=True, exist_ok=True)


def path_of(digest: str) -> Path:
    """Return where the bytes with this SHA-256 lie."""
    if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
        raise ValueError("not a digest")
    return _root / digest[:2] / digest[2:4] / digest


def clean_name(name: str) -> str:
    """Return a name fit to be shown: no folders, no unseen characters, at most MAX_NAME long."""
    last = unicodedata.normalize("NFKC", name).replace("\\", "/").rsplit("/", 1)[-1]
    cleaned = clean_line(last).strip(". ") or "file"
    stem, dot, ending = cleaned.rpartition(".")
    if dot and len(ending) <= 10:
        return f"{stem[: MAX_NAME - len(ending) - 1]}.{ending}"
    return cleaned[:MAX_NAME]


def kind_of(head: bytes) -> str:
    """Return the type that the first bytes show, or OPAQUE."""
    for content_type, first, start, second, later in _SIGNATURES:
        if head.startswith(first, start) and head.startswith(second, later):
            return content_type
    return OPAQUE


def older_than(instant: datetime) -> Iterator[str]:
    """Return the digests of the files that came before an instant."""
    return (path.name for path in _root.glob("??/??/*") if _is_older(path, instant))


def remove(digest: str, *, older_than: datetime) -> bool:
    """Delete bytes that came before an instant; the caller knows that no row refers to them."""
    path = path_of(digest)
    if not _is_older(path, older_than):
        return False
    path.unlink(missing_ok=True)
    return True


def _is_older(path: Path, instant: datetime) -> bool:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC) < instant
    except FileNotFoundError:  # another process was faster
        return False


class Intake:
    """Takes one file in, chunk by chunk; without `finish` nothing remains of it."""

    def __init__(self) -> None:
        """Open a place for the bytes.

        Raises:
            NoRoom: less than MIN_FREE_BYTES would remain.
        """
        incoming = _root / "incoming"
        incoming.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(incoming).free < MIN_FREE_BYTES:
            raise NoRoom
        self._path = incoming / secrets.token_hex(16)
        self._file: BinaryIO = self._path.open("xb")
        self._hash = hashlib.sha256()
        self._size = 0
        self._head = b""

    def write(self, chunk: bytes) -> None:
        """Take some bytes; raise TooLarge past MAX_FILE_BYTES."""
        self._size += len(chunk)
        if self._size > MAX_FILE_BYTES:
            raise TooLarge
        if len(self._head) < 16:
            self._head += chunk[:16]
        self._hash.update(chunk)
        self._file.write(chunk)

    def finish(self, name: str) -> Stored:
        """Make the file durable under its digest: file, rename and folder reach the disk.

        Raises:
            Lying: the extension promises something else than the bytes are.
        """
        shown = clean_name(name)
        content_type = kind_of(self._head)
        promised = _EXTENSIONS.get(Path(shown).suffix.lower())
        if promised and promised != content_type:
            self.abort()
            raise Lying
        digest = self._hash.hexdigest()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        target = path_of(digest)
        is_new = not target.parent.exists()
        target.parent.mkdir(parents=True, exist_ok=True)
        self._path.replace(target)
        for folder in (target.parent, target.parent.parent, _root) if is_new else (target.parent,):
            _sync(folder)
        return Stored(digest, self._size, shown, content_type if promised else OPAQUE)

    def abort(self) -> None:
        """Forget the bytes."""
        self._file.close()
        self._path.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
