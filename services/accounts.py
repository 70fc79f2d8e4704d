"""One’s own account: setting up the first one, signing in and out, password, profile."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any
from zoneinfo import available_timezones

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Role, Theme, User
from data.text import clean_line
from services import checks, events, passwords, phones, renaming, sessions, throttle
from services.errors import DomainError, Invalid, NotAllowed, Throttled
from services.permissions import Actor
from services.words import LANGUAGES, N_

_EMAIL = re.compile(r"[^@\s<>()\",;:]{1,64}@[^@\s<>()\",;:]{1,189}")


class WrongCredentials(DomainError):
    """Unknown, deactivated or a wrong password: outside, all three look the same."""

    code = "wrong_credentials"
    sentence = N_("The e-mail address or the password is wrong.")


@dataclass(frozen=True, slots=True)
class SignIn:
    """How an attempt ended: a token, or a refusal that was counted."""

    token: str | None = None
    refusal: DomainError | None = None


def sign_in(s: Session, email: str, password: str, *, address: str, user_agent: str = "") -> SignIn:
    """Open a session for an e-mail address and its password (F-001; 5.3.15).

    A refusal is returned, not raised: the failure must be counted although it fails. Whoever is
    refused has cost the same work, known here or not (R-18).
    """
    account = _account(email)
    try:
        throttle.check(s, account, address)
    except Throttled as refusal:
        return SignIn(refusal=refusal)
    user = s.scalar(select(User).where(User.email == account))
    kept = user.password_hash if user else None
    if not passwords.matches(password, kept) or not user or not kept or not user.is_active:
        throttle.fail(s, account, address)
        subject = f"user:{user.id}" if user else None
        events.record(s, None, None, "session.refused", subject=subject)
        return SignIn(refusal=WrongCredentials())
    throttle.forget(s, account)
    if passwords.needs_rehash(kept):
        user.password_hash = passwords.hashed(password)
    token = sessions.open(s, user.id, address=address, user_agent=user_agent)
    events.record(s, _self(user), None, "session.opened", subject=f"user:{user.id}")
    return SignIn(token=token)


def kept(s: Session, email: str, *, address: str) -> tuple[str | None] | None:
    """Return the hash that a password is to be compared with before `sign_in`, in no transaction.

    None: whoever tries has to wait, and nothing is to be compared.
    """
    account = _account(email)
    if throttle.is_waiting(s, account, address):
        return None
    return (s.scalar(select(User.password_hash).where(User.email == account)),)


def sign_out(s: Session, session_id: int) -> None:
    """End a session; one that is over stays over."""
    sessions.close(s, session_id)


def counted(s: Session, account: str, address: str, *, is_right: bool) -> DomainError | None:
    """Count an attempt at a secret that is not a password; return the refusal of too many."""
    try:
        throttle.check(s, account, address)
    except Throttled as refusal:
        return refusal
    if not is_right:
        throttle.fail(s, account, address)
    return None


def needs_setup(s: Session) -> bool:
    """Tell whether there is no administrator with a password yet."""
    query = select(User.id).where(User.role == Role.ADMIN, User.password_hash.is_not(None))
    return s.scalar(query.limit(1)) is None


def set_up(s: Session, *, name: str, email: str, password: str) -> User:
    """Create the first administrator; only while there is none.

    Raises:
        Invalid: for each field that is wrong.
        NotAllowed: there is an administrator already.
    """
    if not needs_setup(s):
        raise NotAllowed
    _check_admin(name, email, password)
    return create_admin(s, email, password, name)


def create_admin(s: Session, email: str, password: str, name: str = "") -> User:
    """Create an administrator, or make one of who has this address, with this password.

    For the command line, which anybody who may run it may use; it is also the way back in.

    Raises:
        Invalid: for each field that is wrong.
    """
    _check_admin(name or email, email, password)
    email = clean_email(email)
    user = s.scalar(select(User).where(User.email == email))
    kind, before = ("user.role_changed", user.role) if user else ("user.created", None)
    if user is None:
        user = User(email=email, name=clean_name(name or email.split("@")[0]))
        s.add(user)
    user.name = clean_name(name or user.name)
    user.role, user.is_active = Role.ADMIN, True
    user.password_hash = passwords.hashed(password)
    s.flush()
    sessions.close_all(s, user.id)
    throttle.forget(s, user.email)
    changes = {"role": [before, user.role]}
    events.record(s, None, None, kind, subject=f"user:{user.id}", changes=changes)
    return user


def change_password(
    s: Session, by: Actor, old: str, new: str, *, session_id: int | None = None
) -> None:
    """Change one’s own password; every session of the person ends but `session_id`.

    Raises:
        Invalid: fields `old` and `new`.
    """
    user = s.get_one(User, by.id)
    if not passwords.matches(old, user.password_hash):
        raise Invalid({"old": N_("This is not your current password.")})
    passwords.check(new, words=[user.name, user.email], field="new")
    user.password_hash = passwords.hashed(new)
    sessions.close_all(s, user.id, but=session_id)
    events.record(s, by, None, "user.password_changed", subject=f"user:{user.id}")


def kept_of(s: Session, by: Actor) -> str | None:
    """Return the hash that one’s present password is to be compared with before it is changed."""
    return s.get_one(User, by.id).password_hash


def change_profile(s: Session, by: Actor, /, **values: Any) -> User:
    """Change one’s own name, phone, department, language, time zone, theme or wishes.

    None as language or time zone means: the browser’s, the installation’s.

    Raises:
        Invalid: for each field that is wrong, or that is not one’s own to change.
    """
    user = s.get_one(User, by.id)
    cleaned = checked(values, PROFILE)
    before = {field: getattr(user, field) for field in cleaned}
    for field, value in cleaned.items():
        setattr(user, field, value)
    renaming.follow(s)
    events.record_edit(s, by, f"user:{user.id}", before, cleaned)
    return user


def profile(s: Session, by: Actor) -> User:
    """Return one’s own account."""
    return s.get_one(User, by.id)


def checked(values: dict[str, Any], allowed: dict[str, Callable[[Any], Any]]) -> dict[str, Any]:
    """Return clean values, or raise one Invalid that names every wrong or unknown field (R-2)."""
    problems = checks.Problems()
    cleaned = {}
    for field, value in values.items():
        with problems.collected():
            if field not in allowed:
                raise Invalid({field: N_("This field cannot be changed.")})
            cleaned[field] = allowed[field](value)
    problems.raise_any()
    return cleaned


def clean_name(text: object) -> str:
    """Return a person’s name, or raise Invalid for `name`."""
    return checks.line("name", text, at_most=120, required=True)


def clean_email(text: object) -> str:
    """Return an address in lower case, or raise Invalid for `email`."""
    email = checks.line("email", text, at_most=254, required=True).lower()
    if not _EMAIL.fullmatch(email):
        raise Invalid({"email": N_("Enter an e-mail address like name@example.org.")})
    return email


def _check_admin(name: str, email: str, password: str) -> None:
    problems = checks.Problems()
    with problems.collected():
        clean_name(name)
    with problems.collected():
        clean_email(email)
    with problems.collected():
        passwords.check(password, words=[name, email])
    problems.raise_any()


def _account(email: str) -> str:
    """Return what was typed as addresses are kept; what cannot be one stays unknown."""
    return clean_line(email[:1000]).lower()[:254]


def _self(user: User) -> Actor:
    return Actor(id=user.id, role=user.role, name=user.name)


def _one_of(field: str, value: object, allowed: Collection[str]) -> str | None:
    if not value:
        return None
    if value not in allowed:
        raise Invalid({field: N_("Choose one of the values offered.")})
    return str(value)


PROFILE: dict[str, Callable[[Any], Any]] = {
    "name": clean_name,
    "phone": phones.clean,
    "department": lambda v: checks.line("department", v, at_most=120),
    "language": lambda v: _one_of("language", v, LANGUAGES),
    "timezone": lambda v: _one_of("timezone", v, available_timezones()),
    "theme": lambda v: checks.choice("theme", v, Theme),
    "wants_email": bool,
    "wants_sms": bool,
}
