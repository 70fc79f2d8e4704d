"""What the values of a ticket are called; the same thing has the same name everywhere."""

from collections.abc import Mapping
from typing import Any

from data.models import (
    Channel,
    Impact,
    LinkKind,
    PendingReason,
    Priority,
    Role,
    Status,
    Target,
    TicketType,
    Urgency,
)
from services.words import N_, _

STATUS: dict[Status, str] = {
    Status.NEW: N_("New"),
    Status.IN_PROGRESS: N_("In progress"),
    Status.PENDING: N_("Pending"),
    Status.RESOLVED: N_("Resolved"),
    Status.CLOSED: N_("Closed"),
    Status.CANCELLED: N_("Cancelled"),
}
PENDING_REASON: dict[PendingReason, str] = {
    PendingReason.REQUESTER: N_("Waiting for the requester"),
    PendingReason.SUPPLIER: N_("Waiting for a supplier"),
    PendingReason.OTHER_TICKET: N_("Waiting for another ticket"),
    PendingReason.PLANNED: N_("Planned for a date"),
}
PRIORITY: dict[Priority, str] = {
    Priority.LOW: N_("Low"),
    Priority.NORMAL: N_("Normal"),
    Priority.HIGH: N_("High"),
    Priority.URGENT: N_("Urgent"),
}
URGENCY: dict[Urgency, str] = {
    Urgency.LOW: N_("Low"),
    Urgency.NORMAL: N_("Normal"),
    Urgency.HIGH: N_("High"),
    Urgency.URGENT: N_("Urgent"),
}
IMPACT: dict[Impact, str] = {
    Impact.LOW: N_("One person"),
    Impact.MEDIUM: N_("A team"),
    Impact.HIGH: N_("Everybody"),
}
TYPE: dict[TicketType, str] = {
    TicketType.INCIDENT: N_("Incident"),
    TicketType.REQUEST: N_("Request"),
}
CHANNEL: dict[Channel, str] = {
    Channel.WEB: N_("Web"),
    Channel.PHONE: N_("Phone"),
    Channel.EMAIL: N_("E-mail"),
    Channel.API: N_("API"),
    Channel.SLACK: N_("Slack"),
    Channel.TEAMS: N_("Microsoft Teams"),
    Channel.PLUGIN: N_("Plugin"),
}
ROLE: dict[Role, str] = {
    Role.REQUESTER: N_("Requester"),
    Role.TECHNICIAN: N_("Technician"),
    Role.MANAGER: N_("Manager"),
    Role.ADMIN: N_("Administrator"),
}
TARGET: dict[Target, str] = {  # what is promised, as a deadline is called
    Target.ACCEPT: N_("Acceptance"),
    Target.FIRST_RESPONSE: N_("First answer"),
    Target.RESOLVE: N_("Resolution"),
}
LINK: dict[LinkKind, tuple[str, str]] = {  # read from the source, read from the target
    LinkKind.RELATES_TO: (N_("relates to"), N_("relates to")),
    LinkKind.DUPLICATE_OF: (N_("is a duplicate of"), N_("is duplicated by")),
    LinkKind.BLOCKS: (N_("blocks"), N_("is blocked by")),
    LinkKind.PARENT_OF: (N_("is the parent of"), N_("is a child of")),
}
FIELD: dict[str, str] = {
    "title": N_("Title"),
    "description": N_("Description"),
    "type": N_("Type"),
    "category": N_("Category"),
    "status": N_("Status"),
    "pending_reason": N_("Reason for waiting"),
    "wake_at": N_("Resumes on"),
    "urgency": N_("Urgency"),
    "impact": N_("Impact"),
    "priority": N_("Priority"),
    "requester": N_("Requester"),
    "team": N_("Team"),
    "lead": N_("Lead"),
    "accept_due_at": N_("Acceptance deadline"),
    "first_response_due_at": N_("First answer deadline"),
    "resolve_due_at": N_("Resolution deadline"),
}
_BY_FIELD: dict[str, Mapping[Any, str]] = {
    "status": STATUS,
    "pending_reason": PENDING_REASON,
    "priority": PRIORITY,
    "urgency": URGENCY,
    "impact": IMPACT,
    "type": TYPE,
    "channel": CHANNEL,
}


def label(field: str, value: str) -> str:
    """Return what a value of a ticket’s field is called, in the language being spoken.

    What people wrote themselves, as a title, is never translated, be it « Urgent ».
    """
    called = _BY_FIELD.get(field, {}).get(value)
    return _(called) if called else value
