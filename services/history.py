"""The history of a ticket: who did what, when, from what to what."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import literal, or_, select, union_all
from sqlalchemy.orm import Session

from data.models import Category, Event, Team, User
from services import labels, tickets
from services.permissions import Action, Actor, allows
from services.words import N_, _

PAGE = 200

SENTENCES: dict[str, str] = {
    "comment.deleted": N_("deleted a comment"),
    "comment.edited": N_("edited a comment"),
    "comment.noted": N_("wrote an internal note"),
    "comment.posted": N_("commented"),
    "comment.restored": N_("restored a comment"),
    "deadline.missed": N_("noted a missed deadline: {target}"),
    "deadline.near": N_("reminded of a deadline: {target}"),
    "external_link.added": N_("added an external link"),
    "external_link.removed": N_("removed an external link"),
    "link.added": N_("added a link: {link} #{other}"),
    "link.removed": N_("removed a link: {link} #{other}"),
    "ticket.accepted": N_("accepted the ticket"),
    "ticket.assigned": N_("assigned the ticket"),
    "ticket.cancelled": N_("cancelled the ticket"),
    "ticket.closed": N_("closed the ticket"),
    "ticket.closing_soon": N_("announced that the ticket will close by itself"),
    "ticket.created": N_("created the ticket"),
    "ticket.deleted": N_("moved the ticket to the trash"),
    "ticket.edited": N_("edited the ticket"),
    "ticket.escalated": N_("escalated the ticket, since a deadline was missed"),
    "ticket.file_attached": N_("attached the file {file}"),
    "ticket.helper_accepted": N_("accepted to help"),
    "ticket.helper_added": N_("added {person} as a helper"),
    "ticket.helper_refused": N_("refused to help: {reason}"),
    "ticket.helper_removed": N_("removed {person} from the helpers"),
    "ticket.imported": N_("imported the ticket"),
    "ticket.observer_added": N_("added {person} as an observer"),
    "ticket.observer_removed": N_("removed {person} from the observers"),
    "ticket.paused": N_("put the ticket on hold"),
    "ticket.refused": N_("refused the ticket: {reason}"),
    "ticket.reopened": N_("reopened the ticket"),
    "ticket.resolved": N_("resolved the ticket"),
    "ticket.restored": N_("restored the ticket"),
    "ticket.returned": N_("put the ticket back in the queue: {person} did not accept it in time"),
    "ticket.started": N_("put the ticket in progress"),
    "ticket.tag_added": N_("added the tag {tag}"),
    "ticket.tag_removed": N_("removed the tag {tag}"),
    "ticket.taken": N_("took the ticket"),
    "ticket.undone": N_("undid the last action"),
    "ticket.untreated": N_("reminded that nobody has taken the ticket"),
}
# Shown by the conversation itself, or a consequence of what is shown.
_SILENT = frozenset({"comment.posted", "comment.noted"})
_MENTIONED = N_("mentioned {people}")
_calls = Event.details["mentions"].as_string().is_not(None)
_UNSHOWN = frozenset(
    {
        *("accepted_at", "assigned_at", "closed_at", "first_response_at"),
        *("is_priority_overridden", "resolved_at"),
    }
)


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field, before and after, as people read them; None is nothing."""

    field: str
    before: str | datetime | None
    after: str | datetime | None


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One thing that happened."""

    event_id: int
    at: datetime
    actor: str
    sentence: str
    changes: tuple[FieldChange, ...]
    is_internal: bool


def of(s: Session, by: Actor, number: int) -> list[HistoryLine]:
    """Return what happened to a ticket, oldest first, at most the last PAGE things.

    Requesters do not learn of internal notes. The sentences are in the language being spoken.
    """
    tickets.get(s, by, number)
    return of_seen(s, by, number)


def of_seen(s: Session, by: Actor, number: int) -> list[HistoryLine]:
    """Return the history of a ticket that `by` was found to see, in two queries."""
    query = (
        select(Event, User.name)
        .outerjoin(User, Event.actor_id == User.id)
        .where(Event.ticket_number == number, or_(Event.kind.not_in(_SILENT), _calls))
        .order_by(Event.id.desc())
        .limit(PAGE)
    )
    if not allows(by, Action.TICKET_NOTE):
        query = query.where(Event.is_internal.is_(False))
    rows = [(event, name or "") for event, name in s.execute(query)][::-1]
    names = _Names(s, [event for event, _name in rows])
    return [_line(event, actor, names) for event, actor in rows]


def _line(event: Event, actor: str, names: "_Names") -> HistoryLine:
    details = event.details
    facts = {
        "person": names.of("person", details.get("user_id")),
        "tag": details.get("tag", ""),
        "other": details.get("other", ""),
        "link": _link(details),
        "file": details.get("file", ""),
        "reason": details.get("reason", ""),
        "target": _target(details),
    }
    changes = details.get("changes", {})
    return HistoryLine(
        event_id=event.id,
        at=event.created_at,
        actor=actor,
        sentence=_sentence(event, facts, names),
        changes=tuple(
            FieldChange(name.removesuffix("_id"), names.of(name, old), names.of(name, new))
            for name, (old, new) in changes.items()
            if name not in _UNSHOWN
        ),
        is_internal=event.is_internal,
    )


def _sentence(event: Event, facts: dict[str, Any], names: "_Names") -> str:
    """Say what was done; that a message was written is said by itself, not whom it calls."""
    called = event.details.get("mentions", ())
    people = ", ".join(str(names.of("person", user_id)) for user_id in called)
    said = [] if event.kind in _SILENT else [_(SENTENCES.get(event.kind, event.kind))]
    said += [_(_MENTIONED)] if people else []
    return ", ".join(said).format(**facts, people=people)


def _target(details: dict[str, Any]) -> str:
    called = labels.TARGET.get(details.get("target", ""))
    return _(called) if called else ""


def _link(details: dict[str, Any]) -> str:
    if "link" not in details:
        return ""
    outward, inward = labels.LINK[details["link"]]
    return _(outward if details.get("outward", True) else inward)


class _Names:
    """Turns the ids and values in events into what people read, with one query."""

    _COLUMNS: ClassVar[dict[str, Any]] = {
        "team_id": Team.name,
        "category_id": Category.path,
        "person": User.name,
    }
    _PEOPLE = ("person", "lead_id", "requester_id")

    def __init__(self, s: Session, events: Iterable[Event]) -> None:
        wanted: dict[str, set[int]] = {kind: set() for kind in self._COLUMNS}
        for event in events:
            wanted["person"].add(event.details.get("user_id", 0))
            wanted["person"].update(event.details.get("mentions", ()))
            for name, values in event.details.get("changes", {}).items():
                kind = "person" if name in self._PEOPLE else name
                if kind in wanted:
                    wanted[kind].update(value for value in values if value)
        queries = [
            select(literal(kind).label("kind"), column.class_.id, column.label("name")).where(
                column.class_.id.in_(wanted[kind] - {0})
            )
            for kind, column in self._COLUMNS.items()
            if wanted[kind] - {0}
        ]
        rows = s.execute(union_all(*queries)) if queries else ()
        self._names: dict[tuple[str, int], str] = {(kind, key): name for kind, key, name in rows}

    def of(self, name: str, value: Any) -> str | datetime | None:
        """Return what a value of field `name` is called."""
        if value in (None, ""):
            return None
        kind = "person" if name in self._PEOPLE else name
        if (kind, value) in self._names:
            return self._names[kind, value]
        if name.endswith("_at"):
            return datetime.fromisoformat(value)
        return labels.label(name, str(value))
