"""Reports made by hand: an ordinary one, one with far too much in it, and one with nothing."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from data.models import Report, ReportKind
from services.report_document import Document
from services.report_model import Content, Figure, Group, Groups, Late, Problem, Step
from services.report_words import document
from services.words import speaking

FIRST = date(2026, 11, 16)
TITLES = (
    "L’imprimante « Œillet » du 2ᵉ étage n’imprime plus – bourrage (12 €)",
    "<b>VPN</b> & <script>alert(1)</script>",
    '=HYPERLINK("https://exemple.fr")',
    "Żółta łódź, Ελληνικά, Привет",
    "x" * 300,
    "Écran " + "noir " * 58,
    "日本語 🎉 émoji",
)
_FIGURES: dict[str, tuple[float | None, float | None]] = {
    "created": (1242, 1136),
    "resolved": (38, 41),
    "net_flow": (4, -5),
    "backlog": (17, 13),
    "late": (3, None),
    "first_response": (0.58, 1.2),
    "resolution": (5.5, 4.1),
    "resolution_p90": (75.5, 64.1),
    "sla": (0.8642, 0.913),
    "reopened": (0.026, None),
    "reassignments": (0.31, 0.29),
}


def content(*, teams: int = 3, late: int = 4, days: int = 7, longer: int = 1) -> Content:
    """Return what a report says, of so many teams, late tickets and days."""
    names = [f"Équipe {n} « Œuvres »" * longer for n in range(1, teams + 1)]
    due = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    shown = tuple(_group(name, place) for place, name in enumerate(names))
    return empty(
        last=FIRST + timedelta(days=days - 1),
        before_first=FIRST - timedelta(days=days),
        figures=tuple(
            Figure(name=name, now=now, before=before, link=f"/stats?figure={name}")
            for name, (now, before) in _FIGURES.items()
        ),
        trend=tuple(
            Step(first=FIRST + timedelta(days=n), created=n % 9, resolved=n % 7, backlog=13 + n)
            for n in range(days)
        ),
        of_teams=Groups(shown=(*shown, _group("none", 3)), more=longer - 1),
        of_categories=Groups(shown=(_group("Matériel › Imprimante", 1),)),
        of_priorities=Groups(shown=(_group("low", 1), _group("urgent", 2))),
        late=tuple(
            Late(number=1000 + n, due_at=due, team=names[0] if n % 2 else "", priority="high")
            for n in range(late)
        ),
        late_total=late + 37,
        late_link="/stats?late=1",
        problems=(Problem(label="imprimante bourrage", size=12, before=4, examples=(1000, 1001)),),
    )


def empty(**more: Any) -> Content:
    """Return what a report of a week says in which there was nothing."""
    values = {
        "first": FIRST,
        "last": FIRST + timedelta(days=6),
        "before_first": FIRST - timedelta(days=7),
        "before_last": FIRST - timedelta(days=1),
        "zone": "Europe/Paris",
        "team": "",
        "teams": None,
        "made_at": datetime(2026, 11, 23, 9, tzinfo=UTC),
        **more,
    }
    return Content(**values)


def in_words(found: Content, language: str = "fr") -> Document:
    """Return a weekly report in words."""
    titles = {late.number: TITLES[n % len(TITLES)] for n, late in enumerate(found.late)}
    with speaking(language):
        return document(Report(id=7, kind=ReportKind.WEEKLY), found, titles)


def _group(value: str, place: int) -> Group:
    return Group(
        value=value,
        created=17 - place % 17,
        before=12 + place,
        resolved=place,
        backlog=8,
        late=3,
        median=5.3 + place,
        p90=31.0,
        sla_made=9,
        sla_n=10,
        link="/stats?team=1",
    )
