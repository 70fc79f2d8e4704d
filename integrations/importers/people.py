"""People, teams and categories that an import names: found here, or made."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from data import db
from data.clock import now
from data.models import Category, Role, Team, User
from data.text import fold
from integrations.importers.incoming import Incoming
from services import accounts, events
from services.errors import Invalid
from services.permissions import repairs

LONGEST_NAME = 120
LONGEST_CATEGORY = 80
NOWHERE = ".invalid"


@dataclass(slots=True)
class Known:
    """The ids of what an import names; the names without case."""

    people: dict[str, int] = field(default_factory=dict)
    idle: dict[str, str] = field(default_factory=dict)  # leads who may not work here, and who
    teams: dict[str, int] = field(default_factory=dict)
    categories: dict[str, int] = field(default_factory=dict)
    staff: frozenset[int] = frozenset()

    def person(self, name: str) -> int:
        """Return the id of a person."""
        return self.people[_key(name)]

    def person_or_none(self, name: str) -> int | None:
        """Return the id of a person, None for nobody or somebody unknown."""
        return self.people.get(_key(name)) if name else None

    def team(self, name: str) -> int | None:
        """Return the id of a team, None without one."""
        return self.teams[_key(name)[:LONGEST_NAME]] if name else None

    def category(self, name: str) -> int | None:
        """Return the id of a category, None without one."""
        return self.categories[_key(name)[:LONGEST_CATEGORY]] if name else None


def settle(s: Session, source: str, incidents: Sequence[Incoming]) -> Known:
    """Find or make whoever and whatever some tickets name.

    Somebody is the account with that address or, when only one has it, that name. Who is made can
    not sign in and gets no mail until an administrator gives them their address. Whoever leads a
    ticket and is made becomes a technician; nobody who is there gets another role from a file.
    """
    asking = {name for incident in incidents for name in incident.people()}
    leading = {name for incident in incidents for name in incident.repairers() if name}
    known = Known()
    _people(s, source, known, asking | leading, {_key(name) for name in leading})
    names = {moment.team for incident in incidents for moment in incident.moments if moment.team}
    _teams(s, known, names)
    names = {m.category for incident in incidents for m in incident.moments if m.category}
    _categories(s, known, names)
    return known


def _key(name: str) -> str:
    return name.casefold()


def _people(s: Session, source: str, known: Known, names: Iterable[str], leading: set[str]) -> None:
    rows = s.execute(select(User.id, User.name, User.email, User.role)).all()
    there = _There(rows)
    wanted = {name: _address(name, source) for name in sorted(names)}
    new = {email: name for name, email in wanted.items() if there.find(name, email) is None}
    roles = {
        email: Role.TECHNICIAN if _key(name) in leading else Role.REQUESTER
        for name, email in wanted.items()
        if email in new
    }
    if new:
        _make(s, new, roles)
        there = _There(s.execute(select(User.id, User.name, User.email, User.role)).all())
    for name, email in wanted.items():
        found = there.find(name, email)
        known.people[_key(name)] = found.id
        if _key(name) in leading and not repairs(found.role):
            _put_to_work(s, known, name, found)
    staff = select(User.id).where(User.role != Role.REQUESTER)
    known.staff = frozenset(s.scalars(staff))


class _There:
    """The accounts there are, by address and by name."""

    def __init__(self, rows: Iterable[Any]) -> None:
        self._by_email: dict[str, Any] = {}
        self._by_name: defaultdict[str, list[Any]] = defaultdict(list)
        for row in rows:
            self._by_email[row.email] = row
            self._by_name[_key(row.name)].append(row)

    def find(self, name: str, email: str) -> Any:
        """Return the account with an address, or the only one with a name."""
        same = self._by_name.get(_key(name), [])
        return self._by_email.get(email) or (same[0] if len(same) == 1 else None)


def _put_to_work(s: Session, known: Known, name: str, found: Any) -> None:
    """Let an account that an import made lead tickets; of others, note that they may not."""
    if not found.email.endswith(NOWHERE):
        known.idle[_key(name)] = found.email
        return
    s.get_one(User, found.id).role = Role.TECHNICIAN
    changes = {"role": [found.role, Role.TECHNICIAN]}
    _told(s, [("user.role_changed", f"user:{found.id}", changes)])


def _make(s: Session, names: Mapping[str, str], roles: Mapping[str, Role]) -> None:
    rows = [
        {
            "email": email,
            "name": name[:LONGEST_NAME],
            "role": roles[email],
            "wants_email": not email.endswith(NOWHERE),
        }
        for email, name in names.items()
    ]
    s.execute(insert(db.Base.metadata.tables["user"]), rows)
    made = s.execute(select(User.id, User.role).where(User.email.in_(list(names)))).all()
    _told(s, [("user.created", f"user:{m.id}", {"role": [None, m.role]}) for m in made])


def _address(name: str, source: str) -> str:
    """Return an address: the name if it is one, otherwise one that leads nowhere (RFC 2606).

    The same name has the same address in every import. One that is not plain letters and digits
    carries a digest, so that it stays apart from others that look alike.
    """
    if "@" in name:
        try:
            return accounts.clean_email(name)
        except Invalid:
            pass
    plain = " ".join(name.casefold().split())
    slug = re.sub(r"[^a-z0-9]+", "-", fold(plain)).strip("-")[:50]
    if slug != plain.replace(" ", "-"):
        slug = f"{slug or 'x'}-{hashlib.sha256(plain.encode()).hexdigest()[:8]}"
    return f"{slug}@{source}{NOWHERE}"


def _teams(s: Session, known: Known, names: Iterable[str]) -> None:
    known.teams = {_key(row.name): row.id for row in s.execute(select(Team.id, Team.name))}
    for name in sorted(names):
        short = name[:LONGEST_NAME]
        if _key(short) not in known.teams:
            team = Team(name=short)
            s.add(team)
            s.flush()
            known.teams[_key(short)] = team.id
            _told(s, [("team.created", f"team:{team.id}", {})])


def _categories(s: Session, known: Known, names: Iterable[str]) -> None:
    """Categories at the root of the tree: what the other system calls them is what they are."""
    paths = {_key(row.path): row.id for row in s.execute(select(Category.id, Category.path))}
    known.categories = paths
    for name in sorted(names):
        short = name[:LONGEST_CATEGORY]
        if _key(short) not in paths:
            category = Category(name=short, path=short, position=len(paths))
            s.add(category)
            s.flush()
            paths[_key(short)] = category.id
            changes = {"parent_id": [None, None], "team_id": [None, None]}
            _told(s, [("category.created", f"category:{category.id}", changes)])


def _told(s: Session, made: Iterable[tuple[str, str, dict[str, Any]]]) -> None:
    """Record what an import made; as told already, since nobody is to be told of it."""
    rows = [
        {
            "kind": kind,
            "subject": subject,
            "is_internal": False,
            "details": {"changes": events.plain(changes)},
            "created_at": now(),
            "relayed_at": now(),
        }
        for kind, subject, changes in made
    ]
    s.execute(insert(db.Base.metadata.tables["event"]), rows)
