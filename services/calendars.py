"""Calendars: when an organisation, or a part of it, works; decided by administrators (C6)."""

from collections.abc import Callable, Container
from datetime import date, timedelta
from typing import Any
from zoneinfo import available_timezones

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, selectinload

from data.models import Calendar, Closure, Event, SlaPolicy
from services import checks, events, holidays, open_days, opening_hours, renewals, sessions
from services.accounts import checked
from services.business_time import Hours
from services.errors import InUse, Invalid, NotFound, TooLate
from services.holidays import FIRST_YEAR, LAST_YEAR
from services.permissions import Action, Actor, require
from services.words import N_, _, speaking

MOST_CLOSURES = 500  # of a calendar
LONGEST_CLOSURE = timedelta(days=366)  # longer, it is no closure but other opening hours


def all(s: Session, by: Actor) -> list[Calendar]:  # noqa: A001
    """Return the calendars with their closures, the default first, then by name."""
    require(by, Action.DEADLINE_MANAGE)
    query = select(Calendar).options(selectinload(Calendar.closures))
    return list(s.scalars(query.order_by(Calendar.is_default.desc(), Calendar.name)))


def get(s: Session, by: Actor, calendar_id: int) -> Calendar:
    """Return one calendar with its closures.

    Raises:
        NotFound.
    """
    require(by, Action.DEADLINE_MANAGE)
    query = select(Calendar).where(Calendar.id == calendar_id)
    query = query.options(selectinload(Calendar.closures)).execution_options(populate_existing=True)
    calendar = s.scalar(query)
    if calendar is None:
        raise NotFound
    return calendar


def begin(s: Session, by: Actor) -> list[Calendar]:
    """Return all, after making the default when there is none yet."""
    require(by, Action.DEADLINE_MANAGE)
    default(s)
    return all(s, by)


def default(s: Session) -> Calendar:
    """Return the calendar of those who chose none, made when it is needed for the first time.

    French office hours in the zone of the installation.
    """
    return _default(s) or _first(s)


def create(s: Session, by: Actor, /, **values: Any) -> Calendar:
    """Make a calendar; `values` are those of `edit`."""
    require(by, Action.DEADLINE_MANAGE)
    default(s)
    calendar = _new("", is_default=False)
    _change(s, calendar, {"name": "", "hours": opening_hours.OFFICE, **values})
    s.add(calendar)
    s.flush()
    _note(s, by, calendar, "calendar.created", **state(calendar))
    return get(s, by, calendar.id)


def edit(s: Session, by: Actor, /, calendar_id: int, **values: Any) -> Calendar:
    """Change a calendar: name, timezone, hours, holidays, works_whit_monday, school_zone.

    `is_default` makes it the default in place of the one that was.

    Raises:
        Invalid: for each field that is wrong; `hours.tue` for a day.
        NotFound.
    """
    calendar = get(s, by, calendar_id)
    before = state(calendar)
    _change(s, calendar, values)
    after = state(calendar)
    changes = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    if changes:
        _note(s, by, calendar, "calendar.edited", changes=changes)
    return get(s, by, calendar_id)


def delete(s: Session, by: Actor, calendar_id: int) -> None:
    """Remove a calendar that no policy uses.

    Raises:
        InUse: it is the default, or a policy uses it.
        NotFound.
    """
    calendar = get(s, by, calendar_id)
    if calendar.is_default:
        raise InUse(name=_("the default calendar"))
    used = select(SlaPolicy.name).where(SlaPolicy.calendar_id == calendar_id).limit(1)
    if (policy := s.scalar(used)) is not None:
        raise InUse(name=policy)
    _note(s, by, calendar, "calendar.deleted", name=calendar.name)
    s.delete(calendar)
    s.flush()


def add_closure(
    s: Session, by: Actor, calendar_id: int, *, starts_on: date, ends_on: date, name: str = ""
) -> Closure:
    """Close some days, both included.

    Raises:
        Invalid: fields `starts_on`, `ends_on`, `name`.
        NotFound.
    """
    calendar = get(s, by, calendar_id)
    closure = Closure(calendar_id=calendar.id, starts_on=starts_on, ends_on=ends_on)
    closure.name = checks.line("name", name, at_most=120)
    _check_days(starts_on, ends_on)
    if len(calendar.closures) >= MOST_CLOSURES:
        raise Invalid({"starts_on": N_("At most {most} of them, please.")}, most=MOST_CLOSURES)
    s.add(closure)
    s.flush()
    _note(s, by, calendar, "calendar.closure_added", **_told(closure))
    return closure


def remove_closure(s: Session, by: Actor, calendar_id: int, closure_id: int) -> None:
    """Work on these days again.

    Raises:
        NotFound.
    """
    calendar = get(s, by, calendar_id)
    closure = next((c for c in calendar.closures if c.id == closure_id), None)
    if closure is None:
        raise NotFound
    _note(s, by, calendar, "calendar.closure_removed", **_told(closure))
    s.delete(closure)
    s.flush()


def take_back(s: Session, by: Actor, event: Event) -> None:
    """Undo one’s own change of a calendar, if nobody has changed it since; of `services.undo`.

    Raises:
        TooLate: it changed again, or it is gone.
    """
    calendar = s.get(Calendar, int(str(event.subject).partition(":")[2]))
    if calendar is None:
        raise TooLate
    told = event.details
    if event.kind == "calendar.closure_added":
        remove_closure(s, by, calendar.id, told["closure_id"])
    elif event.kind == "calendar.closure_removed":
        days = {name: date.fromisoformat(told[name]) for name in ("starts_on", "ends_on")}
        add_closure(s, by, calendar.id, name=told["name"], **days)
    else:
        _put_back(s, by, calendar, told["changes"])


def hours_of(s: Session, calendar_id: int) -> Hours:
    """Return when a calendar is open; kept between calls, with the years looked at.

    Raises:
        NotFound.
    """
    calendar = s.get(Calendar, calendar_id)
    if calendar is None:
        raise NotFound
    kept: dict[tuple[int, int], Hours] = s.info.setdefault("hours", {})
    key = (calendar.id, calendar.version)
    if key not in kept:
        days = select(Closure.starts_on, Closure.ends_on).where(Closure.calendar_id == calendar.id)
        closures = tuple(sorted((row.starts_on, row.ends_on) for row in s.execute(days)))
        kept[key] = open_days.hours_from(state(calendar), closures)
    return kept[key]


def state(calendar: Calendar) -> dict[str, Any]:
    """Return the values that `edit` takes, as they are."""
    return {field: getattr(calendar, field) for field in FIELDS}


def _put_back(s: Session, by: Actor, calendar: Calendar, changes: dict[str, Any]) -> None:
    present = state(calendar)
    if any(present[name] != after for name, (_before, after) in changes.items()):
        raise TooLate
    edit(s, by, calendar.id, **{name: before for name, (before, _after) in changes.items()})


def _default(s: Session) -> Calendar | None:
    return s.scalar(select(Calendar).where(Calendar.is_default).order_by(Calendar.id).limit(1))


def _first(s: Session) -> Calendar:
    with speaking(sessions.home_language()):  # whoever needs it first may speak another one
        name = _("Opening hours")
    try:
        with s.begin_nested():
            calendar = _new(name, is_default=True)
            s.add(calendar)
    except IntegrityError:  # another process needed it in the same instant
        query = select(Calendar).where(Calendar.name == name).with_for_update()
        return s.scalars(query).one()
    return calendar


def _new(name: str, *, is_default: bool) -> Calendar:
    return Calendar(
        name=name,
        timezone=sessions.home_zone(),
        hours=opening_hours.checked(opening_hours.OFFICE),
        holidays=holidays.METROPOLE,
        works_whit_monday=False,
        school_zone="",
        is_default=is_default,
        version=1,
    )


def _change(s: Session, calendar: Calendar, values: dict[str, Any]) -> None:
    cleaned = checked(values, FIELDS)
    if "name" in cleaned:
        _check_free(s, calendar, cleaned["name"])
    if not cleaned.get("is_default", True) and calendar.is_default:
        raise Invalid({"is_default": N_("Choose another default instead.")})
    if cleaned.get("is_default") and not calendar.is_default:
        for other in s.scalars(select(Calendar).where(Calendar.is_default)):
            other.is_default = False
    for field, value in cleaned.items():
        setattr(calendar, field, value)


def _check_free(s: Session, calendar: Calendar, name: str) -> None:
    with s.no_autoflush:
        rows = s.execute(select(Calendar.id, Calendar.name)).all()
    if any(row.name.casefold() == name.casefold() and row.id != calendar.id for row in rows):
        raise Invalid({"name": N_("There is already one with this name.")})


def _check_days(starts_on: date, ends_on: date) -> None:
    for field, day in (("starts_on", starts_on), ("ends_on", ends_on)):
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise Invalid({field: N_("Choose a day between {first} and {last}.")}, **_RANGE)
    if ends_on < starts_on:
        raise Invalid({"ends_on": N_("The last day must not come before the first.")})
    if ends_on - starts_on > LONGEST_CLOSURE:
        raise Invalid({"ends_on": N_("At most a year, please.")})


def _note(s: Session, by: Actor, calendar: Calendar, kind: str, **details: Any) -> None:
    """Record what was done; deadlines that follow from the calendar are computed anew."""
    if kind != "calendar.created":
        calendar.version += 1
        renewals.ask(s)
    s.flush()
    s.expire(calendar, ["closures"])
    events.record(s, by, None, kind, subject=f"calendar:{calendar.id}", **details)


def _told(closure: Closure) -> dict[str, Any]:
    days = {"starts_on": closure.starts_on.isoformat(), "ends_on": closure.ends_on.isoformat()}
    return {**days, "closure_id": closure.id, "name": closure.name}


def _zone(value: object) -> str:
    if not isinstance(value, str) or value not in available_timezones():
        raise Invalid({"timezone": N_("There is no such time zone; one is Europe/Paris.")})
    return value


def _hours_with_any(value: object) -> opening_hours.Written:
    hours = opening_hours.checked(value)
    if opening_hours.are_never(hours):
        raise Invalid({"hours": N_("Enter opening hours on at least one day.")})
    return hours


def _one_of(field: str, value: object, allowed: Container[str]) -> str:
    if value in (None, ""):
        return ""
    if not isinstance(value, str) or value not in allowed:
        raise Invalid({field: N_("Choose one of the values offered.")})
    return value


_RANGE = {"first": FIRST_YEAR, "last": LAST_YEAR}

FIELDS: dict[str, Callable[[Any], Any]] = {
    "name": lambda v: checks.line("name", v, at_most=120, required=True),
    "timezone": _zone,
    "hours": _hours_with_any,
    "holidays": lambda v: _one_of("holidays", v, holidays.ZONES),
    "works_whit_monday": bool,
    "school_zone": lambda v: _one_of("school_zone", v, holidays.SCHOOL_ZONES),
    "is_default": bool,
}
