"""The organisation of the demonstration: who works there, in which teams, on what."""

import random
from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy.orm import Session

from data.models import Category, Role, User
from data.text import fold
from integrations import demo_texts as texts
from services import accounts, categories, sessions, sla, teams, users
from services.permissions import Actor

MANAGERS, TECHNICIANS, REQUESTERS = 2, 12, 25  # with the administrator: forty people
# Everybody's. It is printed, and the demonstration is thrown away when it stops.
PASSWORD = "quatre tasses de tilleul"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Area:
    """What a category stands for: its row, and who works on its tickets."""

    category_id: int
    team_id: int
    technicians: tuple[Actor, ...]


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays; the first of each list is the one whose login is printed."""

    name: str
    admin: Actor
    managers: tuple[Actor, ...]
    technicians: tuple[Actor, ...]
    requesters: tuple[Actor, ...]
    areas: dict[str, Area]
    emails: dict[int, str]


def found(s: Session, rng: random.Random) -> Cast:
    """Create the people, teams and categories."""
    place = rng.choice(texts.PLACES)
    names = _names(rng)
    admin = _administrator(s, names.pop(), place)
    managers = [_person(s, rng, admin, names.pop(), Role.MANAGER, place) for _ in range(MANAGERS)]
    staff = [
        _person(s, rng, admin, names.pop(), Role.TECHNICIAN, place) for _ in range(TECHNICIANS)
    ]
    members = _teams(s, admin, staff)
    _promises(s, admin)
    askers = [_person(s, rng, admin, names.pop(), Role.REQUESTER, place) for _ in range(REQUESTERS)]
    everybody = [s.get_one(User, admin.id), *managers, *staff, *askers]
    actors = {user.id: sessions.actor_of(s, user.id) for user in everybody}
    return Cast(
        name=place.name,
        admin=actors[admin.id],
        managers=tuple(actors[user.id] for user in managers),
        technicians=tuple(actors[user.id] for user in staff),
        requesters=tuple(actors[user.id] for user in askers),
        areas=_areas(s, admin, members, actors),
        emails={user.id: user.email for user in everybody},
    )


def _promises(s: Session, admin: Actor) -> None:
    """Promise times in the default opening hours."""
    for name, values in texts.POLICIES.items():
        sla.create(s, admin, name=name, **values)


def _names(rng: random.Random) -> list[tuple[str, str]]:
    """Return people nobody of whom shares a name with another."""
    first, last = list(texts.FIRST_NAMES), list(texts.LAST_NAMES)
    rng.shuffle(first)
    rng.shuffle(last)
    return list(zip(first, last, strict=False))


def _email(name: tuple[str, str], place: texts.Place) -> str:
    local = ".".join(fold(part).replace(" ", "-") for part in name)
    return f"{local}@{place.domain}"


def _administrator(s: Session, name: tuple[str, str], place: texts.Place) -> Actor:
    user = accounts.create_admin(s, _email(name, place), PASSWORD, " ".join(name))
    user.department = texts.HELPDESK
    s.flush()
    return sessions.actor_of(s, user.id)


def _person(
    s: Session,
    rng: random.Random,
    admin: Actor,
    name: tuple[str, str],
    role: Role,
    place: texts.Place,
) -> User:
    departments = {Role.MANAGER: texts.DIRECTION, Role.TECHNICIAN: texts.HELPDESK}
    user = users.create(
        s,
        admin,
        name=" ".join(name),
        email=_email(name, place),
        role=role,
        phone=f"02 61 91 {rng.randrange(10, 100)} {rng.randrange(10, 100)}",  # kept for fiction
        department=departments.get(role) or rng.choice(texts.DEPARTMENTS),
    )
    # One hash for all: forty times argon2id would be most of the time this takes.
    user.password_hash = s.get_one(User, admin.id).password_hash
    return user


def _teams(s: Session, admin: Actor, staff: list[User]) -> dict[str, tuple[int, list[User]]]:
    """Return id and members of each team; everybody is in one, the first also in the second."""
    made = {}
    for place, (name, about) in enumerate(texts.TEAMS.items()):
        members = staff[place :: len(texts.TEAMS)]
        also = [staff[0]] if place == 1 else []
        ids = [user.id for user in (*members, *also)]
        team = teams.create(s, admin, name=name, description=about, member_ids=ids)
        made[name] = (team.id, members)
    return made


def _areas(
    s: Session,
    admin: Actor,
    members: dict[str, tuple[int, list[User]]],
    actors: dict[int, Actor],
) -> dict[str, Area]:
    made: dict[tuple[str, ...], Category] = {}
    team_of: dict[tuple[str, ...], str] = defaultdict(str)
    areas = {}
    for branch in texts.BRANCHES:
        above = branch.path[:-1]
        team_of[branch.path] = branch.team or team_of[above]
        team_id, staff = members[team_of[branch.path]]
        category = categories.create(
            s,
            admin,
            name=branch.path[-1],
            parent_id=made[above].id if above else None,
            team_id=team_id if branch.team else None,
        )
        made[branch.path] = category
        technicians = tuple(actors[user.id] for user in staff)
        areas[category.path] = Area(category.id, team_id, technicians)
    return areas
