"""meta.json of a bulk load: the people, teams and lists its tickets point into (docs/load.md)."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.clock import now
from data.models import Category, Membership, Priority, Role, Status, Team, User
from data.models.names import listed
from data.text import fold
from services import accounts, categories, checks, events, phones
from services.errors import Invalid
from services.permissions import repairs

T = TypeVar("T")

FILE = "meta.json"
_SOURCE = re.compile(r"[A-Za-z0-9._-]{1,20}")
_STATUSES = {
    "nouveau": Status.NEW,
    "en cours": Status.IN_PROGRESS,
    "en attente": Status.PENDING,
    "resolu": Status.RESOLVED,
    "clos": Status.CLOSED,
    "annule": Status.CANCELLED,
    **{status.value: status for status in Status},
}
_PRIORITIES = {
    "basse": Priority.LOW,
    "normale": Priority.NORMAL,
    "haute": Priority.HIGH,
    "urgente": Priority.URGENT,
    **{priority.value: priority for priority in Priority},
}


class Rejected(Exception):
    """Something cannot be loaded; the text names the file, the place and the reason."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of one of the lists; `team_indexes` point into the teams."""

    email: str
    name: str
    phone: str
    department: str
    team_indexes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Meta:
    """What meta.json says, checked."""

    source: str
    requesters: tuple[Person, ...]
    technicians: tuple[Person, ...]
    teams: tuple[str, ...]
    categories: tuple[tuple[str, ...], ...]
    priorities: tuple[Priority, ...]
    statuses: tuple[Status, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """The same lists as the database knows them: ids in the order of the file."""

    source: str
    requesters: tuple[int, ...]
    technicians: tuple[int, ...]
    teams: tuple[int, ...]
    categories: tuple[int, ...]
    priorities: tuple[Priority, ...]
    statuses: tuple[Status, ...]
    staff: frozenset[int]
    names: dict[int, str]  # what each is listed under


def read(folder: Path) -> Meta:
    """Read meta.json.

    Raises:
        Rejected: names what is wrong.
    """
    try:
        raw = (folder / FILE).read_bytes()
        content = json.loads(raw)
    except OSError as error:
        raise Rejected(f"{folder / FILE} cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError) as error:
        raise Rejected(f"{FILE} is not JSON: {error}.") from None
    if not isinstance(content, dict):
        raise Rejected(f"{FILE} must be an object.")
    teams = _each(content, "teams", lambda v: checks.line("name", v, at_most=120, required=True))

    def person(value: Any) -> Person:
        return _person(value, len(teams))

    return Meta(
        source=_source(content, raw),
        requesters=_each(content, "requesters", person),
        technicians=_each(content, "technicians", person),
        teams=teams,
        categories=_each(content, "categories", _category),
        priorities=_each(content, "priorities", lambda v: _named(v, _PRIORITIES)),
        statuses=_each(content, "statuses", lambda v: _named(v, _STATUSES)),
    )


def settle(s: Session, meta: Meta) -> Known:
    """Find or create the people, teams and categories; those that are there stay as they are.

    Raises:
        Rejected: a technician of the file has an account here that may not repair.
    """
    people = {person.email: person for person in (*meta.requesters, *meta.technicians)}
    roles = {person.email: Role.REQUESTER for person in meta.requesters}
    roles |= {person.email: Role.TECHNICIAN for person in meta.technicians}
    known = _users(s, people)
    known |= _create_users(s, people, {e: roles[e] for e in roles if e not in known})
    _refuse_who_may_not_repair(known[person.email] for person in meta.technicians)
    teams = _teams(s, meta.teams)
    _join(s, meta, known, teams)
    return Known(
        source=meta.source,
        requesters=tuple(known[person.email].id for person in meta.requesters),
        technicians=tuple(known[person.email].id for person in meta.technicians),
        teams=tuple(team.id for team in teams),
        categories=_categories(s, meta.categories),
        priorities=meta.priorities,
        statuses=meta.statuses,
        staff=frozenset(u.id for u in known.values() if u.role is not Role.REQUESTER),
        names={u.id: listed(u.name) for u in known.values()},
    )


def _source(content: dict[str, Any], raw: bytes) -> str:
    """Return the name under which tickets are recognised when they are loaded again."""
    source = content.get("source", hashlib.sha256(raw).hexdigest()[:16])
    if not isinstance(source, str) or not _SOURCE.fullmatch(source):
        raise Rejected(f"{FILE}: source must be 1 to 20 letters, digits, dots or dashes.")
    return source


def _each(content: dict[str, Any], name: str, read_one: Callable[[Any], T]) -> tuple[T, ...]:
    values = content.get(name, [])
    if not isinstance(values, list):
        raise Rejected(f"{FILE}: {name} must be a list.")
    found = []
    for place, value in enumerate(values):
        try:
            found.append(read_one(value))
        except Invalid as refusal:
            reasons = "; ".join(f"{k}: {v}" for k, v in refusal.by_field().items())
            raise Rejected(f"{FILE}: {name}[{place}]: {reasons}") from None
        except ValueError as error:
            raise Rejected(f"{FILE}: {name}[{place}]: {error}.") from None
    return tuple(found)


def _person(value: Any, team_count: int) -> Person:
    if not isinstance(value, dict):
        raise ValueError("must be an object with an email")
    name = value.get("name") or f"{value.get('first', '')} {value.get('last', '')}"
    places = value.get("teams", [])
    if not isinstance(places, list) or not all(place in range(team_count) for place in places):
        raise ValueError("teams must be indexes into the list of teams")
    email = accounts.clean_email(value.get("email"))
    return Person(
        email=email,
        name=accounts.clean_name(name if name.strip() else email.split("@")[0]),
        phone=phones.carried_over(value.get("phone", "")),
        department=checks.line("department", value.get("department", ""), at_most=120),
        team_indexes=tuple(places),
    )


def _category(value: Any) -> tuple[str, ...]:
    parts = value.split(categories.SEPARATOR) if isinstance(value, str) else [""]
    names = tuple(checks.line("name", part, at_most=80, required=True) for part in parts)
    path = categories.SEPARATOR.join(names)
    if len(names) > categories.DEEPEST or len(path) > categories.LONGEST_PATH:
        raise ValueError("the path is too long or too deep")
    return names


def _named(value: Any, names: Mapping[str, T]) -> T:
    found = names.get(fold(value)) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"must be one of {', '.join(names)}, not {value!r}")
    return found


def _users(s: Session, emails: Iterable[str]) -> dict[str, User]:
    """Return the accounts there are, by address; asked in portions that any database takes."""
    wanted = sorted(emails)
    found: dict[str, User] = {}
    for start in range(0, len(wanted), 500):
        query = select(User).where(User.email.in_(wanted[start : start + 500]))
        found |= {user.email: user for user in s.scalars(query)}
    return found


def _create_users(
    s: Session, people: Mapping[str, Person], roles: Mapping[str, Role]
) -> dict[str, User]:
    created = {}
    for email, role in roles.items():
        person = people[email]
        created[email] = User(
            email=email,
            name=person.name,
            role=role,
            phone=person.phone,
            department=person.department,
        )
    s.add_all(created.values())
    s.flush()
    for user in created.values():
        _record(s, "user.created", f"user:{user.id}", {"role": [None, user.role]})
    return created


def _refuse_who_may_not_repair(people: Iterable[User]) -> None:
    """Refuse, rather than promote: a file gives nobody rights."""
    wrong = sorted({user.email for user in people if not repairs(user.role)})
    if wrong:
        raise Rejected(
            f"{FILE}: technicians: {', '.join(wrong)} cannot work on tickets here;"
            " make them technicians first, then load again."
        )


def _teams(s: Session, names: Iterable[str]) -> list[Team]:
    known = {team.name.casefold(): team for team in s.scalars(select(Team))}
    for name in names:
        if name.casefold() not in known:
            known[name.casefold()] = team = Team(name=name)
            s.add(team)
            s.flush()
            _record(s, "team.created", f"team:{team.id}", {})
    return [known[name.casefold()] for name in names]


def _join(s: Session, meta: Meta, known: dict[str, User], teams: list[Team]) -> None:
    for person in meta.technicians:
        for place in person.team_indexes:
            key = (teams[place].id, known[person.email].id)
            if s.get(Membership, key) is None:
                s.add(Membership(team_id=key[0], user_id=key[1]))
    s.flush()


def _categories(s: Session, wanted: Iterable[tuple[str, ...]]) -> tuple[int, ...]:
    known = {category.path.casefold(): category for category in s.scalars(select(Category))}
    found = []
    for names in wanted:
        parent: Category | None = None
        for name in names:
            path = f"{parent.path}{categories.SEPARATOR}{name}" if parent else name
            if path.casefold() not in known:
                known[path.casefold()] = _create_category(s, parent, name, path, len(known))
            parent = known[path.casefold()]
        if parent:
            found.append(parent.id)
    return tuple(found)


def _create_category(
    s: Session, parent: Category | None, name: str, path: str, position: int
) -> Category:
    parent_id = parent.id if parent else None
    category = Category(name=name, path=path, parent_id=parent_id, position=position)
    s.add(category)
    s.flush()
    changes = {"parent_id": [None, parent_id], "team_id": [None, None]}
    _record(s, "category.created", f"category:{category.id}", changes)
    return category


def _record(s: Session, kind: str, subject: str, changes: dict[str, Any]) -> None:
    """Record what the load did; as already told, since nobody is to be told of it."""
    event = events.record(s, None, None, kind, subject=subject, changes=changes)
    event.relayed_at = now()
