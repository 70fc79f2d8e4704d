"""The channel of short messages, through Vonage."""

import logging
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from data import db
from services import channels, gsm, parcels, phones, sealing, templates
from services.channel_fields import CONSOLE, OFF
from services.channels import Sms
from services.deliveries import Outcome, Parcel

if TYPE_CHECKING:
    from vonage_sms import Sms as Client

log = logging.getLogger(__name__)
# On DEBUG it writes numbers, texts and the header that holds the secret.
logging.getLogger("vonage").setLevel(logging.ERROR)

HOST = "rest.nexmo.com"
SECONDS = 10
# https://developer.vonage.com/en/messaging/sms/guides/troubleshooting-sms
_ERRORS: dict[str, tuple[str, bool]] = {  # by status: what it means, and whether for good
    "1": ("no_answer", False),  # too many at once
    "4": ("sms_login", False),
    "5": ("no_answer", False),  # an error of theirs
    "6": ("sms_number", True),
    "7": ("sms_number", True),  # barred
    "8": ("sms_credit", False),  # the account is barred
    "9": ("sms_credit", False),  # nothing left on it
    "10": ("no_answer", False),
    "11": ("sms_login", False),  # not allowed to use this
    "14": ("sms_login", False),
    "15": ("sms_sender", False),
    "29": ("sms_number", True),  # a trial account sends to numbers it knows only
    "33": ("sms_number", True),  # taken out of service
}


@dataclass(frozen=True, slots=True)
class Ready:
    """A short message that can be sent."""

    settings: Sms
    number: str
    text: str
    told: tuple[int, ...]  # the deliveries it tells of
    is_test: bool


class Line(threading.local):
    """The client of one thread, with the account it is for."""

    client: "Client | None" = None
    settings: Sms | None = None


_line = Line()


def send(parcel: Parcel) -> Outcome:
    """Tell somebody by SMS, as things are now."""
    try:
        ready = db.read(lambda s: _ready(s, parcel))
    except sealing.Unreadable:
        return Outcome("secret")
    if isinstance(ready, Outcome):
        return ready
    if ready.settings.mode == CONSOLE:
        log.info("SMS to %s: %s", ready.number, ready.text)
        return Outcome(told=ready.told)
    outcome = replace(_sent(ready, parcel.key), told=ready.told)
    return replace(outcome, is_final=True) if ready.is_test else outcome


def _ready(s: Session, parcel: Parcel) -> Ready | Outcome:
    settings = channels.sms(s)
    letter = parcels.letters(s, [parcel]).get(parcel.id)
    if letter is None or settings.mode == OFF:
        return Outcome("channel_off", is_final=True, skipped=letter is None)
    number = phones.e164(letter.user.phone)
    if not number:
        return Outcome("no_address", is_final=True)
    text = templates.render(s, letter, channels.SMS).text
    told = tuple(item.delivery_id for item in letter.items)
    return Ready(settings, number, text, told, letter.items[0].event.kind == channels.TESTED)


def _sent(ready: Ready, key: str) -> Outcome:
    """Hand a message to the service, once: a repeat would be a second message."""
    import requests  # noqa: PLC0415, TID251 - only for who sends SMS; the client's errors are its
    from vonage_http_client import HttpRequestError  # noqa: PLC0415
    from vonage_sms import SmsError, SmsMessage  # noqa: PLC0415

    client = _client(ready.settings)
    message = SmsMessage(
        to=ready.number.removeprefix("+"),
        from_=ready.settings.sender,
        text=ready.text,
        type="text" if gsm.is_gsm(ready.text) else "unicode",
        client_ref=key,
    )
    try:
        answer = client.send(message)
    except SmsError:
        return _understood(client.http_client.last_response.json())
    except HttpRequestError as error:
        return _refused(error.response.status_code)
    except requests.Timeout:
        return Outcome("no_answer")
    except requests.RequestException as error:
        log.info("the SMS service cannot be reached: %s", type(error).__name__)
        return Outcome("unreachable")
    return Outcome(answer=f"{answer.messages[0].message_id}")


def _client(settings: Sms) -> "Client":
    from vonage_http_client import Auth, HttpClient, HttpClientOptions  # noqa: PLC0415
    from vonage_sms import Sms as Client  # noqa: PLC0415

    if _line.client is None or _line.settings != settings:
        options = HttpClientOptions(
            rest_host=HOST,
            timeout=SECONDS,
            pool_maxsize=1,  # so often it tries again when the line breaks, asked or not
            max_retries=0,
        )
        auth = Auth(api_key=settings.key, api_secret=settings.secret)
        _line.client, _line.settings = Client(HttpClient(auth, options)), settings
    return _line.client


def _understood(told: dict[str, Any]) -> Outcome:
    """Read the first status that is not 0; the rest of a message in parts has gone."""
    messages = told.get("messages") or [{}]
    wrong: dict[str, Any] = next((m for m in messages if str(m.get("status")) != "0"), {})
    status = str(wrong.get("status", ""))
    error, is_final = _ERRORS.get(status, ("refused", True))
    is_partial = len(messages) > 1 and any(str(m.get("status")) == "0" for m in messages)
    return Outcome(
        error,
        int(status) if status.isdecimal() else None,
        str(wrong.get("error-text", "")),
        is_final=is_final or is_partial,
    )


def _refused(status: int) -> Outcome:
    if status in (401, 403):
        return Outcome("sms_login", status)
    return Outcome("no_answer" if status == 429 or status >= 500 else "refused", status)
