"""Calendars: made, changed and closed by administrators; default, hours, undo (C6)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from data import clock
from data.models import Calendar, Closure, Event, Renewal, SlaPolicy
from services import calendars, open_days, opening_hours, renewals, sessions, undo
from services.business_time import business_minutes_between
from services.errors import InUse, Invalid, NotAllowed, NotFound, TooLate
from services.open_days import Why
from tests.conftest import People

MONDAY: dict[str, Any] = {"mon": [["09:00", "12:00"]]}
CHRISTMAS: dict[str, Any] = {
    "starts_on": date(2026, 12, 24),
    "ends_on": date(2026, 12, 31),
    "name": "Noël",
}


@pytest.fixture
def office(s: Session) -> Calendar:
    made = calendars.default(s)
    s.commit()
    return made


def kinds(s: Session) -> list[str]:
    return list(s.scalars(select(Event.kind).order_by(Event.id)))


def minutes(s: Session, calendar: Calendar, first: str, last: str) -> int:
    hours = calendars.hours_of(s, calendar.id)
    begin, end = (datetime.fromisoformat(day).replace(tzinfo=UTC) for day in (first, last))
    return business_minutes_between(hours, begin, end)


def test_the_default_is_made_once_with_office_hours_in_the_zone_of_the_installation(
    s: Session, people: People
) -> None:
    sessions.configure(timezone="Indian/Reunion")
    try:
        made = calendars.default(s)
    finally:
        sessions.configure(timezone="Europe/Paris")

    assert calendars.default(s) is made
    assert (made.timezone, made.holidays, made.is_default) == ("Indian/Reunion", "FR", True)
    assert made.name == "Horaires d’ouverture"  # in the language of the installation
    assert made.hours["fri"] == [["09:00", "12:30"], ["14:00", "18:00"]]
    assert made.hours["sat"] == []
    assert calendars.begin(s, people.diane) == [made]


def test_hours_heed_holidays_closures_and_school_holidays(
    s: Session, people: People, office: Calendar
) -> None:
    day = 450
    week = ("2026-12-21", "2026-12-28")  # Christmas is a Friday

    assert minutes(s, office, *week) == 4 * day
    calendars.edit(s, people.diane, office.id, holidays="")
    assert minutes(s, office, *week) == 5 * day
    calendars.add_closure(s, people.diane, office.id, **CHRISTMAS)
    assert minutes(s, office, *week) == 3 * day
    calendars.edit(s, people.diane, office.id, school_zone="A")
    assert minutes(s, office, *week) == 0
    calendars.edit(s, people.diane, office.id, hours="always")
    assert minutes(s, office, *week) == 7 * 1440


def test_hours_of_equal_calendars_are_looked_at_once(s: Session, office: Calendar) -> None:
    first = calendars.hours_of(s, office.id)
    s.info.clear()

    assert calendars.hours_of(s, office.id) is first
    with pytest.raises(NotFound):
        calendars.hours_of(s, office.id + 1000)


def test_a_change_is_recorded_counts_at_once_and_asks_for_a_renewal(
    s: Session, people: People, office: Calendar
) -> None:
    version = office.version

    calendars.edit(s, people.diane, office.id, hours=MONDAY, works_whit_monday=True)

    event = s.scalars(select(Event).where(Event.kind == "calendar.edited")).one()
    assert event.subject == f"calendar:{office.id}"
    assert event.details["changes"]["works_whit_monday"] == [False, True]
    assert event.details["changes"]["hours"][1]["tue"] == []
    assert office.version == version + 1
    asked = s.get_one(Renewal, renewals.NAME)
    asked.finished_at, asked.done_number = asked.asked_at, 17
    calendars.add_closure(s, people.diane, office.id, **CHRISTMAS)
    assert asked.done_number == 0
    assert s.scalar(select(Renewal.finished_at)) is None


def test_a_change_that_changes_nothing_is_none(
    s: Session, people: People, office: Calendar
) -> None:
    calendars.edit(s, people.diane, office.id, name=office.name, hours=office.hours)

    assert kinds(s) == []
    assert s.get(Renewal, renewals.NAME) is None


def test_there_is_always_one_default(s: Session, people: People, office: Calendar) -> None:
    other = calendars.create(s, people.diane, name="Astreinte", hours="always", holidays=None)

    calendars.edit(s, people.diane, other.id, is_default=True)

    assert calendars.default(s) is other
    s.refresh(office)
    assert not office.is_default
    with pytest.raises(Invalid) as refusal:
        calendars.edit(s, people.diane, other.id, is_default=False)
    assert list(refusal.value.problems) == ["is_default"]
    with pytest.raises(InUse):
        calendars.delete(s, people.diane, other.id)


def test_only_a_calendar_that_nothing_uses_is_deleted(
    s: Session, people: People, office: Calendar
) -> None:
    other = calendars.create(s, people.diane, name="Astreinte", hours="always")
    calendars.add_closure(s, people.diane, other.id, **CHRISTMAS)
    policy = SlaPolicy(name="Urgences", calendar_id=other.id)
    s.add(policy)
    s.commit()

    with pytest.raises(InUse) as refusal:
        calendars.delete(s, people.diane, other.id)
    assert "Urgences" in refusal.value.say()
    s.delete(policy)
    s.flush()
    calendars.delete(s, people.diane, other.id)
    s.commit()

    assert s.scalars(select(Closure)).all() == []
    assert kinds(s)[-1] == "calendar.deleted"
    with pytest.raises(NotFound):
        calendars.get(s, people.diane, other.id)


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"name": " "}, ["name"]),
        ({"name": "horaires D’OUVERTURE"}, ["name"]),
        ({"timezone": "Mars/Olympus"}, ["timezone"]),
        ({"timezone": None}, ["timezone"]),
        ({"timezone": ["Europe/Paris"]}, ["timezone"]),
        ({"holidays": "DE"}, ["holidays"]),
        ({"holidays": ["FR"]}, ["holidays"]),
        ({"school_zone": "D"}, ["school_zone"]),
        ({"hours": {}}, ["hours"]),
        ({"hours": {day: [] for day in opening_hours.DAYS}}, ["hours"]),
        ({"hours": "sometimes"}, ["hours"]),
        ({"hours": {"mon": [["09:00", "12:00"], ["11:59", "13:00"]]}}, ["hours.mon"]),
        ({"hours": {"mon": [["12:00", "09:00"]], "sun": [["22:00", "06:00"]]}},
         ["hours.mon", "hours.sun"]),
        ({"hours": {"mon": [["09:00", "09:00"]]}}, ["hours.mon"]),
        ({"hours": {"mon": [["09:00"]]}}, ["hours.mon"]),
        ({"hours": {"mon": [["09:00", "24:01"]]}}, ["hours.mon"]),
        ({"hours": {"mon": [["9h", "12h"]]}}, ["hours.mon"]),
        ({"hours": {"mon": [[540, 720]]}}, ["hours.mon"]),
        ({"hours": {"mon": None}}, ["hours.mon"]),
        ({"hours": {"mon": [["09:00", "12:00"]] * 13}}, ["hours.mon"]),
        ({"hours": {"lundi": []}}, ["hours.lundi"]),
        ({"version": 7}, ["version"]),
        ({"name": "", "timezone": ""}, ["name", "timezone"]),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_named_beside_its_field(
    s: Session, people: People, office: Calendar, values: dict[str, Any], fields: list[str]
) -> None:
    with pytest.raises(Invalid) as refusal:
        calendars.create(s, people.diane, **{"name": "Autre", "hours": MONDAY, **values})

    assert sorted(refusal.value.by_field()) == fields


def test_hours_are_kept_in_one_form(s: Session, people: People) -> None:
    hours = {"sun": [["14:00", "24:00"], ["9:00", "12:00"], ["12:00", "13:00"]]}

    made = calendars.create(s, people.diane, name="Dimanche", hours=hours)

    assert list(made.hours) == list(opening_hours.DAYS)
    assert made.hours["sun"] == [["09:00", "12:00"], ["12:00", "13:00"], ["14:00", "24:00"]]


@pytest.mark.parametrize(
    ("days", "field"),
    [
        ({"starts_on": date(2026, 12, 31), "ends_on": date(2026, 12, 24)}, "ends_on"),
        ({"starts_on": date(2026, 12, 24), "ends_on": date(2028, 1, 1)}, "ends_on"),
        ({"starts_on": date(1, 1, 1), "ends_on": date(1, 1, 1)}, "starts_on"),
        ({"starts_on": date(2026, 1, 1), "ends_on": date(9999, 12, 31)}, "ends_on"),
        ({**CHRISTMAS, "name": "x" * 121}, "name"),
    ],
)
def test_a_closure_that_makes_no_sense_is_refused(
    s: Session, people: People, office: Calendar, days: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        calendars.add_closure(s, people.diane, office.id, **days)

    assert list(refusal.value.problems) == [field]


def test_a_calendar_has_so_many_closures_at_most(
    s: Session, people: People, office: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calendars, "MOST_CLOSURES", 1)
    calendars.add_closure(s, people.diane, office.id, **CHRISTMAS)

    with pytest.raises(Invalid) as refusal:
        calendars.add_closure(s, people.diane, office.id, **CHRISTMAS)

    assert refusal.value.by_field() == {"starts_on": "At most 1 of them, please."}


def test_what_is_closed_in_the_coming_year_is_listed_in_order(
    s: Session, people: People, office: Calendar
) -> None:
    calendars.edit(s, people.diane, office.id, school_zone="C")
    closure = calendars.add_closure(s, people.diane, office.id, **CHRISTMAS)

    found = open_days.coming(calendars.state(office), [closure], date(2026, 12, 1))

    assert [(d.starts_on, d.why) for d in found[:4]] == [
        (date(2026, 12, 19), Why.SCHOOL),
        (date(2026, 12, 24), Why.CLOSURE),
        (date(2026, 12, 25), Why.PUBLIC),
        (date(2027, 1, 1), Why.PUBLIC),
    ]
    assert found[0].ends_on == date(2027, 1, 3)
    assert max(d.starts_on for d in found) <= date(2027, 12, 1)
    assert len([d for d in found if d.why is Why.PUBLIC]) == 11
    calendars.edit(s, people.diane, office.id, hours="always")
    always = open_days.coming(calendars.state(office), [closure], date(2026, 12, 1))
    assert [d.why for d in always] == [Why.CLOSURE]


def test_ones_own_change_is_undone_and_nothing_else(
    s: Session, people: People, office: Calendar
) -> None:
    diane = people.diane
    calendars.edit(s, diane, office.id, hours=MONDAY, holidays="")
    first = s.scalars(select(Event).order_by(Event.id.desc())).first()
    assert first
    with pytest.raises(NotFound):
        undo.undo(s, people.bruno, first.id)

    undo.undo(s, diane, first.id)
    undo.undo(s, diane, first.id)

    assert office.hours == opening_hours.checked(opening_hours.OFFICE)
    assert office.holidays == "FR"
    calendars.edit(s, diane, office.id, holidays="")
    second = s.scalars(select(Event).order_by(Event.id.desc())).first()
    assert second
    calendars.edit(s, diane, office.id, holidays="FR-mayotte")
    with pytest.raises(TooLate):
        undo.undo(s, diane, second.id)


def test_a_closure_is_undone_both_ways(s: Session, people: People, office: Calendar) -> None:
    def undo_last() -> None:
        query = select(Event.id).where(Event.kind.startswith("calendar.closure"))
        undo.undo(s, people.diane, s.scalars(query.order_by(Event.id.desc())).first() or 0)

    closure = calendars.add_closure(s, people.diane, office.id, **CHRISTMAS)
    undo_last()
    assert s.scalars(select(Closure)).all() == []
    closure = calendars.add_closure(s, people.diane, office.id, **CHRISTMAS)
    calendars.remove_closure(s, people.diane, office.id, closure.id)
    undo_last()

    back = s.scalars(select(Closure)).one()
    assert (back.starts_on, back.ends_on, back.name) == tuple(CHRISTMAS.values())
    with pytest.raises(NotFound):
        calendars.remove_closure(s, people.diane, office.id, back.id + 100)


def test_a_change_long_ago_is_not_undone(s: Session, people: People, office: Calendar) -> None:
    calendars.edit(s, people.diane, office.id, hours=MONDAY)
    event_id = s.scalars(select(Event.id)).one()

    with clock.at(clock.now() + timedelta(minutes=1)), pytest.raises(TooLate):
        undo.undo(s, people.diane, event_id)


@pytest.mark.parametrize("name", ["alice", "bruno", "chloe"])
def test_only_administrators_have_to_do_with_calendars(
    s: Session, people: People, office: Calendar, name: str
) -> None:
    by = getattr(people, name)
    tried: list[Any] = [
        lambda: calendars.all(s, by),
        lambda: calendars.begin(s, by),
        lambda: calendars.get(s, by, office.id),
        lambda: calendars.create(s, by, name="x"),
        lambda: calendars.edit(s, by, office.id, name="x"),
        lambda: calendars.delete(s, by, office.id),
        lambda: calendars.add_closure(s, by, office.id, **CHRISTMAS),
        lambda: calendars.remove_closure(s, by, office.id, 1),
    ]

    for attempt in tried:
        with pytest.raises(NotAllowed):
            attempt()
