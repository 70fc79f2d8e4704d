"""What parcels tell: what happened, or that somebody tried a channel out."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Event, User
from services import channels, correspondence, sessions
from services.bundles import Parcel
from services.letters import Item, Letter
from services.template_words import TEST


def letters(s: Session, parcels: Sequence[Parcel]) -> dict[int, Letter]:
    """Return what parcels tell now, by their `id`; nothing of what may not be told (R-4)."""
    firsts = [parcel.event_id for parcel in parcels]
    query = select(Event).where(Event.id.in_(firsts), Event.kind == channels.TESTED)
    tests = {event.id: event for event in s.scalars(query)}
    told = correspondence.letters(s, [p for p in parcels if p.event_id not in tests])
    for parcel in parcels:
        if (event := tests.get(parcel.event_id)) and (letter := _test(s, parcel, event)):
            told[parcel.id] = letter
    return told


def _test(s: Session, parcel: Parcel, event: Event) -> Letter | None:
    user = s.get(User, int(parcel.recipient))
    if user is None or not user.is_active:
        return None
    item = Item(parcel.id, event, TEST, "oneself", user.name)
    return Letter(user, sessions.language_of(user), sessions.zone_of(user), (item,))
