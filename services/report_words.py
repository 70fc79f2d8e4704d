"""From what a report says to words in the language being spoken."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_date, format_datetime

from data.models import Report, ReportKind
from data.text import fold
from services import postmarks, report_figures, report_tables
from services.report_document import Card, Document, Trend
from services.report_figures import FIGURES
from services.report_model import Content, Figure
from services.words import N_, _, ngettext, spoken

TITLES: dict[ReportKind, str] = {
    ReportKind.WEEKLY: N_("Weekly report"),
    ReportKind.MONTHLY: N_("Monthly report"),
    ReportKind.CHOSEN: N_("Report"),
}
_MOST_IN_NAME = 40  # characters of a team in the name of a file


def document(report: Report, content: Content, titles: Mapping[int, str]) -> Document:
    """Put a report in words; `titles` are those of the tickets that it names, as may be shown."""
    title = _(TITLES[report.kind])
    return Document(
        language=spoken(),
        title=f"{title} · {content.team}" if content.team else title,
        period=days(content.first, content.last),
        made_at=content.made_at,
        about=_about(content),
        summary=summary(report.kind, content),
        cards=tuple(_cards(content)),
        trend=_trend(content),
        tables=tuple(report_tables.tables(content, titles)),
        note=_(
            "Everything counts on the day it happened. Open and late are as of the end of the"
            " period, the list of late tickets as of when this was made. Arrows compare with the"
            " period before."
        ),
        page=_("Page {n} of {of}"),
        link=postmarks.url(f"/reports/{report.id}"),
        file_name=_file_name(report, content),
    )


def summary(kind: ReportKind, content: Content) -> str:
    """Return what matters most in some short sentences."""
    figures = {figure.name: figure for figure in content.figures}
    said = [_created(kind, figures.get("created")), _resolved(figures.get("resolved"))]
    said += [_open(figures.get("backlog"), figures.get("late")), _kept(figures.get("sla"))]
    return " ".join(sentence for sentence in said if sentence)


def days(first: date, last: date) -> str:
    """Return some days, as in « du 16 au 22 novembre 2026 », « novembre 2026 »."""
    if first == last:
        return _day(first, "EEEE d MMMM y")
    is_one_month = (first.month, first.year) == (last.month, last.year)
    if is_one_month and first.day == (last + timedelta(days=1)).day == 1:
        return _day(first, "MMMM y")
    pattern = "d MMMM y" if first.year != last.year else "d MMMM"
    if is_one_month:
        pattern = "d"
    text = _("{first} to {last}")
    return text.format(first=_day(first, pattern), last=_day(last, "d MMMM y"))


def _created(kind: ReportKind, figure: Figure | None) -> str:
    if figure is None or figure.now is None:
        return ""
    number, before = round(figure.now), figure.before
    if before is None:
        told = ngettext("{n} ticket was created.", "{n} tickets were created.", number)
        return told.format(n=report_figures.count(number))
    told = {
        ReportKind.WEEKLY: ngettext(
            "{n} ticket was created, against {before} the week before.",
            "{n} tickets were created, against {before} the week before.",
            number,
        ),
        ReportKind.MONTHLY: ngettext(
            "{n} ticket was created, against {before} the month before.",
            "{n} tickets were created, against {before} the month before.",
            number,
        ),
        ReportKind.CHOSEN: ngettext(
            "{n} ticket was created, against {before} in the period before.",
            "{n} tickets were created, against {before} in the period before.",
            number,
        ),
    }[kind]
    return told.format(n=report_figures.count(number), before=report_figures.count(before))


def _resolved(figure: Figure | None) -> str:
    if figure is None or figure.now is None:
        return ""
    told = ngettext("{n} was resolved.", "{n} were resolved.", round(figure.now))
    return told.format(n=report_figures.count(figure.now))


def _open(backlog: Figure | None, late: Figure | None) -> str:
    if backlog is None or backlog.now is None:
        return ""
    told = ngettext("{n} was open at the end.", "{n} were open at the end.", round(backlog.now))
    said = told.format(n=report_figures.count(backlog.now))
    if late is not None and late.now:
        told = ngettext("{n} of them was late.", "{n} of them were late.", round(late.now))
        said = f"{said} {told.format(n=report_figures.count(late.now))}"
    return said


def _kept(sla: Figure | None) -> str:
    if sla is None or sla.now is None:
        return ""
    told = _("{share} of the promises were kept.")
    return told.format(share=report_figures.share(sla.now))


def _cards(content: Content) -> list[Card]:
    return [_card(figure) for figure in content.figures if FIGURES[figure.name].is_card]


def _card(figure: Figure) -> Card:
    kind = FIGURES[figure.name]
    before = ""
    if figure.before is not None:
        before = _("against {before}").format(
            before=report_figures.written(figure.before, kind.unit)
        )
    return Card(
        title=_(kind.title),
        value=report_figures.written(figure.now, kind.unit),
        change=report_figures.difference(figure.now, figure.before, kind.unit),
        before=before,
        arrow=report_figures.arrow(figure),
        mood=report_figures.mood(figure),
        link=postmarks.url(figure.link) if figure.link else "",
    )


def _trend(content: Content) -> Trend:
    pattern = "EEE d" if len(content.trend) <= 8 else "d MMM"
    return Trend(
        title=_("Created and resolved, and what was open"),
        labels=tuple(_day(step.first, pattern) for step in content.trend),
        names=(_("Tickets created"), _("Tickets resolved"), _("Open at the end")),
        created=tuple(step.created for step in content.trend),
        resolved=tuple(step.resolved for step in content.trend),
        backlog=tuple(step.backlog for step in content.trend),
    )


def _about(content: Content) -> str:
    made = _("Made on {when}, in the time of {zone}.").format(
        when=instant(content.made_at, content.zone), zone=content.zone
    )
    compared = _("Compared with: {days}.").format(
        days=days(content.before_first, content.before_last)
    )
    if content.teams is None or content.team:
        return f"{compared} {made}"
    names = ", ".join(content.teams) or report_figures.NOTHING
    counted = _("Counted are the tickets of: {teams}.").format(teams=names)
    return f"{compared} {counted} {made}"


def instant(at: datetime, zone: str) -> str:
    """Return day and minute in a zone, as in « 23 novembre 2026, 10:05 »."""
    try:
        local = at.astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError):
        local = at
    return str(format_datetime(local, "d MMMM y, HH:mm", locale=_locale()))


def _file_name(report: Report, content: Content) -> str:
    """Return a name that every system takes: kind, team and days."""
    team = re.sub(r"[^a-z0-9]+", "-", fold(content.team))[:_MOST_IN_NAME].strip("-")
    kind = re.sub(r"[^a-z0-9]+", "-", fold(_(TITLES[report.kind])))
    name = "-".join(part for part in (kind, team) if part)
    return f"{name}-{content.first.isoformat()}-{content.last.isoformat()}"


def _day(on: date, pattern: str) -> str:
    said = str(format_date(on, pattern, locale=_locale()))
    return re.sub(r"\b1 (?=\D)", "1er ", said) if spoken() == "fr" and "MMMM" in pattern else said


def _locale() -> str:
    return "fr" if spoken() == "fr" else "en_GB"
