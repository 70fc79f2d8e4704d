"""The page of opening hours: changed at once, refused beside the field, simulated (C6)."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from data import clock
from data.models import Calendar, Closure
from services import calendars
from tests.conftest import People, Queries
from tests.pages.conftest import Visit, Visitor
from ui import live
from ui.pages.admin_deadlines import _next, _read

PAGE = "/admin/deadlines"
WEEK, SETTINGS, SIMULATOR = 'class="week"', 'class="hours-settings"', "simulator-fields"


@pytest.fixture
def office(s: Session) -> Calendar:
    made = calendars.default(s)
    s.commit()
    return made


def kept(s: Session, calendar: Calendar) -> Calendar:
    s.rollback()
    s.refresh(calendar)
    return calendar


async def until_kept(visitor: Visitor, s: Session, calendar: Calendar, **values: Any) -> None:
    def is_so() -> bool:
        row = kept(s, calendar)
        return all(getattr(row, name) == value for name, value in values.items())

    await visitor._until(is_so, str(values))


@pytest.mark.parametrize("name", ["alice", "bruno", "chloe"])
async def test_only_an_administrator_sees_it(visit: Visit, name: str) -> None:
    visitor = await visit(name, PAGE)

    assert 'role="alert"' in visitor.shown()
    assert WEEK not in visitor.shown()


async def test_the_first_visit_finds_office_hours_and_what_they_lead_to(
    visit: Visit, s: Session
) -> None:
    diane = await visit("diane", PAGE)

    await diane.sees('data-testid="simulated-due"')
    assert 'value="09:00"' in diane.shown()
    assert s.scalars(select(Calendar)).one().is_default


async def test_a_time_is_saved_when_it_is_typed(visit: Visit, s: Session, office: Calendar) -> None:
    diane = await visit("diane", PAGE)
    await diane.sees(WEEK)

    diane.change(WEEK, "from-mon-0", "8h30")

    await diane.sees('value="08:30"')
    assert kept(s, office).hours["mon"] == [["08:30", "12:30"], ["14:00", "18:00"]]


async def test_what_makes_no_sense_is_refused_beside_the_day_and_stays_as_typed(
    visit: Visit, s: Session, office: Calendar
) -> None:
    diane = await visit("diane", PAGE)
    await diane.sees(WEEK)

    diane.change(WEEK, "until-tue-0", "8h")

    await diane.sees('id="problem-tue"')
    assert 'value="08:00"' in diane.shown()
    assert kept(s, office).hours["tue"][0] == ["09:00", "12:30"]
    diane.change(WEEK, "until-tue-0", "midi")
    await diane.sees('value="midi"')
    diane.change(WEEK, "until-tue-0", "12")
    await diane.sees_no_more('id="problem-tue"')
    assert kept(s, office).hours["tue"][0] == ["09:00", "12:00"]


async def test_hours_are_added_copied_and_taken_away(
    visit: Visit, s: Session, office: Calendar
) -> None:
    diane = await visit("diane", PAGE)
    await diane.sees(WEEK)

    diane.press(WEEK, "add", "sat")
    await diane.sees('id="from-sat-0"')
    diane.press(WEEK, "remove", "mon-1")
    await diane.sees_no_more('id="from-mon-1"')
    diane.press(WEEK, "copy", "mon")
    await diane.sees_no_more('id="from-fri-1"')

    hours = kept(s, office).hours
    assert hours["fri"] == hours["mon"] == [["09:00", "12:30"]]
    assert hours["sat"] == [["09:00", "12:30"]]


async def test_the_last_hours_cannot_be_taken_away(
    visit: Visit, s: Session, people: People, office: Calendar
) -> None:
    calendars.edit(s, people.diane, office.id, hours={"mon": [["09:00", "12:00"]]})
    s.commit()
    diane = await visit("diane", PAGE)
    await diane.sees(WEEK)

    diane.press(WEEK, "remove", "mon-0")

    await diane.sees("Enter opening hours on at least one day.")
    assert kept(s, office).hours["mon"] == [["09:00", "12:00"]]


async def test_settings_are_saved_at_once_and_undone(
    visit: Visit, s: Session, office: Calendar
) -> None:
    diane = await visit("diane", PAGE)
    await diane.sees(SETTINGS)

    diane.change(SETTINGS, "holidays", "FR-mayotte")
    await diane.sees("Abolition of slavery")
    assert kept(s, office).holidays == "FR-mayotte"
    await diane.sees('data-testid="toast"')
    diane.press('data-testid="toast"', "undo")

    await until_kept(diane, s, office, holidays="FR")
    diane.change(SETTINGS, "works_whit_monday", True)
    await until_kept(diane, s, office, works_whit_monday=True)
    diane.change(SETTINGS, "name", " ")
    await diane.sees('id="hours-name-problem"')
    diane.change(SETTINGS, "always", True)
    await diane.sees_no_more(WEEK)
    assert kept(s, office).hours == "always"


async def test_days_are_closed_by_hand(visit: Visit, s: Session, office: Calendar) -> None:
    diane = await visit("diane", PAGE)
    diane.click("add-closure")
    await diane._until(lambda: diane.has("dialog-ok"), "a dialog")
    diane.click("dialog-ok")
    await diane._until(lambda: bool(diane.field("starts-on").error), "an error")
    year = clock.now().year + 1  # far enough to be in the list, whatever the day
    diane.field("starts-on").set_value(f"{year}-01-02")
    diane.field("ends-on").set_value(f"{year}-01-05")
    diane.field("closure-name").set_value("Inventaire")

    diane.click("dialog-ok")

    await diane.sees("Inventaire")
    closure = s.scalars(select(Closure)).one()
    diane.press('id="closed"', "open", str(closure.id))
    await diane.sees_no_more("Inventaire")
    s.rollback()
    assert s.scalars(select(Closure)).all() == []


async def test_another_calendar_is_made_chosen_and_deleted(
    visit: Visit, s: Session, office: Calendar
) -> None:
    diane = await visit("diane", PAGE)
    diane.click("create-calendar")
    await diane._until(lambda: diane.has("dialog-ok"), "a dialog")
    diane.field("name").set_value("Astreinte")

    diane.click("dialog-ok")
    await diane.sees("Make it the default")
    diane.change(WEEK, "from-mon-0", "07:00")
    await diane.sees('value="07:00"')

    made = s.scalars(select(Calendar).where(Calendar.name == "Astreinte")).one()
    assert kept(s, made).hours["mon"][0][0] == "07:00"
    assert kept(s, office).hours["mon"][0][0] == "09:00"
    diane.press("Make it the default", "delete", str(made.id))
    await diane.sees("Its opening hours and closed days are forgotten.")
    diane.click("dialog-ok")
    await diane.sees_no_more("Make it the default")


async def test_a_simulation_follows_what_is_typed(visit: Visit, office: Calendar) -> None:
    diane = await visit("diane", PAGE)
    await diane.sees('data-testid="simulated-due"')

    diane.change(SIMULATOR, "start", "2026-11-27T17:30")
    diane.change(SIMULATOR, "amount", "2")
    diane.change(SIMULATOR, "unit", "d")
    await diane.sees("Tuesday 1 December 2026 17:30")
    diane.change(SIMULATOR, "unit", "min")
    diane.change(SIMULATOR, "amount", "0")

    await diane.sees("Enter a day and a time, and a number above zero.")


async def test_what_a_colleague_changes_shows_but_not_over_what_is_being_mended(
    visit: Visit, s: Session, people: People, office: Calendar
) -> None:
    diane = await visit("diane", PAGE)
    await diane.sees(WEEK)
    diane.change(WEEK, "from-mon-0", "tôt")
    await diane.sees('value="tôt"')

    calendars.edit(s, people.diane, office.id, timezone="Indian/Reunion")
    s.commit()

    await diane.sees("time of Indian/Reunion")
    assert 'value="tôt"' in diane.shown()


@pytest.mark.parametrize(
    ("typed", "start", "end"),
    [
        ("9", "09:00", "09:00"),
        ("9h30", "09:30", "09:30"),
        ("930", "09:30", "09:30"),
        ("0930", "09:30", "09:30"),
        (" 9:30 ", "09:30", "09:30"),
        ("9.30", "09:30", "09:30"),
        ("0", "00:00", "24:00"),
        ("24", "24:00", "24:00"),
        ("midi", "midi", "midi"),
        ("", "", ""),
    ],
)
def test_times_are_read_as_people_type_them(typed: str, start: str, end: str) -> None:
    assert (_read(typed, is_end=False), _read(typed, is_end=True)) == (start, end)


def test_hours_that_are_added_do_not_overlap() -> None:
    usual = [["09:00", "12:30"], ["14:00", "18:00"]]

    assert _next([], usual) == ["09:00", "12:30"]
    assert _next([["08:00", "12:00"]], usual) == ["14:00", "18:00"]
    assert _next([["08:00", "15:30"]], usual) == ["16:00", "19:00"]
    assert _next([["08:00", "22:59"]], usual) == ["23:00", "24:00"]


async def test_the_page_costs_the_same_whatever_is_in_it(
    visit: Visit, s: Session, people: People, office: Calendar, queries: Queries
) -> None:
    async def cost() -> int:
        live.hub.stop()  # a page that hears of a change asks again, which is not its building
        diane = await visit("diane", PAGE)
        await diane.sees('data-testid="simulated-due"')
        return len([text for text in queries.statements if not text.startswith("BEGIN")])

    few = await cost()
    for n in range(20):
        calendars.create(s, people.diane, name=f"Calendrier {n}")
        day = date(2027, 1, n + 1)
        calendars.add_closure(s, people.diane, office.id, starts_on=day, ends_on=day)
    s.commit()

    assert await cost() == few
