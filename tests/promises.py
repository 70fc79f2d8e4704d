"""Calendars and policies for tests, and instants as a clock in Paris shows them."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Alarm, Calendar, PendingReason, SlaPolicy, Stage, Status, Target, Ticket
from services import calendars, creation, renewals, sla, transitions
from services.permissions import Actor
from services.transitions import Wait
from tests.conftest import Clock

PARIS = ZoneInfo("Europe/Paris")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
SUPPLIER = Wait(reason=PendingReason.SUPPLIER)
EIGHT_TO_SIX = {day: [["08:00", "18:00"]] for day in WEEKDAYS}


def paris(day: str, hour: str = "00:00") -> datetime:
    """Return an instant: `paris("2026-03-02", "17:00")`."""
    return datetime.fromisoformat(f"{day}T{hour}").replace(tzinfo=PARIS)


def it_is(time: Clock, day: str, hour: str = "00:00") -> None:
    """Stop the clock at an instant of Paris."""
    time.stopped = paris(day, hour)


def calendar(s: Session, by: Actor, **values: Any) -> Calendar:
    """Make a calendar, open from 8 to 18 on weekdays, without holidays."""
    values = {"name": "Bureau", "hours": EIGHT_TO_SIX, "holidays": "", **values}
    return calendars.create(s, by, timezone="Europe/Paris", **values)


def policy(s: Session, by: Actor, **values: Any) -> SlaPolicy:
    """Make a policy, on a calendar of its own unless one is named."""
    if "calendar_id" not in values:
        values["calendar_id"] = calendar(s, by).id
    return sla.create(s, by, **{"name": "Standard", **values})


def opened(s: Session, by: Actor, **values: Any) -> Ticket:
    """Open a ticket now."""
    ticket = creation.create(s, by, creation.NewTicket(**{"title": "Panne", **values}))
    s.commit()
    return ticket


def pause(s: Session, by: Actor, ticket: Ticket) -> None:
    """Let a ticket wait for a supplier."""
    transitions.move(s, by, ticket.number, Status.PENDING, wait=SUPPLIER)


def resume(s: Session, by: Actor, ticket: Ticket) -> None:
    """Go on with a ticket."""
    transitions.move(s, by, ticket.number, Status.IN_PROGRESS)


def renewed(s: Session) -> int:
    """Let all deadlines be computed again, as the background does; return how many tickets."""
    total = 0
    s.commit()
    done = -1
    while done:
        done = renewals.advance(s)
        s.commit()
        total += done
    return total


def alarm(s: Session, ticket: Ticket, target: Target) -> tuple[Stage, datetime] | None:
    """Return what is to be told next about a deadline, and when."""
    query = select(Alarm).where(Alarm.ticket_number == ticket.number, Alarm.target == target)
    found = s.scalar(query.execution_options(populate_existing=True))
    return (found.stage, found.next_at) if found else None
