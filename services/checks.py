"""What fields may hold: normalise, then validate, once, here (R-24)."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TypeVar

from data.text import clean_line, clean_prose
from services.errors import Invalid
from services.words import N_

E = TypeVar("E", bound=StrEnum)

MAX_TITLE = 300
MAX_PROSE = 64_000  # characters of Markdown: what is rendered without delay

LOST_PAGE = N_("This page no longer exists: start again.")
_EMPTY = N_("This field cannot be empty.")
_LONG = N_("At most {at_most} characters, please.")


def line(field: str, text: object, *, at_most: int, required: bool = False) -> str:
    """Return a clean single line, or raise Invalid for `field`."""
    cleaned = clean_line(text) if isinstance(text, str) else ""
    return _measured(field, cleaned, at_most, required=required)


def prose(field: str, text: object, *, at_most: int = MAX_PROSE, required: bool = False) -> str:
    """Return clean Markdown, or raise Invalid for `field`."""
    cleaned = clean_prose(text) if isinstance(text, str) else ""
    return _measured(field, cleaned, at_most, required=required)


def choice(field: str, value: object, kind: type[E]) -> E:
    """Return the member of `kind` that `value` names, or raise Invalid for `field`."""
    try:
        return kind(str(value))
    except ValueError:
        raise Invalid({field: N_("Choose one of the values offered.")}) from None


def position(text: str, *, at_most: int = 2**63 - 1) -> int:
    """Return the id in a cursor, or raise Invalid for what is no id that a row may have."""
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and int(text) <= at_most):
        raise Invalid({"cursor": LOST_PAGE})
    return int(text)


class Problems:
    """Collects the refusals of several fields, to tell them all at once."""

    def __init__(self) -> None:
        self._found: dict[str, str] = {}
        self._facts: dict[str, object] = {}

    def __bool__(self) -> bool:
        return bool(self._found)

    @contextmanager
    def collected(self) -> Iterator[None]:
        """Keep an Invalid raised inside the block instead of letting it through."""
        try:
            yield
        except Invalid as refusal:
            self._found |= refusal.problems
            self._facts |= refusal.facts

    def raise_any(self) -> None:
        """Raise one Invalid with everything collected, if anything was."""
        if self._found:
            raise Invalid(self._found, **self._facts)


def _measured(field: str, text: str, at_most: int, *, required: bool) -> str:
    if required and not text:
        raise Invalid({field: _EMPTY})
    if len(text) > at_most:
        raise Invalid({field: _LONG}, at_most=at_most)
    return text
