"""What the settings of a channel may hold."""

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from data.config import Settings
from services import checks, phones
from services.accounts import clean_email
from services.errors import Invalid
from services.words import N_

OFF, ON, CONSOLE = "off", "on", "console"


class Tls(StrEnum):
    """How the connection to a mail server is protected."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


PORTS = {Tls.STARTTLS: 587, Tls.TLS: 465, Tls.NONE: 25}  # RFC 8314 §3, RFC 6409, RFC 5321
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?|[0-9A-Fa-f:.]{2,45}")
_KEY = re.compile(r"[A-Za-z0-9]{1,64}")
_SENDER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ]{0,9}[A-Za-z0-9])?")  # what carriers show
_MISSING = N_("Without this no message leaves: fill it in, or switch the channel off.")


def given(settings: Settings) -> dict[str, dict[str, str]]:
    """Return what the environment says of the ways messages leave by."""
    return {
        "email": {
            "host": settings.smtp_host,
            "port": settings.smtp_port,
            "tls": settings.smtp_tls,
            "user": settings.smtp_user,
            "password": settings.smtp_password,
            "sender": settings.smtp_from,
            "sender_name": settings.smtp_from_name,
            "reply_to": settings.smtp_reply_to,
        },
        "sms": {
            "key": settings.vonage_key,
            "secret": settings.vonage_secret,
            "sender": settings.vonage_from.removeprefix("+"),
        },
    }


def host(value: object) -> str:
    """Return the name or address of a mail server, or raise Invalid."""
    text = checks.line("host", value, at_most=253)
    if text and not _HOST.fullmatch(text):
        raise Invalid({"host": N_("Enter the name of a server, like smtp.example.org.")})
    return text.lower()


def port(value: object) -> str:
    """Return a port as digits, empty for the usual one, or raise Invalid."""
    text = checks.line("port", "" if value is None else str(value), at_most=5)
    if text and not (text.isascii() and text.isdecimal() and 1 <= int(text) <= 65535):
        raise Invalid({"port": N_("Enter a number from 1 to 65535, or nothing.")})
    return text


def address(name: str, value: object) -> str:
    """Return an address that mail comes from or goes back to, or raise Invalid for `name`."""
    if not checks.line(name, value, at_most=254):
        return ""
    try:
        return clean_email(value)
    except Invalid as refusal:
        raise Invalid({name: refusal.problems["email"]}) from None


def secret(name: str, value: object) -> str:
    """Return a password as typed; SMTP and HTTP carry no accents in one.

    Raises:
        Invalid: for `name`.
    """
    text = value if isinstance(value, str) else ""
    if len(text) > 255 or not text.isascii() or not text.isprintable():
        raise Invalid({name: N_("Letters without accents, digits and signs only, 255 at most.")})
    return text


def sms_sender(value: object) -> str:
    """Return who a short message comes from, a number or up to 11 letters, or raise Invalid."""
    text = checks.line("sender", value, at_most=40)
    if not text:
        return ""
    if re.fullmatch(r"[+\d .()/-]+", text) and (number := phones.e164(text)):
        return number.removeprefix("+")
    if not _SENDER.fullmatch(text) or text.isdecimal():
        raise Invalid({"sender": N_("Enter a phone number, or up to 11 letters without accents.")})
    return text


def check_whole(channel: str, values: Mapping[str, str]) -> None:
    """Refuse settings by which a channel that is switched on could send nothing.

    Raises:
        Invalid: for each field that is missing.
    """
    if values.get("mode") != ON:
        return
    needed = ("host", "sender") if channel == "email" else ("key", "secret", "sender")
    given = {name: values.get(name) or values.get(f"sealed_{name}") for name in needed}
    if missing := {name: _MISSING for name, value in given.items() if not value}:
        raise Invalid(missing)


def _mode(value: object) -> str:
    if value not in (OFF, ON, CONSOLE):
        raise Invalid({"mode": N_("Choose one of the values offered.")})
    return str(value)


def _key(value: object) -> str:
    text = checks.line("key", value, at_most=64)
    if text and not _KEY.fullmatch(text):
        raise Invalid({"key": N_("Letters and digits only.")})
    return text


FIELDS: dict[str, dict[str, Callable[[Any], str]]] = {
    "email": {
        "mode": _mode,
        "host": host,
        "port": port,
        "tls": lambda v: checks.choice("tls", v, Tls).value,
        "user": lambda v: checks.line("user", v, at_most=254),
        "password": lambda v: secret("password", v),
        "sender": lambda v: address("sender", v),
        "sender_name": lambda v: checks.line("sender_name", v, at_most=120),
        "reply_to": lambda v: address("reply_to", v),
    },
    "sms": {
        "mode": _mode,
        "key": _key,
        "secret": lambda v: secret("secret", v),
        "sender": sms_sender,
    },
}
