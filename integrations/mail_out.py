"""The channel of e-mail: one person's letter as a message, and what the server's answer means."""

import logging
import re
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from data import db
from data.clock import now
from data.courtesy import give_way, turn
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
# Boundaries that are in no part, for "=_" is in nothing that is encoded (RFC 2045 §6.7).
_BETWEEN_TEXTS, _BETWEEN_FILES = "=_texts", "=_files"


class NoAddress(Exception):
    """Nothing that every mail server takes for an address."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A message that can be sent."""

    settings: Email
    user_id: int
    email: str
    recipient: str  # the same as mail servers write it
    message: bytes
    told: tuple[int, ...]  # the deliveries it tells of
    is_test: bool
    was_in_doubt: bool
    was_refused: bool


@dataclass(frozen=True, slots=True)
class Batch:
    """What some messages are made of, as the database says it now."""

    settings: Email
    letters: Mapping[int, Letter]  # by parcel; of those that are not there nothing is to be told
    book: Book
    doubtful: Collection[int]  # parcels that may have arrived already


def send(parcels: Sequence[Parcel]) -> Iterator[tuple[Parcel, Outcome | None]]:
    """Tell some people by e-mail, as things are now; yield how each attempt ended, as it did.

    What is common to them is read once. When the server takes none, the rest is not tried; when it
    is slow, the rest is given back (None) to be tried later: they are leased for so long only.
    """
    begun, gone = time.monotonic(), None
    try:
        with turn():
            batch = db.read(lambda s: _read(s, parcels))
    except sealing.Unreadable:
        yield from ((parcel, Outcome("secret")) for parcel in parcels)
        return
    for place, parcel in enumerate(parcels):
        if place and time.monotonic() - begun > PATIENCE_SECONDS:
            yield parcel, None
            continue
        with turn():
            each = _ready(parcel, batch)
        if isinstance(each, Outcome):
            yield parcel, each
        elif gone is not None:
            yield parcel, replace(gone, told=each.told, is_final=each.is_test)
        else:
            outcome = _sent(each)
            if outcome.error in _OF_THE_SERVER:
                gone = Outcome(outcome.error, outcome.status, outcome.answer)
            yield parcel, outcome


def _sent(ready: Ready) -> Outcome:
    message = ready.message
    if ready.settings.mode == CONSOLE:
        log.info("e-mail to %s\n%s", ready.recipient, message.decode("utf-8", "replace"))
        return Outcome(told=ready.told)
    give_way()
    try:
        answer = smtp.deliver(ready.settings, ready.recipient, message)
    except Failed as failure:
        return _understood(ready, failure)
    if ready.was_refused:
        db.write(lambda s: channels.mark_taken(s, ready.user_id, ready.email))
    note = "repeated" if ready.was_in_doubt else ""
    return Outcome(status=answer.status, answer=answer.text, told=ready.told, note=note)


def _whole(message: EmailMessage, report: Document | None) -> bytes:
    """Return a message with its files."""
    files = [report_files.file(report, each) for each in report_files.TYPES] if report else []
    if files:
        message.make_mixed(_BETWEEN_FILES)
    for file in files:
        main, _slash, sub = file.type.partition("/")
        message.add_attachment(file.content, maintype=main, subtype=sub, filename=file.name)
    return message.as_bytes()


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
    message.make_alternative(_BETWEEN_TEXTS)
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


def _read(s: Session, parcels: Sequence[Parcel]) -> Batch:
    """Read what some parcels tell."""
    again = [parcel.id for parcel in parcels if parcel.attempt > 1]
    query = select(Delivery.id).where(Delivery.id.in_(again), Delivery.error == "doubt")
    return Batch(
        settings=channels.email(s),
        letters=letters(s, parcels),
        book=templates.Book(s, channels.EMAIL),
        doubtful=set(s.scalars(query)) if again else set(),
    )


def _ready(parcel: Parcel, batch: Batch) -> Ready | Outcome:
    """Return what a parcel tells as a message, or why it tells nothing."""
    letter, settings = batch.letters.get(parcel.id), batch.settings
    if letter is None or settings.mode == OFF:
        return Outcome("channel_off", is_final=True, skipped=letter is None)
    report = None if letter.is_digest else letter.items[-1].report
    try:
        recipient = _written(letter.user.email)
        message = compose(letter, batch.book.render(letter), settings, parcel.key)
    except NoAddress:
        return Outcome("no_address", is_final=True)
    return Ready(
        settings=settings,
        user_id=letter.user.id,
        email=letter.user.email,
        recipient=recipient,
        message=_whole(message, report),
        told=tuple(item.delivery_id for item in letter.items),
        is_test=letter.items[0].event.kind == channels.TESTED,
        was_in_doubt=parcel.id in batch.doubtful,
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
