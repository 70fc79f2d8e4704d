"""Tables. A model knows its columns and its own small truths, not who may do what."""

from data.models.access import ApiToken, Idempotency
from data.models.deadlines import Alarm, Calendar, Closure, Renewal, SlaPolicy, Stage, Target
from data.models.deliveries import Delivery, DeliveryState, Webhook
from data.models.events import Event
from data.models.facts import FactBlock, FactMark, TicketOrigin
from data.models.identity import LoginSession, Throttle
from data.models.names import Renaming
from data.models.notifications import MutedTicket, Notification, Pace, Preference, Template
from data.models.organisation import Category, Membership, Role, Team, Theme, User
from data.models.recurring import Burst, BurstSeen, BurstTicket, RecurringGroup, RecurringRun
from data.models.reports import (
    Report,
    ReportKind,
    ReportPlan,
    ReportRecipient,
    ReportState,
    ReportTicket,
)
from data.models.schedule import Schedule
from data.models.search import TicketText
from data.models.settings import Sequence, Setting
from data.models.talk import Attachment, Comment, CommentVersion, Draft
from data.models.tallies import TicketTally
from data.models.tickets import (
    Channel,
    ExternalLink,
    Impact,
    Link,
    LinkKind,
    Part,
    PendingReason,
    Priority,
    Shelf,
    Status,
    Tag,
    Ticket,
    TicketPerson,
    TicketTag,
    TicketType,
    Urgency,
)
from data.models.views import SavedView

__all__ = [
    "Alarm",
    "ApiToken",
    "Attachment",
    "Burst",
    "BurstSeen",
    "BurstTicket",
    "Calendar",
    "Category",
    "Channel",
    "Closure",
    "Comment",
    "CommentVersion",
    "Delivery",
    "DeliveryState",
    "Draft",
    "Event",
    "ExternalLink",
    "FactBlock",
    "FactMark",
    "Idempotency",
    "Impact",
    "Link",
    "LinkKind",
    "LoginSession",
    "Membership",
    "MutedTicket",
    "Notification",
    "Pace",
    "Part",
    "PendingReason",
    "Preference",
    "Priority",
    "RecurringGroup",
    "RecurringRun",
    "Renaming",
    "Renewal",
    "Report",
    "ReportKind",
    "ReportPlan",
    "ReportRecipient",
    "ReportState",
    "ReportTicket",
    "Role",
    "SavedView",
    "Schedule",
    "Sequence",
    "Setting",
    "Shelf",
    "SlaPolicy",
    "Stage",
    "Status",
    "Tag",
    "Target",
    "Team",
    "Template",
    "Theme",
    "Throttle",
    "Ticket",
    "TicketOrigin",
    "TicketPerson",
    "TicketTag",
    "TicketTally",
    "TicketText",
    "TicketType",
    "Urgency",
    "User",
    "Webhook",
]
