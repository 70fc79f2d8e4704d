"""What somebody typed into a search box, taken apart: words, phrases, operators (docs/search.md).

Nothing typed is an error: what makes no sense as an operator is looked for as words.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from data.models import Priority, Status
from data.text import clean_line
from data.text_search import MOST_UNWANTED, MOST_WANTED, SHORTEST, Phrase, Query, words
from services import labels
from services.words import LANGUAGES, catalogue
from services.workflow import DONE, OPEN

MAX_TEXT = 300
MAX_OPERATORS = 10
LONGEST_PHRASE = 12  # words

OPERATORS: dict[str, tuple[str, ...]] = {  # name, and how it is written, French first
    "status": ("statut", "status", "état", "state"),
    "priority": ("priorité", "priority"),
    "type": ("type",),
    "requester": ("demandeur", "requester"),
    "lead": ("responsable", "lead", "assignee"),
    "team": ("équipe", "team"),
    "category": ("catégorie", "category"),
    "tag": ("étiquette", "tag"),
    "before": ("avant", "before"),
    "after": ("après", "after"),
}
_ALSO: dict[str, dict[str, object]] = {  # values people write beside the labels
    "status": {
        **dict.fromkeys(("ouvert", "ouverts", "open"), OPEN),
        **dict.fromkeys(("termine", "termines", "done"), DONE),
        **dict.fromkeys(("clos", "cloture"), frozenset({Status.CLOSED})),
        "attente": frozenset({Status.PENDING}),
    },
    "priority": {"bas": frozenset({Priority.LOW}), "haut": frozenset({Priority.HIGH})},
    "type": {},
    "requester": dict.fromkeys(("moi", "me"), "me"),
    "lead": {
        **dict.fromkeys(("moi", "me"), "me"),
        **dict.fromkeys(("personne", "nobody", "none"), "none"),
    },
}


@dataclass(frozen=True, slots=True)
class Operator:
    """One condition that is not about words; `value` is what its name makes of what was typed."""

    name: str
    value: object
    is_not: bool = False


@dataclass(slots=True)
class Terms:
    """What must be in a text, what must not, and what else narrows the tickets."""

    wanted: list[Phrase] = field(default_factory=list)
    unwanted: list[Phrase] = field(default_factory=list)
    operators: list[Operator] = field(default_factory=list)
    number: int | None = None  # all that was typed is one number

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is asked for."""
        return not (self.wanted or self.unwanted or self.operators)

    @property
    def query(self) -> Query:
        """Return what is asked of the texts.

        A beginning of one or two letters after other words waits for more: it narrows little, and
        an index puts together all words that begin so. Titles that have it come first meanwhile.
        """
        wanted = [phrase for phrase in self.wanted if not _is_hint(phrase)] or self.wanted
        return Query(tuple(wanted), tuple(self.unwanted))

    @property
    def is_of_words_alone(self) -> bool:
        """Tell whether names may be meant as well: nothing but words is asked for."""
        return bool(self.wanted) and not (self.unwanted or self.operators)


def read(text: str, *, is_typing: bool = False) -> Terms:
    """Take a text apart; `is_typing`: its last word may be the beginning of one.

    One or two letters that a space follows are a word. What is beyond MAX_TEXT, MOST_WANTED,
    MOST_UNWANTED or MAX_OPERATORS is left out.
    """
    line = _QUOTES.sub('"', clean_line(text[:MAX_TEXT]))
    terms = Terms()
    for found in _PART.finditer(line):
        minus, name, phrase, word = found.groups()
        typed = word if phrase is None else phrase
        operator = _operator(name or "", typed, is_not=bool(minus))
        if operator is None:
            is_begun = is_typing and phrase is None and found.end() == len(line)
            _add_words(terms, found, is_begun=is_begun)
        elif len(terms.operators) < MAX_OPERATORS:
            terms.operators.append(operator)
    if text[:MAX_TEXT] != text[:MAX_TEXT].rstrip():
        terms.wanted = [_ended(phrase) for phrase in terms.wanted]
    terms.number = _number(line)
    return terms


_QUOTES = re.compile("[«»“”„]")
_PART = re.compile(r'(?:(?<!\S)(-))?(?:([^\W\d_]+):)?(?:"([^"]*)"?|([^\s"]+))')


def _is_hint(phrase: Phrase) -> bool:
    return phrase.is_prefix and len(phrase.words[-1]) < SHORTEST


def _ended(phrase: Phrase) -> Phrase:
    return Phrase(phrase.words) if _is_hint(phrase) else phrase


def _add_words(terms: Terms, found: re.Match[str], *, is_begun: bool) -> None:
    """Add a part as one phrase, or, unquoted and wanted, its words each for itself."""
    minus, name, phrase, word = found.groups()
    said = words(f"{name or ''} {word if phrase is None else phrase}")[:LONGEST_PHRASE]
    kept, most = (terms.unwanted, MOST_UNWANTED) if minus else (terms.wanted, MOST_WANTED)
    runs = [said] if said and (minus or phrase is not None) else [[each] for each in said]
    for run in runs:
        is_prefix = is_begun and not minus and run is runs[-1]
        if len(kept) < most:
            kept.append(Phrase(tuple(run), is_prefix=is_prefix))


def _operator(spelt: str, typed: str, *, is_not: bool) -> Operator | None:
    name = _NAMES.get(" ".join(words(spelt)))
    value = _value(name, typed) if name else None
    return Operator(name, value, is_not) if name and value is not None else None


def _value(name: str, typed: str) -> object | None:
    """Return what an operator’s value means; None when it means nothing."""
    said = words(typed)[:LONGEST_PHRASE]
    if name in ("before", "after"):
        return _day(typed)
    meant = _VALUES.get(name, {}).get(" ".join(said))
    is_free = name not in ("status", "priority", "type")
    return meant or (tuple(said) or None if is_free else None)


def _day(typed: str) -> date | None:
    """Return a day written 2026-01-31 or 31/01/2026; of a month or a year, the first one."""
    parts = typed.split("/")[::-1] if "/" in typed else typed.split("-")
    try:
        year, month, day = [*map(int, parts), 1, 1][:3]
        return date(year, month, day)
    except ValueError:
        return None


def _number(line: str) -> int | None:
    digits = line.removeprefix("#")
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= 15 else None


def _spellings() -> dict[str, dict[str, object]]:
    """Return what values mean, by how both languages write them."""
    called: list[tuple[str, Mapping[Any, str]]] = [
        ("status", labels.STATUS),
        ("priority", labels.PRIORITY),
        ("type", labels.TYPE),
    ]
    found = {name: dict(values) for name, values in _ALSO.items()}
    for name, members in called:
        for member, label in members.items():
            spelt = [member.value, *(catalogue(language).gettext(label) for language in LANGUAGES)]
            for spelling in spelt:
                found[name][" ".join(words(spelling))] = frozenset({member})
    return found


_NAMES = {" ".join(words(spelt)): name for name, all_ in OPERATORS.items() for spelt in all_}
_VALUES = _spellings()
