"""The language of a person: gettext over catalogues that Babel reads as they are."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations

LANGUAGES = ("fr", "en")
SOURCE_LANGUAGE = "en"  # the texts in the code
LOCALES = Path(__file__).parent / "locale"

_spoken: ContextVar[str] = ContextVar("language", default="fr")


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for “translate later”
    """Mark a text for translation and return it untouched."""
    return text


def _(text: str) -> str:
    """Return the text in the language being spoken."""
    return catalogue(_spoken.get()).gettext(text) if text else ""  # "" is the catalogue’s head


def ngettext(one: str, many: str, count: int) -> str:
    """Return the singular or the plural, as the spoken language counts."""
    return catalogue(_spoken.get()).ngettext(one, many, count)


def decimal(number: float) -> str:
    """Return a number with at most one decimal, as in « 1,5 »."""
    return str(format_decimal(number, "#,##0.#", locale=_spoken.get()))


def number(value: float, decimals: int) -> str:
    """Return a number as a spreadsheet of the spoken language reads it: « 1234,5 »."""
    form = f"0.{'#' * decimals}" if decimals else "0"
    return str(format_decimal(value, form, locale=_spoken.get()))


def spoken() -> str:
    """Return the language being spoken, `fr` or `en`."""
    return _spoken.get()


def speak(language: str) -> None:
    """Speak `language` from here on, in this task or thread."""
    _spoken.set(language if language in LANGUAGES else SOURCE_LANGUAGE)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak `language` inside the block."""
    token = _spoken.set(language if language in LANGUAGES else SOURCE_LANGUAGE)
    try:
        yield
    finally:
        _spoken.reset(token)


def preferred(accept_language: str, default: str) -> str:
    """Choose a language from an Accept-Language header (RFC 9110 §12.5.4)."""
    chosen, best = default, 0.0
    for part in accept_language.split(",")[:20]:
        tag, _semicolon, weight = (piece.strip().lower() for piece in part.partition(";"))
        language, quality = tag.split("-")[0], _quality(weight)
        if language in LANGUAGES and quality > best:
            chosen, best = language, quality
    return chosen


def _quality(weight: str) -> float:
    """Return the quality in `q=0.8`; 0, not wanted, when it makes no sense."""
    try:
        quality = float(weight.removeprefix("q=")) if weight else 1.0
    except ValueError:
        return 0.0
    return quality if 0 <= quality <= 1 else 0.0


@cache
def catalogue(language: str) -> NullTranslations:
    """Return the compiled catalogue of one language; the source language needs none."""
    path = LOCALES / language / "LC_MESSAGES" / "appticket.po"
    if language == SOURCE_LANGUAGE or not path.exists():
        return NullTranslations()
    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return Translations(compiled)
