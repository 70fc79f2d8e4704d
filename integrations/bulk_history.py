"""The history of a loaded ticket: what its file tells, or what must have happened."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from data.clock import now
from data.models import Status
from services.workflow import DONE, KINDS, OPEN

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """How a ticket stood after something happened to it."""

    at: datetime
    actor_id: int | None
    status: Status
    lead_id: int | None
    team_id: int | None


def events(ticket: Row, steps: Iterable[Step], source: str) -> list[Row]:
    """Return the events of a ticket, the first of which is its creation.

    A step that changes nothing is no event. They count as told: nobody is notified of the past.
    Kinds in `details` are texts, as JSON writes them.
    """
    told_at = now()
    facts: Row = {"channel": ticket["channel"], "source": source}
    found = [("ticket.created", ticket["created_at"], ticket["requester_id"], facts)]
    before: _State = (Status.NEW, None, None)
    for step in steps:
        after = (step.status, step.lead_id, step.team_id)
        if after != before:
            changes = {
                name: [was, now]
                for name, was, now in zip(_NAMES, before, after, strict=True)
                if was != now
            }
            found.append((_kind(changes, step), step.at, step.actor_id, {"changes": changes}))
        before = after
    return [
        {
            "kind": kind,
            "actor_id": actor_id,
            "is_internal": False,
            "details": details,
            "created_at": at,
            "relayed_at": told_at,
        }
        for kind, at, actor_id, details in found
    ]


_State = tuple[Status, int | None, int | None]
_NAMES = ("status", "lead_id", "team_id")


def assumed(ticket: Row) -> Iterator[Step]:
    """Yield the steps that lead from a new ticket to what the row says."""
    lead_id, team_id, status = ticket["lead_id"], ticket["team_id"], ticket["status"]
    if lead_id:
        yield Step(ticket["accepted_at"], lead_id, Status.IN_PROGRESS, lead_id, team_id)
    if ticket["resolved_at"]:
        yield Step(ticket["resolved_at"], lead_id, Status.RESOLVED, lead_id, team_id)
    last_at = ticket["closed_at"] or ticket["resolved_at"] or ticket["updated_at"]
    yield Step(last_at, lead_id, status, lead_id, team_id)


def _kind(changes: dict[str, list[Any]], step: Step) -> str:
    if "status" not in changes:
        return "ticket.assigned"
    before, after = changes["status"]
    if before is Status.NEW and after is Status.IN_PROGRESS and "lead_id" in changes:
        return "ticket.taken" if step.actor_id == step.lead_id else "ticket.assigned"
    if before in DONE and after in OPEN:
        return "ticket.reopened"
    return KINDS.get(after, "ticket.started" if before is Status.PENDING else "ticket.edited")
