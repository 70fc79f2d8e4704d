"""Tables. A model knows its columns and its own small truths, not who may do what."""

from data.models.access import ApiToken, Idempotency
from data.models.deliveries import Delivery, DeliveryState, Webhook
from data.models.events import Event
from data.models.identity import LoginSession, Throttle
from data.models.organisation import Category, Membership, Role, Team, Theme, User
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
    "ApiToken",
    "Attachment",
    "Category",
    "Channel",
    "Comment",
    "CommentVersion",
    "Delivery",
    "DeliveryState",
    "Draft",
    "Event",
    "ExternalLink",
    "Idempotency",
    "Impact",
    "Link",
    "LinkKind",
    "LoginSession",
    "Membership",
    "Part",
    "PendingReason",
    "Priority",
    "Role",
    "SavedView",
    "Sequence",
    "Setting",
    "Shelf",
    "Status",
    "Tag",
    "Team",
    "Theme",
    "Throttle",
    "Ticket",
    "TicketPerson",
    "TicketTag",
    "TicketTally",
    "TicketText",
    "TicketType",
    "Urgency",
    "User",
    "Webhook",
]
