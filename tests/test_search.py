"""Search: what is found, by whom and in which order (product.md C23)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from data import text_search
from data.clock import now
from data.models import Status, Ticket
from services import (
    comments,
    creation,
    indexing,
    search,
    search_terms,
    tickets,
    transitions,
    trash,
    undo,
)
from services.creation import NewTicket
from services.errors import Invalid
from services.permissions import Actor, visible_to
from tests.conftest import People, Queries, last_event


def opened(s: Session, by: Actor, title: str, description: str = "", **more: object) -> int:
    """Open a ticket and return its number, committed: MariaDB finds only what is."""
    new = NewTicket(title=title, description=description, **more)  # type: ignore[arg-type]
    number = creation.create(s, by, new).number
    s.commit()
    return number


def found(s: Session, by: Actor, text: str) -> list[int]:
    """Search, and return the numbers of the tickets found."""
    s.commit()
    return [hit.number for hit in search.everything(s, by, text).hits if hit.number]


def test_words_are_found_in_number_title_description_and_comments(
    s: Session, people: People
) -> None:
    number = opened(s, people.alice, "Imprimante muette", "Elle clignote depuis ce matin.")
    comments.post(s, people.bruno, number, "Avez-vous changé la cartouche ?")

    for text in (
        str(number), f"#{number}", "imprimante", "clignote", "cartouche", "imprimante cartouche",
    ):  # fmt: skip
        assert found(s, people.alice, text) == [number], text
    assert found(s, people.alice, "imprimante scanner") == []


@pytest.mark.parametrize(
    "text",
    ["reseau", "RÉSEAU", "Réseau", "re\u0301seau", "coeur", "cœur", "l'été", "ete", "pc", "a"],
)
def test_accents_capitals_and_ligatures_make_no_difference(
    s: Session, people: People, text: str
) -> None:
    number = opened(s, people.alice, "Cœur de réseau", "Le PC a chaud l’Été.")

    assert found(s, people.alice, text) == [number]


def test_a_phrase_in_quotes_is_found_only_as_it_stands(s: Session, people: People) -> None:
    straight = opened(s, people.alice, "Panne", "L’écran reste noir au démarrage.")
    opened(s, people.alice, "Panne", "Noir, l’écran reste ainsi.")

    for text in (
        '"reste noir"',
        "« reste noir »",
        '"l’écran reste noir au démarrage"',
        '"reste noir',
    ):
        assert found(s, people.alice, text) == [straight], text
    assert len(found(s, people.alice, "reste noir")) == 2


def test_a_minus_takes_out_what_has_the_word(s: Session, people: People) -> None:
    laser = opened(s, people.alice, "Imprimante laser")
    inkjet = opened(s, people.alice, "Imprimante", "à jet d’encre")

    assert found(s, people.alice, "imprimante -laser") == [inkjet]
    assert found(s, people.alice, '-"jet d’encre"') == [laser]
    assert set(found(s, people.alice, "imprimante -scanner")) == {laser, inkjet}
    assert found(s, people.alice, "e-mail") == []  # a hyphen inside is none


def test_while_one_types_the_last_word_is_a_beginning(s: Session, people: People) -> None:
    number = opened(s, people.bruno, "Vidéoprojecteur en panne")

    def offered(text: str) -> list[int | None]:
        return [hit.number for hit in search.typing(s, people.bruno, text).hits if hit.number]

    assert offered("vid") == offered("panne vidéo") == offered("v") == offered("pa") == [number]
    assert offered("projecteur") == offered("vid panne") == []
    assert found(s, people.bruno, "vid") == []


def test_while_one_types_a_short_beginning_orders_and_does_not_narrow(
    s: Session, people: People
) -> None:
    depot = opened(s, people.alice, "Imprimante du dépôt")
    hall = opened(s, people.alice, "Imprimante du hall")

    def offered(text: str) -> list[int | None]:
        return [hit.number for hit in search.typing(s, people.bruno, text).hits if hit.number]

    assert offered("imprimante dé") == [depot, hall]
    assert offered("imprimante ha") == [hall, depot]
    assert offered("imprimante hal") == [hall]
    assert offered("imprimante ha ") == found(s, people.bruno, "imprimante ha") == []
    assert offered("imprimante du ") == [hall, depot]


@pytest.mark.parametrize(
    "text", ["erreur:0x80070005", "statut:bizarre", "http://exemple.fr", "avant:hier", "note:"]
)
def test_what_is_no_operator_is_searched_as_words(s: Session, people: People, text: str) -> None:
    number = opened(s, people.alice, "Message", f"Il affiche {text} chaque matin")
    opened(s, people.alice, "Autre", "Rien de tel")

    assert found(s, people.alice, text) == [number]


def test_a_search_follows_each_change_of_a_text(s: Session, people: People, ticket: Ticket) -> None:
    by, number = people.bruno, ticket.number

    def finds(word: str) -> bool:
        return found(s, by, word) == [number]

    tickets.edit(s, by, number, {"title": "Scanner"})
    assert finds("scanner")
    assert not finds("imprimante")
    undo.undo(s, by, last_event(s, number).id)
    assert finds("imprimante")
    assert not finds("scanner")
    tickets.edit(s, by, number, {"description": "Carrosse"})
    assert finds("carrosse")
    comment = comments.post(s, by, number, "Citrouille")
    assert finds("citrouille")
    comments.edit(s, by, comment.id, "Potiron")
    assert finds("potiron")
    assert not finds("citrouille")
    undo.undo(s, by, last_event(s, number).id)
    assert finds("citrouille")
    assert not finds("potiron")
    comments.delete(s, by, comment.id)
    assert not finds("citrouille")
    comments.restore(s, by, comment.id)
    assert finds("citrouille")
    transitions.move(s, by, number, Status.RESOLVED)
    assert finds("citrouille")


def test_a_deleted_ticket_is_not_found_until_it_is_back(
    s: Session, people: People, ticket: Ticket
) -> None:
    trash.delete(s, people.bruno, ticket.number)
    assert found(s, people.diane, "imprimante") == found(s, people.diane, f"#{ticket.number}") == []

    trash.restore(s, people.diane, ticket.number)
    assert found(s, people.diane, "imprimante") == [ticket.number]

    trash.delete(s, people.diane, ticket.number)
    trash.purge(s, people.diane, ticket.number, typed=str(ticket.number))
    assert found(s, people.diane, "imprimante") == []


def test_strangers_find_nothing_and_requesters_no_note(
    s: Session, people: People, ticket: Ticket
) -> None:
    number = ticket.number
    comments.post(s, people.bruno, number, "Zébulon, à ne pas dire", internal=True)

    assert found(s, people.driss, "imprimante") == []
    assert found(s, people.driss, f"#{number}") == []
    for text in ("zebulon", "imprimante zebulon", '"zébulon à"', "zéb"):
        assert found(s, people.alice, text) == [], text
    assert found(s, people.alice, "imprimante -zebulon") == [number]
    assert found(s, people.bruno, "zebulon") == [number]
    assert found(s, people.bruno, "imprimante zebulon") == [number]
    assert found(s, people.bruno, "imprimante -zebulon") == []
    assert [hit.kind for hit in search.everything(s, people.alice, "bruno").hits] == []


def test_people_are_found_by_staff_whatever_the_accents(s: Session, people: People) -> None:
    number = opened(s, people.alice, "Un mot de Chloé")

    hits = search.everything(s, people.bruno, "chloe").hits

    assert {(hit.kind, hit.title) for hit in hits} == {
        ("user", "Chloe"), ("ticket", "Un mot de Chloé")
    }  # fmt: skip
    assert found(s, people.alice, "chloe") == [number]
    assert [hit.kind for hit in search.everything(s, people.alice, "chloe").hits] == ["ticket"]


def test_the_title_counts_most_then_freshness(
    s: Session, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "READ", 1)  # so that the index is asked
    old_title = opened(s, people.alice, "Scanner")
    old = opened(s, people.alice, "Bureau", "Le scanner chauffe")
    new = opened(s, people.alice, "Couloir", "Un scanner bruyant")
    s.execute(
        update(Ticket)
        .where(Ticket.number.in_([old_title, old]))
        .values(updated_at=now() - timedelta(days=200))
    )

    assert found(s, people.bruno, "scanner") == [old_title, new, old]
    assert found(s, people.bruno, str(new))[0] == new


def test_extracts_show_where_the_words_stand(s: Session, people: People, ticket: Ticket) -> None:
    long = "Rien à signaler. " * 40
    tickets.edit(s, people.bruno, ticket.number, {"description": long})
    comments.post(s, people.alice, ticket.number, f"{long} L’Écran est <b>gelé</b> ce soir. {long}")
    comments.post(s, people.bruno, ticket.number, "gelé, dit-il", internal=True)
    s.commit()

    (hit,) = search.everything(s, people.alice, "ecran").hits
    (whole,) = search.everything(s, people.alice, "imprimante").hits

    assert "L’Écran est <b>gelé</b> ce soir." in hit.excerpt
    assert hit.excerpt.startswith("…")
    assert hit.excerpt.endswith("…")
    assert len(hit.excerpt) < 250
    assert whole.excerpt.startswith("Rien à signaler.")
    (noted,) = search.everything(s, people.alice, "gelé").hits
    assert "dit-il" not in noted.excerpt


@pytest.mark.parametrize("read", [1, 500])
def test_reading_and_the_index_find_the_same(
    s: Session, people: People, monkeypatch: pytest.MonkeyPatch, read: int
) -> None:
    monkeypatch.setattr(search, "READ", read)
    first = opened(s, people.alice, "Le PC de l’accueil", "il ne démarre plus du tout")
    second = opened(s, people.driss, "Écran de l’accueil", "Plus rien, il clignote")
    comments.post(s, people.bruno, second, "Le PC aussi, vu au démarrage", internal=True)

    for text, wanted in {
        "accueil": {first, second},
        "le": {first, second},
        "le pc": {first, second},
        '"ne démarre plus"': {first},
        '"plus rien"': {second},
        'accueil "pc de l’accueil"': {first},
        "accueil -clignote": {first},
        'accueil -"plus rien"': {first},
        "pc accueil": {first, second},
        '"il ne" accueil le': {first},
        "accueil -pc": set(),
        "accueil -démarre": {second},
        "demarrage": {second},
    }.items():
        assert set(found(s, people.bruno, text)) == wanted, text
    offered = {hit.number for hit in search.tickets(s, people.bruno, "accueil démarr").hits}
    assert offered == {first, second}


@pytest.mark.parametrize("ask", [search.everything, search.typing, search.tickets])
def test_a_search_asks_a_fixed_number_of_queries(
    s: Session, people: People, queries: Queries, ask: Callable[..., search.Found]
) -> None:
    for number in range(30):
        opened(s, people.alice, f"Imprimante {number}", "en panne")
    queries.statements.clear()

    ask(s, people.bruno, "statut:ouvert demandeur:alice imprimante cartouche")
    ask(s, people.bruno, "imprimante")

    assert len(queries.statements) <= 10


def test_a_page_of_hits_has_a_limit(s: Session, people: People) -> None:
    for _ in range(4):
        opened(s, people.alice, "Imprimante")

    assert len(search.everything(s, people.bruno, "imprimante", limit=3).hits) == 3
    assert search.everything(s, people.bruno, "imprimante", limit=3).after
    assert not search.everything(s, people.bruno, "imprimante", limit=4).after
    for limit in (0, -1, 201):
        with pytest.raises(Invalid):
            search.everything(s, people.bruno, "imprimante", limit=limit)


def test_rebuilding_the_index_brings_back_what_it_lacks(
    s: Session, people: People, ticket: Ticket
) -> None:
    comments.post(s, people.bruno, ticket.number, "Citrouille", internal=True)
    indexing.forget(s, ticket.number)
    assert found(s, people.bruno, "imprimante") == []

    assert indexing.renew_after(s, 0) == [ticket.number]
    assert indexing.renew_after(s, ticket.number) == []

    assert found(s, people.bruno, "imprimante citrouille") == [ticket.number]
    assert found(s, people.alice, "citrouille") == []


def test_the_index_is_entered_and_no_table_is_walked_through(s: Session, people: People) -> None:
    for number in range(50):
        opened(s, people.alice, f"Imprimante {number}")
    query = search_terms.read("imprimante zébulon -scanner").query
    found = text_search.newest(s, query, visible_to(people.bruno), whole=True, limit=20)

    plan = explained(s, select(found))

    if s.get_bind().dialect.name == "sqlite":
        assert sum("ticket_words VIRTUAL TABLE INDEX" in step for step in plan) == 2
        assert not any("SCAN ticket" in step and "VIRTUAL" not in step for step in plan)
        assert sum("SEARCH ticket USING" in step for step in plan) == 2
    else:
        assert sum("fulltext" in step for step in plan) == 2
        assert not any(step.startswith("ticket ALL") for step in plan)


def test_words_that_very_many_tickets_have_are_not_for_the_index(
    s: Session, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_search, "FREQUENT", 2)
    monkeypatch.setattr(search, "READ", 1)
    old = [opened(s, people.alice, f"Poste câble {word}") for word in ("rouge", "vert", "vert")]
    opened(s, people.alice, "Badge")
    query = search_terms.read("poste vert zébulon").query
    is_sqlite = s.get_bind().dialect.name == "sqlite"

    assert text_search.frequent(s, query, whole=True) == (set() if is_sqlite else {"poste"})
    assert sorted(found(s, people.bruno, "poste câble")) == old
    assert sorted(found(s, people.bruno, "poste vert")) == old[1:]
    assert found(s, people.bruno, "poste zébulon") == []


def explained(s: Session, statement: Select[Any]) -> list[str]:
    """Return the steps of the plan of a statement."""
    is_sqlite = s.get_bind().dialect.name == "sqlite"
    sql = statement.compile(s.get_bind(), compile_kwargs={"literal_binds": True})
    how = "EXPLAIN QUERY PLAN" if is_sqlite else "EXPLAIN"
    rows = s.connection().exec_driver_sql(f"{how} {sql}").all()
    return [row.detail if is_sqlite else f"{row.table} {row.type}" for row in rows]
