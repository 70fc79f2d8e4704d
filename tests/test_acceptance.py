"""Accepting and refusing what one was given (product.md C6; 3.5)."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Part, PendingReason, Status, Target, Ticket, TicketPerson
from services import (
    acceptance,
    assignment,
    comments,
    history,
    tickets,
    transitions,
    undo,
)
from services.errors import Invalid, NotAllowed, NotFound
from tests.conftest import Clock, People, happened, last_event
from tests.promises import alarm, it_is, opened, paris, policy


@pytest.fixture
def given(s: Session, people: People, ticket: Ticket) -> Ticket:
    """Alice’s printer, given to Bruno, who has not answered."""
    assignment.assign(s, people.diane, ticket.number, lead_id=people.bruno.id)
    s.commit()
    return ticket


def helper(s: Session, ticket: Ticket, who: int) -> TicketPerson | None:
    s.flush()
    return s.get(TicketPerson, (ticket.number, who, Part.HELPER), populate_existing=True)


def has_accepted(s: Session, ticket: Ticket, who: int) -> bool:
    found = helper(s, ticket, who)
    assert found is not None
    return found.accepted_at is not None


def test_the_lead_says_yes_once(s: Session, people: People, given: Ticket) -> None:
    for _ in range(2):
        acceptance.accept(s, people.bruno, given.number)

    assert (given.lead_id, given.assigned_at) == (people.bruno.id, None)
    assert given.accepted_at is not None
    assert happened(s, given.number) == ["ticket.created", "ticket.assigned", "ticket.accepted"]


def test_the_lead_says_no_and_why_and_the_ticket_is_nobodys(
    s: Session, people: People, given: Ticket
) -> None:
    acceptance.refuse(s, people.bruno, given.number, "Je suis en congé demain")

    assert (given.lead_id, given.assigned_at, given.accepted_at) == (None, None, None)
    assert given.status is Status.IN_PROGRESS
    line = history.of(s, people.chloe, given.number)[-1]
    assert line.sentence == "refused the ticket: Je suis en congé demain"
    assert "congé" not in str(history.of(s, people.alice, given.number))
    assignment.take(s, people.diane, given.number)
    assert given.lead_id == people.diane.id


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_a_refusal_needs_a_reason(s: Session, people: People, given: Ticket, reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        acceptance.refuse(s, people.bruno, given.number, reason)

    assert set(refused.value.problems) == {"reason"}
    assert given.lead_id == people.bruno.id


def test_only_who_was_asked_answers(s: Session, people: People, given: Ticket) -> None:
    for who, refusal in (
        (people.diane, NotAllowed),
        (people.chloe, NotAllowed),
        (people.alice, NotAllowed),
        (people.driss, NotFound),
    ):
        with pytest.raises(refusal):
            acceptance.accept(s, who, given.number)
        with pytest.raises(refusal):
            acceptance.refuse(s, who, given.number, "Non")

    assert given.assigned_at is not None


def test_what_is_accepted_is_no_longer_refused(s: Session, people: People, given: Ticket) -> None:
    acceptance.accept(s, people.bruno, given.number)

    with pytest.raises(NotAllowed):
        acceptance.refuse(s, people.bruno, given.number, "Finalement non")

    assert given.lead_id == people.bruno.id


@pytest.mark.parametrize("gesture", ["answer", "note", "move", "take", "resolve"])
def test_what_the_lead_does_is_a_yes(
    s: Session, people: People, given: Ticket, gesture: str
) -> None:
    number, bruno = given.number, people.bruno
    wait = transitions.Wait(reason=PendingReason.SUPPLIER)
    match gesture:
        case "answer":
            comments.post(s, bruno, number, "J’arrive")
        case "note":
            comments.post(s, bruno, number, "Encore elle", internal=True)
        case "move":
            transitions.move(s, bruno, number, Status.PENDING, wait=wait)
        case "take":
            assignment.take(s, bruno, number)
        case "resolve":
            comments.post(s, bruno, number, "Voilà", resolve=True)

    assert (given.assigned_at, given.accepted_at is None) == (None, False)


@pytest.mark.parametrize("gesture", ["answer of another", "team", "edit"])
def test_what_others_do_and_what_is_no_work_is_no_yes(
    s: Session, people: People, given: Ticket, gesture: str
) -> None:
    match gesture:
        case "answer of another":
            comments.post(s, people.diane, given.number, "Bruno arrive")
        case "team":
            team_id = min(people.bruno.team_ids)
            assignment.assign(s, people.diane, given.number, team_id=team_id)
        case "edit":
            tickets.edit(s, people.diane, given.number, {"title": "Autre"})

    assert (given.assigned_at is None, given.accepted_at) == (False, None)


def test_whoever_assigns_themselves_has_accepted(
    s: Session, people: People, ticket: Ticket
) -> None:
    assignment.assign(s, people.diane, ticket.number, lead_id=people.diane.id)

    assert (ticket.assigned_at, ticket.accepted_at is None) == (None, False)


def test_a_second_lead_is_asked_again_and_the_first_yes_stays(
    s: Session, people: People, given: Ticket, time: Clock
) -> None:
    acceptance.accept(s, people.bruno, given.number)
    first = given.accepted_at
    time.pass_by(hours=1)

    assignment.assign(s, people.bruno, given.number, lead_id=assignment.NOBODY)
    asked = [given.assigned_at]
    assignment.assign(s, people.chloe, given.number, lead_id=people.diane.id)
    asked.append(given.assigned_at)
    acceptance.accept(s, people.diane, given.number)

    assert [at is None for at in asked] == [True, False]
    assert (given.assigned_at, given.accepted_at) == (None, first)


def test_answers_are_undone(s: Session, people: People, given: Ticket) -> None:
    asked = given.assigned_at

    acceptance.accept(s, people.bruno, given.number)
    undo.undo(s, people.bruno, last_event(s, given.number).id)
    assert (given.lead_id, given.assigned_at, given.accepted_at) == (people.bruno.id, asked, None)
    acceptance.refuse(s, people.bruno, given.number, "Non")
    undo.undo(s, people.bruno, last_event(s, given.number).id)

    assert (given.lead_id, given.assigned_at) == (people.bruno.id, asked)
    assert last_event(s, given.number).is_internal
    comments.post(s, people.bruno, given.number, "J’arrive")
    said = next(e for e in history.of(s, people.bruno, given.number)[::-1] if e.actor)
    assert said.sentence == "accepted the ticket"


def test_a_comment_that_is_undone_was_no_yes(s: Session, people: People, given: Ticket) -> None:
    asked = given.assigned_at
    posted = comments.post(s, people.bruno, given.number, "J’arrive")
    event = next(e for e in s.info["recorded"] if e.details.get("comment_id") == posted.id)

    undo.undo(s, people.bruno, event.id)

    assert (given.assigned_at, given.accepted_at) == (asked, None)


def test_giving_somebody_a_ticket_is_undone_until_they_accept(
    s: Session, people: People, ticket: Ticket
) -> None:
    assignment.assign(s, people.diane, ticket.number, lead_id=people.bruno.id)
    event = last_event(s, ticket.number)
    undo.undo(s, people.diane, event.id)

    assert (ticket.lead_id, ticket.assigned_at, ticket.status) == (None, None, Status.NEW)


def test_helpers_answer_for_themselves(s: Session, people: People, given: Ticket) -> None:
    number, diane = given.number, people.diane
    assignment.add_helper(s, people.chloe, number, diane.id)
    answers = [has_accepted(s, given, diane.id)]

    for _ in range(2):
        acceptance.accept(s, diane, number)
        answers.append(has_accepted(s, given, diane.id))
    assert given.assigned_at is not None  # the lead’s answer is the lead’s
    undo.undo(s, diane, last_event(s, number).id)
    answers.append(has_accepted(s, given, diane.id))
    assert answers == [False, True, True, False]
    acceptance.refuse(s, diane, number, "Pas mon domaine")
    assert helper(s, given, diane.id) is None
    undo.undo(s, diane, last_event(s, number).id)

    assert helper(s, given, diane.id) is not None
    assert "domaine" not in str(history.of(s, people.alice, number))
    assert happened(s, number)[2:] == [
        "ticket.helper_added",
        "ticket.helper_accepted",
        "ticket.undone",
        "ticket.helper_refused",
        "ticket.undone",
    ]


def test_a_helper_who_comes_back_by_undo_has_accepted_as_before(
    s: Session, people: People, ticket: Ticket
) -> None:
    assignment.add_helper(s, people.diane, ticket.number, people.diane.id)
    accepted_at = s.scalars(select(TicketPerson.accepted_at)).one()
    assert accepted_at is not None
    assignment.remove_helper(s, people.diane, ticket.number, people.diane.id)

    undo.undo(s, people.diane, last_event(s, ticket.number).id)

    assert s.scalars(select(TicketPerson.accepted_at)).one() == accepted_at


def test_the_deadline_of_a_yes_counts_from_the_asking(
    s: Session, people: People, time: Clock
) -> None:
    policy(s, people.diane, accept_minutes=60)
    it_is(time, "2026-03-02", "08:00")
    ticket = opened(s, people.alice)
    assert ticket.accept_due_at == paris("2026-03-02", "09:00")
    it_is(time, "2026-03-02", "08:30")

    assignment.assign(s, people.diane, ticket.number, lead_id=people.bruno.id)
    assert ticket.accept_due_at == paris("2026-03-02", "09:30")
    assert alarm(s, ticket, Target.ACCEPT) is not None
    it_is(time, "2026-03-02", "08:45")
    acceptance.refuse(s, people.bruno, ticket.number, "Non")
    assert ticket.accept_due_at == paris("2026-03-02", "09:00")
    assignment.assign(s, people.diane, ticket.number, lead_id=people.bruno.id)
    time.stopped = paris("2026-03-02", "09:30") + timedelta(minutes=1)
    acceptance.accept(s, people.bruno, ticket.number)

    # Whoever looks later still sees that it was in time.
    assert ticket.accept_due_at == paris("2026-03-02", "09:45")
    assert alarm(s, ticket, Target.ACCEPT) is None
    undo.undo(s, people.bruno, last_event(s, ticket.number).id)
    assert ticket.accept_due_at == paris("2026-03-02", "09:45")
    assert alarm(s, ticket, Target.ACCEPT) is not None
