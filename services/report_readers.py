"""Who gets a planned report: chosen people, or all who steer, as far as they may read it."""

from collections.abc import Collection, Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import ReportPlan, ReportRecipient, User
from services import audiences, sessions
from services.errors import Invalid
from services.permissions import Action, Actor, reads_reports_of, roles_allowed
from services.words import N_

MOST = 100  # chosen people of a plan
_NOBODY = N_("Choose at least one person, or all managers and administrators.")
_NO_READER = N_("{name} may not read reports: choose managers or administrators.")
_NO_ACCOUNT = N_("{name} has no active account any more.")
_NOT_OF_TEAM = N_("{name} may not see the figures of this team.")


def readers_of_all(s: Session) -> list[Actor]:
    """Return everybody who may read reports, as they are now."""
    steer = User.role.in_(roles_allowed(Action.REPORT_SEE))
    query = select(User).where(steer, *audiences.is_person()).order_by(User.id)
    return readers(s, s.scalars(query))


def of(s: Session, plan: ReportPlan) -> list[Actor]:
    """Return who gets a plan now: chosen people, and all who steer where that is wanted."""
    chosen = readers(s, people(s, [plan.id]).get(plan.id, []))
    return reached(plan, chosen, readers_of_all(s) if plan.to_all else [])


def reached(plan: ReportPlan, chosen: Iterable[Actor], everybody: Iterable[Actor]) -> list[Actor]:
    """Return who gets a plan, of its chosen readers and of `everybody` where it is to all."""
    found = {reader.id: reader for reader in (*(everybody if plan.to_all else ()), *chosen)}
    return [reader for reader in found.values() if _may_get(reader, plan.team_id)]


def readers(s: Session, users: Iterable[User]) -> list[Actor]:
    """Return those of some people who may read reports, as they are now."""
    active = {user.id: user for user in users if user.is_active}
    return [by for by in sessions.actors(s, active.values()).values() if reads_reports_of(by, [])]


def _may_get(reader: Actor, team_id: int | None) -> bool:
    return team_id is None or reads_reports_of(reader, [team_id])


def check(s: Session, user_ids: Collection[int], team_id: int | None, *, to_all: bool) -> None:
    """Refuse a plan that nobody gets, or somebody who may not read it (field `recipients`)."""
    if not user_ids and not to_all:
        raise Invalid({"recipients": _NOBODY})
    if len(user_ids) > MOST:
        raise Invalid({"recipients": N_("At most {at_most} people, please.")}, at_most=MOST)
    chosen = list(s.scalars(select(User).where(User.id.in_(user_ids)).order_by(User.name)))
    if len(chosen) != len(user_ids):
        raise Invalid({"recipients": N_("Choose one of the values offered.")})
    actors = sessions.actors(s, chosen)
    for user in chosen:
        if not user.is_active:
            raise Invalid({"recipients": _NO_ACCOUNT}, name=user.name)
        if not reads_reports_of(actors[user.id], []):
            raise Invalid({"recipients": _NO_READER}, name=user.name)
        if not _may_get(actors[user.id], team_id):
            raise Invalid({"recipients": _NOT_OF_TEAM}, name=user.name)


def people(s: Session, plan_ids: Collection[int]) -> dict[int, list[User]]:
    """Return the chosen people of some plans, by name."""
    query = (
        select(ReportRecipient.plan_id, User)
        .join(User, ReportRecipient.user_id == User.id)
        .where(ReportRecipient.plan_id.in_(plan_ids))
        .order_by(User.name, User.id)
    )
    found: dict[int, list[User]] = {}
    for plan_id, user in s.execute(query):
        found.setdefault(plan_id, []).append(user)
    return found
