"""Who is told what, why and by which way (F-010, product.md C5; R-4)."""

from collections.abc import Iterable
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from data.models import (
    ApiToken,
    Delivery,
    Event,
    Notification,
    Pace,
    PendingReason,
    Role,
    Status,
    Team,
    Ticket,
    User,
)
from services import (
    accounts,
    assignment,
    comments,
    creation,
    events,
    notifications,
    observers,
    preferences,
    relay,
    sessions,
    transitions,
    trash,
    undo,
    upkeep,
    users,
)
from services.creation import NewTicket
from services.errors import NotFound
from services.permissions import Actor
from services.transitions import Wait
from tests.conftest import Clock, People, Queries, last_event, relayed
from tests.letters import switch_on

Told = dict[str, str]


def told(s: Session, event: Event) -> Told:
    """Who is told of an event, and why, by first names."""
    found = notifications.audience(s, event)
    return {user.name.lower(): found[user.id].value for user in _users(s, found)}


def _users(s: Session, ids: Iterable[int]) -> list[User]:
    return list(s.scalars(select(User).where(User.id.in_(ids))))


def person(s: Session, name: str, role: Role, team: Team | None = None) -> Actor:
    user = User(name=name.title(), email=f"{name}@exemple.fr", role=role)
    user.teams = [team] if team else []
    s.add(user)
    s.commit()
    return sessions.actor_of(s, user.id)


def kinds(s: Session, by: Actor) -> list[tuple[str, str]]:
    """What somebody was told in the application, oldest first: kind and reason."""
    return [(n.kind, n.reason) for n in reversed(notifications.page(s, by).items)]


@pytest.fixture
def led(s: Session, led: Ticket) -> Ticket:
    """The same, of which nobody has anything left to read."""
    read_everything(s)
    return led


def read_everything(s: Session) -> None:
    s.execute(delete(Notification))
    s.commit()


def test_of_a_new_ticket_team_and_administrators_are_told(s: Session, people: People) -> None:
    team = s.scalars(select(Team)).one()
    new = NewTicket(title="Écran noir", requester_id=people.alice.id, team_id=team.id)
    ticket = creation.create(s, people.chloe, new)

    assert told(s, last_event(s, ticket.number)) == {
        "alice": "requester",
        "bruno": "team",
        "diane": "admin",
    }


def test_nobody_is_told_of_what_they_did(s: Session, people: People, ticket: Ticket) -> None:
    relayed(s)

    assert kinds(s, people.alice) == []
    assert kinds(s, people.diane) == [("created", "admin")]


def test_the_requester_reads_that_somebody_took_it_and_wrote(
    s: Session, people: People, led: Ticket
) -> None:
    comments.post(s, people.bruno, led.number, "J’arrive.")
    comments.post(s, people.alice, led.number, "Merci !")
    relayed(s)

    assert kinds(s, people.alice) == [("comment", "requester")]
    assert kinds(s, people.bruno) == [("comment", "lead")]
    (notice,) = notifications.page(s, people.bruno).items
    assert (notice.actor, notice.title, notice.excerpt) == (
        "Alice",
        "Imprimante muette",
        "Merci !",
    )


def test_only_the_requester_is_asked_for_an_answer(s: Session, people: People, led: Ticket) -> None:
    observers.add(s, people.bruno, led.number, people.driss.id)
    wait = Wait(reason=PendingReason.REQUESTER)
    transitions.move(s, people.bruno, led.number, Status.PENDING, wait=wait)
    relayed(s)

    assert kinds(s, people.alice) == [("asked", "requester")]
    assert kinds(s, people.driss) == [("status", "observer")]


def test_of_an_internal_note_no_requester_is_told_whatever_they_are(
    s: Session, people: People, led: Ticket
) -> None:
    observers.add(s, people.bruno, led.number, people.driss.id)
    observers.add(s, people.bruno, led.number, people.chloe.id)
    comments.post(s, people.diane, led.number, "Client difficile @Alice @Driss", internal=True)

    assert told(s, last_event(s, led.number)) == {"bruno": "lead", "chloe": "observer"}


def test_while_nobody_leads_the_team_is_told_and_without_a_team_the_administrators(
    s: Session, people: People, ticket: Ticket
) -> None:
    comments.post(s, people.alice, ticket.number, "Toujours muette.")
    assert told(s, last_event(s, ticket.number)) == {"diane": "admin"}

    ticket.team_id = s.scalars(select(Team.id)).one()
    assert told(s, last_event(s, ticket.number)) == {"bruno": "team"}

    ticket.lead_id = people.diane.id
    assert told(s, last_event(s, ticket.number)) == {"diane": "lead"}


def test_who_loses_a_ticket_is_told_as_who_gets_it(s: Session, people: People, led: Ticket) -> None:
    assignment.assign(s, people.chloe, led.number, lead_id=people.diane.id)

    assert told(s, last_event(s, led.number)) == {
        "alice": "requester",
        "bruno": "lead",
        "diane": "lead",
    }


def test_who_may_not_see_the_ticket_is_not_told(s: Session, people: People, led: Ticket) -> None:
    other = Team(name="Postes", sees_only_own=True)
    gaston = person(s, "gaston", Role.TECHNICIAN, other)
    event = events.record(s, people.alice, led, "comment.edited", mentions=[gaston.id])
    comment = comments.post(s, people.alice, led.number, "@Gaston ?")
    event.details = {**event.details, "comment_id": comment.id}
    s.flush()

    assert told(s, event) == {}
    assert "gaston" not in told(s, last_event(s, led.number))


def test_accounts_that_are_inactive_or_of_a_service_are_told_nothing(
    s: Session, people: People, led: Ticket
) -> None:
    robot = person(s, "robot", Role.ADMIN)
    s.add(
        ApiToken(
            token_hash="x",
            prefix="p",
            name="robot",
            user_id=robot.id,
            is_service=True,
            scopes=[],
            expires_at=led.created_at + timedelta(days=9),
        )
    )
    users.deactivate(s, people.diane, people.bruno.id)
    event = events.record(s, None, led, "deadline.missed", internal=True)
    s.flush()

    assert told(s, event) == {"diane": "admin"}


@pytest.mark.parametrize("kind", ["deadline.near", "deadline.missed", "ticket.returned"])
def test_requesters_learn_nothing_of_deadlines(
    s: Session, people: People, led: Ticket, kind: str
) -> None:
    event = events.record(s, None, led, kind, internal=True)
    s.flush()

    assert "alice" not in told(s, event)
    assert told(s, event)


def test_a_ticket_that_was_given_back_is_everybody_s_again(
    s: Session, people: People, led: Ticket
) -> None:
    led.team_id, led.lead_id = s.scalars(select(Team.id)).one(), None
    gustave = person(s, "gustave", Role.TECHNICIAN, s.get_one(Team, led.team_id))
    changes = {"lead_id": [people.bruno.id, None]}
    refused = events.record(s, people.bruno, led, "ticket.refused", internal=True, changes=changes)
    returned = events.record(s, None, led, "ticket.returned", internal=True, changes=changes)
    s.flush()

    assert told(s, refused) == {"gustave": "team", "diane": "admin"}
    assert told(s, returned) == {"bruno": "lead", "gustave": "team", "diane": "admin"}
    assert gustave.id in notifications.audience(s, returned)


def test_whose_password_was_changed_is_told_whoever_did_it(s: Session, people: People) -> None:
    users.set_password(s, people.diane, people.alice.id, "girafe violette au balcon")
    accounts.change_password(
        s, people.alice, "girafe violette au balcon", "tortue orange au jardin"
    )
    relayed(s)

    assert kinds(s, people.alice) == [("password", "oneself")] * 2
    assert kinds(s, people.diane) == []


def test_kinds_that_are_not_known_bring_nothing(s: Session, people: People, ticket: Ticket) -> None:
    event = events.record(s, people.bruno, ticket, "ticket.teleported")
    s.flush()

    assert told(s, event) == {}


def test_what_was_undone_is_taken_back(s: Session, people: People, led: Ticket) -> None:
    transitions.move(s, people.bruno, led.number, Status.RESOLVED)
    resolved = last_event(s, led.number)
    relayed(s)
    assert notifications.unread(s, people.alice) == 1

    undo.undo(s, people.bruno, resolved.id)
    relayed(s)

    assert notifications.unread(s, people.alice) == 0
    assert told(s, resolved) == {}


def test_a_notice_is_read_once_and_only_by_whose_it_is(
    s: Session, people: People, led: Ticket
) -> None:
    comments.post(s, people.bruno, led.number, "Un")
    comments.post(s, people.bruno, led.number, "Deux")
    relayed(s)
    two, one = notifications.page(s, people.alice).items

    with pytest.raises(NotFound):
        notifications.read(s, people.driss, one.id)
    first = notifications.read(s, people.alice, one.id).read_at
    again = notifications.read(s, people.alice, one.id).read_at

    assert first is not None
    assert first == again
    assert notifications.unread(s, people.alice) == 1
    unread = notifications.page(s, people.alice, unread_only=True).items
    assert [notice.id for notice in unread] == [two.id]
    notifications.read_all(s, people.alice)
    assert notifications.unread(s, people.alice) == 0


def test_notices_come_page_by_page(s: Session, people: People, led: Ticket) -> None:
    for n in range(5):
        comments.post(s, people.bruno, led.number, f"Message {n}")
    relayed(s)

    first = notifications.page(s, people.alice, limit=3)
    second = notifications.page(s, people.alice, limit=3, after=first.after)

    assert [n.excerpt for n in first.items] == ["Message 4", "Message 3", "Message 2"]
    assert [n.excerpt for n in second.items] == ["Message 1", "Message 0"]
    assert second.after is None


def test_reading_the_ticket_reads_what_is_about_it(s: Session, people: People, led: Ticket) -> None:
    other = creation.create(s, people.alice, NewTicket(title="Autre"))
    for number in (led.number, other.number):
        comments.post(s, people.bruno, number, "Bonjour")
    relayed(s)

    notifications.read_ticket(s, people.alice, led.number)

    (left,) = notifications.page(s, people.alice, unread_only=True).items
    assert left.number == other.number


def test_what_one_may_not_see_any_more_is_not_listed_nor_counted(
    s: Session, people: People, led: Ticket
) -> None:
    observers.add(s, people.bruno, led.number, people.driss.id)
    comments.post(s, people.bruno, led.number, "Bonjour")
    relayed(s)
    assert notifications.unread(s, people.driss) == 1
    observers.remove(s, people.bruno, led.number, people.driss.id)

    assert notifications.page(s, people.driss).items == []
    assert notifications.unread(s, people.driss) == 0
    trash.delete(s, people.diane, led.number)
    assert notifications.page(s, people.alice).items == []


def test_who_is_no_longer_staff_reads_no_notice_of_a_note(
    s: Session, people: People, led: Ticket
) -> None:
    comments.post(s, people.diane, led.number, "Entre nous", internal=True)
    relayed(s)
    assert kinds(s, people.bruno) == [("comment", "lead")]
    observers.add(s, people.diane, led.number, people.bruno.id)
    users.edit(s, people.diane, people.bruno.id, role=Role.REQUESTER)

    assert kinds(s, sessions.actor_of(s, people.bruno.id)) == []


def test_of_a_message_taken_back_nothing_is_quoted(s: Session, people: People, led: Ticket) -> None:
    comment = comments.post(s, people.bruno, led.number, "Un secret")
    relayed(s)
    comments.delete(s, people.bruno, comment.id)

    (notice,) = notifications.page(s, people.alice).items

    assert notice.excerpt == ""


def test_who_switched_a_kind_off_in_the_application_finds_nothing(
    s: Session, people: People, led: Ticket
) -> None:
    preferences.set(s, people.alice, "comment", "app", Pace.OFF)
    comments.post(s, people.bruno, led.number, "Bonjour")
    transitions.move(s, people.bruno, led.number, Status.RESOLVED)
    relayed(s)

    assert kinds(s, people.alice) == [("resolved", "requester")]


def test_of_a_muted_ticket_one_hears_only_who_calls_one(
    s: Session, people: People, led: Ticket
) -> None:
    preferences.mute(s, people.alice, led.number)
    comments.post(s, people.bruno, led.number, "Bonjour")
    comments.post(s, people.bruno, led.number, "@alice : une question")
    transitions.move(s, people.bruno, led.number, Status.RESOLVED)
    relayed(s)

    assert kinds(s, people.alice) == [("mention", "mention")]
    preferences.unmute(s, people.alice, led.number)
    transitions.move(s, people.bruno, led.number, Status.CLOSED)
    relayed(s)
    assert kinds(s, people.alice)[1:] == [("closed", "requester")]


def test_old_notices_are_forgotten(s: Session, people: People, led: Ticket, time: Clock) -> None:
    comments.post(s, people.bruno, led.number, "Bonjour")
    relayed(s)
    time.pass_by(days=89)
    upkeep.clean(s)
    assert notifications.unread(s, people.alice) == 1
    time.pass_by(days=2)

    upkeep.clean(s)

    assert notifications.unread(s, people.alice) == 0


def test_nothing_is_planned_for_channels_that_are_off(
    s: Session, people: People, led: Ticket
) -> None:
    comments.post(s, people.bruno, led.number, "Bonjour")
    relayed(s)
    assert s.scalars(select(Delivery)).all() == []

    switch_on(s, "email")
    comments.post(s, people.bruno, led.number, "Bonjour")
    relayed(s)

    (planned,) = s.scalars(select(Delivery)).all()
    assert (planned.channel, planned.recipient) == ("email", str(people.alice.id))
    assert (planned.bundle, planned.reason) == (f"ticket:{led.number}", "requester")
    assert timedelta(seconds=119) < planned.next_at - planned.created_at < timedelta(seconds=121)


def test_relaying_costs_as_many_queries_whatever_happened(
    s: Session, people: People, led: Ticket, queries: Queries
) -> None:
    switch_on(s, "email")

    def cost(count: int) -> int:
        for n in range(count):
            comments.post(s, people.bruno, led.number, f"Message {n} @chloe")
        s.commit()
        s.expunge_all()
        before = len(queries.statements)
        relay.relay(s)
        s.commit()
        return len(queries.statements) - before

    assert cost(3) == cost(30)


def test_somebody_switched_off_by_the_administrator_gets_no_mail_but_of_their_password(
    s: Session, people: People, led: Ticket
) -> None:
    switch_on(s, "email", "sms")
    s.execute(update(User).where(User.id == people.alice.id).values(phone="+33612345678"))
    users.edit(s, people.diane, people.alice.id, wants_email=False)
    wait = Wait(reason=PendingReason.REQUESTER)
    transitions.move(s, people.bruno, led.number, Status.PENDING, wait=wait)
    users.set_password(s, people.diane, people.alice.id, "girafe violette au balcon")
    relayed(s)
    planned = select(Delivery.channel, Event.kind).join(Event).order_by(Delivery.id)
    assert [tuple(row) for row in s.execute(planned)] == [("email", "user.password_set")]

    users.edit(s, people.diane, people.alice.id, wants_sms=True)
    transitions.move(s, people.bruno, led.number, Status.IN_PROGRESS)
    transitions.move(s, people.bruno, led.number, Status.PENDING, wait=wait)
    relayed(s)

    assert [tuple(row) for row in s.execute(planned)][1:] == [("sms", "ticket.paused")]
