"""What the background would have done in the weeks of the demonstration: reports."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data import clock, db
from data.models import ReportKind, ReportPlan, Role, Schedule, Team, User
from integrations import demo
from services import recurring, report_making, report_plans, sessions

REPORTED = timedelta(days=32)  # for so long there have been reports: of a month, and of weeks


def look_back(present: datetime | None = None) -> None:
    """Make the reports of the last weeks, each as of its day; what recurs is found once it runs."""
    present = present or clock.now()
    with clock.at(present - REPORTED):
        db.write(_plan)
    while (slot := db.read(_next_slot)) and slot <= present:
        with clock.at(slot):
            for part in report_making.parts():
                db.write(part)
    db.write(demo.hush)
    db.write(_search)


def _search(s: Session) -> None:
    """Let the background look for what recurs as soon as there is one: some seconds’ work."""
    s.add(Schedule(name=recurring.TASK, next_at=clock.now()))


def _plan(s: Session) -> None:
    """Plan the weekly report of everything, and a monthly one of a team."""
    report_plans.begin(s)
    admin = s.scalars(select(User).where(User.role == Role.ADMIN).order_by(User.id)).first()
    team_id = s.scalar(select(func.min(Team.id)))
    if admin and team_id:
        by = sessions.actor_of(s, admin.id)
        report_plans.create(s, by, kind=ReportKind.MONTHLY, team_id=team_id, to_all=True)


def _next_slot(s: Session) -> datetime | None:
    return s.scalar(select(func.min(ReportPlan.next_at)))
