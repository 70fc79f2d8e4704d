"""Plans of reports: what they take, when they are due, whom they reach."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Report, ReportKind, ReportPlan, Role, Schedule, Team, User
from services import report_making, report_plans, report_slots, reports, schedule, sessions
from services.errors import Invalid, NotFound
from services.permissions import Actor
from services.tasks import TASKS
from tests.conftest import Clock, People

ZONES = ("Europe/Paris", "America/Noronha", "Australia/Lord_Howe", "Africa/Cairo", "UTC")


@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from([ReportKind.WEEKLY, ReportKind.MONTHLY]),
    hour=st.integers(0, 23),
    zone=st.sampled_from(ZONES),
    begin=st.integers(0, 730 * 24 * 60),
    pauses=st.lists(st.integers(1, 40 * 24 * 60), min_size=1, max_size=8),
)
def test_whoever_looks_whenever_makes_the_newest_slot_once(
    kind: ReportKind, hour: int, zone: str, begin: int, pauses: list[int]
) -> None:
    sessions.configure(timezone=zone)
    try:
        plan = ReportPlan(kind=kind, hour=hour)
        instant = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=begin)
        plan.next_at, used = report_slots.after(plan, instant), []
        for minutes in pauses:
            earlier, instant = instant, instant + timedelta(minutes=minutes)
            slot = report_slots.newest(plan, instant)
            due = oracle(kind, hour, zone, earlier, instant)
            assert slot == (due[-1] if due else None)
            if slot:
                used.append(slot)
                plan.next_at = report_slots.after(plan, instant)
            assert not report_slots.is_displaced(plan, instant)
        assert len(used) == len(set(used))
    finally:
        sessions.configure(timezone="Europe/Paris")


def oracle(
    kind: ReportKind, hour: int, zone: str, after: datetime, until: datetime
) -> list[datetime]:
    """Look at each day between two instants."""
    found, day = [], after.date() - timedelta(days=2)
    while day <= until.date() + timedelta(days=2):
        if day.weekday() == 0 if kind is ReportKind.WEEKLY else day.day == 1:
            wall = datetime.combine(day, time(hour), tzinfo=ZoneInfo(zone))
            if after < wall.astimezone(UTC) <= until:
                found.append(wall.astimezone(UTC))
        day += timedelta(days=1)
    return found


@pytest.mark.parametrize(
    ("kind", "day", "days"),
    [
        ("weekly", "2026-11-23", ("2026-11-16", "2026-11-22")),
        ("weekly", "2026-11-25", ("2026-11-16", "2026-11-22")),
        ("weekly", "2027-01-04", ("2026-12-28", "2027-01-03")),
        ("monthly", "2026-12-01", ("2026-11-01", "2026-11-30")),
        ("monthly", "2028-03-01", ("2028-02-01", "2028-02-29")),
        ("monthly", "2027-01-15", ("2026-12-01", "2026-12-31")),
    ],
)
def test_a_report_is_of_the_last_whole_days(kind: str, day: str, days: tuple[str, str]) -> None:
    found = report_slots.days_of(ReportKind(kind), date.fromisoformat(day))

    assert tuple(each.isoformat() for each in found) == days


def plan(s: Session, by: Actor, **more: object) -> ReportPlan:
    found = report_plans.create(s, by, **{"kind": "weekly", "to_all": True, **more})
    s.commit()
    return found


def test_a_plan_is_made_changed_and_forgotten(s: Session, people: People) -> None:
    team, ids = min(people.bruno.team_ids), [people.diane.id]
    found = plan(s, people.chloe, kind="monthly", team_id=team, hour="8", user_ids=ids)
    assert (found.kind, found.team_id, found.hour) == (ReportKind.MONTHLY, team, 8)
    due = found.next_at

    report_plans.edit(s, people.diane, found.id, hour=9, to_all=False)

    assert found.next_at == due + timedelta(hours=1)
    (line,) = report_plans.all(s, people.chloe)
    assert [user.name for user in line.people] == ["Diane"]
    assert (line.reached, line.team and line.team.name) == (1, "Réseau")
    report_plans.delete(s, people.chloe, found.id)
    assert report_plans.all(s, people.chloe) == []
    with pytest.raises(NotFound):
        report_plans.edit(s, people.chloe, found.id, hour=9)


def test_an_edit_that_changes_no_time_moves_no_slot(s: Session, people: People) -> None:
    found = plan(s, people.chloe)
    found.next_at = datetime(2026, 11, 23, 9, tzinfo=UTC)  # due, and not used yet

    report_plans.edit(s, people.chloe, found.id, kind="weekly", hour=10, is_active=True)

    assert found.next_at == datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"to_all": False}, {"recipients"}),
        ({"user_ids": [4711]}, {"recipients"}),
        ({"kind": "chosen"}, {"kind"}),
        ({"kind": "yearly", "hour": 24}, {"kind", "hour"}),
        ({"hour": "-1"}, {"hour"}),
        ({"hour": True}, {"hour"}),
        ({"team_id": 4711}, {"team"}),
        ({"team_id": "x"}, {"team"}),
        ({"colour": "red"}, {"colour"}),
    ],
)
def test_what_a_plan_does_not_take_is_named(
    s: Session, people: People, values: dict[str, object], fields: set[str]
) -> None:
    with pytest.raises(Invalid) as refusal:
        plan(s, people.chloe, **values)

    assert refusal.value.problems.keys() == fields
    s.rollback()
    assert s.scalars(select(ReportPlan)).all() == []


@pytest.mark.parametrize(
    ("name", "says"), [("bruno", "Bruno may not read"), ("zoe", "Zoé has no active account")]
)
def test_nobody_who_may_not_read_it_is_put_on_a_plan(
    s: Session, people: People, name: str, says: str
) -> None:
    zoe = User(name="Zoé", email="zoe@exemple.fr", role=Role.MANAGER, is_active=False)
    s.add(zoe)
    s.flush()
    ids = {"bruno": people.bruno.id, "zoe": zoe.id}

    with pytest.raises(Invalid) as refusal:
        plan(s, people.chloe, user_ids=[people.diane.id, ids[name]])

    assert says in refusal.value.by_field()["recipients"]


def test_a_plan_goes_to_whom_it_still_may(s: Session, people: People) -> None:
    found = plan(s, people.chloe, to_all=False, user_ids=[people.chloe.id, people.diane.id])
    s.get_one(User, people.diane.id).is_active = False
    s.commit()
    (report,) = report_plans.send_now(s, people.chloe, found.id)
    assert report.recipients == [people.chloe.id]

    s.get_one(User, people.chloe.id).role = Role.TECHNICIAN
    s.commit()
    with pytest.raises(Invalid) as refusal:
        report_plans.send_now(s, people.diane, found.id)
    assert "recipients" in refusal.value.problems
    assert report_plans.slot(s, found, found.next_at) == []


def test_trying_out_goes_to_oneself_alone(s: Session, people: People) -> None:
    found = plan(s, people.chloe)

    (report,) = report_plans.try_out(s, people.diane, found.id)

    assert (report.recipients, report.plan_id) == ([people.diane.id], found.id)
    assert report.last_day < datetime.now(UTC).date()


def test_a_team_that_is_no_more_gets_no_report(s: Session, people: People) -> None:
    team = s.get_one(Team, min(people.bruno.team_ids))
    found = plan(s, people.chloe, team_id=team.id)
    team.is_active = False
    s.commit()

    assert report_plans.slot(s, found, found.next_at) == []
    for act in (report_plans.send_now, report_plans.try_out):
        with pytest.raises(Invalid) as refusal:
            act(s, people.chloe, found.id)
        assert refusal.value.problems.keys() == {"team"}
    assert s.scalars(select(Report)).all() == []


def test_who_switched_reports_off_is_told_when_one_is_asked_for(s: Session, people: People) -> None:
    schedule.sow(s, TASKS)
    s.flush()
    found = plan(s, people.chloe)
    before = s.get_one(Schedule, reports.TASK).next_at
    report_plans.try_out(s, people.chloe, found.id)
    assert s.get_one(Schedule, reports.TASK).next_at < before

    schedule.switch(s, people.diane, reports.TASK, is_active=False)

    with pytest.raises(schedule.SwitchedOff):
        report_plans.send_now(s, people.chloe, found.id)


def test_a_clock_that_was_set_back_far_waits_for_no_slot_of_the_future(
    s: Session, people: People, time: Clock
) -> None:
    found = plan(s, people.chloe)
    found.next_at += timedelta(weeks=50)
    s.commit()

    report_making.use_slots(s)

    assert found.next_at - datetime.now(UTC) < timedelta(days=8)
