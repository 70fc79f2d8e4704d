"""How people want to be told: by which channel and how often, when not, and of which ticket not."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from data.models import MutedTicket, Pace, Preference, User
from services import channels, checks, events, sessions, settings, tickets
from services.errors import Invalid
from services.occasions import APP, CHANNELS, EMAIL, KINDS
from services.paces import DAY_MINUTES, Rhythm
from services.permissions import Actor
from services.words import N_

_SECURE = N_("Messages about the security of your account cannot be switched off.")


@dataclass(frozen=True, slots=True)
class Preferences:
    """What one person chose, with the default of what they did not choose."""

    paces: Mapping[tuple[str, str], Pace]  # by kind and channel
    quiet_from: int | None  # minutes after midnight of their zone
    quiet_until: int | None
    wants_email: bool
    wants_sms: bool
    email_is_refused: bool
    channels_on: frozenset[str]  # of the installation


def get(s: Session, by: Actor) -> Preferences:
    """Return one’s own preferences."""
    user = s.get_one(User, by.id)
    chosen = Wishes(s, [by.id])
    return Preferences(
        paces={(kind, c): chosen.pace(by.id, kind, c) for kind in KINDS for c in CHANNELS},
        quiet_from=user.quiet_from,
        quiet_until=user.quiet_until,
        wants_email=user.wants_email,
        wants_sms=user.wants_sms,
        email_is_refused=user.email_refused_at is not None,
        channels_on=chosen.channels_on,
    )


def set(s: Session, by: Actor, kind: str, channel: str, pace: Pace | str) -> None:  # noqa: A001
    """Choose how one is told of a kind by a channel; in the application at once or not at all.

    Raises:
        Invalid: an unknown kind, channel or pace, or one that the kind or channel does not have.
    """
    if kind not in KINDS:
        raise Invalid({"kind": N_("Choose one of the values offered.")})
    if channel not in CHANNELS:
        raise Invalid({"channel": N_("Choose one of the values offered.")})
    wanted = checks.choice("pace", pace, Pace)
    if channel == APP and wanted not in (Pace.OFF, Pace.AT_ONCE):
        raise Invalid({"pace": N_("Choose one of the values offered.")})
    if KINDS[kind].is_security and wanted is not KINDS[kind].default(channel):
        raise Invalid({"pace": _SECURE})
    row = s.get(Preference, (by.id, kind, channel), with_for_update=True)
    if row is None:
        s.add(Preference(user_id=by.id, kind=kind, channel=channel, pace=wanted))
    else:
        row.pace = wanted
    s.flush()


def set_quiet(s: Session, by: Actor, quiet_from: int | None, quiet_until: int | None) -> None:
    """Choose between which minutes after midnight nothing is sent; None for both: never.

    Raises:
        Invalid: fields `quiet_from`, `quiet_until`.
    """
    _check_quiet(quiet_from, quiet_until)
    user = s.get_one(User, by.id, with_for_update=True)
    before = {"quiet_from": user.quiet_from, "quiet_until": user.quiet_until}
    user.quiet_from, user.quiet_until = quiet_from, quiet_until
    after = {"quiet_from": quiet_from, "quiet_until": quiet_until}
    events.record_edit(s, by, f"user:{user.id}", before, after)
    s.flush()


def mute(s: Session, by: Actor, number: int) -> None:
    """Hear nothing more of a ticket one may see, but when one is mentioned.

    Raises:
        NotFound.
    """
    tickets.get(s, by, number)
    if not is_muted(s, by, number):
        s.add(MutedTicket(user_id=by.id, ticket_number=number))
        s.flush()


def unmute(s: Session, by: Actor, number: int) -> None:
    """Hear of a ticket again, as before; of one that was not muted, too.

    Raises:
        NotFound.
    """
    tickets.get(s, by, number)
    mine = (MutedTicket.user_id == by.id, MutedTicket.ticket_number == number)
    s.execute(delete(MutedTicket).where(*mine))


def is_muted(s: Session, by: Actor, number: int) -> bool:
    """Tell whether one wants to hear nothing of a ticket."""
    return s.get(MutedTicket, (by.id, number)) is not None


def muted(by: Actor, number: int) -> Select[int]:
    """Select the note that one wants to hear nothing of a ticket."""
    mine = (MutedTicket.user_id == by.id, MutedTicket.ticket_number == number)
    return select(MutedTicket.user_id).where(*mine)


class Wishes:
    """What some people chose, read in two queries however many they are."""

    def __init__(
        self, s: Session, user_ids: Collection[int], numbers: Collection[int] = ()
    ) -> None:
        query = select(Preference).where(Preference.user_id.in_(user_ids))
        self._paces = {(p.user_id, p.kind, p.channel): p.pace for p in s.scalars(query)}
        muted = select(MutedTicket.user_id, MutedTicket.ticket_number).where(
            MutedTicket.ticket_number.in_(numbers), MutedTicket.user_id.in_(user_ids)
        )
        self._muted = {tuple(row) for row in s.execute(muted)} if numbers else frozenset()
        decided = settings.values(s)
        self.channels_on = channels.on(decided)  # beside the application
        self.digest_hour = _number(decided["digest_hour"], 0, 23, 8)
        self.gather_seconds = _number(decided["gather_seconds"], 0, 3600, 120)

    def pace(self, user_id: int, kind: str, channel: str) -> Pace:
        """Return how often somebody is told of a kind by a channel."""
        default = KINDS[kind].default(channel)
        if KINDS[kind].is_security:
            return default
        return self._paces.get((user_id, kind, channel), default)

    def hears(self, user_id: int, kind: str, number: int | None) -> bool:
        """Tell whether somebody wants to hear of this ticket: a muted one only mentions them."""
        return kind == "mention" or (user_id, number) not in self._muted

    def rhythm(self, user: User) -> Rhythm:
        """Return when somebody wants to be told."""
        zone = ZoneInfo(sessions.zone_of(user))
        return Rhythm(zone, user.quiet_from, user.quiet_until, self.digest_hour)


def accepts(user: User, kind: str, channel: str) -> bool:
    """Tell whether somebody can and wants to be written to by a channel at all (5.3.13).

    That the password was changed is said by e-mail in any case: who changed it may be a thief.
    """
    if channel == EMAIL:
        wants = user.wants_email or KINDS[kind].is_security
        return wants and user.email_refused_at is None
    return channel == APP or (user.wants_sms and bool(user.phone))


def _check_quiet(quiet_from: object, quiet_until: object) -> None:
    problems = checks.Problems()
    is_half = (quiet_from is None) is not (quiet_until is None)
    for field, value in (("quiet_from", quiet_from), ("quiet_until", quiet_until)):
        with problems.collected():
            is_minute = type(value) is int and 0 <= value < DAY_MINUTES
            if is_half or (value is not None and not is_minute):
                raise Invalid({field: N_("Choose a time for both, or for none.")})
    problems.raise_any()


def _number(value: object, least: int, most: int, default: int) -> int:
    """Return a setting that is a number, or its default when it makes no sense."""
    return value if type(value) is int and least <= value <= most else default
