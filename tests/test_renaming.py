"""Lists by lead and by requester go by the names that people have now."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from data import db
from data.models import Renaming, Ticket, User
from services import accounts, assignment, creation, lists, renaming, tickets, undo, users
from services.creation import NewTicket
from services.filters import Filter
from services.permissions import Actor
from tests.callers import Callers
from tests.conftest import People, last_event


def opened(s: Session, by: Actor, lead: Actor | None = None) -> int:
    number = creation.create(s, by, NewTicket(title="Imprimante")).number
    if lead:
        assignment.take(s, lead, number)
    s.commit()
    return number


def listed(s: Session, people: People, sort: str, *, reverse: bool = False) -> list[int]:
    page = lists.page(s, people.diane, Filter(), sort=sort, reverse=reverse)
    return [line.number for line in page.lines]


def rename(s: Session, people: People, who: Actor, name: str) -> None:
    users.edit(s, people.diane, who.id, name=name)
    s.commit()


def test_people_come_by_name_whatever_accents_and_capitals(s: Session, people: People) -> None:
    rename(s, people, people.driss, "élodie")
    rename(s, people, people.alice, "Zoé")
    zoe, elodie, chloe = (opened(s, by) for by in (people.alice, people.driss, people.chloe))

    assert listed(s, people, "requester") == [chloe, elodie, zoe]
    assert listed(s, people, "requester", reverse=True) == [zoe, elodie, chloe]


def test_tickets_of_nobody_come_first_and_a_lead_counts_at_once(s: Session, people: People) -> None:
    of_diane, of_bruno, free = (
        opened(s, people.alice, lead) for lead in (people.diane, people.bruno, None)
    )
    assert listed(s, people, "lead") == [free, of_bruno, of_diane]

    assignment.assign(s, people.diane, of_bruno, lead_id=assignment.NOBODY)
    s.commit()
    assert listed(s, people, "lead") == [of_bruno, free, of_diane]

    undo.undo(s, people.diane, last_event(s, of_bruno).id)
    s.commit()
    assert listed(s, people, "lead") == [free, of_bruno, of_diane]


def test_another_requester_brings_another_place(s: Session, people: People) -> None:
    first, second = opened(s, people.alice), opened(s, people.driss)

    tickets.edit(s, people.bruno, first, {"requester_id": people.driss.id})
    tickets.edit(s, people.bruno, second, {"requester_id": people.alice.id})
    s.commit()

    assert listed(s, people, "requester") == [second, first]


@pytest.mark.parametrize("batch", [2, 500])
def test_whoever_is_renamed_is_listed_under_the_new_name(
    s: Session, people: People, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(renaming, "BATCH", batch)
    of_alice = [opened(s, people.alice, people.bruno) for _ in range(5)]
    of_driss = opened(s, people.driss, people.diane)

    rename(s, people, people.alice, "Zita")
    accounts.change_profile(s, people.bruno, name="Élie")
    accounts.change_profile(s, people.bruno, name="Zacharie")
    s.commit()
    while db.write(renaming.follow):
        pass

    assert listed(s, people, "requester") == [of_driss, *of_alice]
    assert listed(s, people, "lead") == [of_driss, *of_alice]
    assert s.scalars(select(Renaming)).all() == []
    version = s.scalar(select(Ticket.version).where(Ticket.number == of_driss))
    assert version == s.scalar(select(Ticket.version).where(Ticket.number == of_alice[0]))


def test_one_batch_changes_no_more_than_it_may(
    s: Session, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        opened(s, people.alice)
    monkeypatch.setattr(renaming, "BATCH", 2)
    rename(s, people, people.alice, "Zita")

    counts = []
    for _ in range(4):
        query = select(Ticket.requester_name).where(Ticket.requester_name == "zita")
        counts.append(len(s.scalars(query).all()))
        s.commit()
        db.write(renaming.follow)

    assert counts == [2, 4, 5, 5]
    assert not db.write(renaming.follow)


def test_a_name_that_is_spelt_otherwise_leaves_the_tickets_alone(
    s: Session, people: People
) -> None:
    opened(s, people.alice)

    rename(s, people, people.alice, "ALICÉ")

    assert s.scalars(select(Renaming)).all() == []
    assert s.scalars(select(User.name).where(User.id == people.alice.id)).one() == "ALICÉ"


async def test_the_api_sorts_by_people(s: Session, people: People, callers: Callers) -> None:
    free, of_bruno = opened(s, people.driss), opened(s, people.alice, people.bruno)

    for sort, wanted in {
        "lead": [free, of_bruno],
        "-lead": [of_bruno, free],
        "requester": [of_bruno, free],
        "-requester": [free, of_bruno],
    }.items():
        first = await callers.diane.get(f"/tickets?sort={sort}&limit=1")
        second = await callers.diane.get(
            f"/tickets?sort={sort}&limit=1&cursor={first.json()['next']}"
        )
        found = [item["number"] for page in (first, second) for item in page.json()["items"]]
        assert found == wanted, sort
