"""Deadlines computed again in the background, since what they follow from changed."""

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from data.clock import now
from data.models import Renewal

NAME = "deadlines"


def ask(s: Session) -> None:
    """Ask for the deadlines of all open tickets to be computed anew; one under way begins again."""
    row = _locked(s) or _first(s)
    row.asked_at, row.finished_at = now(), None
    row.done_number = row.done = row.total = 0


def _first(s: Session) -> Renewal:
    try:
        with s.begin_nested():
            row = Renewal(name=NAME)
            s.add(row)
    except IntegrityError:  # somebody else asked for the first time in the same instant
        return s.get_one(Renewal, NAME, with_for_update=True, populate_existing=True)
    return row


def _locked(s: Session) -> Renewal | None:
    return s.get(Renewal, NAME, with_for_update=True, populate_existing=True)
