"""Deleted tickets: into the trash, back, or gone for good (F-014, F-015; 5.3.9)."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data import clock, db, files
from data.models import Attachment, Event, LinkKind, Status, Ticket
from services import (
    assignment,
    attachments,
    comments,
    counters,
    creation,
    drafts,
    history,
    links,
    lists,
    observers,
    tags,
    tasks,
    tickets,
    transitions,
    trash,
)
from services.creation import NewTicket
from services.errors import Invalid, NotAllowed, NotFound
from services.filters import Filter
from services.permissions import Policy
from tests.conftest import Changes, Clock, People, happened, last_event


def clean() -> None:
    """Clean up, as the clock does."""
    for part in tasks.clean():
        db.write(part)


def stored(text: bytes, name: str = "note.txt") -> files.Stored:
    intake = files.Intake()
    intake.write(text)
    return intake.finish(name)


@pytest.mark.parametrize("who", ["bruno", "diane"])
def test_a_deleted_ticket_is_gone_for_all_but_the_trash(
    s: Session, people: People, ticket: Ticket, who: str
) -> None:
    by = getattr(people, who)
    comment = comments.post(s, people.alice, ticket.number, "Un")

    trash.delete(s, by, ticket.number)

    s.commit()
    assert ticket.deleted_by_id == by.id
    for person in (people.alice, people.bruno, people.chloe, people.diane):
        with pytest.raises(NotFound):
            tickets.get(s, person, ticket.number)
        with pytest.raises(NotFound):
            history.of(s, person, ticket.number)
        with pytest.raises(NotFound):
            comments.get(s, person, comment.id)
        assert lists.page(s, person, Filter()).lines == []
        assert counters.count(s, person).views["open"] == 0
    assert [x.number for x in lists.page(s, people.diane, Filter(scope="trash")).lines] == [1]
    assert trash.count(s, people.diane) == 1


def test_who_may_delete_is_a_setting_for_technicians(
    s: Session, people: People, ticket: Ticket
) -> None:
    by = replace(people.bruno, policy=Policy(technicians_delete=False))

    for person in (people.alice, people.chloe, by):
        with pytest.raises(NotAllowed):
            trash.delete(s, person, ticket.number)
    with pytest.raises(NotFound):
        trash.delete(s, people.driss, ticket.number)

    assert ticket.deleted_at is None


def test_only_an_administrator_deletes_a_closed_ticket(
    s: Session, people: People, ticket: Ticket
) -> None:
    transitions.move(s, people.bruno, ticket.number, Status.RESOLVED)
    transitions.move(s, people.bruno, ticket.number, Status.CLOSED)

    with pytest.raises(NotAllowed):
        trash.delete(s, people.bruno, ticket.number)
    trash.delete(s, people.diane, ticket.number)
    trash.restore(s, people.diane, ticket.number)

    assert tickets.get(s, people.alice, ticket.number).status is Status.CLOSED


@pytest.mark.parametrize("who", ["alice", "bruno", "chloe", "driss"])
def test_only_an_administrator_looks_into_the_trash(
    s: Session, people: People, ticket: Ticket, who: str
) -> None:
    by = getattr(people, who)
    trash.delete(s, people.bruno, ticket.number)

    assert trash.count(s, by) == 0
    with pytest.raises(NotFound):
        trash.get(s, by, ticket.number)
    with pytest.raises(NotAllowed):
        trash.restore(s, by, ticket.number)
    with pytest.raises(NotAllowed):
        trash.purge(s, by, ticket.number, typed="1")


def test_a_ticket_comes_back_as_it_was(s: Session, people: People, ticket: Ticket) -> None:
    assignment.take(s, people.bruno, ticket.number)
    tags.add(s, people.bruno, ticket.number, "vip")
    trash.delete(s, people.bruno, ticket.number)

    trash.restore(s, people.diane, ticket.number)

    s.commit()
    found = tickets.get(s, people.alice, ticket.number)
    assert (found.status, found.lead_id) == (Status.IN_PROGRESS, people.bruno.id)
    assert (found.deleted_at, found.deleted_by_id) == (None, None)
    assert happened(s, ticket.number)[-2:] == ["ticket.deleted", "ticket.restored"]


def test_what_is_not_in_the_trash_is_neither_restored_nor_purged(
    s: Session, people: People, ticket: Ticket
) -> None:
    for number in (ticket.number, 99, 10**30):
        with pytest.raises(NotFound):
            trash.restore(s, people.diane, number)
        with pytest.raises(NotFound):
            trash.purge(s, people.diane, number, typed=str(number))


@pytest.mark.parametrize("typed", ["", "2", "11", "#", "1 ; DROP"])
def test_purging_wants_the_number_typed(
    s: Session, people: People, ticket: Ticket, typed: str
) -> None:
    trash.delete(s, people.diane, ticket.number)

    with pytest.raises(Invalid) as refused:
        trash.purge(s, people.diane, ticket.number, typed=typed)

    assert set(refused.value.problems) == {"typed"}
    assert trash.get(s, people.diane, ticket.number) is ticket


def test_nothing_of_a_purged_ticket_remains_but_that_it_was_purged(
    s: Session, people: People, ticket: Ticket
) -> None:
    number = ticket.number
    other = creation.create(s, people.alice, NewTicket(title="Autre")).number
    fill(s, people, number, other)
    kept = {"user", "team", "membership", "tag", "sequence", "ticket_tally", "ticket_text"}
    trash.delete(s, people.diane, number)
    s.commit()

    trash.purge(s, people.diane, number, typed=f" #{number} ")

    s.commit()
    s.expire_all()
    rows = {
        table.name: s.scalar(select(func.count()).select_from(table)) or 0
        for table in db.Base.metadata.sorted_tables
    }
    assert {name for name, many in rows.items() if many} == {
        *kept,
        "ticket",
        "ticket_text",
        "event",
    }
    assert rows["ticket"] == rows["ticket_text"] == 1
    assert happened(s, number) == ["ticket.purged"]
    event = last_event(s, number)
    assert (event.subject, event.actor_id) == (f"ticket:{number}", people.diane.id)
    assert event.details == {}
    assert "Imprimante" not in str([e.details for e in s.scalars(select(Event))])


def fill(s: Session, people: People, number: int, other: int) -> None:
    """Hang something of every kind on a ticket."""
    context = comments.draft_of(number)
    attachments.add(s, people.alice, context, stored(b"Un"))
    comment = comments.post(s, people.alice, number, "Un")
    comments.edit(s, people.alice, comment.id, "Deux")
    attachments.add(s, people.bruno, context, stored(b"Deux"))
    drafts.save(s, people.bruno, context, {"body": "Au fait, Alice…"})
    tags.add(s, people.bruno, number, "vip")
    observers.add(s, people.bruno, number, people.driss.id)
    assignment.add_helper(s, people.bruno, number, people.bruno.id)
    links.add(s, people.bruno, number, LinkKind.BLOCKS, other)
    links.add_external(s, people.bruno, number, "https://exemple.fr")


def test_numbers_are_never_used_again(s: Session, people: People, ticket: Ticket) -> None:
    trash.delete(s, people.diane, ticket.number)
    trash.purge(s, people.diane, ticket.number, typed="1")
    s.commit()

    assert creation.create(s, people.alice, NewTicket(title="Autre")).number == 2


def test_bytes_without_a_row_are_swept_a_day_later(
    s: Session, people: People, ticket: Ticket, time: Clock
) -> None:
    gone = stored(b"gone").digest
    kept = stored(b"kept")
    attachments.add(s, people.alice, creation.DRAFT, kept)
    s.commit()

    clean()
    assert files.path_of(gone).exists()
    time.pass_by(hours=25)
    clean()

    assert not files.path_of(gone).exists()
    assert Path(files.path_of(kept.digest)).read_bytes() == b"kept"
    assert s.scalars(select(Attachment.digest)).all() == [kept.digest]


def test_bytes_that_came_again_since_they_were_listed_stay(
    s: Session, people: People, time: Clock
) -> None:
    digest = stored(b"twice").digest
    time.pass_by(hours=25)
    (listed,) = attachments.aged()
    later = clock.now().timestamp()
    os.utime(files.path_of(digest), (later, later))  # whoever sends them again, renews them

    assert attachments.sweep(s, listed) == 0

    assert files.path_of(digest).exists()


def test_the_folders_are_walked_through_in_no_transaction(
    s: Session, people: People, time: Clock, changes: Changes, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored(b"gone")
    time.pass_by(hours=25)
    walked: list[int] = []
    older_than = files.older_than

    def watched(instant: datetime) -> Iterator[str]:
        for digest in older_than(instant):
            walked.append(changes.open)
            yield digest

    monkeypatch.setattr(files, "older_than", watched)
    clean()

    assert walked == [0]


def test_the_number_of_an_event_is_never_given_twice(
    s: Session, people: People, ticket: Ticket
) -> None:
    trash.delete(s, people.diane, ticket.number)
    s.commit()
    newest = s.scalar(select(func.max(Event.id))) or 0

    trash.purge(s, people.diane, ticket.number, typed=str(ticket.number))

    s.commit()
    assert last_event(s, ticket.number).id > newest
