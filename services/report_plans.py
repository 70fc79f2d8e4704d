"""Plans of reports: which, of whom, when, to whom; kept by managers and administrators (C11)."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete as deleting
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.clock import now
from data.models import Report, ReportKind, ReportPlan, ReportRecipient, Setting, Team, User
from services import checks, events, report_readers, report_slots, reports, schedule
from services.accounts import checked
from services.errors import Invalid, NotFound
from services.permissions import Action, Actor, reads_reports_of, require
from services.tickets import LARGEST
from services.words import N_

MOST = 50  # plans
BEGUN = "reports_begun"  # a setting: the plan that comes with the program was made


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan as it is shown: with its team, its recipients by name, and who is reached now."""

    row: ReportPlan
    team: Team | None
    people: list[User]
    reached: int  # how many get it as things stand
    last: Report | None  # the newest that was made of it


@dataclass(frozen=True, slots=True)
class Offered:
    """What forms offer: ids and names."""

    teams: list[tuple[int, str]]
    readers: list[tuple[int, str]]


def all(s: Session, by: Actor) -> list[Plan]:  # noqa: A001
    """Return the plans, the oldest first."""
    require(by, Action.REPORT_PLAN)
    rows = s.scalars(_PLANS.order_by(ReportPlan.id)).all()
    people = report_readers.people(s, [row.id for row in rows])
    teams = {team.id: team for team in s.scalars(select(Team))}
    last = _last(s, [row.id for row in rows])
    everybody = report_readers.readers_of_all(s) if any(row.to_all for row in rows) else []
    chosen = {user.id: user for those in people.values() for user in those}
    able = {reader.id: reader for reader in report_readers.readers(s, chosen.values())}
    found = []
    for row in rows:
        those = people.get(row.id, [])
        readers = [able[user.id] for user in those if user.id in able]
        reached = len(report_readers.reached(row, readers, everybody))
        found.append(Plan(row, teams.get(row.team_id or 0), those, reached, last.get(row.id)))
    return found


def offered(s: Session, by: Actor) -> Offered:
    """Return of which teams one may have reports, and who may get them, each with the id."""
    require(by, Action.REPORT_SEE)
    query = select(Team.id, Team.name).where(Team.is_active).order_by(Team.name)
    seen = [(row.id, row.name) for row in s.execute(query) if reads_reports_of(by, [row.id])]
    readers = [(reader.id, reader.name) for reader in report_readers.readers_of_all(s)]
    return Offered(seen, sorted(readers, key=lambda reader: reader[1].casefold()))


def get(s: Session, by: Actor, plan_id: int) -> ReportPlan:
    """Return one plan.

    Raises:
        NotFound.
    """
    require(by, Action.REPORT_PLAN)
    row = s.scalar(_PLANS.where(ReportPlan.id == plan_id)) if 0 < plan_id <= LARGEST else None
    if row is None:
        raise NotFound
    return row


def create(s: Session, by: Actor, /, **values: Any) -> ReportPlan:
    """Plan a report: kind, team_id, hour, is_active, to_all, user_ids.

    Raises:
        Invalid: for each field that is wrong.
    """
    require(by, Action.REPORT_PLAN)
    if (s.scalar(select(func.count()).select_from(ReportPlan)) or 0) >= MOST:
        raise Invalid({"kind": N_("At most {at_most} plans, please.")}, at_most=MOST)
    plan = ReportPlan(kind=ReportKind.WEEKLY, hour=report_slots.HOUR, is_active=True, to_all=False)
    plan.next_at = report_slots.after(plan, now())
    _change(s, by, plan, {"user_ids": [], **values})
    events.record(s, by, None, "report_plan.created", subject=f"report_plan:{plan.id}")
    return plan


def edit(s: Session, by: Actor, /, plan_id: int, **values: Any) -> ReportPlan:
    """Change a plan; what is not given stays.

    Raises:
        NotFound.
        Invalid: for each field that is wrong.
    """
    plan = get(s, by, plan_id)
    before = _state(s, plan)
    _change(s, by, plan, values)
    events.record_edit(s, by, f"report_plan:{plan.id}", before, _state(s, plan))
    return plan


def delete(s: Session, by: Actor, plan_id: int) -> None:
    """Forget a plan; reports that were made of it stay.

    Raises:
        NotFound.
    """
    plan = get(s, by, plan_id)
    s.delete(plan)
    events.record(s, by, None, "report_plan.deleted", subject=f"report_plan:{plan_id}")
    s.flush()


def send_now(s: Session, by: Actor, plan_id: int) -> list[Report]:
    """Make the newest whole period of a plan once more and send it to all its recipients.

    Raises:
        NotFound, SwitchedOff.
        Invalid: field `recipients`: nobody who may read it is left; field `team`: it is no more.
    """
    plan = get(s, by, plan_id)
    return _made(s, by, plan, report_readers.of(s, plan))


def try_out(s: Session, by: Actor, plan_id: int) -> list[Report]:
    """Make the newest whole period of a plan and send it to oneself alone.

    Raises:
        NotFound, SwitchedOff.
        Invalid: field `team`: it is no more, or not among those whose figures one may see.
    """
    plan = get(s, by, plan_id)
    reports.check_team(s, by, plan.team_id)
    return _made(s, by, plan, [by])


def begin(s: Session) -> None:
    """Make the plan that comes with the program, once: weekly, of all, to all who steer."""
    if s.get(Setting, BEGUN) is not None:
        return
    s.add(Setting(name=BEGUN, value=True))
    plan = ReportPlan(kind=ReportKind.WEEKLY, hour=report_slots.HOUR, is_active=True, to_all=True)
    plan.next_at = report_slots.after(plan, now())
    s.add(plan)
    s.flush()


def slot(s: Session, plan: ReportPlan, due_at: datetime) -> list[Report]:
    """Write the reports of a slot, one for each reach of its recipients; none without any."""
    if plan.team_id is not None and not s.get_one(Team, plan.team_id).is_active:
        return []
    return _written(s, None, plan, report_readers.of(s, plan), due_at)


def _made(s: Session, by: Actor, plan: ReportPlan, readers: Sequence[Actor]) -> list[Report]:
    if plan.team_id is not None and not s.get_one(Team, plan.team_id).is_active:
        raise Invalid({"team": reports.GONE})
    if not readers:
        raise Invalid({"recipients": reports.ERRORS["nobody"]})
    made = _written(s, by, plan, readers, now())
    schedule.prompt(s, reports.TASK)
    return made


def _written(
    s: Session, by: Actor | None, plan: ReportPlan, readers: Iterable[Actor], due_at: datetime
) -> list[Report]:
    """Write one report for all readers who see the same figures."""
    alike: dict[str, tuple[list[int] | None, list[int]]] = {}
    for reader in readers:
        reach = reports.reach_of(reader, plan.team_id)
        alike.setdefault(str(reach), (reach, []))[1].append(reader.id)
    first, last = report_slots.days_of(plan.kind, report_slots.day_of(due_at))
    made = []
    for reach, ids in alike.values():
        report = Report(
            plan_id=plan.id,
            kind=plan.kind,
            first_day=first,
            last_day=last,
            team_id=plan.team_id,
            reach=reach,
            recipients=ids,
            made_for_id=ids[0],
            requested_by_id=by.id if by else None,
            due_at=due_at,
        )
        reports.put(s, by, report)
        made.append(report)
    return made


def _change(s: Session, by: Actor, plan: ReportPlan, values: dict[str, Any]) -> None:
    cleaned = checked(values, _FIELDS)
    user_ids = cleaned.pop("user_ids", None)
    before = (plan.kind, plan.hour, plan.is_active)
    team_id = cleaned.get("team_id", plan.team_id)
    problems = checks.Problems()
    with problems.collected():
        if "team_id" in cleaned:
            reports.check_team(s, by, team_id)
    to_all = cleaned.get("to_all", plan.to_all)
    kept = [user.id for user in report_readers.people(s, [plan.id]).get(plan.id, [])]
    with problems.collected():
        report_readers.check(s, kept if user_ids is None else user_ids, team_id, to_all=to_all)
    problems.raise_any()
    for field, value in cleaned.items():
        setattr(plan, field, value)
    if (plan.kind, plan.hour, plan.is_active) != before:
        plan.next_at = report_slots.after(plan, now())
    s.add(plan)
    s.flush()
    if user_ids is not None:
        s.execute(deleting(ReportRecipient).where(ReportRecipient.plan_id == plan.id))
        s.add_all(ReportRecipient(plan_id=plan.id, user_id=user_id) for user_id in user_ids)
        s.flush()


def _last(s: Session, plan_ids: Collection[int]) -> dict[int, Report]:
    newest = select(func.max(Report.id)).where(Report.plan_id.in_(plan_ids))
    query = select(Report).where(Report.id.in_(newest.group_by(Report.plan_id)))
    return {report.plan_id: report for report in s.scalars(query) if report.plan_id is not None}


def _state(s: Session, plan: ReportPlan) -> dict[str, Any]:
    people = report_readers.people(s, [plan.id]).get(plan.id, [])
    state = {name: getattr(plan, name) for name in _FIELDS if name != "user_ids"}
    return {**state, "kind": [plan.kind], "user_ids": [user.id for user in people]}


def _kind(value: object) -> ReportKind:
    kind = checks.choice("kind", value, ReportKind)
    if kind is ReportKind.CHOSEN:
        raise Invalid({"kind": N_("Choose one of the values offered.")})
    return kind


def _team_id(value: object) -> int | None:
    if value in (None, "", 0, "0"):
        return None
    if not str(value).isdecimal() or len(str(value)) > 9:
        raise Invalid({"team": reports.GONE})
    return int(str(value))


def _hour(value: object) -> int:
    text = str(value)
    if not (text.isdecimal() and len(text) <= 2 and int(text) <= 23):
        raise Invalid({"hour": N_("A whole hour from 0 to 23, please.")})
    return int(text)


def _ids(value: Any) -> list[int]:
    found = value if isinstance(value, Iterable) else ()
    ids = [int(each) for each in found if str(each).isdecimal() and len(str(each)) < 10]
    return sorted(set(ids))


_PLANS = select(ReportPlan).execution_options(populate_existing=True)
_FIELDS: dict[str, Callable[[Any], Any]] = {
    "kind": _kind,
    "team_id": _team_id,
    "hour": _hour,
    "is_active": bool,
    "to_all": bool,
    "user_ids": _ids,
}
