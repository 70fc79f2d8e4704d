"""Reports in lists: those that are planned, and those that were made."""

from htpy import Element, a, li, progress, span

from data.models import Report, ReportKind, ReportPlan, ReportState
from services import report_words, reports
from services.report_plans import Plan
from services.reports import Line
from services.words import N_, _, ngettext
from ui import dates
from ui.fragments import marks
from ui.theme import icon

KINDS: dict[ReportKind, str] = {ReportKind.WEEKLY: N_("Weekly"), ReportKind.MONTHLY: N_("Monthly")}
ALL_TEAMS = N_("All teams")
_NAMED = 4  # people by name in a row


def plan(found: Plan, zone: str, home_zone: str) -> tuple[str, str]:
    """Draw a planned report: which, when, to whom, when next, and what can be done to it."""
    row = found.row
    key = f"plan-{row.id}"
    title = f"{_(KINDS[row.kind])} · {_team(found)}"
    switch = _("Switch off") if row.is_active else _("Switch on")
    drawn = li(class_=["row", {"inactive": not row.is_active}], data_key=key, data_testid="plan")[
        span(".row-main")[
            span(".row-title")[title],
            span(".row-context")[
                span[rhythm(row, home_zone)],
                span[_to(found)],
                row.is_active and span[_("next time"), " ", dates.age(row.next_at, zone)],
            ],
        ],
        _plan_chip(found),
        span(".row-actions")[
            marks.row_button("send", row.id, _("Send now"), title),
            marks.row_button("try", row.id, _("Test"), title),
            marks.row_button("edit", row.id, _("Edit"), title),
            marks.row_button("switch", row.id, switch, title),
            marks.row_button("delete", row.id, _("Delete"), title),
        ],
    ]
    return key, str(drawn)


def rhythm(row: ReportPlan, home_zone: str) -> str:
    """Return when a plan is due, in words."""
    at = {"at": f"{row.hour:02}:00", "zone": home_zone}
    if row.kind is ReportKind.MONTHLY:
        return _("On the first of each month at {at} ({zone})").format(**at)
    return _("On Monday at {at} ({zone})").format(**at)


def report(line: Line, zone: str, *, may_delete: bool) -> tuple[str, str]:
    """Draw a report: of what, how far it is, its files."""
    row = line.report
    key = f"report-{row.id}"
    kind = _(report_words.TITLES[row.kind])
    days = report_words.days(row.first_day, row.last_day)
    title = f"{kind} · {line.team}" if line.team else kind
    name = f"{title}, {days}"
    is_done = row.state is ReportState.DONE
    drawn = li(".row", data_key=key, data_testid="report")[
        span(".row-main")[
            span(".row-title")[a(href=f"/reports/{row.id}")[title] if is_done else title],
            span(".row-context")[
                span[days],
                span[_asked(line)],
                span[dates.age(row.made_at or row.created_at, zone)],
                row.reach is not None and not line.team and span[_("some teams only")],
                row.error and span(".task-error")[_(reports.ERRORS.get(row.error, row.error))],
            ],
        ],
        _state(row),
        span(".row-actions")[
            is_done and [_file(row, ending, name) for ending in ("pdf", "xlsx")],
            may_delete and marks.row_button("forget", row.id, _("Delete"), name),
        ],
    ]
    return key, str(drawn)


def _team(found: Plan) -> str:
    return found.team.name if found.team else _(ALL_TEAMS)


def _to(found: Plan) -> str:
    """Return to whom a plan goes."""
    names = [user.name for user in found.people[:_NAMED]]
    if found.row.to_all:
        names.insert(0, _("Managers and administrators"))
    more = len(found.people) - _NAMED
    if more > 0:
        names.append(ngettext("and {n} other", "and {n} others", more).format(n=more))
    return ", ".join(names)


def _plan_chip(found: Plan) -> Element:
    if found.team and not found.team.is_active:
        return _chip("bad", "cross", _("This team is no longer there."))
    if not found.row.is_active:
        return _chip("", "pause", _("Switched off"))
    if not found.reached:
        return _chip("note", "alarm", _("Nobody gets it"))
    told = ngettext("{n} recipient", "{n} recipients", found.reached)
    return _chip("good", "check", told.format(n=found.reached))


def _asked(line: Line) -> str:
    if line.asked_by:
        return _("asked for by {name}").format(name=line.asked_by)
    return _("planned")


def _state(row: Report) -> Element:
    if row.state is ReportState.DONE:
        return _chip("good", "check", _("Ready"))
    if row.state is ReportState.FAILED:
        return _chip("bad", "cross", _("Failed"))
    if row.state is ReportState.WAITING:
        return _chip("waits", "clock", _("Waiting"))
    percent = f"{row.progress} %"
    return span(".chip.waits", data_testid="state")[
        icon("play"),
        progress(max="100", value=str(row.progress), aria_label=_("Being made"))[percent],
        percent,
    ]


def _file(row: Report, ending: str, name: str) -> Element:
    shown = ending.upper()
    return a(
        ".button.small",
        href=f"/reports/{row.id}.{ending}",
        download="",
        aria_label=f"{shown}: {name}",
        data_testid=f"file-{ending}",
    )[shown]


def _chip(colour: str, drawn: str, word: str) -> Element:
    return span(class_=["chip", colour], data_testid="state")[icon(drawn), word]
