"""Mentions: who is called by a message, and told of it."""

import pytest
from sqlalchemy.orm import Session

from data.models import Role, Team, Ticket, User
from services import comments, history, notifications, observers, relay, undo, users
from tests.conftest import People, Queries, last_event


@pytest.fixture
def names(s: Session, people: People) -> dict[str, int]:
    """More people, with names that are hard to tell apart."""
    users_ = {
        "jean": User(name="Jean Martin", email="jmartin@exemple.fr", role=Role.TECHNICIAN),
        "jean-luc": User(name="Jean-Luc Élie", email="jl.elie@exemple.fr", role=Role.TECHNICIAN),
        "namesake": User(name="Diane", email="diane.b@exemple.fr", role=Role.ADMIN),
        "jeanne": User(name="Jean Martineau", email="martineau@exemple.fr", role=Role.MANAGER),
    }
    s.add_all(users_.values())
    s.commit()
    return {name: user.id for name, user in users_.items()} | {
        name: getattr(people, name).id for name in ("alice", "bruno", "chloe", "diane", "driss")
    }


def mentioned(
    s: Session, people: People, ticket: Ticket, body: str, *, internal: bool = False
) -> set[int]:
    comments.post(s, people.bruno, ticket.number, body, internal=internal)
    return {*last_event(s, ticket.number).details.get("mentions", ())}


@pytest.mark.parametrize(
    ("body", "who"),
    [
        ("@Jean Martin, peux-tu regarder ?", ["jean"]),
        ("@jean martin", ["jean"]),
        ("Voir avec @Jean Martineau.", ["jeanne"]),
        ("@Jean-Luc Elie et @jmartin", ["jean-luc", "jean"]),
        ("(@jl.elie.)", ["jean-luc"]),
        ("@alice", ["alice"]),
        ("**@Diane**", ["diane", "namesake"]),
        ("@diane @Diane @DIANE", ["diane", "namesake"]),
        ("écrire à jmartin@exemple.fr", []),
        ("@", []),
        ("@ Diane", []),
        ("@Dianes", []),
        ("@Diane.", ["diane", "namesake"]),
        ("@diane.b", ["namesake"]),
        ("@personne", []),
        ("@bruno lui-même", []),
    ],
)
def test_a_name_or_the_beginning_of_an_address_calls_somebody(
    s: Session, people: People, ticket: Ticket, names: dict[str, int], body: str, who: list[str]
) -> None:
    assert mentioned(s, people, ticket, body) == {names[name] for name in who}


def test_nobody_is_called_who_may_not_read_it(s: Session, people: People, ticket: Ticket) -> None:
    team = Team(name="Postes", sees_only_own=True)
    s.add(User(name="Gaston", email="g@exemple.fr", role=Role.TECHNICIAN, teams=[team]))
    users.deactivate(s, people.diane, people.chloe.id)

    assert mentioned(s, people, ticket, "@Gaston @Driss @Chloe") == set()
    assert mentioned(s, people, ticket, "@Alice @Diane", internal=True) == {people.diane.id}


def test_somebody_mentioned_is_told_of_the_mention_and_follows_nothing(
    s: Session, people: People, ticket: Ticket
) -> None:
    comments.post(s, people.bruno, ticket.number, "@Chloe, un avis ?")
    s.commit()
    relay.relay(s)
    comments.post(s, people.bruno, ticket.number, "Laisse, j’ai trouvé.")
    s.commit()
    relay.relay(s)

    (notice,) = notifications.page(s, people.chloe).items

    assert (notice.kind, notice.reason, notice.excerpt) == (
        "mention",
        "mention",
        "@Chloe, un avis ?",
    )


def test_an_edit_calls_only_those_who_were_not_called_before(
    s: Session, people: People, ticket: Ticket
) -> None:
    comment = comments.post(s, people.bruno, ticket.number, "@Chloe ?")
    comments.edit(s, people.bruno, comment.id, "@Chloe, @Diane ?")
    edited = last_event(s, ticket.number)
    assert edited.details["mentions"] == [people.diane.id]
    assert notifications.audience(s, edited) == {people.diane.id: "mention"}

    comments.edit(s, people.bruno, comment.id, "Personne.")
    assert "mentions" not in last_event(s, ticket.number).details


def test_a_mention_of_the_requester_is_one_notice(
    s: Session, people: People, ticket: Ticket
) -> None:
    comments.post(s, people.bruno, ticket.number, "@alice, est-ce mieux ?")
    s.commit()
    relay.relay(s)

    assert [n.kind for n in notifications.page(s, people.alice).items] == ["mention"]


def test_the_history_names_who_was_called(s: Session, people: People, ticket: Ticket) -> None:
    observers.add(s, people.bruno, ticket.number, people.driss.id)
    comments.post(s, people.bruno, ticket.number, "Bonjour")
    note = comments.post(s, people.bruno, ticket.number, "@Chloe, @Diane", internal=True)
    comments.edit(s, people.bruno, note.id, "@Chloe, @Diane {people}")

    lines = [line.sentence for line in history.of(s, people.bruno, ticket.number)]
    seen = [line.sentence for line in history.of(s, people.alice, ticket.number)]

    assert lines[1:] == [
        "added Driss as an observer",
        "mentioned Chloe, Diane",
        "edited a comment",
    ]
    assert seen[1:] == ["added Driss as an observer"]


def test_a_message_full_of_calls_costs_little(
    s: Session, people: People, ticket: Ticket, queries: Queries
) -> None:
    before = len(queries.statements)

    assert mentioned(s, people, ticket, "@nobody " * 5000 + "@diane") == set()

    assert len(queries.statements) - before < 40


def test_the_undo_of_a_message_takes_the_call_back(
    s: Session, people: People, ticket: Ticket
) -> None:
    comments.post(s, people.bruno, ticket.number, "@Chloe ?")
    event = last_event(s, ticket.number)
    s.commit()
    relay.relay(s)
    assert notifications.unread(s, people.chloe) == 1

    undo.undo(s, people.bruno, event.id)

    assert notifications.unread(s, people.chloe) == 0
