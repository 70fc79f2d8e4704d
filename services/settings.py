"""What an administrator decides at run time, with the default of each decision."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Setting
from services import events
from services.checks import Problems
from services.errors import Invalid
from services.permissions import Action, Actor, AssignPolicy, Policy, require
from services.words import N_

DEFAULTS: dict[str, Any] = {
    "technicians_assign": AssignPolicy.OWN_TEAMS.value,
    "technicians_delete": True,
    "close_after_days": 7,
    "gather_seconds": 120,  # what happens to a ticket meanwhile is one message
    "digest_hour": 8,  # in the zone of whoever reads it
    "notifications_kept_days": 90,
    "channel_email": {},  # of `services.channels`
    "channel_sms": {},
    "closing_notice_days": 2,
    "untreated_days": 2,
}
_ASSIGN = [policy.value for policy in AssignPolicy]


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number from `least` to `most`."""

    title: str
    hint: str
    least: int
    most: int

    def read(self, name: str, value: object) -> int:
        """Return the number, given as such or as it was typed, or raise Invalid."""
        text = value.strip() if isinstance(value, str) else ""
        number = int(text) if text.isdecimal() and len(text) < 10 else value
        if type(number) is not int or not self.least <= number <= self.most:
            raise Invalid({name: _RANGE}, least=self.least, most=self.most)
        return number


@dataclass(frozen=True, slots=True)
class Switch:
    """On or off."""

    title: str
    hint: str

    def read(self, name: str, value: object) -> bool:
        """Return the decision, or raise Invalid."""
        if type(value) is not bool:
            raise Invalid({name: _OFFERED})
        return value


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of several words."""

    title: str
    hint: str
    options: dict[str, str]

    def read(self, name: str, value: object) -> str:
        """Return the word, or raise Invalid."""
        if not isinstance(value, str) or value not in self.options:
            raise Invalid({name: _OFFERED})
        return value


Field = Number | Switch | OneOf
_OFFERED = N_("Choose one of the values offered.")
_RANGE = N_("A whole number from {least} to {most}, please.")
_MOST_DAYS = 365

# What /admin/settings offers, in its order; a setting that has a page of its own is not here.
FIELDS: dict[str, dict[str, Field]] = {
    N_("Technicians"): {
        "technicians_assign": OneOf(
            N_("Technicians assign tickets to"),
            N_("Managers and administrators assign to everybody."),
            {
                AssignPolicy.OWN_TEAMS.value: N_("members of their own teams"),
                AssignPolicy.ANYBODY.value: N_("everybody who repairs"),
                AssignPolicy.NOBODY.value: N_("nobody but themselves"),
            },
        ),
        "technicians_delete": Switch(
            N_("Technicians delete tickets"),
            N_("Never closed ones; an administrator can restore what was deleted."),
        ),
    },
    N_("Time"): {
        "close_after_days": Number(
            N_("Closing by itself (days)"),
            N_("So long after a ticket was resolved. 0: never."),
            0,
            _MOST_DAYS,
        ),
        "closing_notice_days": Number(
            N_("Notice of the closing (days)"),
            N_("So long before, the requester is told. 0: not at all."),
            0,
            _MOST_DAYS,
        ),
        "untreated_days": Number(
            N_("Reminder of untreated tickets (days)"),
            N_("So long after a ticket was opened that nobody took, and again. 0: never."),
            0,
            _MOST_DAYS,
        ),
    },
    N_("Notifications"): {
        "gather_seconds": Number(
            N_("Gathering (seconds)"),
            N_("What happens to a ticket meanwhile is one message."),
            0,
            3600,
        ),
        "digest_hour": Number(
            N_("Hour of the daily summary"), N_("In the time zone of whoever reads it."), 0, 23
        ),
        "notifications_kept_days": Number(
            N_("Keeping (days)"), N_("So long one finds what one was told. 0: for ever."), 0, 3650
        ),
    },
}


def values(s: Session) -> dict[str, Any]:
    """Return every setting, decided or default."""
    return DEFAULTS | {row.name: row.value for row in s.scalars(select(Setting))}


def days(s: Session, name: str) -> int:
    """Return a number of days; 0, which means never, when what was decided makes no sense."""
    decided = values(s)[name]
    return decided if type(decided) is int and decided > 0 else 0


def policy(rows: Mapping[str, Any]) -> Policy:
    """Return what rights depend on, of what was decided; what makes no sense gives no right."""
    decided = DEFAULTS | dict(rows)
    assign = decided["technicians_assign"]
    return Policy(
        technicians_assign=AssignPolicy(assign) if assign in _ASSIGN else AssignPolicy.NOBODY,
        technicians_delete=decided["technicians_delete"] is True,
    )


def offered(s: Session, by: Actor) -> dict[str, Any]:
    """Return the settings of FIELDS as they are, for who may change them."""
    require(by, Action.SETTINGS_MANAGE)
    decided = values(s)
    return {name: decided[name] for name in _fields()}


def change(s: Session, by: Actor, given: Mapping[str, object]) -> dict[str, Any]:
    """Decide some settings of FIELDS anew and return those that differ now.

    Raises:
        Invalid: one or several values make no sense; nothing was changed.
    """
    require(by, Action.SETTINGS_MANAGE)
    fields, problems = _fields(), Problems()
    before, wanted = values(s), {}
    for name, value in given.items():
        with problems.collected():
            if name not in fields:
                raise Invalid({name: _OFFERED})
            wanted[name] = fields[name].read(name, value)
    with problems.collected():
        _check_together(before | wanted)
    problems.raise_any()
    changes = {n: [before[n], value] for n, value in wanted.items() if before[n] != value}
    for name, (_before, value) in changes.items():
        s.merge(Setting(name=name, value=value))
    if changes:
        events.record(s, by, None, "settings.edited", subject="settings", changes=changes)
    return {name: value for name, (_before, value) in changes.items()}


def _fields() -> dict[str, Field]:
    return {name: field for group in FIELDS.values() for name, field in group.items()}


def _check_together(together: dict[str, Any]) -> None:
    after, ahead = together["close_after_days"], together["closing_notice_days"]
    if type(after) is type(ahead) is int and 0 < after <= ahead:
        raise Invalid({"closing_notice_days": N_("Less than the days until it closes, please.")})
