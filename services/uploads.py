"""A file coming up in a form, written to disk as it comes; limits held here (R-13)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from data.files import MAX_FILE_BYTES, Intake, Lying, NoRoom, Stored, TooLarge
from services.errors import Invalid
from services.words import N_

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

_TOO_LARGE = N_("A file may be 25 MB large at most.")
_NO_ROOM = N_("The server has no room for files at the moment.")
_LYING = N_("The content of this file is not what its name says.")
_EMPTY = N_("Choose a file.")
_MOST_AROUND_BYTES = 64 * 1024  # boundaries, headers, other fields of the form


class Upload:
    """Takes the first file of a form in, chunk by chunk; without `finish` nothing remains of it.

    Every method raises Invalid, for the field `file`, as soon as something is wrong.
    """

    def __init__(self, content_type: str | None) -> None:
        """Begin, with the Content-Type of the request."""
        kind, options = parse_options_header(content_type)
        if kind != b"multipart/form-data" or b"boundary" not in options:
            raise Invalid({"file": _EMPTY})
        with _told():
            self._intake = Intake()
        self._part = _OneFile(self._intake)
        self._parser = MultipartParser(options[b"boundary"], self._part.callbacks())
        self._taken = 0

    def take(self, chunk: bytes) -> None:
        """Take some bytes of the body."""
        self._taken += len(chunk)
        with _told():
            if self._taken > MAX_FILE_BYTES + _MOST_AROUND_BYTES:
                raise TooLarge
            self._parser.write(chunk)

    def finish(self) -> Stored:
        """Return the file, safely on disk."""
        if self._part.name is None:
            raise Invalid({"file": _EMPTY})
        with _told():
            return self._intake.finish(self._part.name)

    def abort(self) -> None:
        """Forget what was not finished."""
        self._intake.abort()


@contextmanager
def _told() -> Iterator[None]:
    """Say what went wrong in a sentence."""
    try:
        yield
    except TooLarge:
        raise Invalid({"file": _TOO_LARGE}) from None
    except NoRoom:
        raise Invalid({"file": _NO_ROOM}) from None
    except Lying:
        raise Invalid({"file": _LYING}) from None
    except FormParserError:
        raise Invalid({"file": _EMPTY}) from None


class _OneFile:
    """Hands the bytes of the first file of a form on; other parts are passed over."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._header = b""
        self._value = b""
        self._is_ours = False
        self.name: str | None = None

    def callbacks(self) -> "MultipartCallbacks":
        """Return what the parser calls."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._on_header_field,
            "on_header_value": self._on_header_value,
            "on_header_end": self._on_header_end,
            "on_part_data": self._on_data,
        }

    def _begin(self) -> None:
        self._is_ours = False

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        if self._header.lower() == b"content-disposition" and self.name is None:
            _kind, options = parse_options_header(self._value)
            if b"filename" in options:
                self.name = options[b"filename"].decode("utf-8", "replace")
                self._is_ours = True
        self._header, self._value = b"", b""

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        if self._is_ours:
            self._intake.write(data[start:end])
