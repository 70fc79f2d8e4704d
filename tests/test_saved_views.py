"""Views that people keep, for themselves or with a team (issue 3)."""

from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Role, SavedView, Status, Team, Ticket
from services import assignment, filters, views
from services.errors import Invalid, NotAllowed, NotFound
from services.permissions import Actor
from tests.conftest import People

URGENT = {"status": "in_progress", "priority": "urgent"}


@pytest.fixture
def team_id(s: Session, people: People) -> int:
    return s.scalars(select(Team.id)).one()


def test_a_view_is_kept_counted_and_found_again(s: Session, people: People, ticket: Ticket) -> None:
    assignment.take(s, people.bruno, ticket.number)
    asked = {"lead": "me", "status": "in_progress"}
    view = views.create(s, people.bruno, name=" À moi ", asked=asked, sort="due", reverse=True)
    s.commit()
    s.expire_all()

    (found,) = views.mine(s, people.bruno)

    assert (found.id, found.name, found.sort, found.is_reversed) == (view.id, "À moi", "due", True)
    assert views.count(s, people.bruno, found) == 1
    assert views.count(s, people.diane, found) == 0  # « me » is who looks
    assert views.filter_of(s, found.asked).statuses == {Status.IN_PROGRESS}


def test_a_shared_view_is_seen_by_the_team_and_changed_by_its_owner(
    s: Session, people: People, team_id: int
) -> None:
    fellow = replace(people.diane, role=Role.TECHNICIAN, team_ids=frozenset({team_id}))
    view = views.create(s, people.bruno, name="Urgents", asked=URGENT, team_id=team_id)
    s.commit()

    assert [v.id for v in views.mine(s, fellow)] == [view.id]
    assert views.mine(s, people.chloe) == []
    for attempt in (
        lambda: views.edit(s, fellow, view.id, name="À moi"),
        lambda: views.delete(s, fellow, view.id),
        lambda: views.move(s, fellow, view.id, by_places=1),
    ):
        with pytest.raises(NotFound):
            attempt()
    views.edit(s, people.bruno, view.id, team_id=None)
    assert views.mine(s, fellow) == []


def test_views_are_put_in_order(s: Session, people: People) -> None:
    ids = [views.create(s, people.bruno, name=n, asked={}).id for n in "abc"]

    views.move(s, people.bruno, ids[2], by_places=-1)
    views.move(s, people.bruno, ids[0], by_places=-5)
    views.delete(s, people.bruno, ids[1])

    assert [v.name for v in views.mine(s, people.bruno)] == ["a", "c"]


@pytest.mark.parametrize(
    "asked",
    [
        {"password_hash": "x"},
        {"status": "dancing"},
        {"status": ["new"]},
        {"lead": "1; DROP TABLE ticket"},
        {"team": "-1"},
        {"category": "9" * 30},
        {"view": "trash"},
        {"q": "x" * 301},
    ],
)
def test_a_view_of_something_else_is_refused_and_a_damaged_one_narrows_nothing(
    s: Session, people: People, asked: dict[str, object]
) -> None:
    with pytest.raises(Invalid):
        views.create(s, people.bruno, name="x", asked=asked)

    assert views.filter_of(s, asked) == filters.VIEWS["open"]


def test_views_have_limits(s: Session, people: People, team_id: int) -> None:
    for n in range(views.MOST):
        views.create(s, people.bruno, name=f"{n}", asked={})
    for wrong in (
        {"name": "21"},
        {"name": ""},
        {"name": "x" * 61},
        {"name": "x", "sort": "deleted"},
        {"name": "x", "sort": "password_hash"},
    ):
        with pytest.raises(Invalid):
            views.create(s, people.bruno, asked={}, **wrong)  # type: ignore[arg-type] # texts
    with pytest.raises(Invalid):
        views.create(s, people.chloe, name="x", asked={}, team_id=team_id)


@pytest.mark.parametrize("who", ["alice", "driss"])
def test_requesters_keep_none(s: Session, people: People, who: str) -> None:
    by: Actor = getattr(people, who)
    for attempt in (lambda: views.mine(s, by), lambda: views.create(s, by, name="x", asked={})):
        with pytest.raises(NotAllowed):
            attempt()
    assert s.scalars(select(SavedView)).all() == []
