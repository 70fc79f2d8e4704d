"""What people are told of: which event brings which kind of message, and to whom.

`docs/notifications.md` is this table in words; a test compares the two.
"""

from dataclasses import dataclass
from enum import StrEnum

from data.models import Pace, PendingReason
from services.words import N_

APP, EMAIL, SMS = "app", "email", "sms"
CHANNELS = (APP, EMAIL, SMS)


class Reason(StrEnum):
    """Why somebody is told; the first that holds is the one they read."""

    ONESELF = "oneself"
    MENTION = "mention"
    REQUESTER = "requester"
    LEAD = "lead"
    HELPER = "helper"
    OBSERVER = "observer"
    TEAM = "team"
    RECIPIENT = "recipient"
    HANDLER = "handler"
    ADMIN = "admin"


class Circle(StrEnum):
    """Some people around an event, as `services.audiences` finds them."""

    ONESELF = "oneself"  # whose account it is
    MENTIONED = "mentioned"
    REQUESTER = "requester"
    LEAD = "lead"
    FORMER_LEAD = "former lead"  # from whom the event took the ticket
    NAMED = "helper added"
    HELPERS = "helpers"
    OBSERVERS = "observers"
    QUEUE = "queue"  # while nobody leads: the team, or without a team the administrators
    TEAM = "team"
    RECIPIENTS = "recipients"  # whom the event names: those who may read the report
    HANDLERS = "handlers"  # whom the event names: those who handle several of its tickets
    ADMINS = "admins"


@dataclass(frozen=True, slots=True)
class Kind:
    """One line of the preferences: what it is called, and how people are told who chose nothing."""

    label: str
    email: Pace = Pace.AT_ONCE
    is_urgent: bool = False  # by SMS, too, where SMS is wanted
    is_security: bool = False  # at once, at night, and nobody switches it off
    is_for_staff: bool = False  # nobody else is ever told of it

    def default(self, channel: str) -> Pace:
        """Return the pace of a channel for those who chose none."""
        if channel == SMS:
            return Pace.AT_ONCE if self.is_urgent else Pace.OFF
        return Pace.AT_ONCE if channel == APP else self.email


KINDS: dict[str, Kind] = {
    "created": Kind(N_("New ticket")),
    "taken": Kind(N_("Ticket taken")),
    "assigned": Kind(N_("Ticket assigned"), is_urgent=True),
    "asked": Kind(N_("Your answer is needed"), is_urgent=True),
    "comment": Kind(N_("New message")),
    "mention": Kind(N_("You were mentioned")),
    "status": Kind(N_("Status changed")),
    "resolved": Kind(N_("Ticket resolved")),
    "closed": Kind(N_("Ticket closed")),
    "reopened": Kind(N_("Ticket reopened")),
    "deadline_near": Kind(N_("Deadline near"), is_urgent=True, is_for_staff=True),
    "deadline_missed": Kind(N_("Deadline missed"), is_urgent=True, is_for_staff=True),
    "returned": Kind(N_("Ticket back in the queue"), is_for_staff=True),
    "untreated": Kind(N_("Ticket waits untreated"), Pace.DAILY, is_for_staff=True),
    "closing_soon": Kind(N_("Ticket will be closed soon")),
    "burst": Kind(N_("Several similar tickets"), is_urgent=True, is_for_staff=True),
    "report": Kind(N_("Reports"), is_for_staff=True),
    "password": Kind(N_("Password changed"), is_security=True),
}

REASONS: dict[Reason, str] = {
    Reason.ONESELF: N_("It is about your account."),
    Reason.MENTION: N_("You were mentioned."),
    Reason.REQUESTER: N_("It is your request."),
    Reason.LEAD: N_("You are in charge of it."),
    Reason.HELPER: N_("You help with it."),
    Reason.OBSERVER: N_("You follow it."),
    Reason.TEAM: N_("You are in its team."),
    Reason.RECIPIENT: N_("You are among its recipients."),
    Reason.HANDLER: N_("You handle such tickets."),
    Reason.ADMIN: N_("You are an administrator."),
}


@dataclass(frozen=True, slots=True)
class Occasion:
    """What an event brings about: a kind of message, and the circles that get it, in order."""

    kind: str
    circles: tuple[Circle, ...]


_C = Circle
_AROUND = (_C.REQUESTER, _C.LEAD, _C.HELPERS, _C.OBSERVERS)
_AT_WORK = (_C.LEAD, _C.HELPERS)

OCCASIONS: dict[str, Occasion] = {
    "burst.began": Occasion("burst", (_C.HANDLERS,)),
    "burst.grew": Occasion("burst", (_C.HANDLERS,)),
    "comment.edited": Occasion("mention", (_C.MENTIONED,)),  # who was not mentioned before
    "comment.noted": Occasion("comment", (_C.MENTIONED, *_AT_WORK, _C.OBSERVERS, _C.QUEUE)),
    "comment.posted": Occasion("comment", (_C.MENTIONED, *_AROUND, _C.QUEUE)),
    "deadline.missed": Occasion("deadline_missed", (*_AT_WORK, _C.QUEUE, _C.ADMINS)),
    "deadline.near": Occasion("deadline_near", (*_AT_WORK, _C.QUEUE)),
    "report.made": Occasion("report", (_C.RECIPIENTS,)),
    "ticket.accepted": Occasion("taken", (_C.REQUESTER, _C.HELPERS, _C.OBSERVERS)),
    "ticket.assigned": Occasion("assigned", (*_AROUND, _C.FORMER_LEAD, _C.QUEUE)),
    "ticket.cancelled": Occasion("status", _AROUND),
    "ticket.closed": Occasion("closed", _AROUND),
    "ticket.closing_soon": Occasion("closing_soon", (_C.REQUESTER, _C.OBSERVERS)),
    "ticket.created": Occasion("created", (*_AROUND, _C.TEAM, _C.ADMINS)),
    "ticket.escalated": Occasion("deadline_missed", (_C.LEAD, _C.FORMER_LEAD, _C.QUEUE)),
    "ticket.helper_added": Occasion("assigned", (_C.NAMED,)),
    "ticket.paused": Occasion("status", _AROUND),
    "ticket.refused": Occasion("returned", (_C.LEAD, _C.QUEUE, _C.ADMINS)),
    "ticket.reopened": Occasion("reopened", (*_AROUND, _C.QUEUE)),
    "ticket.resolved": Occasion("resolved", _AROUND),
    "ticket.returned": Occasion("returned", (_C.FORMER_LEAD, _C.QUEUE, _C.ADMINS)),
    "ticket.started": Occasion("status", _AROUND),
    "ticket.taken": Occasion("taken", (_C.REQUESTER, _C.HELPERS, _C.OBSERVERS)),
    "ticket.untreated": Occasion("untreated", (_C.QUEUE, _C.ADMINS)),
    "user.password_changed": Occasion("password", (_C.ONESELF,)),
    "user.password_set": Occasion("password", (_C.ONESELF,)),
}


def kind_of(event_kind: str, details: dict[str, object], reason: Reason) -> str:
    """Return what kind of message an event is for somebody told for this reason."""
    if reason is Reason.MENTION:
        return "mention"
    if event_kind == "ticket.paused" and reason is Reason.REQUESTER and _asks(details):
        return "asked"
    return OCCASIONS[event_kind].kind


def _asks(details: dict[str, object]) -> bool:
    """Tell whether a ticket began to wait for its requester."""
    changes = details.get("changes")
    waits_for = changes.get("pending_reason", ()) if isinstance(changes, dict) else ()
    return PendingReason.REQUESTER in tuple(waits_for)[1:]
