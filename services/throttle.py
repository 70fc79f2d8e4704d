"""Slowing down who guesses: failures counted per account and per address (R-18)."""

import hashlib
import ipaddress
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from data.clock import now
from data.models import Throttle
from services.errors import Throttled

FREE_FAILURES = 5  # per account, before one has to wait
LONGEST_WAIT_SECONDS = 900
DAILY_CAP = 25  # failures of an account in 24 hours (CNIL 2022-100, case 2)
ACCOUNT_WINDOW = timedelta(days=1)
PER_ADDRESS = 20  # failures from one address in ten minutes
ADDRESS_WINDOW = timedelta(minutes=10)


def wait_seconds(failures: int) -> int:
    """Return how long an account waits after so many failures: 0, then 1, 2, 4 … 900 s."""
    if failures < FREE_FAILURES:
        return 0
    return min(1 << min(failures - FREE_FAILURES, 20), LONGEST_WAIT_SECONDS)


def check(s: Session, account: str, address: str) -> None:
    """Refuse while the account or the address has to wait.

    The account’s row stays locked until the attempt is counted: attempts made at the same time
    are counted one after the other.

    Raises:
        Throttled: with the `seconds` to wait.
    """
    rows = [
        _locked(s, _account(account)),
        s.get(Throttle, _address(address), populate_existing=True),
    ]
    until = max((row.blocked_until for row in rows if row and row.blocked_until), default=now())
    if until > now():
        raise Throttled(seconds=max(1, round((until - now()).total_seconds())))


def is_waiting(s: Session, account: str, address: str) -> bool:
    """Tell, without holding anything, whether `check` would refuse at this moment."""
    keys = (_account(account), _address(address))
    query = select(Throttle.key).where(Throttle.key.in_(keys), Throttle.blocked_until > now())
    return s.scalar(query.limit(1)) is not None


def fail(s: Session, account: str, address: str) -> None:
    """Count a failure against the account and the address.

    The caller must not raise after this: the count would be rolled back with the refusal.
    """
    row = _counted(s, _account(account), ACCOUNT_WINDOW)
    wait = timedelta(seconds=wait_seconds(row.failures))
    row.blocked_until = now() + wait if wait else None
    if row.failures >= DAILY_CAP:
        row.blocked_until = row.first_at + ACCOUNT_WINDOW
    row = _counted(s, _address(address), ADDRESS_WINDOW)
    if row.failures >= PER_ADDRESS:
        row.blocked_until = row.first_at + ADDRESS_WINDOW


def forget(s: Session, account: str) -> None:
    """Start afresh for an account: somebody signed in to it, or an administrator helped."""
    s.execute(delete(Throttle).where(Throttle.key == _account(account)))


def clean(s: Session) -> None:
    """Forget the counts whose window is over; they would start afresh anyway."""
    s.execute(delete(Throttle).where(Throttle.first_at < now() - ACCOUNT_WINDOW))


def _counted(s: Session, key: str, window: timedelta) -> Throttle:
    row = _locked(s, key)
    if row is None:
        row = _first(s, key)
    if _is_over(row.first_at, window):
        row.failures, row.first_at, row.blocked_until = 0, now(), None
    row.failures += 1
    return row


def _first(s: Session, key: str) -> Throttle:
    try:
        with s.begin_nested():
            row = Throttle(key=key, failures=0, first_at=now())
            s.add(row)
    except IntegrityError:  # another attempt failed for the first time in the same instant
        return s.get_one(Throttle, key, with_for_update=True, populate_existing=True)
    return row


def _locked(s: Session, key: str) -> Throttle | None:
    return s.get(Throttle, key, with_for_update=True, populate_existing=True)


def _is_over(first_at: datetime, window: timedelta) -> bool:
    return first_at + window <= now()


def _account(account: str) -> str:
    """Return the key of an account; a digest, as people type passwords into the wrong field."""
    return "account:" + hashlib.sha256(account.encode("utf-8", "replace")).hexdigest()


def _address(address: str) -> str:
    """Return the key of an address; one IPv6 customer has a whole /64 of them."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return f"address:{address}"[:120]
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        network = ipaddress.ip_network((parsed, 64), strict=False)
        return f"address:{network}"
    return f"address:{getattr(parsed, 'ipv4_mapped', None) or parsed}"
