"""Full-text search: FTS5 on SQLite, FULLTEXT on MySQL and MariaDB, behind one function.

What is searched is kept folded, as ` 42 imprimante en_ panne `: words between single spaces, so
that a plain comparison finds what the index finds. What people typed reaches neither as syntax: it
comes as words of letters and digits (R-6).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    Subquery,
    Text,
    and_,
    bindparam,
    case,
    column,
    delete,
    false,
    func,
    insert,
    literal,
    select,
    table,
    true,
    union_all,
)
from sqlalchemy.dialects.mysql import match
from sqlalchemy.orm import Session

from data.models import Ticket, TicketText
from data.text import fold

LONGEST_WORD = 40  # MySQL’s index leaves out words of more than 84
MOST_CHARACTERS = 500_000  # of one ticket: what comes after is not searched
SHORTEST = 3  # MySQL’s index leaves out shorter words: they are lengthened
MOST_WANTED = 8
MOST_UNWANTED = 4
WEIGHED = 200  # the newest texts tell which words are frequent …
FREQUENT = 10  # … those in more than so many of them

# MySQL’s index leaves these out as well (INNODB_FT_DEFAULT_STOPWORD).
_LEFT_OUT = frozenset(
    re.findall(
        r"\w+",
        """
    a about an are as at be by com de en for from how i in is it la of on or that the this to was
    what when where who will with und www
""",
    )
)


@dataclass(frozen=True, slots=True)
class Phrase:
    """Folded words that stand one after another; the last may be a beginning only."""

    words: tuple[str, ...]
    is_prefix: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """What must and what must not be in a text, MOST_WANTED and MOST_UNWANTED of them."""

    wanted: tuple[Phrase, ...]
    unwanted: tuple[Phrase, ...] = ()


def words(text: str) -> list[str]:
    """Return the words of a text as they are compared: folded, of LONGEST_WORD at most."""
    return [word[:LONGEST_WORD] for word in text.translate(_WORDS).split()]


def searchable(texts: Iterable[str]) -> str:
    """Return texts as they are kept to be searched."""
    whole = "\n".join(texts)[:MOST_CHARACTERS]
    return f" {' '.join(map(_kept, whole.translate(_WORDS).split()))} "


def put(s: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep the words of tickets (`ticket_number`, `public`, `whole`) that had none before."""
    if not rows:
        return
    s.connection().execute(insert(TicketText.__table__), rows)  # type: ignore[arg-type] # a table
    if _is_sqlite(s):
        s.connection().execute(_ADDED, rows)


def forget(s: Session, numbers: Sequence[int]) -> None:
    """Remove the words of tickets."""
    s.execute(delete(TicketText).where(TicketText.ticket_number.in_(numbers)))


def holds(query: Query, *, whole: bool) -> ColumnElement[bool]:
    """Return whether a row of TicketText matches, by reading it: for few rows.

    The SQL is the same whatever is asked for: where nothing is, the space that begins every text
    is looked for, which is found at once.
    """
    text = func.coalesce(TicketText.whole, TicketText.public) if whole else TicketText.public
    return _holds(query, text)


def frequent(s: Session, query: Query, *, whole: bool) -> frozenset[str]:
    """Return the words of a query that many tickets have, as far as the newest tell.

    MySQL reads all tickets that have a word, for each word that is asked for; SQLite does not, and
    has no frequent ones. The SQL is the same whatever is asked for, as in `holds`.
    """
    if _is_sqlite(s):
        return frozenset()
    wanted = sorted(asked_of(query))[:MOST_WANTED]
    text = func.coalesce(TicketText.whole, TicketText.public) if whole else TicketText.public
    some = select(text.label("text")).order_by(TicketText.ticket_number.desc()).limit(WEIGHED)
    texts = some.subquery().c.text
    parts = [*map(_as_said, wanted), *[" "] * MOST_WANTED][:MOST_WANTED]
    counts = [func.sum(func.instr(texts, part) > 0, type_=Integer) for part in parts]
    found = zip(wanted, s.execute(select(*counts)).one(), strict=False)
    return frozenset(word for word, count in found if (count or 0) > FREQUENT)


def asked_of(query: Query) -> frozenset[str]:
    """Return the words that an index is asked for; one that is a beginning ends with a star."""
    return frozenset(word for phrase in query.wanted for word in _starred(phrase))


def newest(
    s: Session,
    query: Query,
    among: Select[Any],
    *,
    whole: bool,
    limit: int,
    below: int | None = None,
    passed: frozenset[str] = frozenset(),
) -> Subquery:
    """Select the highest `number` of the tickets in `among` whose words match, by the index.

    All are smaller than `below`, if that is given. MySQL’s index is not asked for the words that
    are `passed` over, unless they are all: what the others find is looked at.
    """
    branch = _on_sqlite if _is_sqlite(s) else partial(_on_mysql, passed=passed)
    number = _FTS5.c.rowid if _is_sqlite(s) else TicketText.ticket_number
    smaller = [number < below] if below is not None else []
    found = [
        branch(query, among, audience).where(*smaller).limit(limit).subquery()
        for audience in (("whole", "rest") if whole else ("public",))
    ]
    every = union_all(*(select(part.c.number) for part in found)).subquery()
    return select(every.c.number).order_by(every.c.number.desc()).limit(limit).subquery()


def said_in(s: Session, name: Any, words_: Iterable[str]) -> ColumnElement[bool]:
    """Return whether a short text, as a name, holds all of some folded words, accents or not."""
    bare = func.fold(name) if _is_sqlite(s) else name.collate("utf8mb4_unicode_ci")
    return and_(*(bare.contains(word, autoescape=True) for word in words_))


def begun_in(s: Session, name: Any, words_: Iterable[str]) -> ColumnElement[bool]:
    """Return whether each of some folded words begins one of a short text, accents or not."""
    spaced = literal(" ").concat(name)
    for mark in _WITHIN_NAMES:
        spaced = func.replace(spaced, mark, " ")
    return said_in(s, spaced, (f" {word}" for word in words_))


_WITHIN_NAMES = "-'’"

# Which words a branch looks through: `rest` are the public ones of tickets without a note.
_COLUMNS = {"public": "public", "rest": "public", "whole": "whole"}


def _on_sqlite(query: Query, among: Select[Any], audience: str) -> Select[Any]:
    wanted = " AND ".join(map(_quoted, query.wanted))
    unwanted = " OR ".join(map(_quoted, query.unwanted))
    asked = f"({wanted}) NOT ({unwanted})" if unwanted else wanted
    found = (
        among.with_only_columns(_FTS5.c.rowid.label("number"))
        .select_from(Ticket)
        .join(_FTS5, _FTS5.c.rowid == Ticket.number)
        .where(_FTS5.c.ticket_words.match(f"{{{_COLUMNS[audience]}}} : ({asked})"))
        .order_by(_FTS5.c.rowid.desc())
    )
    return found.where(_FTS5.c.whole.is_(None)) if audience == "rest" else found


def _quoted(phrase: Phrase) -> str:
    """Write a phrase as an FTS5 string: nothing in it is syntax but the quotes around it."""
    return f'"{_spelt(phrase)}"{"*" if phrase.is_prefix else ""}'


def _on_mysql(
    query: Query, among: Select[Any], audience: str, passed: frozenset[str]
) -> Select[Any]:
    text = getattr(TicketText, _COLUMNS[audience])
    asked, unsaid = _boolean(query, passed)
    found = (
        among.with_only_columns(TicketText.ticket_number.label("number"))
        .select_from(Ticket)
        .join(TicketText, TicketText.ticket_number == Ticket.number)
        .where(match(text, against=asked).in_boolean_mode())
        .order_by(TicketText.ticket_number.desc())
    )
    if audience == "rest":
        found = found.where(TicketText.whole.is_(None))
    return found.where(_holds(unsaid, text)) if unsaid.wanted or unsaid.unwanted else found


def _boolean(query: Query, passed: frozenset[str]) -> tuple[str, Query]:
    """Write in MySQL’s syntax what narrows; return beside it what it cannot, or slowly, say."""
    wanted = [_starred(phrase) for phrase in query.wanted]
    rare = asked_of(query) - passed
    asked = [f"+{word}" for words_ in wanted for word in words_ if word in rare or not rare]
    unwanted = [phrase for phrase in query.unwanted if len(phrase.words) == 1]
    unsaid = Query(
        tuple(
            p
            for p, words_ in zip(query.wanted, wanted, strict=True)
            if len(words_) > 1 or (rare and words_[0] not in rare)
        ),
        tuple(phrase for phrase in query.unwanted if len(phrase.words) > 1),
    )
    return " ".join([*asked, *(f"-{_spelt(phrase)}" for phrase in unwanted)]), unsaid


def _starred(phrase: Phrase) -> list[str]:
    """Return the words of a phrase, a beginning marked as one."""
    return f"{_spelt(phrase)}{'*' if phrase.is_prefix else ''}".split()


def _holds(query: Query, text: Any) -> ColumnElement[bool]:
    wanted = [*map(_between, query.wanted), *[" "] * MOST_WANTED][:MOST_WANTED]
    unwanted = [*((_between(p), 0) for p in query.unwanted), *[(" ", 1)] * MOST_UNWANTED]
    return case(  # where a CASE branches, what follows the first that fails is not computed
        (
            and_(
                *(func.instr(text, part) > 0 for part in wanted),
                *(func.instr(text, part) == place for part, place in unwanted[:MOST_UNWANTED]),
            ),
            true(),
        ),
        else_=false(),
    )


def _between(phrase: Phrase) -> str:
    return f" {_spelt(phrase)}{'' if phrase.is_prefix else ' '}"


def _as_said(word: str) -> str:
    """Return what is looked for in a text, of a word that an index is asked for."""
    return f" {word[:-1]}" if word.endswith("*") else f" {word} "


def _spelt(phrase: Phrase) -> str:
    *whole, last = phrase.words
    return " ".join([*map(_kept, whole), last if phrase.is_prefix else _kept(last)])


@lru_cache(20_000)
def _kept(word: str) -> str:
    """Lengthen a word that MySQL’s index would leave out; a beginning of it still begins it."""
    word = word[:LONGEST_WORD]
    is_left_out = len(word) < SHORTEST or word in _LEFT_OUT
    return f"{word.ljust(SHORTEST - 1, '_')}_" if is_left_out else word


def _is_sqlite(s: Session) -> bool:
    return s.get_bind().dialect.name == "sqlite"


class _Words(dict[int, str]):
    """What each character is in a word as it is compared; a space for what stands between words."""

    def __missing__(self, code: int) -> str:
        compared = "".join(c if c.isalnum() else " " for c in fold(chr(code)))
        self[code] = compared
        return compared


_WORDS = _Words()
_FTS5 = table(
    "ticket_words",
    column("rowid", BigInteger),
    column("ticket_words", Text),
    column("public", Text),
    column("whole", Text),
)
_ADDED = insert(_FTS5).values(
    rowid=bindparam("ticket_number"), public=bindparam("public"), whole=bindparam("whole")
)
