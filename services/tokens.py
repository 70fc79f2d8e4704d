"""Tokens of the API: personal ones, and those of services that are nobody (C12; R-2).

A token never gives more than its owner may do at the moment of the call, cut to its scopes.
"""

import hashlib
import secrets
import string
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session, joinedload

from data.clock import now
from data.models import ApiToken, Role, User
from services import checks, events, sessions, users
from services.errors import DomainError, Invalid, NotFound, SignedOut
from services.permissions import Action, Actor, allows, require
from services.words import N_

MARK = "at"  # what every token begins with: scanners for leaked secrets know it by that
MAX_DAYS = 365
DEFAULT_DAYS = 90
MOST = 50  # living tokens of one owner
TOUCH_EVERY = timedelta(minutes=1)
_LETTERS = string.ascii_letters + string.digits
_PREFIX_LENGTH = 8
_SECRET_LENGTH = 43  # of 62 letters: 256 bits


class Scope(StrEnum):
    """What a token may be used for; alphabetical but for `all`."""

    ALL = "all"
    ORGANISATION_READ = "organisation:read"
    ORGANISATION_WRITE = "organisation:write"
    PROFILE = "profile"
    REPORTS_READ = "reports:read"
    REPORTS_WRITE = "reports:write"
    STATS_READ = "stats:read"
    TICKETS_READ = "tickets:read"
    TICKETS_WRITE = "tickets:write"
    TOKENS = "tokens"
    USERS_READ = "users:read"
    USERS_WRITE = "users:write"
    WEBHOOKS_READ = "webhooks:read"
    WEBHOOKS_WRITE = "webhooks:write"


ABOUT: dict[Scope, str] = {
    Scope.ALL: N_("Everything its owner may do"),
    Scope.ORGANISATION_READ: N_("Read teams and categories"),
    Scope.ORGANISATION_WRITE: N_("Change teams and categories"),
    Scope.PROFILE: N_("Change one’s own profile and password"),
    Scope.REPORTS_READ: N_("Read reports"),
    Scope.REPORTS_WRITE: N_("Ask for reports and remove them"),
    Scope.STATS_READ: N_("Read statistics"),
    Scope.TICKETS_READ: N_("Read tickets"),
    Scope.TICKETS_WRITE: N_("Create and change tickets"),
    Scope.TOKENS: N_("Make and revoke tokens"),
    Scope.USERS_READ: N_("Find people and read accounts"),
    Scope.USERS_WRITE: N_("Change accounts"),
    Scope.WEBHOOKS_READ: N_("Read webhooks and the log of their messages"),
    Scope.WEBHOOKS_WRITE: N_("Change webhooks and send their messages again"),
}


class BadToken(DomainError):
    """Missing, unknown, expired, revoked, or of somebody shut out: outside, all look the same."""

    code = "bad_token"
    sentence = N_("A valid token is needed: it is missing, unknown, expired or revoked.")


class ScopeMissing(DomainError):
    """The token was made for something else."""

    code = "scope_missing"
    sentence = N_("This token has no right to do that: it needs the scope {scope}.")


@dataclass(frozen=True, slots=True)
class Bearer:
    """What a living token stands for; the rights of its owner are read again at each operation."""

    token_id: int
    user_id: int
    language: str | None
    scopes: frozenset[Scope]
    is_stale: bool  # its last use is to be noted again

    def covers(self, scope: Scope) -> bool:
        """Tell whether the token may be used for `scope`; who may write may read."""
        reading = scope.replace(":read", ":write")
        return bool(self.scopes & {Scope.ALL, scope, reading})


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What one asks for: a name to recognise the token by, its scopes and its life."""

    name: str
    scopes: Collection[Scope | str]
    days: int = DEFAULT_DAYS


def create(
    s: Session, by: Actor, wish: Wish, *, within: Collection[Scope] = (Scope.ALL,)
) -> tuple[ApiToken, str]:
    """Make a token of one’s own; return its row, and the token that is shown this once.

    `within` are the scopes of the token that asks, if one does: none hands out more than it has.

    Raises:
        Invalid: for each field that is wrong; too many tokens.
    """
    return _make(s, by, by.id, wish, within, is_service=False)


def create_for_service(
    s: Session,
    by: Actor,
    wish: Wish,
    *,
    role: Role,
    user_id: int | None = None,
    within: Collection[Scope] = (Scope.ALL,),
) -> tuple[ApiToken, str]:
    """Make a token for a system: an account of its own with `role`, which nobody signs in to.

    `user_id` is such an account made before, to be given a further token. Never a person’s:
    nobody makes another’s token.

    Raises:
        NotAllowed: `by` does not administer.
        Invalid: for each field that is wrong.
    """
    require(by, Action.TOKEN_MANAGE)
    if user_id is None:
        name = checks.line("name", wish.name, at_most=80, required=True)
        email = f"{secrets.token_hex(6)}@service.invalid"
        account = users.create(s, by, name=name, email=email, role=role, wants_email=False)
    else:
        account = _service_account(s, user_id)
    return _make(s, by, account.id, wish, within, is_service=True)


def issue(s: Session, email: str, wish: Wish) -> tuple[ApiToken, str]:
    """Make a token for who has this address: for the command line, which may do that.

    Raises:
        Invalid: nobody active has the address; or another field is wrong.
    """
    user = s.scalar(select(User).where(User.email == email.strip().lower(), User.is_active))
    if user is None:
        raise Invalid({"user": N_("Nobody who is active has this address.")})
    return _make(s, None, user.id, wish, (Scope.ALL,), is_service=False)


def mine(s: Session, by: Actor) -> list[ApiToken]:
    """Return one’s own tokens that are alive, the newest first."""
    query = _living().where(ApiToken.user_id == by.id)
    return list(s.scalars(query))


def all(s: Session, by: Actor) -> list[ApiToken]:  # noqa: A001
    """Return everybody’s tokens that are alive, at most 500, for the administrator."""
    require(by, Action.TOKEN_MANAGE)
    return list(s.scalars(_living().limit(500)))


def revoke(s: Session, by: Actor, token_id: int) -> None:
    """End one of one’s own tokens, or, as administrator, anybody’s. Twice is once.

    Raises:
        NotFound: no such token, or somebody else’s.
    """
    token = s.get(ApiToken, token_id, with_for_update=True)
    if token is None or not _may_revoke(by, token):
        raise NotFound
    if token.revoked_at is None:
        token.revoked_at = now()
        events.record(s, by, None, "token.revoked", subject=f"token:{token.id}")


def bearer(s: Session, token: str) -> Bearer:
    """Return what a token stands for.

    Raises:
        BadToken.
    """
    if not token.startswith(f"{MARK}_") or len(token) > 100:
        raise BadToken
    kept = s.execute(_KEPT, {"hashed": hash_token(token)}).one_or_none()
    if kept is None or not kept.is_active or not _is_alive(kept.expires_at, kept.revoked_at):
        raise BadToken
    is_stale = kept.last_used_at is None or kept.last_used_at < now() - TOUCH_EVERY
    scopes = frozenset(Scope(name) for name in kept.scopes if name in _KNOWN)
    return Bearer(kept.id, kept.user_id, kept.language, scopes, is_stale)


def actor(s: Session, found: Bearer) -> Actor:
    """Return what the owner of a token may do now.

    Raises:
        BadToken: the owner was shut out meanwhile.
    """
    try:
        return sessions.actor_of(s, found.user_id)
    except SignedOut:
        raise BadToken from None


def touch(s: Session, token_id: int) -> None:
    """Note that a token is in use, at most once a minute."""
    token = s.get(ApiToken, token_id)
    if token and (token.last_used_at is None or token.last_used_at < now() - TOUCH_EVERY):
        token.last_used_at = now()


def hash_token(token: str) -> str:
    """Return what is kept of a token: it is random, a fast digest is enough."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _make(
    s: Session,
    by: Actor | None,
    user_id: int,
    wish: Wish,
    within: Collection[Scope],
    *,
    is_service: bool,
) -> tuple[ApiToken, str]:
    name, scopes, days = _checked(wish, within)
    if len(s.scalars(_living().where(ApiToken.user_id == user_id)).all()) >= MOST:
        raise Invalid({"name": N_("There are {most} tokens already: revoke one first.")}, most=MOST)
    prefix = _random(_PREFIX_LENGTH)
    secret = f"{MARK}_{prefix}_{_random(_SECRET_LENGTH)}"
    token = ApiToken(
        token_hash=hash_token(secret),
        prefix=prefix,
        name=name,
        user_id=user_id,
        is_service=is_service,
        scopes=scopes,
        expires_at=now() + timedelta(days=days),
    )
    s.add(token)
    s.flush()
    subject = f"token:{token.id}"
    events.record(s, by, None, "token.created", subject=subject, user_id=user_id, scopes=scopes)
    return token, secret


def _checked(wish: Wish, within: Collection[Scope]) -> tuple[str, list[str], int]:
    problems = checks.Problems()
    name, scopes = "", []
    with problems.collected():
        name = checks.line("name", wish.name, at_most=80, required=True)
    with problems.collected():
        scopes = sorted({checks.choice("scopes", scope, Scope) for scope in wish.scopes})
        if not scopes:
            raise Invalid({"scopes": N_("Choose at least one scope.")})
        if Scope.ALL not in within and set(scopes) - set(within):
            raise Invalid({"scopes": N_("A token cannot hand out more than it has itself.")})
    with problems.collected():
        if not 1 <= wish.days <= MAX_DAYS:
            raise Invalid({"days": N_("From 1 to {most_days} days, please.")}, most_days=MAX_DAYS)
    problems.raise_any()
    return name, [scope.value for scope in scopes], wish.days


def _service_account(s: Session, user_id: int) -> User:
    tokened = select(ApiToken.id).where(ApiToken.user_id == user_id, ApiToken.is_service)
    account = s.get(User, user_id) if s.scalar(tokened.limit(1)) else None
    if account is None or not account.is_active:
        raise Invalid({"user_id": N_("Choose one of the values offered.")})
    return account


def _living() -> Select[ApiToken]:
    """Select what is neither revoked nor expired, the newest first, with its owner."""
    return (
        select(ApiToken)
        .where(ApiToken.revoked_at.is_(None), ApiToken.expires_at > now())
        .options(joinedload(ApiToken.user))
        .order_by(ApiToken.id.desc())
    )


def _may_revoke(by: Actor, token: ApiToken) -> bool:
    return token.user_id == by.id or allows(by, Action.TOKEN_MANAGE)


def _is_alive(expires_at: datetime, revoked_at: datetime | None) -> bool:
    return revoked_at is None and now() < expires_at


_KNOWN = frozenset(Scope)
# Asked at each request: put together once, and of two rows only what is looked at.
_KEPT = (
    select(
        ApiToken.id,
        ApiToken.user_id,
        ApiToken.scopes,
        ApiToken.expires_at,
        ApiToken.last_used_at,
        ApiToken.revoked_at,
        User.language,
        User.is_active,
    )
    .join(User, ApiToken.user_id == User.id)
    .where(ApiToken.token_hash == bindparam("hashed"))
)


def _random(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))
