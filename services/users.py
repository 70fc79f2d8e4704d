"""Managing people (F-009, F-011; 5.3.10, 5.3.11, 5.3.13), and finding them for pickers."""

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session, selectinload

from data.models import Membership, Role, Team, User
from data.text import clean_line, fold
from data.text_search import said_in
from services import checks, events, passwords, renaming, sessions, throttle
from services.accounts import PROFILE, checked, clean_email
from services.errors import Invalid, NotFound
from services.permissions import (
    Action,
    Actor,
    allows,
    assigns_only_own_teams,
    assigns_to_nobody,
    repairs,
    require,
)
from services.words import N_

MOST = 200  # people in one answer


@dataclass(frozen=True, slots=True)
class PersonHit:
    """Somebody a picker offers."""

    id: int
    name: str
    email: str
    role: Role
    department: str
    phone: str


@dataclass(frozen=True, slots=True)
class UserPage:
    """Some people with their teams, and the cursor of what follows."""

    users: list[User]
    after: str | None


def create(
    s: Session,
    by: Actor,
    /,
    *,
    name: str,
    email: str,
    role: Role,
    password: str | None = None,
    **more: Any,
) -> User:
    """Create an account; without a password the person cannot sign in with one yet.

    `more` takes the other fields of `edit`.

    Raises:
        Invalid: for each field that is wrong.
    """
    require(by, Action.USER_MANAGE)
    user = User(name="", email="", role=Role.REQUESTER, is_active=True, teams=[])
    problems = checks.Problems()
    with problems.collected():
        _apply(user, _check(s, user, {"name": name, "email": email, "role": role, **more}))
    with problems.collected():
        if password is not None:
            passwords.check(password, words=[name, email])
    problems.raise_any()
    user.password_hash = passwords.hashed(password) if password is not None else None
    s.add(user)
    s.flush()
    changes = {field: [None, value] for field, value in _state(user).items() if field in _RIGHTS}
    events.record(s, by, None, "user.created", subject=f"user:{user.id}", changes=changes)
    return user


def edit(s: Session, by: Actor, /, user_id: int, **values: Any) -> User:
    """Change somebody’s account.

    Fields: name, email, phone, department, language, role, wants_email, wants_sms, is_active,
    team_ids. A change of role or a deactivation ends the person’s sessions (R-9).

    Raises:
        Invalid: for each field that is wrong; `role` or `is_active` when no administrator would
            be left, or when one deactivates oneself.
        NotFound: no such person.
    """
    user = get(s, by, user_id)
    before = _state(user)
    cleaned = _check(s, user, values)
    _keep_an_admin(s, by, user, cleaned)
    _apply(user, cleaned)
    renaming.follow(s)
    after = _state(user)
    rights = {field: [before.pop(field), after.pop(field)] for field in ("role", "is_active")}
    _record_rights(s, by, user, rights)
    events.record_edit(s, by, f"user:{user.id}", before, after)
    return user


def activate(s: Session, by: Actor, user_id: int) -> User:
    """Let somebody sign in again."""
    return edit(s, by, user_id, is_active=True)


def deactivate(s: Session, by: Actor, user_id: int) -> User:
    """Shut somebody out at once; what they wrote stays."""
    return edit(s, by, user_id, is_active=False)


def set_password(s: Session, by: Actor, user_id: int, password: str) -> None:
    """Give somebody a new password; their sessions end, and their failures are forgotten (5.3.11).

    Raises:
        Invalid: for `password`.
        NotFound: no such person.
    """
    user = get(s, by, user_id)
    passwords.check(password, words=[user.name, user.email])
    user.password_hash = passwords.hashed(password)
    sessions.close_all(s, user.id)
    throttle.forget(s, user.email)
    events.record(s, by, None, "user.password_set", subject=f"user:{user.id}")


def get(s: Session, by: Actor, user_id: int) -> User:
    """Return somebody’s account with their teams, for the administrator."""
    require(by, Action.USER_MANAGE)
    user = s.scalar(select(User).where(User.id == user_id).options(selectinload(User.teams)))
    if user is None:
        raise NotFound
    return user


def page(
    s: Session,
    by: Actor,
    *,
    text: str = "",
    role: Role | None = None,
    active: bool | None = None,
    after: str | None = None,
    limit: int = 50,
) -> UserPage:
    """Return people by name: those that contain every word of `text` in name, address or phone.

    Raises:
        Invalid: `after` is no cursor of an earlier page.
    """
    require(by, Action.USER_MANAGE)
    query = _matching(s, select(User).options(selectinload(User.teams)), text)
    if role is not None:
        query = query.where(User.role == role)
    if active is not None:
        query = query.where(User.is_active.is_(active))
    if after:
        last_id, _sep, name = after.partition("|")
        beyond = and_(User.name == name, User.id > checks.position(last_id))
        query = query.where(or_(User.name > name, beyond))
    limit = max(1, min(limit, MOST))
    found = list(s.scalars(query.order_by(User.name, User.id).limit(limit + 1)))
    last = found[limit - 1] if len(found) > limit else None
    return UserPage(found[:limit], f"{last.id}|{last.name}" if last else None)


def search(
    s: Session, by: Actor, text: str, *, kind: Literal["anyone", "assignable"], limit: int = 10
) -> list[PersonHit]:
    """Return active people for a picker, by name; requesters find nobody (R-3).

    `anyone` is everybody, by name, address or phone; `assignable` are those who repair and to
    whom `by` may give tickets.
    """
    if not allows(by, Action.TICKET_CREATE_FOR):
        return []
    query = _matching(s, select(User).where(User.is_active), text)
    if kind == "assignable":
        query = query.where(*_assignable_by(by))
    found = s.scalars(query.order_by(User.name, User.id).limit(min(limit, MOST)))
    return [PersonHit(u.id, u.name, u.email, u.role, u.department, u.phone) for u in found]


def names(s: Session, ids: Iterable[int]) -> dict[int, str]:
    """Return the names of people by id."""
    rows = s.execute(select(User.id, User.name).where(User.id.in_(set(ids))))
    return {row.id: row.name for row in rows}


def _assignable_by(by: Actor) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [User.role.in_([role for role in Role if repairs(role)])]
    if assigns_to_nobody(by):
        found.append(User.id == by.id)
    elif assigns_only_own_teams(by):
        mates = select(Membership.user_id).where(Membership.team_id.in_(by.team_ids))
        found.append(or_(User.id == by.id, User.id.in_(mates)))
    return found


def _matching(s: Session, query: Select[User], text: str) -> Select[User]:
    line = clean_line(text[:200])
    digits = re.sub(r"\D", "", line)
    if len(digits) >= 4 and re.fullmatch(r"[+\d .()/-]+", line):
        return query.where(_digits_of_phone().contains(digits[-9:]))  # +33 6… is 06…
    for word in line.split()[:5]:
        query = query.where(
            or_(
                said_in(s, User.name, [fold(word)]),
                User.email.contains(word.lower(), autoescape=True),
                User.phone.contains(word, autoescape=True),
            )
        )
    return query


def _digits_of_phone() -> ColumnElement[str]:
    bare: ColumnElement[str] = User.phone.expression
    for mark in " .()/-":
        bare = func.replace(bare, mark, "")
    return bare


def _check(s: Session, user: User, values: dict[str, Any]) -> dict[str, Any]:
    cleaned = checked(values, _FIELDS)
    problems = checks.Problems()
    with problems.collected():
        if "email" in cleaned:
            _check_free(s, cleaned["email"], user.id)
    with problems.collected():
        if "team_ids" in cleaned:
            cleaned["team_ids"] = _teams(s, cleaned["team_ids"])
    problems.raise_any()
    return cleaned


def _apply(user: User, cleaned: dict[str, Any]) -> None:
    if cleaned.get("email", user.email) != user.email:
        user.email_refused_at = None  # another mailbox, which nobody has tried yet
    for field, value in cleaned.items():
        setattr(user, "teams" if field == "team_ids" else field, value)


def _teams(s: Session, ids: Collection[int]) -> list[Team]:
    found = list(s.scalars(select(Team).where(Team.id.in_(ids)).order_by(Team.name)))
    if len(found) != len(ids):
        raise Invalid({"team_ids": N_("Choose one of the values offered.")})
    return found


def _check_free(s: Session, email: str, user_id: int | None) -> None:
    found = s.scalar(select(User.id).where(User.email == email))
    if found not in (None, user_id):
        raise Invalid({"email": N_("Somebody else has this address.")})


def _keep_an_admin(s: Session, by: Actor, user: User, cleaned: dict[str, Any]) -> None:
    """Refuse what leaves nobody to administer; the lock is for two who demote each other."""
    is_active = cleaned.get("is_active", user.is_active)
    if user.id == by.id and not is_active:
        raise Invalid({"is_active": N_("You cannot deactivate your own account.")})
    if is_active and cleaned.get("role", user.role) is Role.ADMIN:
        return
    admins = select(User.id).where(User.role == Role.ADMIN, User.is_active).order_by(User.id)
    if set(s.scalars(admins.with_for_update())) == {user.id}:
        field = "role" if is_active else "is_active"
        raise Invalid({field: N_("There must be one active administrator.")})


def _record_rights(s: Session, by: Actor, user: User, rights: dict[str, list[Any]]) -> None:
    changes = {field: pair for field, pair in rights.items() if pair[0] != pair[1]}
    if not changes:
        return
    sessions.close_all(s, user.id)
    subject = f"user:{user.id}"
    if "role" in changes:
        role = {"role": changes["role"]}
        events.record(s, by, None, "user.role_changed", subject=subject, changes=role)
    if "is_active" in changes:
        kind = "user.activated" if user.is_active else "user.deactivated"
        events.record(s, by, None, kind, subject=subject)


def _state(user: User) -> dict[str, Any]:
    state = {field: getattr(user, field) for field in _FIELDS if field != "team_ids"}
    return state | {"team_ids": sorted(team.id for team in user.teams)}


_RIGHTS = ("role", "team_ids")
_OWN = ("name", "phone", "department", "language", "wants_email", "wants_sms")
_FIELDS: dict[str, Callable[[Any], Any]] = {
    **{field: PROFILE[field] for field in _OWN},
    "email": clean_email,
    "role": lambda v: checks.choice("role", v, Role),
    "is_active": bool,
    "team_ids": lambda v: {int(team_id) for team_id in v or ()},
}
