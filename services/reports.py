"""Reports: asked for, listed, read, by who may see figures of as many tickets (C11).

Whoever sees figures of some teams only reads what was made for these teams, or fewer.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, undefer

from data.models import Report, ReportKind, ReportState, ReportTicket, Team, Ticket, User
from services import checks, events, permissions, schedule
from services.errors import DomainError, Invalid, NotFound
from services.periods import FIRST_DAY, REVERSED
from services.permissions import Action, Actor, reads_reports_of, require
from services.report_document import Document
from services.report_model import Content
from services.report_words import document
from services.tickets import LARGEST
from services.words import LANGUAGES, N_, speaking

MADE = "report.made"  # the event that brings a report to its recipients
TASK = "reports"  # of `services.tasks`
PAGE, MOST = 20, 100
MOST_WAITING = 5  # of one person, asked for and not made yet
LONGEST_DAYS = 3 * 366
ERRORS: dict[str, str] = {
    "failed": N_("This report could not be made. Ask your administrator to look at the log."),
    "nobody": N_("Nobody who may read it is left: the report was not made."),
    "team": N_("This team is no longer there."),
}
GONE = N_("This team is no longer there.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What somebody asks for: days, both whole; without a team all they may see figures of."""

    first: date | None
    last: date | None
    team_id: int | None = None
    language: str = ""  # empty: the reader’s


@dataclass(frozen=True, slots=True)
class Line:
    """A report in a list."""

    report: Report
    team: str
    asked_by: str  # empty: it was planned


@dataclass(frozen=True, slots=True)
class ReportPage:
    """Some reports, the newest first, and the cursor of those before."""

    lines: list[Line]
    after: str | None


class NotReady(DomainError):
    """A report that is not made yet, or could not be made, says nothing."""

    code = "not_ready"
    sentence = N_("This report is not ready.")


class TooMany(DomainError):
    """One asks for some reports at a time."""

    code = "too_many_reports"
    sentence = N_("{n} reports you asked for are still being made: wait for them, please.")


def ask(s: Session, by: Actor, wish: Wish, *, today: date) -> Report:
    """Ask for a report of some days; it is made in the background. `today` is the organisation’s.

    Raises:
        NotAllowed, TooMany.
        SwitchedOff: an administrator switched the making of reports off.
        Invalid: fields `from`, `to`, `team`, `language`.
    """
    require(by, Action.REPORT_SEE)
    problems = checks.Problems()
    with problems.collected():
        _check_days(wish, today)
    with problems.collected():
        check_team(s, by, wish.team_id)
    with problems.collected():
        if wish.language and wish.language not in LANGUAGES:
            raise Invalid({"language": N_("Choose one of the values offered.")})
    problems.raise_any()
    assert wish.first is not None and wish.last is not None  # noqa: PT018, S101 - as checked
    _check_many(s, by)
    report = Report(
        kind=ReportKind.CHOSEN,
        first_day=wish.first,
        last_day=wish.last,
        team_id=wish.team_id,
        reach=reach_of(by, wish.team_id),
        made_for_id=by.id,
        requested_by_id=by.id,
        language=wish.language,
    )
    put(s, by, report)
    schedule.prompt(s, TASK)
    return report


def put(s: Session, by: Actor | None, report: Report) -> None:
    """Let a report be made; None is the clock."""
    s.add(report)
    s.flush()
    events.record(s, by, None, "report.asked", subject=f"report:{report.id}")


def page(s: Session, by: Actor, *, after: str | None = None, limit: int = PAGE) -> ReportPage:
    """Return the reports that one may read, the newest first.

    Raises:
        NotAllowed.
        Invalid: `after` is no cursor of an earlier page.
    """
    require(by, Action.REPORT_SEE)
    limit = max(1, min(limit, MOST))
    found: list[Line] = []
    last = checks.position(after) if after else LARGEST
    while len(found) <= limit:
        rows = s.execute(_lines().where(Report.id < last).limit(MOST)).all()
        found += [Line(*row) for row in rows if reads_reports_of(by, row[0].reach)]
        if len(rows) < MOST:
            break
        last = rows[-1][0].id
    lines = found[:limit]
    return ReportPage(lines, str(lines[-1].report.id) if len(found) > limit else None)


def get(s: Session, by: Actor, report_id: int) -> Line:
    """Return one report.

    Raises:
        NotAllowed.
        NotFound: also when it counts tickets that are not among one’s own.
    """
    require(by, Action.REPORT_SEE)
    row = s.execute(_lines().where(Report.id == report_id)).one_or_none()
    if row is None or not reads_reports_of(by, row[0].reach):
        raise NotFound
    return Line(*row)


def read(s: Session, by: Actor, report_id: int, language: str = "") -> tuple[Document, Report]:
    """Return what a report says, in a language: that it was asked for in, or the given one.

    Raises:
        NotAllowed, NotFound.
        NotReady: it is not made yet, or could not be made.
    """
    report = get(s, by, report_id).report
    return told(s, report.id, report.language or language or by.language), report


def told(s: Session, report_id: int, language: str) -> Document:
    """Return what a report says, in a language; whoever asks has decided who reads it.

    Raises:
        NotReady.
    """
    query = select(Report).where(Report.id == report_id).options(undefer(Report.content))
    report = s.scalar(query.execution_options(populate_existing=True))
    if report is None or report.content is None:
        raise NotReady
    content = Content.from_json(report.content)
    with speaking(language):
        return document(report, content, _titles(s, report_id))


def delete(s: Session, by: Actor, report_id: int) -> None:
    """Forget a report for good; one that is being made is not.

    Raises:
        NotAllowed: one may only forget what one asked for, an administrator everything.
        NotFound.
    """
    report = get(s, by, report_id).report
    if report.requested_by_id != by.id:
        require(by, Action.SETTINGS_MANAGE)
    s.delete(report)
    events.record(s, by, None, "report.deleted", subject=f"report:{report_id}")
    s.flush()


def reach_of(by: Actor, team_id: int | None) -> list[int] | None:
    """Return the teams whose tickets count in a report that somebody reads; None is all."""
    counted = permissions.teams_counted(by)
    if team_id is not None:
        return [team_id] if counted is None or team_id in counted else []
    return None if counted is None else sorted(counted)


def check_team(s: Session, by: Actor, team_id: int | None) -> None:
    """Refuse a team that is no more, or whose figures `by` may not see (field `team`)."""
    if team_id is None:
        return
    team = s.get(Team, team_id) if 0 < team_id <= LARGEST else None
    if team is None or not team.is_active or not reads_reports_of(by, [team_id]):
        raise Invalid({"team": GONE})


def _check_days(wish: Wish, today: date) -> None:
    empty = {n: d for n, d in (("from", wish.first), ("to", wish.last)) if d is None}
    if wish.first is None or wish.last is None:
        raise Invalid(dict.fromkeys(empty, N_("Choose a day.")))
    if wish.last < wish.first:
        raise Invalid({"to": REVERSED})
    if wish.first > today:
        raise Invalid({"from": N_("This day is still to come.")})
    if wish.first < FIRST_DAY:
        raise Invalid({"from": N_("Give a day like 2026-03-01, or an instant.")})
    if (wish.last - wish.first).days >= LONGEST_DAYS:
        raise Invalid({"to": N_("At most three years, please.")})
    if wish.last > today:
        raise Invalid({"to": N_("This day is still to come.")})


def _check_many(s: Session, by: Actor) -> None:
    mine = (Report.requested_by_id == by.id, Report.state.in_(UNFINISHED))
    waiting = s.scalars(select(Report.id).where(*mine).limit(MOST_WAITING)).all()
    if len(waiting) >= MOST_WAITING:
        raise TooMany(n=len(waiting))


UNFINISHED = (ReportState.WAITING, ReportState.MAKING)


def _lines() -> Select[Report, str, str]:
    columns = select(Report, Team.name, User.name).outerjoin(Team, Report.team_id == Team.id)
    asked = columns.outerjoin(User, Report.requested_by_id == User.id)
    return asked.order_by(Report.id.desc()).execution_options(populate_existing=True)


def _titles(s: Session, report_id: int) -> dict[int, str]:
    """Return the titles that a report names, as they were, without those in the trash."""
    query = (
        select(ReportTicket.ticket_number, ReportTicket.title)
        .join(Ticket, ReportTicket.ticket_number == Ticket.number)
        .where(ReportTicket.report_id == report_id, Ticket.deleted_at.is_(None))
    )
    return {row.ticket_number: row.title for row in s.execute(query)}
