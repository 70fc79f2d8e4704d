"""The history of an imported ticket, as if it had happened here."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from data.models import Channel, Status
from integrations.importers.incoming import Incoming, Moment
from integrations.importers.people import Known
from services import events
from services.workflow import DONE, KINDS, OPEN


@dataclass(frozen=True, slots=True)
class Happened:
    """An event to be recorded."""

    kind: str
    at: datetime
    actor_id: int | None
    details: dict[str, Any]


def replay(incident: Incoming, known: Known, channel: Channel) -> list[Happened]:
    """Return the events that lead from a new ticket to how it stands.

    A moment in which nothing changed is no event.
    """
    details = {"channel": channel.value, "reference": incident.reference}
    opened_by = known.person_or_none(incident.created_by)
    found = [Happened("ticket.created", incident.created_at, opened_by, details)]
    first = incident.moments[0]
    before = _stands(Moment(at=incident.created_at, status=Status.NEW), known)
    before |= {name: _stands(first, known)[name] for name in _FROM_THE_START}
    for moment in incident.moments:
        after = _stands(moment, known)
        changes = {n: [before[n], after[n]] for n in after if before[n] != after[n]}
        if changes:
            actor_id = known.person_or_none(moment.by)
            told = {"changes": events.plain(changes)}
            found.append(Happened(_kind(changes, actor_id), moment.at, actor_id, told))
        before = after
    return found


# What a new ticket has from its first moment on: that it has it is no change.
_FROM_THE_START = ("category_id", "urgency", "impact", "priority")


def _stands(moment: Moment, known: Known) -> dict[str, Any]:
    return {
        "status": moment.status,
        "pending_reason": moment.pending_reason,
        "lead_id": known.person_or_none(moment.lead),
        "team_id": known.team(moment.team),
        "category_id": known.category(moment.category),
        "urgency": moment.urgency,
        "impact": moment.impact,
        "priority": moment.priority,
    }


def _kind(changes: dict[str, list[Any]], actor_id: int | None) -> str:
    """Return what a change is called: by where it goes, then by whom it concerns."""
    before, after = changes.get("status", (None, None))
    lead = changes.get("lead_id", (None, None))[1]
    if after is None:
        return "ticket.assigned" if changes.keys() & {"lead_id", "team_id"} else "ticket.edited"
    if before is Status.NEW and after is Status.IN_PROGRESS and lead:
        return "ticket.taken" if lead == actor_id else "ticket.assigned"
    if before in DONE and after in OPEN:
        return "ticket.reopened"
    return KINDS.get(after, "ticket.edited")
