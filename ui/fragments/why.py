"""« Pourquoi cette échéance ? »: the time that counted, drawn day by day and said in words."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from babel.dates import format_date
from htpy import Element, Node, dd, div, dl, dt, li, p, span, strong, ul

from services import labels
from services.countdowns import Countdown
from services.explanations import Explanation, Kind, Segment
from services.words import N_, _, ngettext, spoken
from ui import dates
from ui.fragments import marks

MOST_DAYS = 31
WORDS: dict[Kind, str] = {
    Kind.COUNTED: N_("Counted"),
    Kind.PAUSED: N_("Paused"),
    Kind.DONE: N_("Resolved, then reopened"),
    Kind.CLOSED: N_("Closed"),
}


def explained(found: Explanation, zone: str) -> str:
    """Draw where a deadline comes from; the times are those of the reader’s zone."""
    return str(
        div(".why", data_testid="why")[
            p[strong[_(labels.TARGET[found.target])], ": ", _due(found, zone)],
            _source(found),
            bool(found.segments)
            and [
                dl[_facts(found, zone)],
                p[_("What counts, day by day")],
                _legend(found),
                ul(".why-list")[_days(found.segments, zone)],
            ],
        ]
    )


def length(time: timedelta) -> str:
    """Return hours and minutes, as in « 2 h 05 »; days would be of 24 hours or of eight."""
    hours, minutes = divmod(time // timedelta(minutes=1), 60)
    if not hours:
        return _("{n} min").format(n=minutes)
    return _("{h} h {m}").format(h=hours, m=f"{minutes:02}") if minutes else f"{hours} h"


def _due(found: Explanation, zone: str) -> Node:
    if found.due is None:
        return _("no deadline")
    is_over = found.is_met or (found.paused_since is not None and not found.is_by_hand)
    if not is_over:
        soon_at = found.soon_at or found.due
        left = Countdown(found.target, found.due, soon_at, is_paused=False)
        return [dates.exact(found.due, zone), " ", marks.countdown(left, zone)]
    return dates.exact(found.due, zone)


def _source(found: Explanation) -> Element:
    if found.due is None:
        return p[_("No policy promises anything for this ticket.")]
    if found.is_by_hand:
        return p[_("Somebody set this date by hand: it stays until it is cleared.")]
    if not found.segments:
        return p[_("The policy that promised it no longer exists.")]
    facts = {"policy": found.policy, "calendar": found.calendar, "zone": found.timezone}
    said = _("Promised by the policy “{policy}”, in the hours of “{calendar}” ({zone}).")
    return p[said.format(**facts)]


def _facts(found: Explanation, zone: str) -> Iterator[list[Element]]:
    """Yield what was promised and what has been used of it."""
    promised = timedelta(minutes=found.promised_minutes or 0)
    used = timedelta(minutes=found.counted_minutes)
    left = max(promised - used, timedelta())
    shown = [
        (_("Counts from"), dates.exact(found.start, zone)),
        (_("Promised"), length(promised)),
        (_("Used by now"), length(used)),
        (_("Left"), length(left)),
    ]
    if found.met_at:
        shown[2:] = [(_("Used"), length(used)), (_("Done"), dates.exact(found.met_at, zone))]
    shown += [
        (_(WORDS[kind]), length(timedelta(minutes=minutes)))
        for kind in (Kind.PAUSED, Kind.DONE, Kind.CLOSED)
        if (minutes := found.minutes(kind))
    ]
    if found.paused_since and not found.is_met:
        shown.append((_("Paused since"), dates.exact(found.paused_since, zone)))
    return ([dt[name], dd[text]] for name, text in shown)


def _legend(found: Explanation) -> Element:
    kinds = [kind for kind in Kind if any(part.kind is kind for part in found.segments)]
    return p(aria_hidden="true")[
        [span(".why-kind")[span(f".why-swatch.why-{k}"), _(WORDS[k])] for k in kinds]
    ]


def _days(segments: Sequence[Segment], zone: str) -> Iterator[Element]:
    """Yield one item a day: a bar for the eye, and the same in words."""
    place = dates.zone_of(zone)
    days = [(day, list(parts)) for day, parts in groupby(_by_day(segments, place), lambda x: x[0])]
    for day, parts in days[:MOST_DAYS]:
        segments_of_day = [part for _day_of, part in parts]
        yield li[
            strong[_day(day)],
            div(".why-bar", aria_hidden="true")[[_part(part) for part in segments_of_day]],
            [_said(part, place) for part in segments_of_day if part.kind is not Kind.CLOSED],
            _shut(segments_of_day),
        ]
    if (more := len(days) - MOST_DAYS) > 0:
        yield li[ngettext("and {n} more day", "and {n} more days", more).format(n=more)]


def _by_day(segments: Sequence[Segment], zone: ZoneInfo) -> Iterator[tuple[date, Segment]]:
    """Cut segments at midnight, as the reader’s clock has it."""
    for segment in segments:
        start = segment.start
        while start < segment.end:
            day = start.astimezone(zone).date()
            midnight = datetime.combine(day + timedelta(days=1), datetime.min.time(), zone)
            end = min(segment.end, midnight.astimezone(segment.end.tzinfo))
            yield day, Segment(start, end, segment.kind)
            start = end


def _part(part: Segment) -> Element:
    return span(f".why-part.why-{part.kind}", style=f"flex-grow: {part.length.total_seconds():.0f}")


def _said(part: Segment, zone: ZoneInfo) -> Element:
    begins, ends = (f"{at.astimezone(zone):%H:%M}" for at in (part.start, part.end))
    text = _("{kind}: {begins} to {ends} ({length})").format(
        kind=_(WORDS[part.kind]),
        begins=begins,
        ends="24:00" if ends == "00:00" else ends,
        length=length(part.length),
    )
    return div[text]


def _shut(parts: Sequence[Segment]) -> Element | None:
    """Say how long it was closed: its nights by the hour interest nobody."""
    shut = sum((part.length for part in parts if part.kind is Kind.CLOSED), timedelta())
    if not shut:
        return None
    said = _("{kind}: {length}").format(kind=_(WORDS[Kind.CLOSED]), length=length(shut))
    return div(".muted")[said]


def _day(day: date) -> str:
    locale = "fr" if spoken() == "fr" else "en_GB"
    return str(format_date(day, "EEEE d MMMM", locale=locale))
