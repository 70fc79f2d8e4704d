"""What follows from tickets that were taken in past the services, many at a time."""

from functools import partial

from sqlalchemy.orm import Session

from data import db, schema
from services import fact_store, promises, renewals


def finish() -> None:
    """Give open tickets their deadlines, and let statistics and the planner know of all.

    In batches, others may work meanwhile; can be repeated. Nobody is told: a deadline that passed
    before the ticket came here does not ring.
    """
    schema.analyse()
    if db.write(_is_promised):
        while db.write(renewals.advance):
            pass
    while db.write(partial(fact_store.keep, at_once=True)):
        pass


def _is_promised(s: Session) -> bool:
    """Ask for all deadlines to be computed, if any are promised; another process may go on."""
    is_promised = bool(promises.of(s))
    if is_promised:
        renewals.ask(s)
    return is_promised
