"""Writing what is imported: whole tickets with their history, known again when they come again."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from data import db
from data.clock import now
from data.models import Comment, Event, Status, Ticket, TicketOrigin
from data.text import fold
from integrations.importers import people
from integrations.importers.incoming import Incoming, Rejection, Report
from integrations.importers.people import Known
from integrations.importers.replay import Happened, replay
from services import checks, creation, indexing, priority
from services.workflow import DONE

BATCH = 500  # tickets in one transaction: others get their turn between two


def write(
    source: str, incidents: Iterable[Incoming], report: Report, *, is_dry: bool = False
) -> None:
    """Write tickets into the database, a batch at a time, and note what became of each.

    A ticket that came before is renewed when its origin has changed. One that was changed here
    since is left alone and rejected: whose word counts is not for an import to say.
    """
    remaining = iter(incidents)
    while batch := list(islice(remaining, BATCH)):
        done = db.read(_looking(source, batch)) if is_dry else db.write(_writing(source, batch))
        for name in ("created", "updated", "unchanged"):
            setattr(report, name, getattr(report, name) + getattr(done, name))
        report.rejections += done.rejections


def _looking(source: str, batch: Sequence[Incoming]) -> Callable[[Session], Report]:
    return lambda s: _sorted_out(s, source, batch)[0]


def _writing(source: str, batch: Sequence[Incoming]) -> Callable[[Session], Report]:
    def work(s: Session) -> Report:
        report, new, changed = _sorted_out(s, source, batch)
        known = people.settle(s, source, [*new, *(incident for incident, _row in changed)])
        new = [one for one in new if not _refused(one, known, report, "created")]
        changed = [one for one in changed if not _refused(one[0], known, report, "updated")]
        _create(s, source, new, known)
        for incident, origin in changed:
            _renew(s, incident, origin, known)
        return report

    return work


def _refused(incident: Incoming, known: Known, report: Report, counted: str) -> bool:
    """Tell, and note, that somebody leads it who may not work on tickets here."""
    idle = {name for name in incident.repairers() if name.casefold() in known.idle}
    for name in sorted(idle)[:1]:
        email = known.idle[name.casefold()]
        reason = (
            f"{incident.reference}: {email} cannot work on tickets here; make them a technician"
        )
        report.rejections.append(Rejection(incident.place, f"{reason}, then import again"))
        setattr(report, counted, getattr(report, counted) - 1)
    return bool(idle)


def _sorted_out(
    s: Session, source: str, batch: Sequence[Incoming]
) -> tuple[Report, list[Incoming], list[tuple[Incoming, TicketOrigin]]]:
    """Return what is new, and what is known and has changed."""
    report = Report()
    references = [_reference(incident) for incident in batch]
    query = select(TicketOrigin, Ticket.version).join(
        Ticket, Ticket.number == TicketOrigin.ticket_number
    )
    query = query.where(TicketOrigin.source == source, TicketOrigin.reference.in_(references))
    there = {origin.reference: (origin, version) for origin, version in s.execute(query)}
    new, changed = [], []
    for incident, reference in zip(batch, references, strict=True):
        if reference not in there:
            new.append(incident)
            continue
        origin, version = there[reference]
        if origin.digest == digest(incident):
            report.unchanged += 1
        elif origin.version != version:
            reason = f"{incident.reference}: ticket #{origin.ticket_number} was changed here since"
            report.rejections.append(Rejection(incident.place, reason))
        else:
            changed.append((incident, origin))
    report.created, report.updated = len(new), len(changed)
    return report, new, changed


def digest(incident: Incoming) -> str:
    """Return what two imports of the same have in common; where it stands in the file is not."""
    parts = [getattr(incident, name) for name in incident.__slots__ if name != "place"]
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _reference(incident: Incoming) -> str:
    return incident.reference.casefold()


def _create(s: Session, source: str, new: Sequence[Incoming], known: Known) -> None:
    if not new:
        return
    number = creation.next_number(s, len(new))
    events: list[dict[str, Any]] = []
    hanging: list[Any] = []
    for place, incident in enumerate(new):
        ticket = Ticket(number=number + place, creation_key=f"{source}:{_reference(incident)}")
        happened = _fill(ticket, incident, known)
        ticket.version = len(happened)
        s.add(ticket)
        indexing.renew(s, ticket)
        hanging += _comments(ticket.number, incident, known)
        origin = _origin(ticket, incident)
        hanging.append(TicketOrigin(ticket_number=ticket.number, source=source, **origin))
        events += _rows(ticket.number, happened)
    s.flush()  # the tickets first, whose numbers the others need
    s.add_all(hanging)
    s.flush()
    _insert(s, events)
    s.expunge_all()


def _renew(s: Session, incident: Incoming, origin: TicketOrigin, known: Known) -> None:
    """Bring a ticket to what its origin says now; what is in its history already stays there."""
    ticket = s.get_one(Ticket, origin.ticket_number, with_for_update=True)
    happened = _fill(ticket, incident, known)
    query = select(Event.kind, Event.created_at, Event.details)
    there = {
        (row.kind, row.created_at, repr(row.details))
        for row in s.execute(query.where(Event.ticket_number == ticket.number))
    }
    new = [h for h in happened if (h.kind, h.at, repr(h.details)) not in there]
    said = select(Comment.created_at, Comment.body).where(Comment.ticket_number == ticket.number)
    heard = {(row.created_at, row.body) for row in s.execute(said)}
    s.add_all(
        c for c in _comments(ticket.number, incident, known) if (c.created_at, c.body) not in heard
    )
    ticket.version += len(new) + 1
    for name, value in _origin(ticket, incident).items():
        setattr(origin, name, value)
    indexing.renew(s, ticket)
    rows = _rows(ticket.number, new)
    rows.append(_row(ticket.number, Happened("ticket.imported", now(), None, {})))
    _insert(s, rows)


def _fill(ticket: Ticket, incident: Incoming, known: Known) -> list[Happened]:
    """Set the fields of a ticket to what its origin says; return its whole history."""
    last = incident.last
    ticket.title = checks.line("title", incident.title, at_most=checks.MAX_TITLE) or "?"
    ticket.folded_title = fold(ticket.title)[: checks.MAX_TITLE]
    ticket.description = checks.prose("description", incident.description)
    ticket.type, ticket.channel = incident.type, incident.channel
    ticket.requester_id = known.person(incident.requester)
    ticket.created_by_id = known.person(incident.created_by)
    ticket.category_id = known.category(last.category)
    ticket.team_id = known.team(last.team)
    ticket.lead_id = known.person_or_none(last.lead)
    ticket.urgency, ticket.impact, ticket.priority = last.urgency, last.impact, last.priority
    ticket.is_priority_overridden = last.priority is not priority.of(last.urgency, last.impact)
    ticket.status, ticket.pending_reason = last.status, last.pending_reason
    ticket.created_at, ticket.updated_at = incident.created_at, incident.updated_at
    ticket.resolved_at = incident.resolved_at if last.status in DONE else None
    ticket.closed_at = incident.closed_at if last.status is Status.CLOSED else None
    ticket.accepted_at = next((moment.at for moment in incident.moments if moment.lead), None)
    if len(incident.moments) == 1 and last.status in DONE:
        ticket.accepted_at = None  # one row of something done does not tell when it was taken
    _listen(ticket, incident, known)
    return replay(incident, known, ticket.channel)


def _listen(ticket: Ticket, incident: Incoming, known: Known) -> None:
    """Set what follows from what was said."""
    public = [(r.at, known.person(r.by)) for r in incident.remarks if not r.is_internal]
    answers = [at for at, by in public if by in known.staff and by != ticket.requester_id]
    ticket.comment_count = len(public)
    ticket.first_response_at = answers[0] if answers else None
    ticket.answered_by_requester = bool(public) and public[-1][1] not in known.staff


def _comments(number: int, incident: Incoming, known: Known) -> Iterator[Comment]:
    for remark in incident.remarks:
        yield Comment(
            ticket_number=number,
            author_id=known.person(remark.by),
            body=checks.prose("body", remark.body),
            is_internal=remark.is_internal,
            channel=incident.channel,
            created_at=remark.at,
        )


def _origin(ticket: Ticket, incident: Incoming) -> dict[str, Any]:
    return {
        "reference": _reference(incident),
        "digest": digest(incident),
        "version": ticket.version,
        "made_sla": incident.made_sla,
        "reassignments": incident.reassignments,
        "reopenings": incident.reopenings,
    }


def _rows(number: int, happened: Iterable[Happened]) -> list[dict[str, Any]]:
    return [_row(number, one) for one in happened]


def _row(number: int, one: Happened) -> dict[str, Any]:
    told_at: datetime = now()  # nobody is notified of the past
    return {
        "ticket_number": number,
        "kind": one.kind,
        "actor_id": one.actor_id,
        "is_internal": False,
        "details": one.details,
        "created_at": one.at,
        "relayed_at": told_at,
    }


def _insert(s: Session, rows: list[dict[str, Any]]) -> None:
    """Insert events past the ORM, many at a time."""
    if rows:
        s.execute(insert(db.Base.metadata.tables["event"]), rows)
