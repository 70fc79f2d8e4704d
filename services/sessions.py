"""Who is signed in where: sessions, their lives and their ends (R-9)."""

import hashlib
import secrets
from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    CompoundSelect,
    bindparam,
    delete,
    false,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from data import db
from data.clock import now
from data.models import LoginSession, Membership, Role, Setting, Team, User
from services import settings
from services.errors import NotFound, SignedOut
from services.permissions import Actor
from services.words import spoken

# Idle and absolute lifetimes by role (ASVS 7.1.1; NIST AAL2: 24 hours at most for staff).
LIVES: dict[Role, tuple[timedelta, timedelta]] = {
    Role.REQUESTER: (timedelta(hours=12), timedelta(days=7)),
    Role.TECHNICIAN: (timedelta(hours=8), timedelta(hours=24)),
    Role.MANAGER: (timedelta(hours=8), timedelta(hours=24)),
    Role.ADMIN: (timedelta(hours=1), timedelta(hours=12)),
}
MOST = 10  # browsers per person
TOUCH_EVERY = timedelta(seconds=60)

_home_zone = "Europe/Paris"
_home_language = "fr"


def configure(*, timezone: str, language: str = "fr") -> None:
    """Set zone and language of people who chose none: the installation’s."""
    global _home_zone, _home_language
    _home_zone, _home_language = timezone, language


def zone_of(user: User) -> str:
    """Return the time zone of a person, chosen or the installation’s."""
    return user.timezone or _home_zone


def language_of(user: User) -> str:
    """Return the language in which to write to a person; no browser says what they prefer."""
    return user.language or _home_language


def home_language() -> str:
    """Return the language of the installation: of what belongs to nobody in particular."""
    return _home_language


def home_zone() -> str:
    """Return the name of the installation’s time zone."""
    return _home_zone


def hash_token(token: str) -> str:
    """Return what is kept of a session’s token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def open(s: Session, user_id: int, *, address: str = "", user_agent: str = "") -> str:  # noqa: A001
    """Open a session for a person and return its token, which only their browser keeps.

    Beyond MOST, the sessions used longest ago end.
    """
    user = s.get_one(User, user_id)
    older = select(LoginSession.id).where(LoginSession.user_id == user_id)
    newest_first = older.order_by(LoginSession.last_seen_at.desc(), LoginSession.id.desc())
    if ids := s.scalars(newest_first).all()[MOST - 1 :]:
        s.execute(delete(LoginSession).where(LoginSession.id.in_(ids)))
    token = secrets.token_urlsafe(32)
    row = LoginSession(
        token_hash=hash_token(token),
        user_id=user_id,
        expires_at=now() + LIVES[user.role][1],
        address=address[:45],
        user_agent=user_agent[:255],
    )
    s.add(row)
    user.last_seen_at = now()
    s.flush()
    return token


def find(s: Session, token: str) -> tuple[LoginSession, User] | None:
    """Return the living session of a token, and whose it is."""
    query = select(LoginSession, User).join(User)
    row = s.execute(query.where(LoginSession.token_hash == hash_token(token))).one_or_none()
    return (row[0], row[1]) if row and _is_alive(row[0], row[1]) else None


def actor(s: Session, session_id: int) -> Actor:
    """Return what the person of this session may do now, not when they opened the page.

    Raises:
        SignedOut: the session is over or the account deactivated.
    """
    query = select(LoginSession, User).join(User).where(LoginSession.id == session_id)
    row = s.execute(query).one_or_none()
    if row is None or not _is_alive(row[0], row[1]):
        raise SignedOut
    return _as_actor(s, row[1])


def actor_of(s: Session, user_id: int) -> Actor:
    """Return what a person may do, without a session: command line, loads, tests.

    Raises:
        SignedOut: nobody, or a deactivated account.
    """
    user = s.get(User, user_id)
    if user is None or not user.is_active:
        raise SignedOut
    return _as_actor(s, user)


def actors(s: Session, users: Iterable[User]) -> dict[int, Actor]:
    """Return as whom people look, by id, in one query however many they are.

    Without the administrator’s decisions (`policy`): on them depends what one may do, not see.
    """
    people = {user.id: user for user in users}
    query = (
        select(Membership.user_id, Team.id, Team.sees_only_own)
        .join(Team)
        .where(Membership.user_id.in_(people), Team.is_active)
    )
    teams: dict[int, dict[int, bool]] = {}
    for user_id, team_id, sees_only_own in s.execute(query):
        teams.setdefault(user_id, {})[team_id] = sees_only_own
    return {
        user.id: Actor(
            id=user.id,
            role=user.role,
            name=user.name,
            team_ids=frozenset(mine := teams.get(user.id, {})),
            sees_only_teams=bool(mine) and all(mine.values()),
            language=user.language or spoken(),
            timezone=zone_of(user),
        )
        for user in people.values()
    }


def living(s: Session, session_ids: Collection[int]) -> set[int]:
    """Return those of the sessions that are still alive."""
    query = select(LoginSession, User).join(User).where(LoginSession.id.in_(session_ids))
    return {session.id for session, user in s.execute(query) if _is_alive(session, user)}


def touch(s: Session, session_ids: Collection[int]) -> None:
    """Note that these sessions are in use, at most once a minute each; a dead one stays dead."""
    stale = LoginSession.last_seen_at < now() - TOUCH_EVERY
    query = select(LoginSession, User).join(User).where(LoginSession.id.in_(session_ids), stale)
    for session, user in s.execute(query).all():
        if _is_alive(session, user):
            session.last_seen_at = user.last_seen_at = now()


def mine(s: Session, by: Actor) -> list[LoginSession]:
    """Return one’s own living sessions, the one used last first."""
    query = select(LoginSession).where(
        LoginSession.user_id == by.id,
        LoginSession.expires_at > now(),
        LoginSession.last_seen_at > now() - LIVES[by.role][0],
    )
    return list(s.scalars(query.order_by(LoginSession.last_seen_at.desc(), LoginSession.id.desc())))


def close(s: Session, session_id: int) -> None:
    """End a session; one that is over stays over."""
    s.execute(delete(LoginSession).where(LoginSession.id == session_id))


def close_token(s: Session, token: str) -> None:
    """End the session with this token, if there is one."""
    s.execute(delete(LoginSession).where(LoginSession.token_hash == hash_token(token)))


def revoke(s: Session, by: Actor, session_id: int) -> None:
    """End one of one’s own sessions.

    Raises:
        NotFound: no such session, or somebody else’s.
    """
    session = s.get(LoginSession, session_id)
    if session is None or session.user_id != by.id:
        raise NotFound
    close(s, session_id)


def close_all(s: Session, user_id: int, *, but: int | None = None) -> None:
    """End all sessions of a person: after a change of password, role or activity."""
    ending = delete(LoginSession).where(LoginSession.user_id == user_id)
    s.execute(ending if but is None else ending.where(LoginSession.id != but))


def clean(s: Session) -> None:
    """Forget the sessions that are past their absolute end."""
    s.execute(delete(LoginSession).where(LoginSession.expires_at < now()))


def _is_alive(session: LoginSession, user: User) -> bool:
    idle, _absolute = LIVES[user.role]
    return user.is_active and now() < min(session.expires_at, session.last_seen_at + idle)


def _as_actor(s: Session, user: User) -> Actor:
    """Read all that decides in one trip: it is read before everything that anybody does."""
    db.hold(s, user)
    rows = s.execute(_DECIDING, {"person": user.id}).all()
    sees_only = {team_id: only for name, _value, team_id, only in rows if not name}
    return Actor(
        id=user.id,
        role=user.role,
        name=user.name,
        team_ids=frozenset(sees_only),
        sees_only_teams=bool(sees_only) and all(sees_only.values()),
        language=user.language or spoken(),
        timezone=user.timezone or _home_zone,
        policy=settings.policy({name: value for name, value, _team, _only in rows if name}),
    )


def _deciding() -> CompoundSelect[Any]:
    decided = select(Setting.name, Setting.value, literal(0), false())
    teams = select(literal(""), null(), Team.id, Team.sees_only_own).join(Membership)
    mine = teams.where(Membership.user_id == bindparam("person"), Team.is_active)
    return union_all(decided, mine)


_DECIDING = _deciding()  # put together once: it is asked before everything that anybody does
