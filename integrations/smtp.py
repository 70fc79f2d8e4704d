"""The line to the mail server: opened by yagmail, kept by each thread, opened again when it broke.

yagmail connects, encrypts and signs in. What it makes of a message — the text inside the HTML, one
Message-ID for each subject, three attempts with pauses — is not ours: we write it ourselves and say
each command, to know how far a message was when a line broke.
"""

import logging
import smtplib
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import yagmail

from services.channel_fields import Tls
from services.channels import Email

log = logging.getLogger(__name__)

SECONDS = 10  # for one answer
BUDGET_SECONDS = 50.0  # for all of a sending: less than its lease
LAST_SECONDS = 25.0  # of these, for what follows once the message is handed over
IDLE_SECONDS = 20.0  # a line that was silent so long is asked whether it still stands


class Failed(Exception):
    """The message did not leave, or nobody knows; `error` is one that `channels.why` explains."""

    def __init__(self, error: str, status: int | None = None, answer: str = "") -> None:
        super().__init__(error)
        self.error = error
        self.status = status
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said when it took the message."""

    status: int
    text: str


class Line(threading.local):
    """The line of one thread; None while there is none."""

    client: yagmail.SMTP | None = None
    settings: Email | None = None
    used_at: float = 0.0


_line = Line()


def deliver(settings: Email, recipient: str, message: bytes) -> Answer:
    """Hand one message for one recipient to the server.

    Raises:
        Failed: `doubt` when the line broke after the whole message was on its way.
    """
    deadline = time.monotonic() + BUDGET_SECONDS
    smtp, is_kept = _standing(settings)
    try:
        return _hand_over(smtp, settings.sender, recipient, message, deadline)
    except _Broken:
        hang_up()
        if not is_kept:
            raise Failed("smtp_host") from None
    smtp, _is_kept = _standing(settings)  # the server had let go of a line we believed to stand
    try:
        return _hand_over(smtp, settings.sender, recipient, message, deadline)
    except _Broken:
        hang_up()
        raise Failed("smtp_host") from None


def probe(settings: Email) -> None:
    """Connect, encrypt and sign in, and send nothing.

    Raises:
        Failed.
    """
    hang_up()
    _standing(settings)
    hang_up()


def hang_up() -> None:
    """Leave the line of this thread, without a word: who does not listen would not hear it."""
    client, _line.client = _line.client, None
    if client is not None:
        client.is_closed = True  # or yagmail says QUIT when it is collected, and waits
        if client.smtp is not None:
            client.smtp.close()


class _Broken(Exception):
    """The line broke before the message was on its way: nothing was sent."""


def _standing(settings: Email) -> tuple[smtplib.SMTP, bool]:
    """Return a line to the server, and whether it is one that was kept."""
    client = _line.client
    if client is not None and _line.settings == settings and _stands(client.smtp):
        return client.smtp, True
    hang_up()
    _line.client, _line.settings = _opened(settings), settings
    _line.used_at = time.monotonic()
    return _line.client.smtp, False


def _stands(smtp: smtplib.SMTP) -> bool:
    if time.monotonic() - _line.used_at < IDLE_SECONDS:
        return True
    try:
        return bool(smtp.noop()[0] == 250)
    except (smtplib.SMTPException, OSError):
        return False


def _opened(settings: Email) -> yagmail.SMTP:
    client = _client(settings)
    try:
        with _told_apart():
            client.login()
            client.smtp.ehlo_or_helo_if_needed()  # nobody signed in, nothing was encrypted
    except Failed:
        client.is_closed = True
        if client.smtp is not None:
            client.smtp.close()
        raise
    return client


def _client(settings: Email) -> yagmail.SMTP:
    encrypted = settings.tls is Tls.TLS
    more = {"context": _context()} if encrypted else {}
    return yagmail.SMTP(
        {settings.user: settings.user},  # a mapping, or a name without @ becomes one of gmail.com
        settings.password,
        settings.host,
        settings.port,
        smtp_starttls={"context": _context()} if settings.tls is Tls.STARTTLS else False,
        smtp_ssl=encrypted,
        smtp_skip_login=not settings.user,
        soft_email_validation=False,
        timeout=SECONDS,
        local_hostname=settings.sender.rpartition("@")[2],  # or it asks the network for our name
        **more,
    )


@cache
def _context() -> ssl.SSLContext:
    return ssl.create_default_context()


@contextmanager
def _told_apart() -> Iterator[None]:
    """Say in our words why a line could not be opened."""
    try:
        yield
    except ssl.SSLError as error:
        raise Failed("smtp_tls", answer=str(error.reason or error)) from error
    except smtplib.SMTPNotSupportedError as error:
        key = "smtp_tls" if "STARTTLS" in str(error) else "smtp_login"
        raise Failed(key, answer=str(error)) from error
    except smtplib.SMTPAuthenticationError as error:
        raise _refusal(error, "smtp_login") from error
    except smtplib.SMTPResponseException as error:
        raise _refusal(error, "smtp_host") from error
    except smtplib.SMTPServerDisconnected as error:
        raise Failed("smtp_host", answer=str(error)) from error
    except (smtplib.SMTPException, OSError, UnicodeError) as error:
        raise Failed("smtp_host", answer=str(error)) from error


def _refusal(error: smtplib.SMTPResponseException, otherwise: str) -> Failed:
    key = "smtp_busy" if 400 <= error.smtp_code < 500 else otherwise
    return Failed(key, error.smtp_code, _text(error.smtp_error))


def _hand_over(
    smtp: smtplib.SMTP, sender: str, recipient: str, message: bytes, deadline: float
) -> Answer:
    """Say the commands of one message (RFC 5321 §3.3)."""
    try:
        _said(smtp.mail(sender, _options(smtp, message)), "smtp_sender")
        _said(smtp.rcpt(recipient), "bounced")
        if time.monotonic() > deadline - LAST_SECONDS:
            raise _Broken  # somebody else may have it by the time it would be through
        _said(smtp.docmd("DATA"), "refused", good=354)
    except (smtplib.SMTPServerDisconnected, OSError) as error:
        raise _Broken from error
    except Failed as failure:
        _clear(smtp, failure)
        raise
    answer = _in_doubt(smtp, message, deadline)
    _line.used_at = time.monotonic()
    return answer


def _in_doubt(smtp: smtplib.SMTP, message: bytes, deadline: float) -> Answer:
    """Send the message itself; from here on a line that breaks leaves it open who has it."""
    try:
        if smtp.sock is not None:
            smtp.sock.settimeout(max(1.0, deadline - time.monotonic()))
        stuffed = (b"\n" + message).replace(b"\n.", b"\n..")[1:]  # RFC 5321 §4.5.2
        smtp.send(stuffed + (b".\r\n" if stuffed.endswith(b"\r\n") else b"\r\n.\r\n"))
        told = smtp.getreply()
        if smtp.sock is not None:
            smtp.sock.settimeout(SECONDS)
    except (smtplib.SMTPServerDisconnected, OSError) as error:
        hang_up()
        raise Failed("doubt", answer=str(error)) from error
    try:
        _said(told, "refused")
    except Failed as failure:
        _clear(smtp, failure)
        raise
    return Answer(told[0], _text(told[1]))


def _options(smtp: smtplib.SMTP, message: bytes) -> list[str]:
    return [f"size={len(message)}"] if smtp.has_extn("size") else []


def _said(told: tuple[int, bytes], error: str, *, good: int = 250) -> None:
    """Go on after a good answer.

    Raises:
        Failed: `smtp_busy` for now, `error` for good.
    """
    status, text = told
    if status == good or (good == 250 and status == 251):
        return
    if status == -1:
        raise smtplib.SMTPServerDisconnected("no answer")
    raise Failed("smtp_busy" if 400 <= status < 500 else error, status, _text(text))


def _clear(smtp: smtplib.SMTP, failure: Failed) -> None:
    """Make the line ready for the next message; one that the server leaves is left, too."""
    try:
        if failure.status == 421 or smtp.rset()[0] != 250:
            hang_up()
    except (smtplib.SMTPException, OSError):
        hang_up()


def _text(told: bytes | str) -> str:
    return told.decode("utf-8", "replace") if isinstance(told, bytes) else told
