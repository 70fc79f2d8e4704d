"""Making reports in the background: slots become reports, reports get their content, once each.

Figures are computed between the transactions, so that nobody waits for them; what was computed is
written in one, together with the event that brings it to its recipients.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from data import db
from data.clock import now
from data.models import Report, ReportPlan, ReportState, ReportTicket, Ticket, User
from services import events, report_content, report_plans, report_slots, reports, sessions
from services.permissions import Actor, reads_reports_of
from services.report_model import Content
from services.schedule import Work

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Brief:
    """What is to be made, and with whose rights."""

    report_id: int
    by: Actor
    report: Report


def parts() -> Iterator[Work]:
    """Use the slots that have come, then make what waits: the parts of a task of the schedule."""
    yield use_slots
    while (report_id := db.read(_waiting)) is not None:
        yield from _made(report_id)


def use_slots(s: Session) -> int:
    """Turn the slots that have come into reports; return how many.

    Each slot once: the plan is locked, and says which it used last.
    """
    report_plans.begin(s)
    query = select(ReportPlan).where(ReportPlan.is_active).order_by(ReportPlan.id)
    written = 0
    for plan in s.scalars(query.with_for_update().execution_options(populate_existing=True)):
        slot = report_slots.newest(plan, now())
        if slot is None:
            if report_slots.is_displaced(plan, now()):
                plan.next_at = report_slots.after(plan, now())
            continue
        if plan.last_at is None or slot > plan.last_at:
            written += len(report_plans.slot(s, plan, slot))
            plan.last_at = slot
        plan.next_at = report_slots.after(plan, now())
    s.flush()
    return written


def _made(report_id: int) -> Iterator[Work]:
    """Make one report, and show how far it is."""
    yield partial(_begin, report_id=report_id)
    brief = db.read(partial(_brief, report_id=report_id))
    if brief is None:
        return  # it is over: forgotten, or failed
    drafting = report_content.Draft(brief.report, brief.by)
    for done, section in enumerate(report_content.SECTIONS, 1):
        try:
            db.read(partial(_find, section=section, drafting=drafting))
        except SQLAlchemyError:
            raise  # the schedule tries again
        except Exception:
            log.exception("report %s could not be made", report_id)
            yield partial(_fail, report_id=report_id, error="failed")
            return
        share = 100 * done // (len(report_content.SECTIONS) + 1)
        yield partial(_note, report_id=report_id, progress=share)
    yield partial(_finish, report_id=report_id, content=drafting.content())


def _find(s: Session, section: report_content.Section, drafting: report_content.Draft) -> None:
    section(s, drafting)


def _waiting(s: Session) -> int | None:
    query = select(Report.id).where(Report.state.in_(reports.UNFINISHED))
    return s.scalar(query.order_by(Report.id).limit(1))


def _begin(s: Session, report_id: int) -> int:
    """Begin an attempt; after too many, which ended the process, it is given up."""
    report = _locked(s, report_id)
    if report is None:
        return 0
    if report.attempts >= MOST_ATTEMPTS:
        return _fail(s, report_id, "failed")
    by = _reader(s, report)
    if by is None:
        return _fail(s, report_id, "nobody")
    report.made_for_id, report.reach = by.id, reports.reach_of(by, report.team_id)
    report.state, report.progress = ReportState.MAKING, 0
    report.attempts += 1
    return 0


def _reader(s: Session, report: Report) -> Actor | None:
    """Return with whose rights it is made: those of the first of its readers who may read it."""
    ids = list(dict.fromkeys((report.made_for_id, *report.recipients)))
    people = {user.id: user for user in s.scalars(select(User).where(User.id.in_(ids)))}
    active = [people[user_id] for user_id in ids if user_id in people and people[user_id].is_active]
    found = sessions.actors(s, active)
    return next((found[u.id] for u in active if reads_reports_of(found[u.id], [])), None)


def _brief(s: Session, report_id: int) -> Brief | None:
    report = s.get(Report, report_id, populate_existing=True)
    if report is None or report.state is not ReportState.MAKING:
        return None
    by = sessions.actors(s, [s.get_one(User, report.made_for_id)])[report.made_for_id]
    return Brief(report_id, by, report)


def _note(s: Session, report_id: int, progress: int) -> int:
    report = _locked(s, report_id)
    if report is not None:
        report.progress = progress
    return 0


def _finish(s: Session, report_id: int, content: Content) -> int:
    """Keep what was computed, and let its recipients know."""
    report = _locked(s, report_id)
    if report is None:
        return 0
    report.content, report.made_at = content.as_json(), content.made_at
    report.state, report.progress, report.error = ReportState.DONE, 100, ""
    query = select(Ticket.number, Ticket.title).where(Ticket.number.in_(content.numbers))
    s.add_all(
        ReportTicket(report_id=report.id, ticket_number=row.number, title=row.title)
        for row in s.execute(query)
    )
    events.record(
        s,
        None,
        None,
        reports.MADE,
        subject=f"report:{report.id}",
        recipients=report.recipients,
        reach=report.reach,
    )
    return 1


def _fail(s: Session, report_id: int, error: str) -> int:
    report = _locked(s, report_id)
    if report is not None:
        report.state, report.error = ReportState.FAILED, error
        events.record(s, None, None, "report.failed", subject=f"report:{report_id}", error=error)
    return 0


def _locked(s: Session, report_id: int) -> Report | None:
    """Return a report that is not made yet; None when somebody forgot it meanwhile."""
    report = s.get(Report, report_id, with_for_update=True, populate_existing=True)
    is_open = report is not None and report.state in reports.UNFINISHED
    return report if is_open else None
