"""What an administrator decides at run time, with the default of each decision."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Setting
from services.permissions import AssignPolicy, Policy

DEFAULTS: dict[str, Any] = {
    "technicians_assign": AssignPolicy.OWN_TEAMS.value,
    "technicians_delete": True,
    "close_after_days": 7,
    "gather_seconds": 120,  # what happens to a ticket meanwhile is one message
    "digest_hour": 8,  # in the zone of whoever reads it
    "notifications_kept_days": 90,
    "channel_email": {},  # of `services.channels`
    "channel_sms": {},
}
_ASSIGN = [policy.value for policy in AssignPolicy]


def values(s: Session) -> dict[str, Any]:
    """Return every setting, decided or default."""
    return DEFAULTS | {row.name: row.value for row in s.scalars(select(Setting))}


def policy(rows: Mapping[str, Any]) -> Policy:
    """Return what rights depend on, of what was decided; what makes no sense gives no right."""
    decided = DEFAULTS | dict(rows)
    assign = decided["technicians_assign"]
    return Policy(
        technicians_assign=AssignPolicy(assign) if assign in _ASSIGN else AssignPolicy.NOBODY,
        technicians_delete=decided["technicians_delete"] is True,
    )
