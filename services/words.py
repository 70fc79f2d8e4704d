"""The language of a person: gettext over catalogues that Babel reads as they are."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
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
    return catalogue(_spoken.get()).gettext(text)


def ngettext(one: str, many: str, count: int) -> str:
    """Return the singular or the plural, as the spoken language counts."""
    return catalogue(_spoken.get()).ngettext(one, many, count)


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
    wishes: list[tuple[float, str]] = []
    for part in accept_language.split(",")[:20]:
        tag, _sep, quality = part.strip().partition(";q=")
        try:
            wishes.append((float(quality or 1), tag.split("-")[0].lower()))
        except ValueError:
            continue
    for _quality, tag in sorted(wishes, key=lambda wish: -wish[0]):
        if tag in LANGUAGES:
            return tag
    return default


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
