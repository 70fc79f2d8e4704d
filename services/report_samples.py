"""A report that nobody made: what the preview of its mail shows."""

from datetime import UTC, date, datetime, timedelta

from data.models import Report, ReportKind
from services.report_document import Document
from services.report_model import Content, Figure, Group, Groups, Late, Step
from services.report_words import document as in_words
from services.words import _

_MONDAY = date(2026, 11, 16)
_CREATED, _RESOLVED = (9, 7, 8, 6, 9, 1, 2), (6, 9, 7, 8, 6, 0, 2)


def document() -> Document:
    """Return a report of a quiet week, in the language being spoken."""
    return in_words(Report(id=0, kind=ReportKind.WEEKLY), _content(), {})


def _content() -> Content:
    team = Group(value=_("Workplaces"), created=42, before=36, resolved=38, backlog=17, late=3)
    return Content(
        first=_MONDAY,
        last=_MONDAY + timedelta(days=6),
        before_first=_MONDAY - timedelta(days=7),
        before_last=_MONDAY - timedelta(days=1),
        zone="Europe/Paris",
        team="",
        teams=None,
        made_at=datetime(2026, 11, 23, 9, tzinfo=UTC),
        figures=(
            Figure(name="created", now=42, before=36),
            Figure(name="resolved", now=38, before=40),
            Figure(name="backlog", now=17, before=13),
            Figure(name="late", now=3, before=None),
            Figure(name="resolution", now=5.5, before=6.25),
            Figure(name="sla", now=0.86, before=0.91),
        ),
        trend=tuple(
            Step(first=_MONDAY + timedelta(days=n), created=c, resolved=r, backlog=13 + n)
            for n, (c, r) in enumerate(zip(_CREATED, _RESOLVED, strict=True))
        ),
        of_teams=Groups(shown=(team,)),
        late=(
            Late(
                number=1042,
                due_at=datetime(2026, 11, 20, 16, tzinfo=UTC),
                team=_("Workplaces"),
                priority="high",
            ),
        ),
        late_total=3,
    )
