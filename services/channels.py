"""How messages leave: the mail server and the SMS service, chosen by administrators.

What the environment says wins over what the pages say. Secrets are written and never read back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.clock import now
from data.models import Delivery, DeliveryState, Event, Setting, User
from services import accounts, channel_fields, deliveries, events, sealing
from services.channel_fields import CONSOLE, ON, Tls
from services.errors import Invalid, NotFound
from services.permissions import Action, Actor, require
from services.words import N_

EMAIL, SMS = "email", "sms"
CHANNELS = (EMAIL, SMS)
TESTED = "channel.tested"
ERRORS: dict[str, str] = {  # beside those of `deliveries`
    "bounced": N_("The address does not exist, or takes no mail."),
    "channel_off": N_("This channel is switched off, or nothing could be told any more."),
    "doubt": N_("The mail server hung up before it said whether it has the message."),
    "repeated": N_("It may have arrived twice."),
    "no_address": N_("This person has no address or number that a message can be sent to."),
    "sms_credit": N_("The SMS service lets nothing more pass: look at the account there."),
    "sms_login": N_("The SMS service refused the key or the secret."),
    "sms_number": N_("The number takes no short messages."),
    "sms_sender": N_("The SMS service refused the sender."),
    "smtp_busy": N_("The mail server asks to come back later."),
    "smtp_host": N_("The mail server cannot be reached."),
    "smtp_login": N_("The mail server refused the user or the password."),
    "smtp_sender": N_("The mail server refused the sender."),
    "smtp_tls": N_("The mail server cannot be trusted: its encryption or certificate is wrong."),
}
SECRETS = {EMAIL: "password", SMS: "secret"}
_given: Mapping[str, Mapping[str, str]] = MappingProxyType({})  # by the environment


@dataclass(frozen=True, slots=True)
class Email:
    """How mail leaves, from wherever it was decided."""

    mode: str
    host: str
    port: int
    tls: Tls
    user: str
    password: str = field(repr=False)
    sender: str
    sender_name: str
    reply_to: str


@dataclass(frozen=True, slots=True)
class Sms:
    """How short messages leave."""

    mode: str
    key: str
    secret: str = field(repr=False)
    sender: str


@dataclass(frozen=True, slots=True)
class View:
    """The settings of a channel as its page shows them: no secret."""

    channel: str
    values: Mapping[str, str]
    given: frozenset[str]  # decided by the environment
    has_secret: bool
    is_on: bool


def configure(given: Mapping[str, Mapping[str, str]]) -> None:
    """Keep what the environment says of each channel, empty values aside; called by main.py."""
    global _given  # noqa: PLW0603 - as the database, one for the process
    _given = {name: {k: v for k, v in values.items() if v} for name, values in given.items()}


def email(s: Session) -> Email:
    """Return how mail leaves now.

    Raises:
        sealing.Unreadable: the password was sealed with another key.
    """
    values = _values(s, EMAIL)
    tls = Tls(values["tls"] or Tls.STARTTLS)
    return Email(
        mode=_mode(values, values["host"] and values["sender"]),
        host=values["host"],
        port=int(values["port"] or channel_fields.PORTS[tls]),
        tls=tls,
        user=values["user"],
        password=_secret(values, EMAIL),
        sender=values["sender"],
        sender_name=values["sender_name"] or "AppTicket",
        reply_to=values["reply_to"],
    )


def sms(s: Session) -> Sms:
    """Return how short messages leave now.

    Raises:
        sealing.Unreadable: the secret was sealed with another key.
    """
    values = _values(s, SMS)
    secret = _secret(values, SMS)
    return Sms(
        mode=_mode(values, values["key"] and secret and values["sender"]),
        key=values["key"],
        secret=secret,
        sender=values["sender"],
    )


def on(decided: Mapping[str, Any]) -> frozenset[str]:
    """Return by which channels messages leave, by the values of all settings."""
    found = {name: _merged(name, decided.get(f"channel_{name}")) for name in CHANNELS}
    return frozenset(
        name
        for name, values in found.items()
        if _mode(values, _is_complete(values, name)) != channel_fields.OFF
    )


def view(s: Session, by: Actor, channel: str) -> View:
    """Return the settings of a channel, without its secret."""
    require(by, Action.CHANNEL_MANAGE)
    values = _values(s, channel)
    secret = SECRETS[channel]
    has_secret = bool(values[secret] or values[f"sealed_{secret}"])
    mode = _mode(values, _is_complete(values, channel))
    shown = {n: values[n] for n in channel_fields.FIELDS[channel] if n != secret}
    given = frozenset(_given.get(channel, {}))
    is_on = mode != channel_fields.OFF
    return View(channel, {**shown, "mode": mode}, given, has_secret, is_on)


def save(s: Session, by: Actor, channel: str, /, **values: Any) -> View:
    """Change the settings of a channel; what the environment decides is left out.

    A secret that is empty stays as it is; one that is kept for a host is not given to another.

    Raises:
        Invalid: for each field that is wrong.
    """
    require(by, Action.CHANNEL_MANAGE)
    secret, decided = SECRETS[channel], _given.get(channel, {})
    wanted = {name: value for name, value in values.items() if name not in decided}
    cleaned = accounts.checked(wanted, channel_fields.FIELDS[channel])
    row = _row(s, channel)
    before = _texts(row.value)
    typed = cleaned.pop(secret, "")
    after = before | cleaned
    if typed:
        after[f"sealed_{secret}"] = sealing.seal(typed, f"channel:{channel}")
    elif before.get(f"sealed_{secret}") and after.get("host", "") != before.get("host", ""):
        raise Invalid({secret: N_("Enter the password again: it was that of another server.")})
    channel_fields.check_whole(channel, {**after, **decided})
    row.value = after
    _record(s, by, channel, before, after)
    return view(s, by, channel)


def forget_secret(s: Session, by: Actor, channel: str) -> None:
    """Remove the password or the secret that was kept for a channel."""
    require(by, Action.CHANNEL_MANAGE)
    row = _row(s, channel)
    before = _texts(row.value)
    row.value = {k: v for k, v in before.items() if k != f"sealed_{SECRETS[channel]}"}
    _record(s, by, channel, before, dict(row.value))


def test(s: Session, by: Actor, channel: str) -> Event:
    """Send oneself a message by a channel, as any other would be sent."""
    require(by, Action.CHANNEL_MANAGE)
    return events.record(s, by, None, TESTED, subject=f"channel:{channel}")


def tried(s: Session, by: Actor, event_id: int) -> Delivery | None:
    """Return the message of a test when it ended; None while it is under way.

    Raises:
        NotFound: there is no such test.
    """
    require(by, Action.CHANNEL_MANAGE)
    event = s.get(Event, event_id)
    if event is None or event.kind != TESTED:
        raise NotFound
    found = s.scalar(select(Delivery).where(Delivery.event_id == event_id))
    ended = (DeliveryState.DONE, DeliveryState.DEAD, DeliveryState.SKIPPED)
    return found if found is not None and found.state in ended else None


def react(s: Session, happened: Sequence[Event]) -> None:
    """Plan the messages of tests; a reaction of `services.relay`."""
    for event in happened:
        if event.kind == TESTED and event.actor_id is not None:
            channel = str(event.subject).partition(":")[2]
            deliveries.plan(s, event, channel, str(event.actor_id))


def mark_refused(s: Session, user_id: int, address: str) -> None:
    """Note that somebody's mailbox refuses for good; an address given meanwhile is another."""
    user = s.get(User, user_id, with_for_update=True, populate_existing=True)
    if user is not None and user.email == address and user.email_refused_at is None:
        user.email_refused_at = now()
        events.record(s, None, None, "user.email_refused", subject=f"user:{user_id}")


def mark_taken(s: Session, user_id: int, address: str) -> None:
    """Note that somebody's mailbox takes mail again."""
    user = s.get(User, user_id, with_for_update=True, populate_existing=True)
    if user is not None and user.email == address:
        user.email_refused_at = None


def why(error: str) -> str:
    """Return why a message did not leave, as a sentence to translate."""
    return ERRORS.get(error) or deliveries.ERRORS.get(error) or deliveries.ERRORS["failed"]


def _values(s: Session, channel: str) -> dict[str, str]:
    row = s.get(Setting, f"channel_{channel}")
    return _merged(channel, row.value if row else {})


def _merged(channel: str, kept: Any) -> dict[str, str]:
    """Return what is decided of a channel: by the environment, then in the pages."""
    names = (*channel_fields.FIELDS[channel], f"sealed_{SECRETS[channel]}")
    return dict.fromkeys(names, "") | _texts(kept) | dict(_given.get(channel, {}))


def _is_complete(values: Mapping[str, str], channel: str) -> bool:
    """Tell whether nothing is missing without which no message leaves."""
    if channel == EMAIL:
        return bool(values["host"] and values["sender"])
    has_secret = values["secret"] or values["sealed_secret"]
    return bool(values["key"] and has_secret and values["sender"])


def _mode(values: Mapping[str, str], is_complete: object) -> str:
    """Return the mode that was chosen; a channel nobody decided on is on when it is complete."""
    chosen = values["mode"] or ON
    return chosen if chosen == CONSOLE or is_complete else channel_fields.OFF


def _secret(values: Mapping[str, str], channel: str) -> str:
    name = SECRETS[channel]
    sealed = values[f"sealed_{name}"]
    if values[name] or not sealed:
        return values[name]
    return sealing.unseal(sealed, f"channel:{channel}")


def _row(s: Session, channel: str) -> Setting:
    name = f"channel_{channel}"
    row = s.get(Setting, name, with_for_update=True, populate_existing=True)
    if row is None:
        row = Setting(name=name, value={})
        s.add(row)
    return row


def _texts(kept: Any) -> dict[str, str]:
    """Return what was kept, as texts; nothing of what makes no sense."""
    return {str(k): str(v) for k, v in kept.items()} if isinstance(kept, dict) else {}


def _record(
    s: Session, by: Actor, channel: str, before: dict[str, str], after: dict[str, str]
) -> None:
    """Record which fields changed, and no value: they may be personal or secret."""
    names = sorted(before.keys() | after.keys())
    fields = [n.removeprefix("sealed_") for n in names if before.get(n) != after.get(n)]
    if fields:
        events.record(s, by, None, "channel.edited", subject=f"channel:{channel}", fields=fields)
