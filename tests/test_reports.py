"""Reports: who gets which, when they are made, what they say, and who may read them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from data import db
from data.models import (
    Event,
    Report,
    ReportKind,
    ReportPlan,
    ReportState,
    ReportTicket,
    Role,
    Status,
    Team,
    Ticket,
    User,
)
from services import (
    assignment,
    creation,
    permissions,
    report_content,
    report_making,
    report_plans,
    reports,
    sessions,
    teams,
    transitions,
    trash,
)
from services.creation import NewTicket
from services.errors import Invalid, NotAllowed, NotFound
from services.report_model import Content
from services.reports import Wish
from tests.conftest import Clock, People
from tests.test_recurring import grouped

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # 10:00 in Paris
TODAY = date(2026, 11, 23)


@pytest.fixture
def noon(time: Clock) -> Clock:
    """Monday, an hour before reports are due."""
    time.stopped = MONDAY - timedelta(hours=1)
    return time


def make(s: Session) -> None:
    """Do what the clock does: use slots, make what waits."""
    s.commit()
    for work in report_making.parts():
        db.write(work)
    s.expire_all()


def made(s: Session) -> list[Report]:
    s.rollback()
    query = select(Report).order_by(Report.id).execution_options(populate_existing=True)
    return list(s.scalars(query))


def content(s: Session, report: Report) -> Content:
    kept = s.scalar(select(Report.content).where(Report.id == report.id))
    assert kept is not None
    return Content.from_json(kept)


def figure(found: Content, name: str) -> tuple[float | None, float | None]:
    return next((f.now, f.before) for f in found.figures if f.name == name)


def kinds(s: Session, kind: str) -> list[Event]:
    return list(s.scalars(select(Event).where(Event.kind == kind).order_by(Event.id)))


def ask(s: Session, by: permissions.Actor, **more: object) -> Report:
    wish = {"first": date(2026, 11, 16), "last": date(2026, 11, 22), **more}
    found = reports.ask(s, by, Wish(**wish), today=TODAY)  # type: ignore[arg-type] # as named
    s.commit()
    return found


def test_the_plan_that_comes_with_the_program_is_due_on_monday_at_ten(
    s: Session, people: People, noon: Clock
) -> None:
    make(s)
    assert [plan.next_at for plan in s.scalars(select(ReportPlan))] == [MONDAY]
    assert made(s) == []

    noon.pass_by(hours=1)
    make(s)
    make(s)

    (report,) = made(s)
    assert (report.kind, report.state) == (ReportKind.WEEKLY, ReportState.DONE)
    assert (report.first_day, report.last_day) == (date(2026, 11, 16), date(2026, 11, 22))
    assert sorted(report.recipients) == sorted([people.chloe.id, people.diane.id])
    (told,) = kinds(s, "report.made")
    assert told.details["recipients"] == report.recipients


def test_of_several_missed_slots_the_newest_is_made_once(
    s: Session, people: People, noon: Clock
) -> None:
    make(s)

    noon.pass_by(weeks=3, hours=30)
    make(s)
    make(s)

    (report,) = made(s)
    assert report.first_day == date(2026, 12, 7)
    assert report.due_at == MONDAY + timedelta(weeks=3)


def test_a_clock_that_goes_back_makes_no_report_twice(
    s: Session, people: People, noon: Clock
) -> None:
    make(s)
    noon.pass_by(hours=2)
    make(s)

    noon.pass_by(hours=-2)
    make(s)
    noon.pass_by(hours=2)
    make(s)

    assert len(made(s)) == 1
    plan = s.scalars(select(ReportPlan)).one()
    assert plan.next_at == MONDAY + timedelta(weeks=1)


def at(time: Clock, day: int, hour: int = 9) -> None:
    """Let it be that hour of November, UTC."""
    time.stopped = datetime(2026, 11, day, hour, tzinfo=UTC)


def ticket(s: Session, people: People, title: str, team: int | None = None) -> Ticket:
    found = creation.create(s, people.alice, NewTicket(title=title))
    if team is not None:
        assignment.assign(s, people.diane, found.number, team_id=team)
    return found


def two_weeks(s: Session, people: People, time: Clock) -> dict[str, Ticket]:
    """Two tickets in one week, three in the next: one of « Postes », one resolved, one late."""
    postes = teams.create(s, people.diane, name="Postes", sees_only_own=True)
    network = min(people.bruno.team_ids)
    found = {}
    at(time, 10)
    for name in ("one", "two"):
        found[name] = ticket(s, people, name, network)
    at(time, 17)
    for name, team in (("three", network), ("four", postes.id), ("five", network)):
        found[name] = ticket(s, people, name, team)
    found["four"].resolve_due_at = datetime(2026, 11, 19, tzinfo=UTC)
    s.flush()
    at(time, 18, 12)
    transitions.move(s, people.bruno, found["three"].number, Status.RESOLVED)
    at(time, 23)
    s.commit()
    return found


def test_a_report_says_what_was_and_what_was_before(
    s: Session, people: People, noon: Clock
) -> None:
    found = two_weeks(s, people, noon)
    ask(s, people.chloe)

    make(s)

    (report,) = made(s)
    said = content(s, report)
    assert figure(said, "created") == (3, 2)
    assert figure(said, "resolved") == (1, 0)
    assert figure(said, "backlog") == (4, 2)
    assert figure(said, "late") == (1, 0)
    assert figure(said, "resolution") == (27, None)
    assert [step.created for step in said.trend] == [0, 3, 0, 0, 0, 0, 0]
    assert [step.backlog for step in said.trend] == [2, 5, 4, 4, 4, 4, 4]
    rows = {
        g.value: (g.created, g.before, g.resolved, g.backlog, g.late) for g in said.of_teams.shown
    }
    assert rows == {"Réseau": (2, 2, 1, 3, 0), "Postes": (1, 0, 0, 1, 1)}
    assert [(late.number, late.team) for late in said.late] == [(found["four"].number, "Postes")]
    assert report.progress == 100


def test_a_report_tells_of_problems_that_recur_once_somebody_looked(
    s: Session, people: People, noon: Clock
) -> None:
    two_weeks(s, people, noon)
    at(noon, 17)
    numbers = [
        ticket(s, people, f"Imprimante en panne, étage {floor}").number for floor in range(4)
    ]
    at(noon, 23)
    ask(s, people.chloe)
    make(s)
    grouped(s, numbers)
    ask(s, people.chloe)

    make(s)

    unsought, sought = (content(s, report).problems for report in made(s))
    assert unsought is None
    assert sought is not None
    (problem,) = sought
    assert (problem.label, problem.size) == ("Imprimante en panne", 4)
    assert set(problem.examples) < set(numbers)
    assert problem.link == f"/stats/recurring?ticket={numbers[0]}"
    assert "Imprimante en panne" in str(reports.told(s, made(s)[1].id, "fr"))


def test_what_happens_to_tickets_later_changes_no_report(
    s: Session, people: People, noon: Clock
) -> None:
    found = two_weeks(s, people, noon)
    ask(s, people.chloe)
    make(s)
    (report,) = made(s)
    before = reports.told(s, report.id, "fr")

    found["four"].title = "Autre chose"
    transitions.move(s, people.bruno, found["four"].number, Status.RESOLVED)
    s.commit()

    assert reports.told(s, report.id, "fr") == before


def test_a_ticket_that_is_purged_takes_its_title_out_of_reports(
    s: Session, people: People, noon: Clock
) -> None:
    number = two_weeks(s, people, noon)["four"].number
    ask(s, people.chloe)
    make(s)
    (report,) = made(s)
    assert f"#{number} four" in str(reports.told(s, report.id, "en").tables)

    trash.delete(s, people.diane, number)
    s.commit()
    assert f"#{number} (deleted)" in str(reports.told(s, report.id, "en").tables)
    trash.purge(s, people.diane, number, typed=str(number))
    s.commit()

    assert s.scalars(select(ReportTicket)).all() == []
    assert f"#{number} (deleted)" in str(reports.told(s, report.id, "en").tables)


@pytest.fixture
def limited(s: Session, people: People, noon: Clock) -> permissions.Actor:
    """A manager who answers for « Postes » alone."""
    two_weeks(s, people, noon)
    postes = s.scalars(select(Team).where(Team.name == "Postes")).one()
    user = User(name="Élodie", email="elodie@exemple.fr", role=Role.MANAGER, teams=[postes])
    s.add(user)
    s.commit()
    return sessions.actor_of(s, user.id)


def test_who_sees_some_teams_gets_and_reads_their_figures_alone(
    s: Session, people: People, limited: permissions.Actor
) -> None:
    (postes,) = limited.team_ids
    ask(s, people.chloe)
    ask(s, people.chloe, team_id=min(people.bruno.team_ids))
    ask(s, people.chloe, team_id=postes)
    ask(s, limited)

    make(s)

    of_all, of_network, of_postes, own = made(s)
    assert [r.reach for r in (of_all, of_network)] == [None, [min(people.bruno.team_ids)]]
    assert of_postes.reach == own.reach == [postes]
    said = content(s, own)
    assert (figure(said, "created"), figure(said, "backlog")) == ((1, 0), (1, 0))
    assert [group.value for group in said.of_teams.shown] == ["Postes"]
    assert said.teams == ("Postes",)
    assert [late.team for late in said.late] == ["Postes"]
    seen = [line.report.id for line in reports.page(s, limited).lines]
    assert seen == [own.id, of_postes.id]
    for hidden in (of_all, of_network):
        with pytest.raises(NotFound):
            reports.read(s, limited, hidden.id)
    with pytest.raises(Invalid) as refusal:
        ask(s, limited, team_id=min(people.bruno.team_ids))
    assert "team" in refusal.value.problems


def test_a_plan_is_made_once_for_those_who_see_the_same(
    s: Session, people: People, noon: Clock, limited: permissions.Actor
) -> None:
    make(s)
    to_both = [people.chloe.id, people.diane.id, limited.id]
    planned = report_plans.create(s, people.chloe, kind="weekly", user_ids=to_both)
    noon.stopped = MONDAY + timedelta(weeks=1)

    make(s)

    of_plan = [report for report in made(s) if report.plan_id == planned.id]
    assert [(r.reach, r.recipients) for r in of_plan] == [
        (None, [people.chloe.id, people.diane.id]),
        ([*limited.team_ids], [limited.id]),
    ]


def test_rights_that_were_lost_since_narrow_what_is_made(
    s: Session, people: People, limited: permissions.Actor
) -> None:
    asked = ask(s, limited)
    s.get_one(User, limited.id).role = Role.REQUESTER
    s.commit()

    make(s)

    (report,) = made(s)
    assert (report.id, report.state, report.error) == (asked.id, ReportState.FAILED, "nobody")


@pytest.mark.parametrize("name", ["alice", "bruno", "driss"])
def test_reports_are_for_who_steers(s: Session, people: People, noon: Clock, name: str) -> None:
    who = getattr(people, name)
    report = ask(s, people.chloe)

    for refused in (
        lambda: ask(s, who),
        lambda: reports.page(s, who),
        lambda: reports.get(s, who, report.id),
        lambda: reports.read(s, who, report.id),
        lambda: reports.delete(s, who, report.id),
        lambda: report_plans.all(s, who),
        lambda: report_plans.create(s, who, to_all=True),
        lambda: report_plans.get(s, who, 1),
        lambda: report_plans.delete(s, who, 1),
        lambda: report_plans.send_now(s, who, 1),
        lambda: report_plans.try_out(s, who, 1),
    ):
        with pytest.raises(NotAllowed):
            refused()


@pytest.mark.parametrize(
    ("wish", "fields"),
    [
        ({"first": None, "last": None}, {"from", "to"}),
        ({"first": date(2026, 11, 22), "last": date(2026, 11, 16)}, {"to"}),
        ({"first": date(2026, 11, 24), "last": date(2026, 11, 25)}, {"from"}),
        ({"last": date(2026, 11, 24)}, {"to"}),
        ({"first": date(1960, 1, 1)}, {"from"}),
        ({"first": date(2010, 1, 1)}, {"to"}),
        ({"team_id": 4711, "language": "xx"}, {"team", "language"}),
        ({"team_id": -1}, {"team"}),
        ({"team_id": 2**70}, {"team"}),
    ],
)
def test_what_makes_no_sense_is_named(
    s: Session, people: People, noon: Clock, wish: dict[str, object], fields: set[str]
) -> None:
    with pytest.raises(Invalid) as refusal:
        ask(s, people.chloe, **wish)

    assert refusal.value.problems.keys() == fields
    assert made(s) == []


def test_one_asks_for_some_at_a_time(s: Session, people: People, noon: Clock) -> None:
    for _ in range(reports.MOST_WAITING):
        ask(s, people.chloe)

    with pytest.raises(reports.TooMany):
        ask(s, people.chloe)

    make(s)
    ask(s, people.chloe)


def test_one_forgets_what_one_asked_for_and_an_administrator_everything(
    s: Session, people: People, noon: Clock
) -> None:
    of_chloe, of_diane = ask(s, people.chloe), ask(s, people.diane)

    with pytest.raises(NotAllowed):
        reports.delete(s, people.chloe, of_diane.id)
    reports.delete(s, people.diane, of_chloe.id)
    make(s)

    assert [report.id for report in made(s)] == [of_diane.id]


def test_what_is_forgotten_while_it_is_made_ends(s: Session, people: People, noon: Clock) -> None:
    report = ask(s, people.chloe)
    for place, work in enumerate(report_making.parts()):
        db.write(work)
        if place == 2:
            db.write(lambda t: reports.delete(t, people.chloe, report.id))

    assert made(s) == []
    assert kinds(s, "report.made") == []


def test_what_ends_its_process_again_and_again_is_given_up(
    s: Session, people: People, noon: Clock
) -> None:
    ask(s, people.chloe)
    ask(s, people.diane)
    for _kill in range(report_making.MOST_ATTEMPTS):
        works = report_making.parts()
        for _ in range(3):
            db.write(next(works))

    make(s)

    assert [r.state for r in made(s)] == [ReportState.FAILED, ReportState.DONE]


def test_a_mistake_costs_one_report_and_no_other(
    s: Session, people: People, noon: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = ask(s, people.chloe), ask(s, people.diane)
    sections = report_content.SECTIONS

    def fails(_s: Session, draft: report_content.Draft) -> None:
        if draft.by.id == people.chloe.id:
            raise ValueError

    monkeypatch.setattr(report_content, "SECTIONS", (*sections, fails))
    make(s)

    assert {r.id: (r.state, r.error) for r in made(s)} == {
        bad.id: (ReportState.FAILED, "failed"),
        good.id: (ReportState.DONE, ""),
    }


def test_progress_is_seen_while_it_is_made(s: Session, people: People, noon: Clock) -> None:
    ask(s, people.chloe)
    seen = []
    for work in report_making.parts():
        db.write(work)
        seen.append(made(s)[0].progress)

    assert seen == sorted(seen)
    assert len(set(seen)) >= 4
    assert seen[-1] == 100


def test_a_list_goes_on_where_it_ended(s: Session, people: People, noon: Clock) -> None:
    ids = []
    for _ in range(5):
        ids.append(ask(s, people.chloe).id)
        make(s)

    first = reports.page(s, people.diane, limit=2)
    second = reports.page(s, people.diane, after=first.after, limit=10)

    assert [line.report.id for line in (*first.lines, *second.lines)] == ids[::-1]
    assert second.after is None
