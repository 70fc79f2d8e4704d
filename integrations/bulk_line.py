"""A line of tickets.jsonl: read, checked whole, and turned into the rows of a ticket."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from data.models import Channel, Impact, PendingReason, Status, TicketType, Urgency
from data.text import fold
from integrations import bulk_history
from integrations.bulk_history import Row, Step
from integrations.bulk_meta import Known
from services import checks, priority

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


class Wrong(Exception):
    """Why a line cannot be loaded."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one ticket, complete but for its number."""

    id: int | str
    ticket: Row
    comments: list[Row]
    events: list[Row]


def read(text: bytes, known: Known, zone: ZoneInfo) -> Rows:
    """Turn a line into rows; dates without a zone are of `zone`.

    Raises:
        Wrong, Invalid: the first thing that is wrong with it.
    """
    fields = _Fields(_parsed(text), zone)
    identity = _identity(fields.get("id"))
    ticket = _ticket(fields, known)
    ticket["creation_key"] = f"load:{known.source}:{identity}"
    comments = [_comment(each, known) for each in fields.each("comments")]
    comments.sort(key=lambda row: row["created_at"])
    _follow(ticket, comments, known.staff)
    steps = [_step(each, known) for each in fields.each("history")]
    steps.sort(key=lambda step: step.at)
    if steps and steps[-1].status is not ticket["status"]:
        raise Wrong("history: its last status is not that of the ticket")
    events = bulk_history.events(ticket, steps or bulk_history.assumed(ticket), known.source)
    ticket["version"] = len(events) + len(comments)
    return Rows(identity, ticket, comments, events)


class _Fields:
    """The fields of an object, each checked when it is asked for."""

    def __init__(self, fields: Row, zone: ZoneInfo) -> None:
        self._fields = fields
        self._zone = zone

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def get(self, name: str, default: Any = None) -> Any:
        return self._fields.get(name, default)

    def each(self, name: str) -> "list[_Fields]":
        values = self.get(name) or []
        if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
            raise Wrong(f"{name} must be a list of objects")
        return [_Fields(value, self._zone) for value in values]

    def pointed(self, name: str, items: Sequence[T]) -> T:
        """Return the item whose index the field is."""
        place = self.get(name)
        if type(place) is not int or not 0 <= place < len(items):
            raise Wrong(f"{name} must be an index from 0 to {len(items) - 1}, not {place!r}")
        return items[place]

    def pointed_or_none(self, name: str, items: Sequence[T]) -> T | None:
        return None if self.get(name) is None else self.pointed(name, items)

    def word(self, name: str, kind: type[E], default: E) -> E:
        value = self.get(name)
        if value is None:
            return default
        if value not in list(kind):
            raise Wrong(f"{name} must be one of {', '.join(kind)}, not {value!r}")
        return kind(value)

    def instant(self, name: str) -> datetime:
        value = self.get(name)
        try:
            instant = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            raise Wrong(f"{name} must be a date like 2026-03-01 09:30:00, not {value!r}") from None
        known = instant if instant.tzinfo else instant.replace(tzinfo=self._zone)
        return known.astimezone(UTC)

    def instant_or_none(self, name: str) -> datetime | None:
        return None if self.get(name) is None else self.instant(name)


def _parsed(text: bytes) -> Row:
    try:
        line = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Wrong(f"not JSON: {error}") from None
    if not isinstance(line, dict):
        raise Wrong("must be an object")
    return line


def _identity(value: object) -> int | str:
    """Return what the file calls the ticket; with it a repeated load finds it again."""
    if type(value) is int and 0 < value < 10**18:
        return value
    if isinstance(value, str) and 0 < len(value) <= 36:
        return value
    raise Wrong(f"id must be a positive number or up to 36 characters, not {value!r}")


def _ticket(fields: _Fields, known: Known) -> Row:
    """Return the row of the ticket, but for what follows from its conversation."""
    status = fields.pointed("status", known.statuses)
    lead_id = fields.pointed_or_none("technician", known.technicians)
    if status is Status.NEW and lead_id:
        raise Wrong("technician: a new ticket has none; with one it is in progress")
    requester_id = fields.pointed("requester", known.requesters)
    title = checks.line("title", fields.get("title"), at_most=checks.MAX_TITLE, required=True)
    return {
        "title": title,
        "folded_title": fold(title)[: checks.MAX_TITLE],
        "description": checks.prose("description", fields.get("description")),
        "type": fields.word("type", TicketType, TicketType.INCIDENT),
        "category_id": fields.pointed_or_none("category", known.categories),
        "requester_id": requester_id,
        "created_by_id": requester_id,
        "channel": fields.word("channel", Channel, Channel.WEB),
        **_levels(fields, known),
        "status": status,
        "pending_reason": fields.word("pending_reason", PendingReason, PendingReason.REQUESTER),
        "wake_at": fields.instant_or_none("wake"),
        "team_id": fields.pointed_or_none("team", known.teams),
        "lead_id": lead_id,
        "lead_name": known.names[lead_id] if lead_id else "",
        "requester_name": known.names[requester_id],
        "resolve_due_at": fields.instant_or_none("due"),
        "is_due_by_hand": bool(fields.instant_or_none("due")),
        **_dates(fields, status),
    }


def _levels(fields: _Fields, known: Known) -> Row:
    """Return urgency, impact and priority; a priority alone is the urgency that yields it."""
    wished = fields.pointed("priority", known.priorities)
    urgency = fields.word("urgency", Urgency, Urgency(wished.value))
    impact = fields.word("impact", Impact, Impact.MEDIUM)
    return {
        "urgency": urgency,
        "impact": impact,
        "priority": wished,
        "is_priority_overridden": priority.of(urgency, impact) is not wished,
    }


def _dates(fields: _Fields, status: Status) -> Row:
    """Return the dates the status has; `resolved` null is unknown, absent it is `closed`."""
    created = fields.instant("created")
    closed = fields.instant_or_none("closed")
    resolved = fields.instant_or_none("resolved") if "resolved" in fields else closed
    updated = fields.instant_or_none("updated") or closed or created
    is_done = status in (Status.RESOLVED, Status.CLOSED)
    if is_done and closed is None and resolved is None:
        raise Wrong("closed must be the date on which the ticket was done")
    return {
        "created_at": created,
        "updated_at": updated,
        "resolved_at": resolved if is_done else None,
        "closed_at": (closed or resolved) if status is Status.CLOSED else None,
    }


def _comment(fields: _Fields, known: Known) -> Row:
    """Return the row of a comment, but for the number of its ticket."""
    is_internal = fields.get("internal", False)
    author_id = _author(fields, known)
    if type(is_internal) is not bool or (is_internal and author_id not in known.staff):
        raise Wrong("internal must be false, or true for a comment of a technician")
    return {
        "author_id": author_id,
        "body": checks.prose("body", fields.get("body"), required=True),
        "is_internal": is_internal,
        "channel": fields.word("channel", Channel, Channel.WEB),
        "created_at": fields.instant("created"),
        "version": 1,
    }


def _author(fields: _Fields, known: Known) -> int:
    kind = fields.get("author_kind")
    if kind not in ("requester", "technician"):
        raise Wrong(f"author_kind must be requester or technician, not {kind!r}")
    people = known.technicians if kind == "technician" else known.requesters
    return fields.pointed("author", people)


def _step(fields: _Fields, known: Known) -> Step:
    return Step(
        at=fields.instant("created"),
        actor_id=_author(fields, known) if "author" in fields else None,
        status=fields.pointed("status", known.statuses),
        lead_id=fields.pointed_or_none("technician", known.technicians),
        team_id=fields.pointed_or_none("team", known.teams),
    )


def _follow(ticket: Row, comments: list[Row], staff: frozenset[int]) -> None:
    """Set what the services would have set while the conversation went on."""
    public = [row for row in comments if not row["is_internal"]]
    asks = ticket["requester_id"]
    by_staff = [r for r in comments if r["author_id"] in staff and r["author_id"] != asks]
    last = public[-1]["author_id"] if public else None
    ticket["comment_count"] = len(public)
    ticket["answered_by_requester"] = bool(last) and (last == asks or last not in staff)
    ticket["first_response_at"] = next(
        (row["created_at"] for row in by_staff if not row["is_internal"]), None
    )
    first_sign = by_staff[0]["created_at"] if by_staff else ticket["resolved_at"]
    accepted_at = first_sign or ticket["updated_at"]
    ticket["accepted_at"] = accepted_at if ticket["lead_id"] else None
    _settle_wait(ticket)


def _settle_wait(ticket: Row) -> None:
    """Keep a reason and a date of waiting only where the workflow has them."""
    if ticket["status"] is not Status.PENDING:
        ticket["pending_reason"] = None
    elif ticket["pending_reason"] is PendingReason.REQUESTER and ticket["answered_by_requester"]:
        ticket["pending_reason"] = PendingReason.SUPPLIER  # who has answered is not waited for
    if ticket["pending_reason"] is not PendingReason.PLANNED:
        ticket["wake_at"] = None
    elif ticket["wake_at"] is None:
        raise Wrong("wake must be the date on which a planned wait ends")
