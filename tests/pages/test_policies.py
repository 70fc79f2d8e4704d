"""The policies on the page of deadlines: made, ordered, switched off, deleted, undone (C6)."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Priority, SlaPolicy, Team
from services import sla
from services.errors import Invalid
from tests.conftest import People
from tests.pages.conftest import Visit, Visitor
from ui.widgets import open_time

PAGE = "/admin/deadlines"


def policies(s: Session) -> list[SlaPolicy]:
    s.rollback()
    s.expire_all()
    return list(s.scalars(select(SlaPolicy).order_by(SlaPolicy.position)))


async def until(visitor: Visitor, s: Session, names: list[str]) -> None:
    await visitor._until(lambda: [p.name for p in policies(s)] == names, str(names))


@pytest.fixture
def three(s: Session, people: People) -> list[SlaPolicy]:
    found = [sla.create(s, people.diane, name=f"Promesse {n}", resolve_minutes=60) for n in "ABC"]
    s.commit()
    return found


async def test_a_policy_is_made_in_friendly_units(visit: Visit, s: Session, people: People) -> None:
    diane = await visit("diane", PAGE)
    diane.click("create-policy")
    await diane._until(lambda: diane.has("dialog-ok"), "a dialog")
    diane.field("accept_minutes").set_value("bientôt")
    diane.field("resolve_minutes").set_value("0 min")
    diane.click("dialog-ok")
    await diane._until(lambda: diane.field("accept_minutes").error, "an error")
    diane.field("name").set_value("Urgences")
    diane.field("accept_minutes").set_value("30 min")
    diane.click("dialog-ok")
    await diane._until(lambda: diane.field("resolve_minutes").error, "an error")
    team = s.scalars(select(Team)).one()
    diane.field("team_id").choose(str(team.id))
    diane.field("priority").choose("urgent")
    diane.field("first_response_minutes").set_value("1 h 30")
    diane.field("resolve_minutes").set_value("2 j")

    diane.click("dialog-ok")

    await diane.sees("Resolution: 2 d")
    await diane.sees("First answer: 1 h 30")
    made = policies(s)[0]
    assert (made.accept_minutes, made.first_response_minutes, made.resolve_minutes) == (30, 90, 900)
    assert (made.team_id, made.priority) == (team.id, Priority.URGENT)
    assert (made.remind_minutes, made.is_active, made.returns_unaccepted) == (60, True, True)


async def test_the_order_is_changed_and_taken_back(
    visit: Visit, s: Session, three: list[SlaPolicy]
) -> None:
    diane = await visit("diane", PAGE)
    await diane.sees("Promesse C")

    diane.press('id="policies"', "later", str(three[0].id))
    await until(diane, s, ["Promesse B", "Promesse A", "Promesse C"])
    await diane.sees('data-testid="toast"')
    diane.press('data-testid="toast"', "undo")

    await until(diane, s, ["Promesse A", "Promesse B", "Promesse C"])


async def test_a_policy_is_switched_off_edited_and_deleted(
    visit: Visit, s: Session, three: list[SlaPolicy]
) -> None:
    diane = await visit("diane", PAGE)
    await diane.sees("Promesse C")

    diane.press('id="policies"', "activity", str(three[1].id))
    await diane.sees("Switched off")
    diane.press('id="policies"', "edit", str(three[0].id))
    await diane._until(lambda: diane.has("dialog-ok"), "a dialog")
    assert diane.field("resolve_minutes").value == "1 h"
    diane.field("resolve_minutes").set_value("")
    diane.click("dialog-ok")
    await diane.sees("Nothing is promised")
    diane.press('id="policies"', "delete", str(three[2].id))
    await diane.sees_no_more("Promesse C")

    assert [(p.is_active, p.resolve_minutes) for p in policies(s)] == [(True, None), (False, 60)]


@pytest.mark.parametrize(
    ("typed", "minutes"),
    [
        ("", None),
        ("45", 45),
        ("30 min", 30),
        ("30\u00a0min", 30),
        ("4h", 240),
        ("1 h 30", 90),
        ("2 d", 900),
        ("1 j 2 h", 570),
        ("0", 0),
    ],
)
def test_lengths_are_read_as_people_write_them(typed: str, minutes: int | None) -> None:
    assert open_time.read("x", typed, 450) == minutes


@pytest.mark.parametrize("typed", ["bientôt", "h", "-5", "1.5.2", "4 h h", "2 semaines"])
def test_what_is_no_length_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as refusal:
        open_time.read("x", typed, 450)

    assert list(refusal.value.problems) == ["x"]


@pytest.mark.parametrize("minutes", [None, 1, 30, 60, 90, 450, 900, 1440])
def test_what_is_written_is_read_again(minutes: int | None) -> None:
    assert open_time.read("x", open_time.written(minutes, 450), 450) == minutes
