"""The channel of e-mail: one person's letter as a message, and what the server's answer means."""

import logging
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from data import db
from data.clock import now
from data.courtesy import turn
from data.models import Delivery
from data.text import clean_line
from integrations import smtp
from integrations.mail_policy import POLICY
from integrations.smtp import Failed
from services import channels, postmarks, report_files, sealing, templates
from services.channel_fields import CONSOLE, OFF
from services.channels import Email
from services.deliveries import Outcome, Parcel
from services.letters import Letter
from services.parcels import letters
from services.report_document import Document
from services.templates import Book, Rendered

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 8.0  # after which the rest of those in hand is left for later
_OF_THE_SERVER = frozenset({"smtp_host", "smtp_login", "smtp_tls", "doubt"})
_ADDRESS = re.compile(r"[!-~]+@[A-Za-z0-9.-]+")
# RFC 3463: the mailbox is not there (5.1.1), moved (5.1.6), written wrongly (5.1.3), shut (5.2.1).
_NO_MAILBOX = re.compile(r"\b5\.(1\.\d+|2\.1)\b")
_ENHANCED = re.compile(r"\b5\.\d+\.\d+\b")
_NO_SUCH = frozenset({550, 551, 553})


class NoAddress(Exception):
    """Nothing that every mail server takes for an address."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A message that can be sent."""

    settings: Email
    user_id: int
    email: str
    recipient: str  # the same as mail servers write it
    message: EmailMessage
    report: Document | None  # goes with it as files
    told: tuple[int, ...]  # the deliveries it tells of
    is_test: bool
    was_in_doubt: bool
    was_refused: bool


def send(parcels: Sequence[Parcel]) -> Iterator[tuple[Parcel, Outcome]]:
    """Tell some people by e-mail, as things are now; yield how each attempt ended, as it did.

    What is common to them is read once. When the server takes none, the rest is not tried; when it
    is slow, the rest is left for later: they are leased for so long only.
    """
    try:
        ready = db.read(lambda s: list(_ready(s, parcels)))
    except sealing.Unreadable:
        yield from ((parcel, Outcome("secret")) for parcel in parcels)
        return
    begun, gone = time.monotonic(), None
    for parcel, each in ready:
        if isinstance(each, Outcome):
            yield parcel, each
        elif gone is not None:
            yield parcel, replace(gone, told=each.told, is_final=each.is_test)
        else:
            outcome = _sent(each)
            if outcome.error in _OF_THE_SERVER or time.monotonic() - begun > PATIENCE_SECONDS:
                gone = Outcome(outcome.error or "smtp_busy", outcome.status, outcome.answer)
            yield parcel, outcome


def _sent(ready: Ready) -> Outcome:
    with turn():
        message = _whole(ready)
    if ready.settings.mode == CONSOLE:
        log.info("e-mail to %s\n%s", ready.recipient, message.decode("utf-8", "replace"))
        return Outcome(told=ready.told)
    try:
        answer = smtp.deliver(ready.settings, ready.recipient, message)
    except Failed as failure:
        return _understood(ready, failure)
    if ready.was_refused:
        db.write(lambda s: channels.mark_taken(s, ready.user_id, ready.email))
    note = "repeated" if ready.was_in_doubt else ""
    return Outcome(status=answer.status, answer=answer.text, told=ready.told, note=note)


def _whole(ready: Ready) -> bytes:
    """Return a message with its files, which are drawn now that no transaction is open."""
    files = [report_files.file(ready.report, e) for e in report_files.TYPES] if ready.report else []
    for file in files:
        main, _slash, sub = file.type.partition("/")
        ready.message.add_attachment(file.content, maintype=main, subtype=sub, filename=file.name)
    return ready.message.as_bytes()


def compose(letter: Letter, words: Rendered, settings: Email, key: str) -> EmailMessage:
    """Return a letter as a message (RFC 5322, RFC 3834, RFC 8058).

    Raises:
        NoAddress.
    """
    message = EmailMessage(policy=POLICY)
    domain = _domain(settings.sender)
    message["From"] = _address(settings.sender, settings.sender_name)
    message["To"] = _address(letter.user.email, letter.user.name)
    message["Subject"] = words.subject
    message["Date"] = format_datetime(now())
    message["Message-ID"] = postmarks.message_id(key, domain)
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message["X-AppTicket-Loop"] = domain
    _about_ticket(message, letter, settings, domain)
    message.set_content(words.text, cte="quoted-printable")
    message.add_alternative(words.html, subtype="html", cte="base64")
    return message


def _about_ticket(message: EmailMessage, letter: Letter, settings: Email, domain: str) -> None:
    """Put messages of one ticket in one thread, with a way to answer and one to hear no more."""
    ticket = letter.items[-1].ticket
    if ticket is None or letter.is_digest:
        return
    root = postmarks.thread_id(ticket.number, domain)
    message["In-Reply-To"] = message["References"] = root
    if settings.reply_to:
        answers = postmarks.reply_address(settings.reply_to, ticket.number)
        message["Reply-To"] = _address(answers, settings.sender_name)
    message["List-Unsubscribe"] = f"<{postmarks.mute_url(letter.user.id, ticket.number)}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"


def _ready(s: Session, parcels: Sequence[Parcel]) -> Iterator[tuple[Parcel, Ready | Outcome]]:
    """Yield what each parcel tells as a message, or why it tells nothing."""
    with turn():
        settings = channels.email(s)
        told = letters(s, parcels)
        book = templates.Book(s, channels.EMAIL)
        again = [parcel.id for parcel in parcels if parcel.attempt > 1]
        query = select(Delivery.id).where(Delivery.id.in_(again), Delivery.error == "doubt")
        doubtful = set(s.scalars(query)) if again else set()
    for parcel in parcels:
        is_doubtful = parcel.id in doubtful
        letter = told.get(parcel.id)
        with turn():
            message = _message(parcel, letter, settings, book, is_doubtful=is_doubtful)
        yield parcel, message


def _message(
    parcel: Parcel, letter: Letter | None, settings: Email, book: Book, *, is_doubtful: bool
) -> Ready | Outcome:
    if letter is None or settings.mode == OFF:
        return Outcome("channel_off", is_final=True, skipped=letter is None)
    try:
        recipient = _written(letter.user.email)
        message = compose(letter, book.render(letter), settings, parcel.key)
    except NoAddress:
        return Outcome("no_address", is_final=True)
    return Ready(
        settings=settings,
        user_id=letter.user.id,
        email=letter.user.email,
        recipient=recipient,
        message=message,
        report=None if letter.is_digest else letter.items[-1].report,
        told=tuple(item.delivery_id for item in letter.items),
        is_test=letter.items[0].event.kind == channels.TESTED,
        was_in_doubt=is_doubtful,
        was_refused=letter.user.email_refused_at is not None,
    )


def _understood(ready: Ready, failure: Failed) -> Outcome:
    """Tell what is over from what may succeed later."""
    is_final = failure.error == "refused" or ready.is_test
    error = failure.error
    if error == "bounced":
        is_final = True
        if _is_about_mailbox(failure):
            db.write(lambda s: channels.mark_refused(s, ready.user_id, ready.email))
        else:
            error = "refused"
    if error == "doubt" and ready.was_in_doubt:
        is_final = True  # it may be there twice already
    return Outcome(error, failure.status, failure.answer, is_final=is_final, told=ready.told)


def _is_about_mailbox(failure: Failed) -> bool:
    """Tell whether the mailbox is the reason, and not our address, a rule or a full disk."""
    if _ENHANCED.search(failure.answer):
        return bool(_NO_MAILBOX.search(failure.answer))
    return failure.status in _NO_SUCH


def _address(email: str, name: str) -> Address:
    return Address(clean_line(name), addr_spec=_written(email))


def _written(email: str) -> str:
    """Return an address as mail servers write it.

    Raises:
        NoAddress.
    """
    name, _at, domain = email.rpartition("@")
    try:
        written = f"{name}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        raise NoAddress from None
    if not _ADDRESS.fullmatch(written):
        raise NoAddress
    return written


def _domain(email: str) -> str:
    return _written(email).rpartition("@")[2]
