"""How people want to be told: paces, quiet hours, muted tickets."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from data.models import Pace, Setting, Ticket, User
from services import preferences
from services.errors import Invalid, NotFound
from services.occasions import CHANNELS, KINDS
from tests.conftest import People, last_event


def test_who_chose_nothing_has_the_defaults(s: Session, people: People) -> None:
    found = preferences.get(s, people.alice)

    assert set(found.paces) == {(kind, channel) for kind in KINDS for channel in CHANNELS}
    assert found.paces["comment", "email"] is Pace.AT_ONCE
    assert found.paces["untreated", "email"] is Pace.DAILY
    assert found.paces["comment", "sms"] is Pace.OFF
    assert found.paces["deadline_missed", "sms"] is Pace.AT_ONCE
    assert (found.quiet_from, found.quiet_until) == (None, None)
    assert found.channels_on == frozenset()


def test_what_one_chooses_is_kept_and_is_one_s_own(s: Session, people: People) -> None:
    preferences.set(s, people.alice, "comment", "email", Pace.HOURLY)
    preferences.set(s, people.alice, "comment", "email", "daily")
    preferences.set(s, people.alice, "closed", "app", "off")

    mine, theirs = preferences.get(s, people.alice), preferences.get(s, people.bruno)

    assert mine.paces["comment", "email"] is Pace.DAILY
    assert mine.paces["closed", "app"] is Pace.OFF
    assert theirs.paces["comment", "email"] is Pace.AT_ONCE


@pytest.mark.parametrize(
    ("kind", "channel", "pace", "field"),
    [
        ("nonsense", "email", "daily", "kind"),
        ("comment", "pigeon", "daily", "channel"),
        ("comment", "email", "yearly", "pace"),
        ("comment", "app", "hourly", "pace"),
        ("password", "email", "off", "pace"),
        ("password", "email", "daily", "pace"),
    ],
)
def test_what_cannot_be_chosen_is_named(
    s: Session, people: People, kind: str, channel: str, pace: str, field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        preferences.set(s, people.alice, kind, channel, pace)

    assert set(refusal.value.problems) == {field}


def test_quiet_hours_are_a_time_each_or_none(s: Session, people: People) -> None:
    preferences.set_quiet(s, people.alice, 22 * 60, 0)
    found = preferences.get(s, people.alice)
    assert (found.quiet_from, found.quiet_until) == (1320, 0)

    preferences.set_quiet(s, people.alice, None, None)
    assert preferences.get(s, people.alice).quiet_from is None


@pytest.mark.parametrize(
    ("quiet_from", "quiet_until", "fields"),
    [
        (1320, None, {"quiet_from", "quiet_until"}),
        (-1, 60, {"quiet_from"}),
        (60, 1440, {"quiet_until"}),
        ("22:00", 60, {"quiet_from"}),
        (True, 60, {"quiet_from"}),
    ],
)
def test_quiet_hours_that_are_none_are_named(
    s: Session, people: People, quiet_from: Any, quiet_until: Any, fields: set[str]
) -> None:
    with pytest.raises(Invalid) as refusal:
        preferences.set_quiet(s, people.alice, quiet_from, quiet_until)

    assert set(refusal.value.problems) == fields


def test_a_ticket_is_muted_by_those_who_see_it_and_for_themselves(
    s: Session, people: People, ticket: Ticket
) -> None:
    preferences.mute(s, people.alice, ticket.number)
    preferences.mute(s, people.alice, ticket.number)
    assert preferences.is_muted(s, people.alice, ticket.number)
    assert not preferences.is_muted(s, people.bruno, ticket.number)
    for change in (preferences.mute, preferences.unmute):
        with pytest.raises(NotFound):
            change(s, people.driss, ticket.number)

    preferences.unmute(s, people.alice, ticket.number)
    preferences.unmute(s, people.alice, ticket.number)

    assert not preferences.is_muted(s, people.alice, ticket.number)
    assert last_event(s, ticket.number).kind == "ticket.created"  # no business of others


@pytest.mark.parametrize("nonsense", [None, "a", -1, 99, 1.5, True])
def test_settings_that_make_no_sense_are_as_if_undecided(
    s: Session, people: People, nonsense: Any
) -> None:
    for name in ("digest_hour", "gather_seconds"):
        s.add(Setting(name=name, value=nonsense if nonsense != 99 else 9999))
    s.add(Setting(name="channel_email", value=nonsense))
    s.flush()

    wishes = preferences.Wishes(s, [people.alice.id])

    assert (wishes.digest_hour, wishes.gather_seconds) == (8, 120)
    assert wishes.channels_on == frozenset()
    assert wishes.rhythm(s.get_one(User, people.alice.id)).digest_hour == 8
