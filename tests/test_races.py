"""Two people at once: one wins, the other is told, nothing is lost or done twice (C2)."""

import threading
from collections import Counter
from collections.abc import Callable

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data import db
from data.models import (
    Comment,
    CommentVersion,
    Draft,
    Link,
    LinkKind,
    Status,
    Tag,
    Ticket,
    TicketPerson,
    TicketTag,
)
from services import (
    assignment,
    comments,
    creation,
    drafts,
    links,
    observers,
    tags,
    tickets,
    transitions,
    undo,
)
from services.creation import NewTicket
from services.errors import Closed, Conflict, Invalid, Taken
from tests.conftest import People, happened, last_event

Work = Callable[[Session], object]
again = pytest.mark.parametrize("round_", range(5))  # a race is lost now and then


def together(*works: Work) -> list[object]:
    """Do all at once, each in a transaction of its own; return outcomes and refusals."""
    outcomes: list[object] = [None] * len(works)
    barrier = threading.Barrier(len(works))

    def run(place: int, work: Work) -> None:
        barrier.wait()
        try:
            outcomes[place] = db.write(work)
        except Exception as refusal:
            outcomes[place] = refusal

    threads = [threading.Thread(target=run, args=args) for args in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


@again
def test_of_two_takers_one_gets_the_ticket(s: Session, people: People, round_: int) -> None:
    number = creation.create(s, people.alice, NewTicket(title="Écran noir")).number
    s.commit()

    outcomes = together(
        *(lambda t, by=by: assignment.take(t, by, number) for by in (people.bruno, people.diane))
    )

    assert Counter(type(outcome) for outcome in outcomes) == {Ticket: 1, Taken: 1}
    assert happened(s, number) == ["ticket.created", "ticket.taken"]
    s.commit()


def test_one_form_sent_eight_times_at_once_makes_one_ticket(s: Session, people: People) -> None:
    new = NewTicket(title="Écran noir", key="form-1")

    outcomes = together(*[lambda t: creation.create(t, people.alice, new).number] * 8)

    assert outcomes == [1] * 8
    assert s.scalars(select(Ticket.number)).all() == [1]


def test_one_answer_sent_eight_times_at_once_is_one_comment(
    s: Session, people: People, ticket: Ticket
) -> None:
    number = ticket.number

    outcomes = together(
        *[lambda t: comments.post(t, people.alice, number, "Toujours muette", key="k").id] * 8
    )

    assert len(set(outcomes)) == 1
    assert s.scalars(select(Comment.id)).all() == outcomes[:1]
    s.refresh(ticket)
    assert ticket.comment_count == 1


def test_the_very_first_tickets_get_numbers_of_their_own(s: Session, people: People) -> None:
    outcomes = together(
        *[lambda t: creation.create(t, people.alice, NewTicket(title="Un")).number] * 8
    )

    assert sorted(map(str, outcomes)) == [str(number) for number in range(1, 9)]


def test_one_new_tag_on_many_tickets_at_once_is_one_tag(s: Session, people: People) -> None:
    numbers = [creation.create(s, people.alice, NewTicket(title="x")).number for _ in range(6)]
    s.commit()

    outcomes = together(
        *(lambda t, n=n: tags.add(t, people.bruno, n, "wifi").number for n in numbers)
    )

    assert outcomes == numbers
    assert s.scalars(select(Tag.name)).all() == ["wifi"]
    assert s.scalar(select(func.count()).select_from(TicketTag)) == 6


def test_the_same_gesture_of_several_is_done_once(
    s: Session, people: People, ticket: Ticket
) -> None:
    number = ticket.number

    for gesture in (
        lambda t: tags.add(t, people.bruno, number, "wifi").number,
        lambda t: observers.add(t, people.bruno, number, people.driss.id).number,
        lambda t: assignment.add_helper(t, people.diane, number, people.bruno.id).number,
    ):
        assert together(*[gesture] * 4) == [number] * 4

    assert len(s.scalars(select(TicketPerson)).all()) == 2
    assert happened(s, number) == [
        "ticket.created",
        "ticket.tag_added",
        "ticket.observer_added",
        "ticket.helper_added",
    ]


def test_two_windows_saving_a_draft_keep_one(s: Session, people: People) -> None:
    outcomes = together(
        *(lambda t, n=n: drafts.save(t, people.alice, "new", {"title": str(n)}) for n in range(6))
    )

    assert outcomes == [None] * 6
    assert s.scalars(select(Draft)).one().body["title"] in set("012345")


@again
def test_two_who_edit_the_same_field_are_not_both_right(
    s: Session, people: People, round_: int
) -> None:
    number = creation.create(s, people.alice, NewTicket(title="Avant")).number
    s.commit()

    outcomes = together(
        *(
            lambda t, by=by: tickets.edit(
                t, by, number, {"title": by.name}, seen={"title": "Avant"}
            )
            for by in (people.bruno, people.diane)
        )
    )

    winner = next(o for o in outcomes if isinstance(o, Ticket))
    loser = next(o for o in outcomes if isinstance(o, Conflict))
    assert loser.facts["theirs"] == loser.facts["name"] == winner.title
    assert loser.facts["mine"] != winner.title


def test_two_who_edit_different_fields_are_both_kept(s: Session, people: People) -> None:
    number = creation.create(s, people.alice, NewTicket(title="Avant")).number
    s.commit()

    outcomes = together(
        lambda t: tickets.edit(t, people.bruno, number, {"title": "A"}, seen={"title": "Avant"}),
        lambda t: tickets.edit(t, people.diane, number, {"type": "request"}),
        lambda t: tickets.edit(t, people.diane, number, {"urgency": "urgent"}),
        lambda t: tags.add(t, people.diane, number, "wifi"),
        lambda t: comments.post(t, people.alice, number, "?"),
    )

    assert not [o for o in outcomes if isinstance(o, Exception)]
    s.expire_all()
    ticket = tickets.get(s, people.bruno, number)
    assert (ticket.title, ticket.type.value, ticket.urgency.value) == ("A", "request", "urgent")
    assert (ticket.comment_count, ticket.version) == (1, 6)


@again
def test_two_links_that_would_make_a_circle_are_not_both_made(
    s: Session, people: People, round_: int
) -> None:
    a, b = (creation.create(s, people.alice, NewTicket(title="x")).number for _ in range(2))
    s.commit()

    outcomes = together(
        lambda t: links.add(t, people.bruno, a, LinkKind.BLOCKS, b),
        lambda t: links.add(t, people.diane, b, LinkKind.BLOCKS, a),
    )

    assert Counter(type(outcome) for outcome in outcomes) == {Link: 1, Invalid: 1}


def test_a_double_click_on_undo_undoes_once(s: Session, people: People, ticket: Ticket) -> None:
    assignment.take(s, people.bruno, ticket.number)
    s.commit()
    event_id = last_event(s, ticket.number).id
    s.commit()

    outcomes = together(*[lambda t: undo.undo(t, people.bruno, event_id)] * 3)

    assert outcomes == [None] * 3
    assert happened(s, ticket.number) == ["ticket.created", "ticket.taken", "ticket.undone"]


@again
def test_closing_and_everything_else_at_once_leave_a_closed_ticket(
    s: Session, people: People, round_: int
) -> None:
    number = creation.create(s, people.alice, NewTicket(title="x")).number
    transitions.move(s, people.bruno, number, Status.RESOLVED)
    s.commit()

    together(
        lambda t: transitions.move(t, people.diane, number, Status.CLOSED),
        lambda t: comments.post(t, people.alice, number, "Non !"),
        lambda t: tickets.edit(t, people.bruno, number, {"title": "y"}),
        lambda t: tags.add(t, people.bruno, number, "wifi"),
    )

    kinds = happened(s, number)
    if "ticket.closed" in kinds:
        assert kinds[-1] == "ticket.closed"
    else:
        assert "ticket.reopened" in kinds
    s.commit()


@pytest.mark.mariadb
@pytest.mark.parametrize("number_of_readings", [1, 2])
def test_what_was_read_before_the_lock_is_read_again(
    s: Session, people: People, ticket: Ticket, number_of_readings: int
) -> None:
    for _ in range(number_of_readings):
        assert tickets.get(s, people.bruno, ticket.number).title == "Imprimante muette"
    db.write(lambda t: tickets.edit(t, people.diane, ticket.number, {"title": "Autre"}).number)

    with pytest.raises(Conflict):
        tickets.edit(
            s, people.bruno, ticket.number, {"title": "x"}, seen={"title": "Imprimante muette"}
        )


@pytest.mark.mariadb
def test_a_comment_read_before_the_ticket_was_closed_cannot_be_edited(
    s: Session, people: People, ticket: Ticket
) -> None:
    comment = comments.post(s, people.bruno, ticket.number, "Un")
    transitions.move(s, people.bruno, ticket.number, Status.RESOLVED)
    s.commit()
    comments.get(s, people.bruno, comment.id)
    db.write(lambda t: transitions.move(t, people.diane, ticket.number, Status.CLOSED).number)

    with pytest.raises(Closed):
        comments.edit(s, people.bruno, comment.id, "Deux")


@pytest.mark.mariadb
def test_a_comment_edited_in_another_window_meanwhile_loses_no_version(
    s: Session, people: People, ticket: Ticket
) -> None:
    comment = comments.post(s, people.bruno, ticket.number, "Un")
    s.commit()
    comments.get(s, people.bruno, comment.id)
    db.write(lambda t: comments.edit(t, people.bruno, comment.id, "Deux").id)

    with pytest.raises(Conflict) as told:
        comments.edit(s, people.bruno, comment.id, "Trois", seen="Un")
    comments.edit(s, people.bruno, comment.id, "Trois", seen="Deux")

    s.commit()
    assert told.value.facts["theirs"] == "Deux"
    kept = select(CommentVersion.body).order_by(CommentVersion.id)
    assert s.scalars(kept).all() == ["Un", "Deux"]
