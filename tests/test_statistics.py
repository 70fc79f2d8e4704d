"""What each figure counts, and what it leaves out (domain.md 6)."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from data import clock, db
from data.models import Calendar, Category, PendingReason, Role, Status, Team, Ticket, User
from services import (
    acceptance,
    assignment,
    calendars,
    columns,
    comments,
    creation,
    events,
    opening_hours,
    sessions,
    statistics,
    tickets,
    transitions,
    trash,
)
from services.creation import NewTicket
from services.dimensions import Dimension
from services.errors import NotAllowed
from services.figures import Figures, Sla, Times
from services.periods import Step
from services.permissions import Actor
from services.selections import EVERYTHING, Selection
from tests.conftest import People

PARIS = ZoneInfo("Europe/Paris")
MONDAY = datetime(2026, 3, 2, 9, tzinfo=PARIS)  # when the office opens
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WAIT = transitions.Wait(reason=PendingReason.REQUESTER)


class Desk:
    """What happens at which time; instants are of Paris."""

    def __init__(self, s: Session, people: People) -> None:
        self.s = s
        self.people = people

    def at(self, instant: datetime, work: Callable[[Session], Ticket]) -> int:
        with clock.at(instant):
            return db.write(lambda s: work(s).number)

    def opened(self, at: datetime, **more: object) -> int:
        new = NewTicket(title="Souris", **more)  # type: ignore[arg-type] # fields of it
        by = self.people.diane if more else self.people.alice
        return self.at(at, lambda s: creation.create(s, by, new))

    def moved(self, at: datetime, number: int, target: Status, by: Actor | None = None) -> None:
        who = by or self.people.diane
        self.at(at, lambda s: transitions.move(s, who, number, target, wait=WAIT))

    def resolved(self, at: datetime, number: int) -> None:
        self.moved(at, number, Status.RESOLVED)

    def given(
        self, at: datetime, number: int, *, lead_id: int | None = None, team_id: int | None = None
    ) -> None:
        to = {"lead_id": lead_id, "team_id": team_id}
        self.at(at, lambda s: assignment.assign(s, self.people.diane, number, **to))  # type: ignore[arg-type] # ids

    def summary(self, wanted: Selection = EVERYTHING, by: Actor | None = None) -> Figures:
        return db.read(lambda s: statistics.summary(s, by or self.people.diane, wanted))

    def parts(self, dimension: Dimension, wanted: Selection = EVERYTHING) -> dict[str, Figures]:
        found = db.read(lambda s: statistics.parts(s, self.people.diane, wanted, dimension))
        return {part.group.value: part.figures for part in found}


@pytest.fixture
def desk(s: Session, people: People) -> Desk:
    return Desk(s, people)


def test_an_empty_set_has_no_times_and_no_shares(desk: Desk) -> None:
    figures = desk.summary()

    assert figures == Figures()
    assert figures.resolution == Times(0, None, None, None)
    assert (figures.sla.share, figures.reopen_rate, figures.first_contact_share) == (None,) * 3
    assert desk.parts(Dimension.TEAM) == {}


def test_times_are_linear_quantiles_in_hours(desk: Desk) -> None:
    for hours in (1, 2, 3, 10):
        desk.resolved(MONDAY + hours * HOUR, desk.opened(MONDAY))

    times = desk.summary().resolution

    assert (times.n, times.mean, times.median) == (4, 4.0, 2.5)
    assert times.p90 == pytest.approx(7.9)


def test_business_hours_are_those_of_the_default_calendar(s: Session, desk: Desk) -> None:
    number = desk.opened(MONDAY + 4 * DAY + 8 * HOUR)  # Friday at 17:00
    desk.resolved(MONDAY + 7 * DAY + HOUR, number)  # Monday at 10:00

    assert desk.summary().resolution.mean == 65
    assert desk.summary().resolution_business.mean == 2

    calendar = calendars.default(s)
    calendar.hours = opening_hours.ALWAYS
    calendar.version += 1
    s.commit()
    assert s.get_one(Calendar, calendar.id).is_default
    assert desk.summary().resolution_business.mean == 65


def test_the_last_resolution_counts_and_none_while_it_is_open(desk: Desk) -> None:
    number = desk.opened(MONDAY)
    desk.resolved(MONDAY + HOUR, number)
    desk.moved(MONDAY + 2 * HOUR, number, Status.IN_PROGRESS)

    assert (desk.summary().resolved, desk.summary().backlog) == (0, 1)

    desk.resolved(MONDAY + 3 * HOUR, number)
    figures = desk.summary()
    assert (figures.resolved, figures.backlog, figures.resolution.mean) == (1, 0, 3)
    assert (figures.reopened.tickets, figures.reopened.times, figures.reopen_rate) == (1, 1, 1)


def test_one_reopened_after_a_month_does_not_raise_the_rate(desk: Desk) -> None:
    number = desk.opened(MONDAY)
    desk.resolved(MONDAY + HOUR, number)
    desk.moved(MONDAY + 31 * DAY, number, Status.IN_PROGRESS)
    desk.resolved(MONDAY + 32 * DAY, number)

    figures = desk.summary()

    assert (figures.reopened.tickets, figures.reopen_rate) == (1, 0)


def test_a_cancelled_one_is_neither_resolved_nor_open(desk: Desk) -> None:
    desk.moved(MONDAY + HOUR, desk.opened(MONDAY), Status.CANCELLED)

    figures = desk.summary()

    assert (figures.created, figures.resolved, figures.backlog) == (1, 0, 0)
    assert figures.sla == Sla()


def test_deadlines_are_kept_missed_or_not_yet_judged(desk: Desk, s: Session) -> None:
    due = {"resolve_due_at": MONDAY + DAY}
    in_time, too_late, forgotten, cancelled, free = (desk.opened(MONDAY) for _ in range(5))
    for number in (in_time, too_late, forgotten, cancelled):
        desk.at(MONDAY, lambda s, n=number: tickets.edit(s, desk.people.diane, n, due))  # type: ignore[misc] # its own
    ahead = {"resolve_due_at": clock.now() + 100 * DAY}
    waiting = desk.opened(MONDAY)
    desk.at(MONDAY, lambda s: tickets.edit(s, desk.people.diane, waiting, ahead))
    desk.resolved(MONDAY + DAY, in_time)
    desk.resolved(MONDAY + DAY + HOUR, too_late)
    desk.moved(MONDAY + 3 * DAY, cancelled, Status.CANCELLED)
    desk.resolved(MONDAY + 3 * DAY, free)

    figures = desk.summary()

    assert (figures.sla, figures.sla.share, figures.late) == (Sla(3, 1), 1 / 3, 2)
    assert forgotten != waiting


def test_time_to_accept_and_to_answer(desk: Desk) -> None:
    number = desk.opened(MONDAY)
    desk.given(MONDAY, number, lead_id=desk.people.bruno.id)  # who has not said yes
    desk.at(MONDAY + HOUR, lambda s: acceptance.accept(s, desk.people.bruno, number))
    desk.at(
        MONDAY + 3 * HOUR,
        lambda s: _ticket(s, comments.say(s, desk.people.bruno, number, "J’arrive.").ticket_number),
    )

    figures = desk.summary()

    assert (figures.acceptance.mean, figures.first_response.mean) == (1, 3)
    assert figures.acceptance_business.mean == 1


def _ticket(s: Session, number: int) -> Ticket:
    return s.get_one(Ticket, number)


def test_first_contact_is_one_answer_one_pair_of_hands_and_no_way_back(desk: Desk) -> None:
    bruno, diane = desk.people.bruno, desk.people.diane
    good, moved, back, talked = (desk.opened(MONDAY) for _ in range(4))
    for number in (good, moved, back, talked):
        desk.given(MONDAY, number, lead_id=bruno.id)
    desk.given(MONDAY + HOUR, moved, lead_id=diane.id)
    for _ in range(2):
        desk.at(
            MONDAY, lambda s: _ticket(s, comments.say(s, bruno, talked, "Et là ?").ticket_number)
        )
    for number in (good, moved, back, talked):
        desk.resolved(MONDAY + 2 * HOUR, number)
    desk.moved(MONDAY + DAY, back, Status.IN_PROGRESS)
    desk.resolved(MONDAY + 2 * DAY, back)

    figures = desk.summary()

    assert (figures.first_contact, figures.first_contact_share) == (1, 0.25)
    assert figures.reassignments.tickets == figures.reassignments.max == 1
    assert figures.reassignments.mean == 0.25


def test_deleted_tickets_count_nowhere(desk: Desk) -> None:
    number = desk.opened(MONDAY)
    desk.at(MONDAY, lambda s: trash.delete(s, desk.people.diane, number))

    assert desk.summary().created == 0


def test_days_begin_and_end_in_the_zone_of_the_organisation(desk: Desk) -> None:
    desk.opened(datetime(2026, 3, 31, 23, 59, tzinfo=PARIS))
    desk.opened(datetime(2026, 4, 1, 0, 0, tzinfo=PARIS))

    assert {m: f.created for m, f in desk.parts(Dimension.MONTH).items()} == {
        "2026-03": 1,
        "2026-04": 1,
    }
    assert set(desk.parts(Dimension.DAY)) == {"2026-03-31", "2026-04-01"}


def test_hours_are_those_of_the_wall_when_clocks_change(desk: Desk) -> None:
    for instant in (
        datetime(2026, 3, 29, 0, 30, tzinfo=UTC),  # 1:30, then clocks skip an hour
        datetime(2026, 3, 29, 1, 30, tzinfo=UTC),  # 3:30
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),  # 2:30 for the first time
        datetime(2026, 10, 25, 1, 30, tzinfo=UTC),  # and for the second
    ):
        desk.opened(instant)

    assert {h: f.created for h, f in desk.parts(Dimension.HOUR).items()} == {"1": 1, "2": 2, "3": 1}
    heat = db.read(lambda s: statistics.heat(s, desk.people.diane))
    assert [heat[6][hour] for hour in range(4)] == [0, 1, 2, 1]


def test_weeks_are_those_of_iso(desk: Desk) -> None:
    desk.opened(datetime(2027, 1, 3, 12, tzinfo=PARIS))  # a Sunday of 2026’s last week
    desk.opened(datetime(2027, 1, 4, 12, tzinfo=PARIS))

    assert list(desk.parts(Dimension.WEEK)) == ["2026-W53", "2027-W01"]
    assert list(desk.parts(Dimension.WEEKDAY)) == ["mon", "sun"]


def test_parts_are_called_as_people_call_them(s: Session, desk: Desk) -> None:
    s.add_all([Team(name="none"), category := Category(name="Écran", path="Matériel › Écran")])
    s.add_all(
        User(name="Jean Roux", email=f"{n}@exemple.fr", role=Role.TECHNICIAN) for n in ("a", "b")
    )
    s.commit()
    people = {u.email: u.id for u in s.query(User)}
    team = s.query(Team).filter_by(name="none").one().id
    desk.given(MONDAY, desk.opened(MONDAY), lead_id=people["a@exemple.fr"], team_id=team)
    desk.given(MONDAY, desk.opened(MONDAY), lead_id=people["b@exemple.fr"])
    desk.opened(MONDAY, category_id=category.id, impact="high")

    assert list(desk.parts(Dimension.TEAM)) == ["“none”", "none"]
    assert list(desk.parts(Dimension.CATEGORY)) == ["Matériel › Écran", "none"]
    assert list(desk.parts(Dimension.TECHNICIAN)) == [
        "Jean Roux <a@exemple.fr>",
        "Jean Roux <b@exemple.fr>",
        "none",
    ]
    assert list(desk.parts(Dimension.IMPACT)) == ["medium", "high"]


def test_people_bring_their_tickets_to_their_new_department(s: Session, desk: Desk) -> None:
    desk.opened(MONDAY)
    assert list(desk.parts(Dimension.DEPARTMENT)) == ["none"]

    alice = s.get_one(User, desk.people.alice.id)
    alice.department = "Paie"
    events.record(s, None, None, "user.edited", subject=f"user:{alice.id}")
    s.commit()

    assert list(desk.parts(Dimension.DEPARTMENT)) == ["Paie"]
    assert desk.summary(Selection(departments=frozenset({"Paie"}))).created == 1
    assert desk.summary(Selection(departments=frozenset({"none"}))).created == 0


def test_the_backlog_of_an_instant_has_its_ages(desk: Desk) -> None:
    now = MONDAY + 30 * DAY
    for days in (0, 1, 2, 6, 15, 16, 29):
        desk.opened(now - days * DAY - HOUR)
    done = desk.opened(MONDAY)
    desk.resolved(now + HOUR, done)
    desk.resolved(now - HOUR, desk.opened(MONDAY))

    ages = db.read(lambda s: statistics.backlog_at(s, desk.people.diane, EVERYTHING, now))

    assert ages == [2, 1, 2, 3]


def test_a_trend_counts_when_it_happened(desk: Desk) -> None:
    before = desk.opened(MONDAY - 10 * DAY)
    number = desk.opened(MONDAY + 2 * DAY)
    desk.opened(MONDAY + 8 * DAY)
    desk.resolved(MONDAY + 3 * DAY, number)
    desk.moved(MONDAY + 9 * DAY, number, Status.CLOSED)
    first, last = date(2026, 3, 2), date(2026, 3, 15)

    def points(step: Step) -> list[tuple[str, int, int, int, int, int]]:
        by = desk.people.diane
        found = db.read(lambda s: statistics.trend(s, by, EVERYTHING, step, first, last))
        return [
            (p.first_day.isoformat(), p.created, p.resolved, p.closed, p.backlog, p.net_flow)
            for p in found
        ]

    assert points(Step.WEEK) == [("2026-03-02", 1, 1, 0, 1, 0), ("2026-03-09", 1, 0, 1, 2, 1)]
    assert points(Step.MONTH) == [("2026-03-02", 2, 1, 1, 2, 1)]
    assert len(points(Step.DAY)) == 14
    assert points(Step.DAY)[2] == ("2026-03-04", 1, 0, 0, 2, 1)
    assert before


def test_what_was_done_before_it_was_created_was_never_open(desk: Desk, s: Session) -> None:
    number = desk.opened(MONDAY + DAY)
    desk.resolved(MONDAY + 2 * DAY, number)
    ticket = s.get_one(Ticket, number)
    ticket.resolved_at = MONDAY - DAY  # says another system
    s.commit()
    columns.shared.forget()

    by, first, last = desk.people.diane, date(2026, 2, 28), date(2026, 3, 4)
    points = db.read(lambda s: statistics.trend(s, by, EVERYTHING, Step.DAY, first, last))
    assert [point.resolved for point in points] == [0, 1, 0, 0, 0]
    assert [point.backlog for point in points] == [0, 0, 0, 0, 0]


def test_an_empty_period_has_no_points(desk: Desk) -> None:
    first, last = date(2026, 3, 2), date(2026, 3, 1)

    by = desk.people.diane
    assert db.read(lambda s: statistics.trend(s, by, EVERYTHING, Step.DAY, first, last)) == []


def test_an_overview_says_the_same_as_its_parts(desk: Desk) -> None:
    for days in range(5):
        number = desk.opened(MONDAY + days * DAY, team_id=min(desk.people.bruno.team_ids))
        desk.resolved(MONDAY + days * (DAY + HOUR), number)
    desk.opened(MONDAY)

    found = db.read(lambda s: statistics.overview(s, desk.people.diane))

    assert found.all == desk.summary()
    for dimension, parts in found.parts.items():
        whole = desk.parts(dimension)
        assert {p.group.value: p.figures.resolution for p in parts} == {
            value: figures.resolution for value, figures in whole.items()
        }
        assert [p.figures.created for p in parts] == [f.created for f in whole.values()]
    assert sum(map(sum, found.heat)) == 6
    assert sum(found.ages) == 1


def test_requesters_see_no_figures(desk: Desk) -> None:
    with pytest.raises(NotAllowed):
        desk.summary(by=desk.people.alice)


def test_who_sees_only_their_teams_sees_only_their_figures(s: Session, desk: Desk) -> None:
    s.add(other := Team(name="Postes"))
    team = s.get_one(Team, min(desk.people.bruno.team_ids))
    team.sees_only_own = True
    s.commit()
    desk.opened(MONDAY, team_id=team.id)
    desk.opened(MONDAY, team_id=other.id)
    desk.opened(MONDAY)
    bruno = sessions.actor_of(s, desk.people.bruno.id)

    assert desk.summary(by=bruno).created == 1
    assert desk.summary(Selection(team_ids=frozenset({other.id})), by=bruno).created == 0
    assert desk.summary(by=desk.people.chloe).created == 3
