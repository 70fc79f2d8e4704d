"""People, teams and categories that an import names: found here, or made."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.clock import now
from data.models import Category, Role, Team, User
from data.text import fold
from integrations.importers.incoming import Incoming
from services import accounts, events
from services.errors import Invalid
from services.permissions import repairs

LONGEST_NAME = 120
LONGEST_CATEGORY = 80


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
    by_email = {row.email: row for row in rows}
    named: defaultdict[str, list[int]] = defaultdict(list)
    for row in rows:
        named[_key(row.name)].append(row.id)
    by_id = {row.id: row for row in rows}
    made: dict[str, User] = {}
    for name in sorted(names):
        email = _address(name, source)
        same = named.get(_key(name), [])
        found = by_email.get(email) or (by_id[same[0]] if len(same) == 1 else None)
        if found is None and email not in made:
            made[email] = _new(
                name, email, Role.TECHNICIAN if _key(name) in leading else Role.REQUESTER
            )
        if found is not None:
            known.people[_key(name)] = found.id
            if _key(name) in leading and not repairs(found.role):
                known.idle[_key(name)] = found.email
    s.add_all(made.values())
    s.flush()
    for name in names:
        known.people.setdefault(
            _key(name), made[email].id if (email := _address(name, source)) in made else 0
        )
    for user in made.values():
        _told(s, "user.created", f"user:{user.id}", role=user.role)
    staff = {row.id for row in rows if row.role is not Role.REQUESTER}
    known.staff = frozenset(staff | {u.id for u in made.values() if u.role is Role.TECHNICIAN})


def _new(name: str, email: str, role: Role) -> User:
    is_ours = email.endswith(".invalid")
    return User(name=name[:LONGEST_NAME], email=email, role=role, wants_email=not is_ours)


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
    return f"{slug}@{source}.invalid"


def _teams(s: Session, known: Known, names: Iterable[str]) -> None:
    known.teams = {_key(row.name): row.id for row in s.execute(select(Team.id, Team.name))}
    for name in sorted(names):
        short = name[:LONGEST_NAME]
        if _key(short) not in known.teams:
            team = Team(name=short)
            s.add(team)
            s.flush()
            known.teams[_key(short)] = team.id
            _told(s, "team.created", f"team:{team.id}")


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
            _told(s, "category.created", f"category:{category.id}", **changes)


def _told(s: Session, kind: str, subject: str, **changes: object) -> None:
    """Record what an import made; as told already, since nobody is to be told of it."""
    pairs = {n: v if isinstance(v, list) else [None, v] for n, v in changes.items()}
    event = events.record(s, None, None, kind, subject=subject, changes=pairs)
    event.relayed_at = now()
