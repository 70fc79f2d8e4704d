"""Ways to tell somebody something, by name; a channel sends parcels and says how each ended."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence

from data import db
from data.courtesy import turn
from integrations import mail_out, sms, webhook
from services import channels, deliveries, webhooks
from services.deliveries import Outcome, Parcel

log = logging.getLogger(__name__)

Sent = tuple[Parcel, Outcome | None]  # None: it was not tried and is given back
Send = Callable[[Sequence[Parcel]], Iterable[Sent]]


def _each(send: Callable[[Parcel], Outcome]) -> Send:
    """Return what sends one parcel after another."""
    return lambda parcels: ((parcel, send(parcel)) for parcel in parcels)


CHANNELS: dict[str, Send] = {
    webhooks.CHANNEL: _each(webhook.send),
    channels.EMAIL: mail_out.send,
    channels.SMS: _each(sms.send),
}
TOGETHER = {channels.EMAIL: 32}  # parcels that a sender takes at once where there are many


def send(*parcels: Parcel) -> None:
    """Send parcels of one channel, outside of any transaction, and write how each ended.

    A process that was frozen since it claimed them leaves them to whoever has them now.
    """
    with turn():
        mine = db.read(lambda s: deliveries.held(s, parcels))
    for parcel, outcome in _outcomes(mine) if mine else ():
        if outcome and outcome.error:
            log.info("delivery %s, attempt %s: %s", parcel.id, parcel.attempt, outcome.error)
        _settle(parcel, outcome)


def _outcomes(parcels: Sequence[Parcel]) -> Iterator[Sent]:
    """Yield how each attempt ended; a mistake of ours is one of the ways."""
    left = {parcel.id: parcel for parcel in parcels}
    try:
        for parcel, outcome in CHANNELS[parcels[0].channel](parcels):
            del left[parcel.id]
            yield parcel, outcome
    except Exception:
        log.exception("deliveries %s by %s failed", list(left), parcels[0].channel)
        yield from ((parcel, Outcome("failed")) for parcel in left.values())


def _settle(parcel: Parcel, outcome: Outcome | None) -> None:
    with turn():
        if outcome is None:
            db.write(lambda s: deliveries.give_back(s, parcel))
        else:
            db.write(lambda s: deliveries.settle(s, parcel, outcome))
