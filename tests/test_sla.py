"""Policies: what administrators may promise, and what is refused beside which field (C6)."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Category, Event, Priority, Renewal, Team, TicketType
from services import sla, undo
from services.errors import Invalid, NotAllowed, NotFound, TooLate
from tests.conftest import People
from tests.promises import calendar, policy


def newest(s: Session) -> Event:
    """Return the last thing that happened."""
    return s.scalars(select(Event).order_by(Event.id.desc()).limit(1)).one()


def names(s: Session, people: People) -> list[str]:
    return [each.name for each in sla.all(s, people.diane)]


def test_a_policy_says_for_which_tickets_what_is_promised(s: Session, people: People) -> None:
    team_id = min(people.bruno.team_ids)
    category = Category(name="Poste", path="Poste")
    s.add(category)
    s.flush()
    hours = calendar(s, people.diane)

    made = sla.create(
        s,
        people.diane,
        name="  Urgences ",
        calendar_id=hours.id,
        team_id=team_id,
        category_id=category.id,
        priority="urgent",
        type="incident",
        accept_minutes=15,
        first_response_minutes="30",
        resolve_minutes=240,
        remind_minutes=0,
        raises_priority=True,
        escalation_team_id=team_id,
        returns_unaccepted=False,
    )
    s.commit()

    found = sla.get(s, people.diane, made.id)
    assert found.calendar.name == "Bureau"
    assert sla.state(found) == {
        "name": "Urgences",
        "is_active": True,
        "calendar_id": hours.id,
        "team_id": team_id,
        "category_id": category.id,
        "priority": Priority.URGENT,
        "type": TicketType.INCIDENT,
        "accept_minutes": 15,
        "first_response_minutes": 30,
        "resolve_minutes": 240,
        "remind_minutes": 0,
        "raises_priority": True,
        "escalation_team_id": team_id,
        "returns_unaccepted": False,
    }


def test_a_policy_without_a_calendar_takes_the_default(s: Session, people: People) -> None:
    made = sla.create(s, people.diane, name="Standard")

    assert made.calendar.is_default
    assert (made.accept_minutes, made.remind_minutes, made.returns_unaccepted) == (None, 60, True)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"resolve_minutes": 0}, "at least 1"),
        ({"accept_minutes": "0"}, "at least 1"),
        ({"first_response_minutes": -5}, "at least 1"),
        ({"first_response_minutes": 1.5}, "whole number"),
        ({"resolve_minutes": True}, "whole number"),
        ({"resolve_minutes": "une heure"}, "whole number"),
        ({"resolve_minutes": 10**7}, "At most a year"),
        ({"resolve_minutes": 10**30}, "whole number"),
        ({"remind_minutes": -1}, "at least 0"),
        ({"name": " "}, "cannot be empty"),
        ({"name": "STANDARD"}, "already one"),
        ({"calendar_id": 10**6}, "values offered"),
        ({"calendar_id": None}, "values offered"),
        ({"team_id": "x"}, "values offered"),
        ({"team_id": 10**30}, "values offered"),
        ({"category_id": 10**6}, "values offered"),
        ({"escalation_team_id": 10**6}, "values offered"),
        ({"priority": "severe"}, "values offered"),
        ({"type": "change"}, "values offered"),
        ({"version": 7}, "cannot be changed"),
    ],
)
def test_what_makes_no_sense_is_refused_beside_the_field(
    s: Session, people: People, values: dict[str, Any], said: str
) -> None:
    policy(s, people.diane, name="Standard")
    other = policy(
        s, people.diane, name="Autre", calendar_id=sla.all(s, people.diane)[0].calendar_id
    )
    before = sla.state(other)

    with pytest.raises(Invalid) as created:
        sla.create(s, people.diane, **{"name": "Neuve", **values})
    with pytest.raises(Invalid) as edited:
        sla.edit(s, people.diane, other.id, **values)

    for refused in (created, edited):
        assert set(refused.value.problems) == set(values)
        assert said in " ".join(refused.value.by_field().values())
    assert sla.state(sla.get(s, people.diane, other.id)) == before
    assert names(s, people) == ["Standard", "Autre"]


def test_several_mistakes_are_told_at_once(s: Session, people: People) -> None:
    with pytest.raises(Invalid) as refused:
        sla.create(s, people.diane, name="", resolve_minutes=0, accept_minutes=0)

    assert set(refused.value.problems) == {"name", "resolve_minutes", "accept_minutes"}


def test_what_is_no_longer_offered_may_stay(s: Session, people: People) -> None:
    team = Team(name="Minitel")
    s.add(team)
    s.flush()
    made = policy(s, people.diane, team_id=team.id, resolve_minutes=60)
    team.is_active = False

    sla.edit(s, people.diane, made.id, team_id=team.id, resolve_minutes=90)

    with pytest.raises(Invalid):
        sla.edit(s, people.diane, made.id, escalation_team_id=team.id)
    assert made.resolve_minutes == 90


def test_every_change_asks_for_the_deadlines_to_be_computed_again(
    s: Session, people: People
) -> None:
    hours = calendar(s, people.diane).id
    first = policy(s, people.diane, name="A", calendar_id=hours)
    second = policy(s, people.diane, name="B", calendar_id=hours)

    def asks(gesture: Any) -> bool:
        if row := s.get(Renewal, "deadlines"):
            s.delete(row)
        s.commit()
        gesture()
        return s.get(Renewal, "deadlines") is not None

    assert asks(lambda: sla.edit(s, people.diane, first.id, resolve_minutes=60))
    assert not asks(lambda: sla.edit(s, people.diane, first.id, resolve_minutes=60))
    assert asks(lambda: sla.reorder(s, people.diane, [second.id]))
    assert not asks(lambda: sla.reorder(s, people.diane, [second.id, first.id]))
    assert asks(lambda: sla.delete(s, people.diane, first.id))
    assert names(s, people) == ["B"]
    with pytest.raises(NotFound):
        sla.reorder(s, people.diane, [first.id])


def test_what_was_done_to_policies_is_undone(s: Session, people: People) -> None:
    hours = calendar(s, people.diane).id
    made = [policy(s, people.diane, name=n, calendar_id=hours) for n in "ABC"]

    def undone() -> None:
        s.flush()
        undo.undo(s, people.diane, newest(s).id)
        s.flush()

    sla.edit(s, people.diane, made[0].id, name="Z", resolve_minutes=60, priority="high")
    undone()
    assert (made[0].name, made[0].resolve_minutes, made[0].priority) == ("A", None, None)
    sla.reorder(s, people.diane, [made[2].id])
    assert names(s, people) == ["C", "A", "B"]
    undone()
    assert names(s, people) == ["A", "B", "C"]
    sla.delete(s, people.diane, made[1].id)
    undone()
    assert names(s, people) == ["A", "B", "C"]
    policy(s, people.diane, name="D", calendar_id=hours)
    undone()
    assert names(s, people) == ["A", "B", "C"]
    sla.edit(s, people.diane, made[0].id, resolve_minutes=60)
    s.flush()
    first = newest(s).id
    sla.edit(s, people.diane, made[0].id, resolve_minutes=90)
    with pytest.raises(TooLate):
        undo.undo(s, people.diane, first)


@pytest.mark.parametrize("who", ["alice", "bruno", "chloe"])
def test_only_administrators_promise(s: Session, people: People, who: str) -> None:
    made = policy(s, people.diane)
    by = getattr(people, who)

    for gesture in (
        lambda: sla.all(s, by),
        lambda: sla.get(s, by, made.id),
        lambda: sla.create(s, by, name="Neuve"),
        lambda: sla.edit(s, by, made.id, name="Autre"),
        lambda: sla.delete(s, by, made.id),
        lambda: sla.reorder(s, by, [made.id]),
    ):
        with pytest.raises(NotAllowed):
            gesture()


def test_a_policy_that_is_not_there(s: Session, people: People) -> None:
    for gesture in (
        lambda: sla.get(s, people.diane, 10**6),
        lambda: sla.edit(s, people.diane, 10**6, name="Autre"),
        lambda: sla.delete(s, people.diane, 10**6),
    ):
        with pytest.raises(NotFound):
            gesture()
