"""Mentions: who is called by a message, and told of it."""

import pytest
from sqlalchemy.orm import Session

from data.models import Role, Team, Ticket, User
from services import comments, history, mentions, notifications, observers, relay, undo, users
from services.errors import NotAllowed, NotFound
from services.permissions import Actor
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


def offered(
    s: Session, by: Actor, ticket: Ticket, typed: str, *, internal: bool = False
) -> list[str]:
    return [o.call for o in mentions.offer(s, by, ticket.number, typed, internal=internal)]


@pytest.mark.parametrize(
    ("typed", "calls"),
    [
        ("", ["Alice"]),  # who asked; the others are met by their names
        ("jean", ["Jean Martin", "Jean Martineau", "Jean-Luc Élie"]),
        ("elie", ["Jean-Luc Élie"]),
        ("Jean-Luc É", ["Jean-Luc Élie"]),
        ("jean mart", ["Jean Martin", "Jean Martineau"]),
        ("Jean Martin ", ["Jean Martineau"]),  # the other is there already
        ("jmart", ["Jean Martin"]),
        ("diane", ["diane", "diane.b"]),  # two of one name
        ("driss", []),  # a stranger could not read it
        ("bruno", []),  # oneself
        ("%", []),
    ],
)
def test_staff_are_offered_all_who_may_read_those_around_first(
    s: Session, people: People, ticket: Ticket, names: dict[str, int], typed: str, calls: list[str]
) -> None:
    assert offered(s, people.bruno, ticket, typed) == calls


def test_in_a_note_nobody_is_offered_who_may_not_read_it(
    s: Session, people: People, ticket: Ticket, names: dict[str, int]
) -> None:
    assert offered(s, people.bruno, ticket, "alice", internal=True) == []
    assert offered(s, people.bruno, ticket, "alice") == ["Alice"]
    with pytest.raises(NotAllowed):
        offered(s, people.alice, ticket, "", internal=True)
    with pytest.raises(NotFound):
        offered(s, people.driss, ticket, "")


def test_who_asks_is_offered_those_they_meet_on_the_ticket(
    s: Session, people: People, ticket: Ticket, names: dict[str, int]
) -> None:
    assert offered(s, people.alice, ticket, "jean") == []
    comments.post(s, people.chloe, ticket.number, "Entre nous.", internal=True)
    comments.post(s, people.bruno, ticket.number, "Bonjour.")

    assert offered(s, people.alice, ticket, "") == ["Bruno"]


def test_whoever_is_offered_is_who_is_called(
    s: Session, people: People, ticket: Ticket, names: dict[str, int]
) -> None:
    for typed in ("jean", "elie", "diane", "alice", "chl"):
        for offer in mentions.offer(s, people.bruno, ticket.number, typed):
            said = mentioned(s, people, ticket, f"Voir @{offer.call} bientôt.")
            assert said == {offer.id} or (offer.id in said and offer.name == "Diane")


def test_offering_costs_as_many_statements_whoever_fits(
    s: Session, people: People, ticket: Ticket, names: dict[str, int], queries: Queries
) -> None:
    for n in range(30):
        s.add(User(name=f"Jean {n}", email=f"jean{n}@exemple.fr", role=Role.TECHNICIAN))
    s.commit()
    queries.statements.clear()

    assert len(offered(s, people.bruno, ticket, "jean")) == mentions.MOST_OFFERED
    assert len(queries.statements) <= 6
