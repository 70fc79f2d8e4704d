"""Policies: what is promised for which tickets, decided by administrators (C6)."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from data.models import Calendar, Category, Event, Priority, SlaPolicy, Team, TicketType
from services import calendars, checks, events, promises, renewals, tickets
from services.accounts import checked
from services.errors import Invalid, NotFound, TooLate
from services.permissions import Action, Actor, require
from services.words import N_

LONGEST = 366 * 24 * 60  # minutes of a promise: more than a year of open time is none


def all(s: Session, by: Actor) -> list[SlaPolicy]:  # noqa: A001
    """Return the policies with their calendars, in the order in which they are asked."""
    require(by, Action.DEADLINE_MANAGE)
    query = select(SlaPolicy).options(joinedload(SlaPolicy.calendar))
    return list(s.scalars(query.order_by(SlaPolicy.position, SlaPolicy.id)))


def get(s: Session, by: Actor, policy_id: int) -> SlaPolicy:
    """Return one policy with its calendar.

    Raises:
        NotFound.
    """
    require(by, Action.DEADLINE_MANAGE)
    query = select(SlaPolicy).where(SlaPolicy.id == policy_id)
    policy = s.scalar(query.options(joinedload(SlaPolicy.calendar)))
    if policy is None:
        raise NotFound
    return policy


def create(s: Session, by: Actor, /, **values: Any) -> SlaPolicy:
    """Make a policy that is asked last; `values` are those of `edit`.

    Raises:
        Invalid: for each field that is wrong.
    """
    require(by, Action.DEADLINE_MANAGE)
    last = s.scalar(select(func.max(SlaPolicy.position)))
    policy = SlaPolicy(name="", position=0 if last is None else last + 1, version=1, **_UNSAID)
    usual = {} if "calendar_id" in values else {"calendar_id": calendars.default(s).id}
    _change(s, policy, {"name": "", **usual, **values})
    s.add(policy)
    s.flush()
    _note(s, by, policy, "policy.created", **state(policy))
    return get(s, by, policy.id)


def edit(s: Session, by: Actor, /, policy_id: int, **values: Any) -> SlaPolicy:
    """Change a policy: name, is_active, calendar_id; team_id, category_id, priority, type (for
    which tickets; None: all); accept_minutes, first_response_minutes, resolve_minutes (None:
    nothing promised); remind_minutes, raises_priority, escalation_team_id, returns_unaccepted.

    Raises:
        Invalid: for each field that is wrong.
        NotFound.
    """  # noqa: D205 - the fields are one list
    policy = get(s, by, policy_id)
    before = state(policy)
    _change(s, policy, values)
    after = state(policy)
    changes = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    if changes:
        policy.version += 1
        s.flush()
        s.refresh(policy, ["calendar"])
        _note(s, by, policy, "policy.edited", changes=changes)
    return policy


def delete(s: Session, by: Actor, policy_id: int) -> None:
    """Remove a policy; open tickets get what the others promise, finished ones keep their dates."""
    policy = get(s, by, policy_id)
    s.delete(policy)
    s.flush()
    _note(s, by, policy, "policy.deleted", position=policy.position, **state(policy))


def reorder(s: Session, by: Actor, policy_ids: Sequence[int]) -> list[SlaPolicy]:
    """Ask the policies in this order; those that are not named come after, as they were.

    Raises:
        NotFound: one of them is not there.
    """
    found = {policy.id: policy for policy in all(s, by)}
    if not set(policy_ids) <= found.keys():
        raise NotFound
    before = list(found)
    after = [*dict.fromkeys(policy_ids), *(i for i in before if i not in set(policy_ids))]
    for position, policy_id in enumerate(after):
        found[policy_id].position = position
    if before != after:
        s.flush()
        _note(s, by, None, "policy.reordered", order=[before, after])
    return [found[policy_id] for policy_id in after]


def take_back(s: Session, by: Actor, event: Event) -> None:
    """Undo one’s own change of the policies, if nobody has changed it since; of `services.undo`.

    Raises:
        TooLate: it changed again, or it is gone.
    """
    told = event.details
    policy_id = int((event.subject or "").partition(":")[2] or 0)
    if event.kind == "policy.created":
        delete(s, by, policy_id)
    elif event.kind == "policy.reordered":
        before, after = told["order"]
        if [policy.id for policy in all(s, by)] != after:
            raise TooLate
        reorder(s, by, before)
    elif event.kind == "policy.deleted":
        policy = create(s, by, **{name: told[name] for name in FIELDS})
        policy.position = told["position"]
    else:
        there = state(get(s, by, policy_id))
        changes = {name: pair for name, pair in told["changes"].items() if name in FIELDS}
        if any(events.plain(there[name]) != after for name, (_, after) in changes.items()):
            raise TooLate
        edit(s, by, policy_id, **{name: pair[0] for name, pair in changes.items()})


def state(policy: SlaPolicy) -> dict[str, Any]:
    """Return the values that `edit` takes, as they are."""
    return {field: getattr(policy, field) for field in FIELDS}


def _note(s: Session, by: Actor, policy: SlaPolicy | None, kind: str, **details: Any) -> None:
    """Record what was done; the deadlines of open tickets are computed anew."""
    promises.forget(s)
    renewals.ask(s)
    subject = f"policy:{policy.id}" if policy else None
    events.record(s, by, None, kind, subject=subject, **details)


def _change(s: Session, policy: SlaPolicy, values: dict[str, Any]) -> None:
    problems = checks.Problems()
    with problems.collected():
        cleaned = checked(values, FIELDS)
        for field, model in _REFERRED.items():
            with problems.collected():
                _check_there(s, field, model, cleaned.get(field), policy)
        with problems.collected():
            if "name" in cleaned:
                _check_free(s, policy, cleaned["name"])
    problems.raise_any()
    for field, value in cleaned.items():
        setattr(policy, field, value)


def _check_there(s: Session, field: str, model: Any, wanted: int | None, policy: SlaPolicy) -> None:
    """Refuse what does not exist; what is no longer offered may stay where it is."""
    if wanted is None or wanted == getattr(policy, field):
        return
    with s.no_autoflush:
        row = s.get(model, wanted) if wanted <= tickets.LARGEST else None
    if row is None or not getattr(row, "is_active", True):
        raise Invalid({field: N_("Choose one of the values offered.")})


def _check_free(s: Session, policy: SlaPolicy, name: str) -> None:
    with s.no_autoflush:
        rows = s.execute(select(SlaPolicy.id, SlaPolicy.name)).all()
    if any(row.name.casefold() == name.casefold() and row.id != policy.id for row in rows):
        raise Invalid({"name": N_("There is already one with this name.")})


def _minutes(field: str, value: object, *, least: int = 1) -> int | None:
    """Return minutes of open time; nothing is no promise, none at all cannot be kept."""
    if value is None or value == "":
        return None
    text = str(value)
    number = int(text) if text.isdecimal() and len(text) < 10 else None
    if number is None or number < least:
        raise Invalid({field: N_("Enter minutes: a whole number, at least {least}.")}, least=least)
    if number > LONGEST:
        raise Invalid({field: N_("At most a year, please.")})
    return number


def _id(field: str, value: object) -> int | None:
    if value in (None, "", 0):
        return None
    if not str(value).isdecimal():
        raise Invalid({field: N_("Choose one of the values offered.")})
    return int(str(value))


def _calendar(value: object) -> int:
    found = _id("calendar_id", value)
    if found is None:
        raise Invalid({"calendar_id": N_("Choose one of the values offered.")})
    return found


FIELDS: dict[str, Callable[[Any], Any]] = {
    "name": lambda v: checks.line("name", v, at_most=120, required=True),
    "is_active": bool,
    "calendar_id": _calendar,
    "team_id": lambda v: _id("team_id", v),
    "category_id": lambda v: _id("category_id", v),
    "priority": lambda v: checks.choice("priority", v, Priority) if v else None,
    "type": lambda v: checks.choice("type", v, TicketType) if v else None,
    "accept_minutes": lambda v: _minutes("accept_minutes", v),
    "first_response_minutes": lambda v: _minutes("first_response_minutes", v),
    "resolve_minutes": lambda v: _minutes("resolve_minutes", v),
    "remind_minutes": lambda v: _minutes("remind_minutes", v, least=0) or 0,
    "raises_priority": bool,
    "escalation_team_id": lambda v: _id("escalation_team_id", v),
    "returns_unaccepted": bool,
}
_UNSAID: dict[str, Any] = {
    "is_active": True,
    "remind_minutes": 60,
    "raises_priority": False,
    "returns_unaccepted": True,
}
_REFERRED = {
    "calendar_id": Calendar,
    "team_id": Team,
    "category_id": Category,
    "escalation_team_id": Team,
}
