"""What is typed into a search box never is syntax: not ours, not a database’s (R-6, T-6)."""

import re
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from data.models import Priority, Status
from data.text_search import LONGEST_WORD, MOST_UNWANTED, MOST_WANTED, Phrase, words
from services import extracts, search, search_terms
from services.creation import NewTicket, create
from services.search_terms import MAX_OPERATORS, MAX_TEXT, Operator, Terms
from services.workflow import OPEN
from tests.conftest import People, Queries

PIECES = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        ['"', "«", "»", "-", ":", " ", "*", "(", ")", "+", "~", "<", ">", "@", "'", "%", "_", "\\",
         "\0", "\ud800", "NEAR", "AND", "OR", "NOT", "public:", "statut:", "status:open", "avant:",
         "team:", "été", "ß", "№", "ﬁ", "e\u0301", "日本", "🖨️", "\u202e", "/*", "--", ";"]
    ),
)  # fmt: skip
TYPED = st.lists(PIECES, max_size=12).map("".join)
HOSTILE = [
    '"', "'", "' OR 1=1 --", '" OR public:"a', "a* OR b", "NEAR(a b, 2)", "{whole} : secret", "^a",
    "+(a) -(b)", "a @2", "~a", "<a >b", "%", "_", "\\", "/* a */", "; DROP TABLE ticket", "a\0b",
    "\ud800", "AND", "NOT", "-", "- -", "statut:' OR 1=1", "team:%", "équipe:_",
    "before:9999-99-99", "avant:0001-01-01", "après:9999-12-31",
    '"' * 200, "-" * 200, "a " * 5000, "x" * 10_000,
]  # fmt: skip


@given(TYPED, st.booleans())
def test_nothing_typed_is_an_error_and_every_word_is_literal(text: str, is_typing: bool) -> None:
    terms = search_terms.read(text, is_typing=is_typing)

    phrases = [*terms.wanted, *terms.unwanted]
    for word in (word for phrase in phrases for word in phrase.words):
        assert word
        assert all(c.isalnum() for c in word), word
        assert len(word) <= LONGEST_WORD
    assert len(terms.wanted) <= MOST_WANTED
    assert len(terms.unwanted) <= MOST_UNWANTED
    assert len(terms.operators) <= MAX_OPERATORS
    assert not any(phrase.is_prefix for phrase in phrases[:-1] if not is_typing)


@given(TYPED, TYPED)
def test_pieces_put_together_are_the_text(text: str, typed: str) -> None:
    phrases = search_terms.read(typed, is_typing=True).wanted

    pieces = extracts.pieces(text, phrases)

    assert "".join(piece for piece, _is_found in pieces) == text
    assert extracts.held(text, phrases) <= len(phrases)
    assert len(extracts.extract(text, phrases)) <= 300


@given(st.text(max_size=60))
def test_words_are_folded_once_and_for_all(text: str) -> None:
    assert words(" ".join(words(text))) == words(text)


def test_a_text_is_taken_apart() -> None:
    terms = search_terms.read('Écran -"très noir" « ne marche » statut:ouvert -priorité:haute mot')

    assert terms == Terms(
        wanted=[Phrase(("ecran",)), Phrase(("ne", "marche")), Phrase(("mot",))],
        unwanted=[Phrase(("tres", "noir"))],
        operators=[
            Operator("status", OPEN),
            Operator("priority", frozenset({Priority.HIGH}), is_not=True),
        ],
    )
    assert search_terms.read("#1042").number == search_terms.read(" 1042 ").number == 1042
    assert search_terms.read("1042 écran").number is None
    assert search_terms.read("a" * 10_000).wanted == [Phrase(("a" * LONGEST_WORD,))]
    assert MAX_TEXT < 10_000


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ('statut:"en cours"', Operator("status", frozenset({Status.IN_PROGRESS}))),
        ("status:in_progress", Operator("status", frozenset({Status.IN_PROGRESS}))),
        ("état:résolu", Operator("status", frozenset({Status.RESOLVED}))),
        ("Demandeur:Zoé", Operator("requester", ("zoe",))),
        ('équipe:"support n2"', Operator("team", ("support", "n2"))),
        ("responsable:moi", Operator("lead", "me")),
        ("lead:nobody", Operator("lead", "none")),
        ("avant:31/01/2026", Operator("before", date(2026, 1, 31))),
        ("after:2026-02", Operator("after", date(2026, 2, 1))),
    ],
)
def test_operators_are_understood_in_both_languages(typed: str, meant: Operator) -> None:
    assert search_terms.read(typed) == Terms(operators=[meant])


@pytest.mark.parametrize("read", [1, 500])
@pytest.mark.parametrize("ask", [search.everything, search.typing, search.tickets])
def test_hostile_text_asks_the_same_as_harmless_text(
    s: Session,
    people: People,
    queries: Queries,
    monkeypatch: pytest.MonkeyPatch,
    ask: Callable[..., search.Found],
    read: int,
) -> None:
    monkeypatch.setattr(search, "READ", read)
    monkeypatch.setattr(search, "READ_TYPED", read)
    for _ in range(3):
        create(s, people.alice, NewTicket(title="Écran a or b 1 x secret and not drop near table"))
    s.commit()
    harmless = set()
    many = [" ".join(["écran"] * count) for count in range(1, 9)]
    for text in (
        *many, *(f"{plain} -absent" for plain in many), *(f'{plain} "le mot"' for plain in many),
        "écran -\"un mot\"", "-absent", "-\"un mot\"", "le", "0612345678", "été écran 12345",
        "team:réseau", "team:réseau écran", "avant:2020", "after:2020", "écran 2", "statut:ouvert",
    ):  # fmt: skip
        harmless |= asked(s, people, queries, ask, text)

    for text in HOSTILE:
        assert asked(s, people, queries, ask, text) <= harmless, text


def asked(
    s: Session, people: People, queries: Queries, ask: Callable[..., search.Found], text: str
) -> set[str]:
    """Return the statements of a search; how many numbers are in a list tells nothing."""
    queries.statements.clear()
    ask(s, people.bruno, text)
    ask(s, people.alice, text)
    return {_PLACES.sub("(…)", statement) for statement in queries.statements}


_PLACES = re.compile(r"\((?:\?|%s|%\(\w+\)s)(?:, (?:\?|%s|%\(\w+\)s))*\)")


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=TYPED)
def test_any_text_is_answered_by_both_databases(s: Session, people: People, text: str) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(search, "READ", 0)
        patched.setattr(search, "READ_TYPED", 0)
        for ask in (search.everything, search.typing, search.tickets):
            ask(s, people.bruno, text)
            ask(s, people.alice, text)
    s.rollback()


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("imprimante d", [("imprimante", False)]),
        ("imprimante de", [("imprimante", False)]),
        ("imprimante dep", [("imprimante", False), ("dep", True)]),
        ("imprimante de ", [("imprimante", False), ("de", False)]),
        ("de", [("de", True)]),
        ("statut:ouvert de", [("de", True)]),
    ],
)
def test_while_one_types_one_or_two_letters_after_a_word_wait_for_more(
    typed: str, asked: list[tuple[str, bool]]
) -> None:
    terms = search_terms.read(typed, is_typing=True)

    assert [(" ".join(p.words), p.is_prefix) for p in terms.query.wanted] == asked
