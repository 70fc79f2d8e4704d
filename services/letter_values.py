"""What the names in a template stand for: texts only, as the reader may know them."""

from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_date

from data.models import Event, Target, Ticket
from services import bursts, labels, postmarks
from services.bursts import Sight
from services.letters import Item, Letter
from services.template_words import VARIABLES
from services.words import N_, _, spoken

MAX_PROSE = 4000  # characters of a message or a description that one mail repeats
NOBODY = "AppTicket"  # who did what nobody did: the clock

DEADLINES: dict[str, str] = {
    Target.ACCEPT: N_("To be accepted by"),
    Target.FIRST_RESPONSE: N_("To be answered by"),
    Target.RESOLVE: N_("To be resolved by"),
}
REASONS: dict[str, str] = {  # the reasons of `services.notifications`
    "requester": N_("You get this message because this ticket is yours."),
    "lead": N_("You get this message because you are the lead of this ticket."),
    "helper": N_("You get this message because you help with this ticket."),
    "observer": N_("You get this message because you observe this ticket."),
    "team": N_("You get this message because this ticket is in the queue of your team."),
    "admin": N_("You get this message because you are an administrator."),
    "mention": N_("You get this message because you were mentioned."),
    "recipient": N_("You get this message because you are among the recipients of this report."),
    "handler": N_("You get this message because you handle such tickets."),
    "oneself": N_("You get this message because it is about your own account."),
}
_DIGEST = N_("You get this digest because you follow these tickets.")


class Prose(str):
    """A text of several lines in Markdown that a person wrote; a filter makes a plain one of it."""

    __slots__ = ()


def of(item: Item, letter: Letter, *, count: int = 1) -> dict[str, str]:
    """Return the value of every variable for one thing that happened, in the spoken language."""
    values = dict.fromkeys(VARIABLES, "")
    values |= {
        "actor": item.actor or NOBODY,
        "when": moment(item.event.created_at, letter.timezone),
        "recipient": letter.user.name,
        "count": str(count),
        "link": postmarks.url("/tickets") if letter.is_digest else link(item),
        "explanation": _text(item.event.details.get("reason")),
    }
    if item.comment is not None:
        values["comment"] = Prose(shortened(item.comment.body))
    if item.report is not None:
        values |= {"title": item.report.name, "description": item.report.summary}
    if item.burst is not None:
        values |= _of_burst(item.burst)
    if item.ticket is not None:
        values |= _of_ticket(item.ticket, letter.timezone)
        values |= _deadline(item.event, item.ticket, letter.timezone)
    return values


def link(item: Item) -> str:
    """Return the page that one thing is about."""
    if item.report is not None:
        return item.report.link
    if item.burst is not None:
        return postmarks.url(bursts.address(item.burst.id))
    if item.ticket is None:
        return postmarks.url("/profile" if item.event.subject else "/")
    return postmarks.url(f"/tickets/{item.ticket.number}")


def reason(letter: Letter) -> str:
    """Return why one gets a message, as a sentence; that of the last thing it tells."""
    if letter.is_digest:
        return _(_DIGEST)
    known = [item.reason for item in letter.items if item.reason in REASONS]
    return _(REASONS[known[-1]]) if known else ""


def facts(ticket: Ticket, zone: str) -> list[tuple[str, str]]:
    """Return what a message shows of a ticket beside its title: names and values, none empty."""
    found = [
        (_("Status"), _(labels.STATUS[ticket.status])),
        (_("Priority"), _(labels.PRIORITY[ticket.priority])),
        (_("Requester"), ticket.requester.name),
        (_("Lead"), ticket.lead.name if ticket.lead else ""),
        (_("Team"), ticket.team.name if ticket.team else ""),
        (_("Resolution deadline"), moment(ticket.resolve_due_at, zone)),
    ]
    return [(name, value) for name, value in found if value]


def moment(instant: datetime | None, zone: str) -> str:
    """Return day and minute in somebody's zone, as in « lundi 23 novembre à 14:05 »."""
    if instant is None:
        return ""
    try:
        local = instant.astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError):
        local = instant
    locale = "fr" if spoken() == "fr" else "en_GB"
    return _("{day} at {time}").format(day=_day(local.date(), locale), time=f"{local:%H:%M}")


@lru_cache(maxsize=1000)
def _day(day: date, locale: str) -> str:
    return format_date(day, "EEEE d MMMM", locale=locale)


def shortened(text: str) -> str:
    """Return the beginning of a text, as much of it as a message repeats."""
    if len(text) <= MAX_PROSE:
        return text
    return text[:MAX_PROSE].rsplit(None, 1)[0] + " …"


def _of_ticket(ticket: Ticket, zone: str) -> dict[str, str]:
    return {
        "number": str(ticket.number),
        "title": ticket.title,
        "description": Prose(shortened(ticket.description)),
        "requester": ticket.requester.name,
        "lead": ticket.lead.name if ticket.lead else "",
        "team": ticket.team.name if ticket.team else "",
        "category": ticket.category.path if ticket.category else "",
        "status": _(labels.STATUS[ticket.status]),
        "priority": _(labels.PRIORITY[ticket.priority]),
        "created": moment(ticket.created_at, zone),
    }


def _of_burst(burst: Sight) -> dict[str, str]:
    lines = [f"#{number} {title}" for number, title in burst.first]
    lines += ["…"] if burst.tickets > len(lines) else []
    return {
        "title": burst.name,
        "description": "\n".join(lines),
        "tickets": str(burst.tickets),
        "minutes": str(burst.minutes),
    }


def _deadline(event: Event, ticket: Ticket, zone: str) -> dict[str, str]:
    """Return the deadline an event is about; that of resolving for every other event."""
    target = event.details.get("target", Target.RESOLVE)
    at = getattr(ticket, f"{target}_due_at", None) if target in DEADLINES else None
    told = _instant(event.details.get("due_at")) or at
    return {
        "due": moment(told, zone),
        "deadline": _(DEADLINES[target]) if target in DEADLINES else "",
    }


def _instant(value: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
