"""When planned reports are due, and of which days they are: by the organisation’s clock."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from data.models import ReportKind, ReportPlan
from services import sessions
from services.rhythms import At

HOUR = 10  # product.md C11: on Monday at 10:00
_RHYTHMS: dict[ReportKind, dict[str, int]] = {
    ReportKind.WEEKLY: {"weekday": 0},
    ReportKind.MONTHLY: {"day": 1},
}


def after(plan: ReportPlan, instant: datetime) -> datetime:
    """Return the next slot of a plan after an instant."""
    return _rhythm(plan).after(instant, zone())


def newest(plan: ReportPlan, instant: datetime) -> datetime | None:
    """Return the slot that is to be used now, None while there is none.

    Of several that were missed it is the newest: what the older ones would say is compared with in
    it, and can be asked for; five mails at once would be read by nobody.
    """
    slot = plan.next_at
    if slot > instant:
        return None
    while (following := after(plan, slot)) <= instant:
        slot = following
    return slot


def is_displaced(plan: ReportPlan, instant: datetime) -> bool:
    """Tell whether the next slot is none of this zone and hour: the clock or the zone was set."""
    return plan.next_at > instant and plan.next_at != after(plan, instant)


def days_of(kind: ReportKind, day: date) -> tuple[date, date]:
    """Return the first and the last day of the week or month that was whole before a day."""
    if kind is ReportKind.MONTHLY:
        last = day.replace(day=1) - timedelta(days=1)
        return last.replace(day=1), last
    monday = day - timedelta(days=day.weekday())
    return monday - timedelta(days=7), monday - timedelta(days=1)


def day_of(instant: datetime) -> date:
    """Return the day that it is in the organisation’s zone."""
    return instant.astimezone(zone()).date()


def zone() -> ZoneInfo:
    """Return the organisation’s zone."""
    return ZoneInfo(sessions.home_zone())


def _rhythm(plan: ReportPlan) -> At:
    return At(f"{plan.hour:02}:00", **_RHYTHMS[plan.kind])
