"""Who works on a ticket: taking, lead, team, helpers (F-005, F-006; 5.3.5, 5.3.6)."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import (
    Membership,
    Part,
    PendingReason,
    Role,
    Setting,
    Status,
    Team,
    Ticket,
    TicketPerson,
    User,
)
from services import assignment, sessions, tickets, transitions
from services.errors import Conflict, Invalid, NotAllowed, NotFound, Taken
from services.permissions import Actor, AssignPolicy, Policy
from tests.conftest import People, happened, last_event


@pytest.fixture
def emile(s: Session) -> Actor:
    """A technician of no team."""
    user = User(name="Émile", email="emile@exemple.fr", role=Role.TECHNICIAN)
    s.add(user)
    s.commit()
    return sessions.actor_of(s, user.id)


def with_policy(by: Actor, policy: AssignPolicy) -> Actor:
    return replace(by, policy=Policy(technicians_assign=policy))


@pytest.mark.parametrize("who", ["bruno", "diane"])
def test_taking_makes_one_lead_and_starts_the_work(
    s: Session, people: People, ticket: Ticket, who: str
) -> None:
    by: Actor = getattr(people, who)

    assignment.take(s, by, ticket.number)

    s.commit()
    s.expire_all()
    assert (ticket.lead_id, ticket.status) == (by.id, Status.IN_PROGRESS)
    assert ticket.accepted_at is not None
    changes = last_event(s, ticket.number).details["changes"]
    assert changes["lead_id"] == [None, by.id]
    assert changes["status"] == ["new", "in_progress"]


@pytest.mark.parametrize("who", ["alice", "chloe"])
def test_requesters_and_managers_take_nothing(
    s: Session, people: People, ticket: Ticket, who: str
) -> None:
    with pytest.raises(NotAllowed):
        assignment.take(s, getattr(people, who), ticket.number)


def test_a_stranger_cannot_even_try(s: Session, people: People, ticket: Ticket) -> None:
    gestures: list[Callable[[], object]] = [
        lambda: assignment.take(s, people.driss, ticket.number),
        lambda: assignment.assign(s, people.driss, ticket.number, lead_id=people.driss.id),
        lambda: assignment.add_helper(s, people.driss, ticket.number, people.driss.id),
        lambda: assignment.remove_helper(s, people.driss, ticket.number, people.driss.id),
    ]
    for gesture in gestures:
        with pytest.raises(NotFound):
            gesture()


def test_taking_ones_own_ticket_again_records_nothing(
    s: Session, people: People, ticket: Ticket
) -> None:
    for _ in range(2):
        assignment.take(s, people.bruno, ticket.number)

    assert happened(s, ticket.number) == ["ticket.created", "ticket.taken"]
    assert ticket.version == 2


def test_who_comes_second_learns_who_was_first(s: Session, people: People, ticket: Ticket) -> None:
    assignment.take(s, people.bruno, ticket.number)

    with pytest.raises(Taken) as told:
        assignment.take(s, people.diane, ticket.number)

    assert "Bruno" in told.value.say()
    assert ticket.lead_id == people.bruno.id


def test_taking_a_pending_ticket_leaves_it_pending(
    s: Session, people: People, ticket: Ticket
) -> None:
    wait = transitions.Wait(reason=PendingReason.SUPPLIER)
    transitions.move(s, people.bruno, ticket.number, Status.PENDING, wait=wait)

    assignment.take(s, people.bruno, ticket.number)

    assert (ticket.status, ticket.lead_id) == (Status.PENDING, people.bruno.id)


@pytest.mark.parametrize("who", ["chloe", "diane"])
def test_managers_and_administrators_assign_anybody_who_repairs(
    s: Session, people: People, ticket: Ticket, who: str, emile: Actor
) -> None:
    assignment.assign(s, getattr(people, who), ticket.number, lead_id=emile.id)

    assert (ticket.lead_id, ticket.status) == (emile.id, Status.IN_PROGRESS)
    assert (ticket.assigned_at is None, ticket.accepted_at) == (False, None)
    assert happened(s, ticket.number)[-1] == "ticket.assigned"


def test_a_team_alone_leaves_the_ticket_new(s: Session, people: People, ticket: Ticket) -> None:
    team_id = min(people.bruno.team_ids)

    assignment.assign(s, people.chloe, ticket.number, team_id=team_id)

    assert (ticket.team_id, ticket.lead_id, ticket.status) == (team_id, None, Status.NEW)


@pytest.mark.parametrize(
    ("policy", "whom", "is_allowed"),
    [
        (AssignPolicy.NOBODY, "bruno", False),
        (AssignPolicy.NOBODY, "diane", False),
        (AssignPolicy.OWN_TEAMS, "bruno", True),
        (AssignPolicy.OWN_TEAMS, "mate", True),
        (AssignPolicy.OWN_TEAMS, "emile", False),
        (AssignPolicy.OWN_TEAMS, "diane", False),
        (AssignPolicy.ANYBODY, "emile", True),
        (AssignPolicy.ANYBODY, "diane", True),
    ],
)
def test_whom_a_technician_assigns_is_a_setting(
    s: Session,
    people: People,
    ticket: Ticket,
    emile: Actor,
    policy: AssignPolicy,
    whom: str,
    is_allowed: bool,
) -> None:
    mate = User(name="Fanny", email="fanny@exemple.fr", role=Role.TECHNICIAN)
    s.add(mate)
    s.flush()
    s.add(Membership(team_id=min(people.bruno.team_ids), user_id=mate.id))
    s.add(Setting(name="technicians_assign", value=policy.value))
    s.commit()
    ids = {"bruno": people.bruno.id, "diane": people.diane.id, "emile": emile.id, "mate": mate.id}
    by = sessions.actor_of(s, people.bruno.id)

    gestures: list[Callable[[], object]] = [
        lambda: assignment.add_helper(s, by, ticket.number, ids[whom]),
        lambda: assignment.assign(s, by, ticket.number, lead_id=ids[whom]),
    ]
    for gesture in gestures:
        with nullcontext() if is_allowed else pytest.raises(NotAllowed):
            gesture()

    assert (ticket.version > 1) is is_allowed


@pytest.mark.parametrize("whom", ["alice", "chloe", "nobody", "gone"])
def test_only_who_repairs_is_put_to_work(
    s: Session, people: People, ticket: Ticket, emile: Actor, whom: str
) -> None:
    s.get_one(User, emile.id).is_active = False
    s.commit()
    ids = {"alice": people.alice.id, "chloe": people.chloe.id, "nobody": 10**6, "gone": emile.id}

    with pytest.raises(Invalid) as lead:
        assignment.assign(s, people.diane, ticket.number, lead_id=ids[whom])
    with pytest.raises(Invalid) as helper:
        assignment.add_helper(s, people.diane, ticket.number, ids[whom])

    assert set(lead.value.problems) == {"lead_id"}
    assert set(helper.value.problems) == {"helper_id"}


def test_a_team_that_is_not_there_is_refused(s: Session, people: People, ticket: Ticket) -> None:
    dormant = Team(name="Minitel", is_active=False)
    s.add(dormant)
    s.commit()

    for team_id in (dormant.id, 10**6):
        with pytest.raises(Invalid) as refused:
            assignment.assign(s, people.diane, ticket.number, team_id=team_id)
        assert set(refused.value.problems) == {"team_id"}


def test_lead_and_team_change_with_one_gesture(s: Session, people: People, ticket: Ticket) -> None:
    team_id = min(people.bruno.team_ids)

    assignment.assign(s, people.chloe, ticket.number, lead_id=people.bruno.id, team_id=team_id)
    assignment.assign(s, people.chloe, ticket.number, lead_id=people.bruno.id, team_id=team_id)

    assert happened(s, ticket.number) == ["ticket.created", "ticket.assigned"]
    assert set(last_event(s, ticket.number).details["changes"]) == {
        "lead_id", "team_id", "status", "assigned_at",
    }  # fmt: skip


def test_a_lead_is_taken_away(s: Session, people: People, ticket: Ticket) -> None:
    assignment.take(s, people.bruno, ticket.number)
    accepted_at = ticket.accepted_at

    assignment.assign(s, people.bruno, ticket.number, lead_id=assignment.NOBODY)

    assert (ticket.lead_id, ticket.status) == (None, Status.IN_PROGRESS)
    assert ticket.accepted_at == accepted_at
    assignment.take(s, people.diane, ticket.number)
    assert ticket.lead_id == people.diane.id


def test_two_who_assign_are_not_both_right(s: Session, people: People, ticket: Ticket) -> None:
    seen = {"lead_id": None, "team_id": None}
    assignment.assign(s, people.chloe, ticket.number, lead_id=people.bruno.id, seen=seen)

    with pytest.raises(Conflict) as told:
        assignment.assign(s, people.diane, ticket.number, lead_id=people.diane.id, seen=seen)

    assert told.value.facts == {
        "field": "lead_id",
        "theirs": people.bruno.id,
        "mine": people.diane.id,
        "name": "Chloe",
    }
    assignment.assign(s, people.diane, ticket.number, lead_id=people.bruno.id, seen=seen)
    assert happened(s, ticket.number) == ["ticket.created", "ticket.assigned"]


def test_helpers_come_and_go(s: Session, people: People, ticket: Ticket, emile: Actor) -> None:
    for _ in range(2):
        assignment.add_helper(s, people.chloe, ticket.number, emile.id)
    assignment.add_helper(s, people.chloe, ticket.number, people.diane.id)

    for _ in range(2):
        assignment.remove_helper(s, emile, ticket.number, emile.id)
    assignment.remove_helper(s, people.chloe, ticket.number, people.diane.id)

    assert s.scalars(select(TicketPerson)).all() == []
    assert happened(s, ticket.number)[1:] == [
        "ticket.helper_added",
        "ticket.helper_added",
        "ticket.helper_removed",
        "ticket.helper_removed",
    ]
    assert ticket.version == 5


def test_helpers_withdraw_even_where_technicians_assign_nobody(
    s: Session, people: People, ticket: Ticket
) -> None:
    assignment.add_helper(s, people.diane, ticket.number, people.bruno.id)
    by = with_policy(people.bruno, AssignPolicy.NOBODY)

    assignment.remove_helper(s, by, ticket.number, people.bruno.id)

    assert s.get(TicketPerson, (ticket.number, people.bruno.id, Part.HELPER)) is None


def test_a_helper_of_a_team_that_sees_only_its_own_sees_the_ticket(
    s: Session, people: People, ticket: Ticket
) -> None:
    by = replace(people.bruno, sees_only_teams=True)
    with pytest.raises(NotFound):
        tickets.get(s, by, ticket.number)

    assignment.add_helper(s, people.diane, ticket.number, people.bruno.id)

    assert tickets.get(s, by, ticket.number) is ticket


def test_a_ticket_can_be_taken_from_its_team(s: Session, people: People, ticket: Ticket) -> None:
    team_id = s.scalars(select(Team.id)).one()
    assignment.assign(s, people.diane, ticket.number, team_id=team_id)

    assignment.assign(s, people.diane, ticket.number, team_id=assignment.NOBODY)

    assert ticket.team_id is None
    assert last_event(s, ticket.number).details["changes"] == {"team_id": [team_id, None]}
