"""One gesture on many tickets: each has its own answer, and one undo takes it all back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from data.models import Event, Status, Ticket
from services import assignment, checks, tags, tickets, transitions, trash, undo
from services.errors import DomainError, Invalid, NotFound
from services.permissions import Actor
from services.words import N_

MOST = 1000  # tickets in one selection
CHUNK = 50  # tickets in one transaction: others get their turn between two


class Verb(StrEnum):
    """What can be done to a selection."""

    ASSIGN = "assign"
    CATEGORY = "category"
    DELETE = "delete"
    PRIORITY = "priority"
    STATUS = "status"
    TAG_ADD = "tag_add"
    TAG_REMOVE = "tag_remove"
    TAKE = "take"
    TEAM = "team"


@dataclass(frozen=True, slots=True)
class Action:
    """A verb and its value: a person’s, team’s or category’s id, a status, a priority, a tag."""

    verb: Verb
    value: Any = None
    wait: transitions.Wait | None = None  # with the status « pending »


@dataclass(slots=True)
class Outcome:
    """What became of each ticket; those one may not see are not mentioned at all (T-1b)."""

    changed: list[int] = field(default_factory=list)
    unchanged: list[int] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)  # why, in the language being spoken
    event_ids: list[int] = field(default_factory=list)  # what `take_back` undoes

    def merge(self, other: "Outcome") -> None:
        """Add what became of further tickets."""
        self.changed += other.changed
        self.unchanged += other.unchanged
        self.refused |= other.refused
        self.event_ids += other.event_ids


def apply(s: Session, by: Actor, numbers: Sequence[int], action: Action) -> Outcome:
    """Do the same to each ticket, as far as `by` may and each ticket allows.

    In the order of their numbers, so that two such gestures do not wait for each other in a circle.
    A page gives CHUNK at a time, each in a transaction of its own.

    Raises:
        Invalid: more than MOST tickets, or a value that fits no ticket at all.
    """
    if len(numbers) > MOST:
        raise Invalid({"numbers": N_("At most {at_most} tickets at once, please.")}, at_most=MOST)
    outcome = Outcome()
    for number in sorted(set(numbers)):
        _apply_to(s, by, number, action, outcome)
    return outcome


def take_back(s: Session, by: Actor, event_ids: Sequence[int]) -> int:
    """Undo what a gesture did, as far as that stands; return how many tickets came back.

    What somebody changed since, or took back, stays as it is now.
    """
    undone = 0
    for event_id in sorted(event_ids[:MOST]):
        savepoint = s.begin_nested()
        try:
            undo.undo(s, by, event_id)
        except DomainError:
            savepoint.rollback()
        else:
            savepoint.commit()
            undone += 1
    return undone


def _apply_to(s: Session, by: Actor, number: int, action: Action, outcome: Outcome) -> None:
    recorded: list[Event] = s.info.setdefault("recorded", [])
    before = len(recorded)
    savepoint = s.begin_nested()
    try:
        _VERBS[action.verb](s, by, number, action)
        s.flush()
    except NotFound:
        savepoint.rollback()
        del recorded[before:]
    except DomainError as refusal:
        savepoint.rollback()
        del recorded[before:]
        outcome.refused[number] = _said(refusal)
    else:
        savepoint.commit()
        if len(recorded) > before:  # what followed from the first is undone with it
            outcome.changed.append(number)
            outcome.event_ids.append(recorded[before].id)
        else:
            outcome.unchanged.append(number)


def _said(refusal: DomainError) -> str:
    if isinstance(refusal, Invalid):
        return " ".join(refusal.by_field().values())
    return refusal.say()


def _edit(name: str) -> Callable[[Session, Actor, int, Action], Ticket]:
    def edit(s: Session, by: Actor, number: int, action: Action) -> Ticket:
        return tickets.edit(s, by, number, {name: action.value})

    return edit


def _move(s: Session, by: Actor, number: int, action: Action) -> Ticket:
    target = checks.choice("status", action.value, Status)
    return transitions.move(s, by, number, target, wait=action.wait)


_VERBS: Mapping[Verb, Callable[[Session, Actor, int, Action], object]] = {
    Verb.ASSIGN: lambda s, by, n, action: assignment.assign(s, by, n, lead_id=action.value),
    Verb.CATEGORY: _edit("category_id"),
    Verb.DELETE: lambda s, by, n, _action: trash.delete(s, by, n),
    Verb.PRIORITY: _edit("priority"),
    Verb.STATUS: _move,
    Verb.TAG_ADD: lambda s, by, n, action: tags.add(s, by, n, action.value),
    Verb.TAG_REMOVE: lambda s, by, n, action: tags.remove(s, by, n, action.value),
    Verb.TAKE: lambda s, by, n, _action: assignment.take(s, by, n),
    Verb.TEAM: lambda s, by, n, action: assignment.assign(s, by, n, team_id=action.value),
}
