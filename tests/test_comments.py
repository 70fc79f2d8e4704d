"""The conversation: posting, editing, deleting, and what an answer moves (F-007; 5.3.4; C3)."""

from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Comment, Draft, PendingReason, Status, Ticket
from services import comments, drafts, observers, ticket_view, tickets, transitions
from services.errors import Closed, Conflict, Invalid, NotAllowed, NotFound
from services.transitions import Wait
from tests.conftest import Clock, People, happened, last_event


@pytest.mark.parametrize("who", ["alice", "bruno", "chloe", "diane"])
def test_whoever_reads_the_ticket_comments_on_it(
    s: Session, people: People, ticket: Ticket, who: str
) -> None:
    by = getattr(people, who)

    comment = comments.post(s, by, ticket.number, "Toujours **muette**\r\n<b>!</b>\n")

    s.commit()
    s.expire_all()
    assert comment.body == "Toujours **muette**\n<b>!</b>"
    assert (comment.author_id, comment.is_internal) == (by.id, False)
    assert (ticket.comment_count, ticket.version) == (1, 2)
    event = last_event(s, ticket.number)
    assert (event.kind, event.is_internal) == ("comment.posted", False)
    assert event.details == {"comment_id": comment.id}


def test_a_stranger_finds_nothing_to_comment_on(s: Session, people: People, ticket: Ticket) -> None:
    comment_id = comments.post(s, people.alice, ticket.number, "Un").id

    with pytest.raises(NotFound):
        comments.post(s, people.driss, ticket.number, "?")
    for gesture in (comments.get, comments.versions, comments.delete, comments.restore):
        with pytest.raises(NotFound):
            gesture(s, people.driss, comment_id)


@pytest.mark.parametrize("who", ["bruno", "chloe", "diane"])
def test_staff_write_notes_that_change_nothing_a_requester_sees(
    s: Session, people: People, ticket: Ticket, who: str
) -> None:
    before = (ticket.version, ticket.updated_at, ticket.comment_count, ticket.first_response_at)

    comments.post(s, getattr(people, who), ticket.number, "Encore lui", internal=True)

    s.commit()
    assert before == (
        ticket.version,
        ticket.updated_at,
        ticket.comment_count,
        ticket.first_response_at,
    )
    assert last_event(s, ticket.number).is_internal


def test_requesters_write_no_notes(s: Session, people: People, ticket: Ticket) -> None:
    with pytest.raises(NotAllowed):
        comments.post(s, people.alice, ticket.number, "Psst", internal=True)


@pytest.mark.parametrize("body", ["", " \n\u200b", "x" * 64_001, None])
def test_an_impossible_comment_is_refused(
    s: Session, people: People, ticket: Ticket, body: str
) -> None:
    with pytest.raises(Invalid) as refused:
        comments.post(s, people.alice, ticket.number, body)

    assert set(refused.value.problems) == {"body"}


def test_the_same_answer_sent_twice_is_one(s: Session, people: People, ticket: Ticket) -> None:
    first = comments.post(s, people.alice, ticket.number, "Un", key="k")
    s.commit()
    transitions.move(s, people.bruno, ticket.number, Status.RESOLVED)
    transitions.move(s, people.bruno, ticket.number, Status.CLOSED)

    again = comments.post(s, people.alice, ticket.number, "Un", key="k")

    assert again is first
    assert ticket.comment_count == 1


def test_a_key_counts_for_one_person_and_one_ticket(
    s: Session, people: People, ticket: Ticket
) -> None:
    other = tickets.get(s, people.bruno, ticket.number)
    keys = [
        comments.post(s, by, other.number, "Un", key="k" * 200).id
        for by in (people.alice, people.bruno)
    ]

    assert keys[0] != keys[1]


def test_the_draft_ends_with_the_answer(s: Session, people: People, ticket: Ticket) -> None:
    context = comments.draft_of(ticket.number)
    for by in (people.alice, people.bruno):
        drafts.save(s, by, context, {"body": "Tou"})

    comments.post(s, people.alice, ticket.number, "Toujours")

    s.commit()
    assert s.scalars(select(Draft.user_id)).all() == [people.bruno.id]


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        (PendingReason.REQUESTER, Status.IN_PROGRESS),
        (PendingReason.SUPPLIER, Status.PENDING),
        (PendingReason.OTHER_TICKET, Status.PENDING),
    ],
)
def test_the_answer_one_waited_for_brings_the_ticket_back(
    s: Session, people: People, ticket: Ticket, reason: PendingReason, status: Status
) -> None:
    transitions.move(s, people.bruno, ticket.number, Status.PENDING, wait=Wait(reason=reason))

    comments.post(s, people.alice, ticket.number, "C’est une Laser 3")

    assert ticket.status is status
    assert (ticket.pending_reason is None) is (status is Status.IN_PROGRESS)
    assert ticket.answered_by_requester


def test_the_requester_reopens_by_answering(s: Session, people: People, ticket: Ticket) -> None:
    transitions.move(s, people.bruno, ticket.number, Status.RESOLVED)

    comments.post(s, people.alice, ticket.number, "Elle est de nouveau muette")

    assert (ticket.status, ticket.resolved_at) == (Status.IN_PROGRESS, None)
    assert happened(s, ticket.number)[-2:] == ["comment.posted", "ticket.reopened"]


@pytest.mark.parametrize("who", ["bruno", "chloe", "driss"])
def test_nobody_else_moves_the_ticket_by_answering(
    s: Session, people: People, ticket: Ticket, who: str
) -> None:
    observers.add(s, people.bruno, ticket.number, people.driss.id)
    transitions.move(s, people.bruno, ticket.number, Status.RESOLVED)

    comments.post(s, getattr(people, who), ticket.number, "Merci")

    assert ticket.status.value == "resolved"


def test_a_note_moves_nothing(s: Session, people: People, ticket: Ticket) -> None:
    tickets.edit(s, people.bruno, ticket.number, {"requester_id": people.bruno.id})
    wait = Wait(reason=PendingReason.REQUESTER)
    transitions.move(s, people.diane, ticket.number, Status.PENDING, wait=wait)

    comments.post(s, people.bruno, ticket.number, "Note", internal=True)

    assert ticket.status.value == "pending"


def test_answering_and_resolving_are_one_gesture(
    s: Session, people: People, ticket: Ticket
) -> None:
    comments.post(s, people.bruno, ticket.number, "Papier remis", resolve=True)

    assert (ticket.status, ticket.lead_id) == (Status.RESOLVED, people.bruno.id)
    with pytest.raises(NotAllowed):
        comments.post(s, people.alice, ticket.number, "Moi aussi", resolve=True)


def test_the_first_public_word_of_staff_is_the_first_response(
    s: Session, people: People, ticket: Ticket, time: Clock
) -> None:
    comments.post(s, people.alice, ticket.number, "?")
    comments.post(s, people.bruno, ticket.number, "note", internal=True)
    assert ticket.first_response_at is None

    first = comments.post(s, people.chloe, ticket.number, "On regarde")
    time.pass_by(minutes=5)
    comments.post(s, people.bruno, ticket.number, "Fait")

    assert ticket.first_response_at == first.created_at


def test_an_answer_taken_back_was_no_answer(
    s: Session, people: People, ticket: Ticket, time: Clock
) -> None:
    first = comments.post(s, people.bruno, ticket.number, "Mauvais ticket")
    time.pass_by(minutes=5)
    second = comments.post(s, people.chloe, ticket.number, "On regarde")
    s.commit()

    comments.delete(s, people.bruno, first.id)
    found = [ticket.first_response_at]
    comments.delete(s, people.chloe, second.id)
    found.append(ticket.first_response_at)
    comments.restore(s, people.chloe, second.id)
    comments.restore(s, people.bruno, first.id)

    assert [*found, ticket.first_response_at] == [second.created_at, None, first.created_at]


def test_whose_word_was_the_last_follows_deletions(
    s: Session, people: People, ticket: Ticket
) -> None:
    comments.post(s, people.bruno, ticket.number, "On regarde")
    again = comments.post(s, people.alice, ticket.number, "Alors ?")
    was_answered = ticket.answered_by_requester

    comments.delete(s, people.alice, again.id)

    assert (was_answered, ticket.answered_by_requester, ticket.comment_count) == (True, False, 1)


def test_one_edits_ones_own_words_and_what_they_were_is_kept(
    s: Session, people: People, ticket: Ticket
) -> None:
    comment = comments.post(s, people.alice, ticket.number, "Un")

    comments.edit(s, people.alice, comment.id, "Deux")
    comments.edit(s, people.alice, comment.id, "Trois", seen="Deux")
    comments.edit(s, people.alice, comment.id, "Trois")

    s.commit()
    assert comment.body == "Trois"
    assert comment.edited_at is not None
    assert (comment.version, ticket.version) == (3, 4)
    kept = comments.versions(s, people.bruno, comment.id)
    assert [version.body for version in kept] == ["Un", "Deux"]
    assert happened(s, ticket.number)[2:] == ["comment.edited"] * 2


def test_two_windows_of_one_person_do_not_overwrite_each_other(
    s: Session, people: People, ticket: Ticket
) -> None:
    comment = comments.post(s, people.alice, ticket.number, "Un")
    comments.edit(s, people.alice, comment.id, "Deux", seen="Un")

    with pytest.raises(Conflict) as told:
        comments.edit(s, people.alice, comment.id, "Trois", seen="Un")

    assert (told.value.facts["theirs"], told.value.facts["mine"]) == ("Deux", "Trois")


@pytest.mark.parametrize("who", ["bruno", "chloe", "diane"])
def test_nobody_touches_the_words_of_another(
    s: Session, people: People, ticket: Ticket, who: str
) -> None:
    comment = comments.post(s, people.alice, ticket.number, "Un")
    by = getattr(people, who)

    with pytest.raises(NotAllowed):
        comments.edit(s, by, comment.id, "Deux")
    with pytest.raises(NotAllowed):
        comments.delete(s, by, comment.id)
    comments.delete(s, people.alice, comment.id)
    with pytest.raises(NotAllowed):
        comments.restore(s, by, comment.id)


def test_a_deleted_comment_has_no_words_for_anybody(
    s: Session, people: People, ticket: Ticket
) -> None:
    comment = comments.post(s, people.alice, ticket.number, "Mot de passe : 1234")

    comments.delete(s, people.alice, comment.id)

    s.commit()
    for by in (people.alice, people.bruno, people.diane):
        view = ticket_view.load(s, by, ticket.number)
        assert [(m.comment.body, m.files) for m in view.messages] == [("", ())]
    with pytest.raises(NotFound):
        comments.versions(s, people.diane, comment.id)
    assert comments.versions(s, people.alice, comment.id)[0].body == "Mot de passe : 1234"
    assert (ticket.comment_count, ticket.version) == (0, 3)
    with pytest.raises(Invalid):
        comments.edit(s, people.alice, comment.id, "x")
    with pytest.raises(Invalid):
        comments.delete(s, people.alice, comment.id)


def test_a_deleted_comment_comes_back_as_it_was(s: Session, people: People, ticket: Ticket) -> None:
    comment = comments.post(s, people.alice, ticket.number, "Un")
    comments.edit(s, people.alice, comment.id, "Deux")
    comments.delete(s, people.alice, comment.id)

    comments.restore(s, people.alice, comment.id)

    s.commit()
    assert (comment.body, comment.deleted_at, ticket.comment_count) == ("Deux", None, 1)
    with pytest.raises(Invalid):
        comments.restore(s, people.alice, comment.id)


def test_a_note_of_who_became_a_requester_is_hidden_even_from_them(
    s: Session, people: People, ticket: Ticket
) -> None:
    note = comments.post(s, people.bruno, ticket.number, "Note", internal=True)
    observers.add(s, people.diane, ticket.number, people.bruno.id)
    demoted = replace(people.bruno, role=people.alice.role)

    for gesture in (comments.get, comments.delete, comments.versions):
        with pytest.raises(NotFound):
            gesture(s, demoted, note.id)


def test_what_is_said_on_a_closed_ticket_stays(s: Session, people: People, ticket: Ticket) -> None:
    kept = comments.post(s, people.alice, ticket.number, "Un")
    gone = comments.post(s, people.alice, ticket.number, "Deux")
    comments.delete(s, people.alice, gone.id)
    transitions.move(s, people.bruno, ticket.number, Status.RESOLVED)
    transitions.move(s, people.bruno, ticket.number, Status.CLOSED)
    s.commit()

    with pytest.raises(Closed):
        comments.post(s, people.alice, ticket.number, "Trois")
    with pytest.raises(Closed):
        comments.edit(s, people.alice, kept.id, "Trois")
    with pytest.raises(Closed):
        comments.delete(s, people.alice, kept.id)
    with pytest.raises(Closed):
        comments.restore(s, people.alice, gone.id)
    assert [c.body for c in s.scalars(select(Comment).order_by(Comment.id))] == ["Un", ""]
