"""Made-up facts, put where the real ones are kept, and the same facts as plain Python to recount.

Slow and simple on purpose: nothing here knows how `services.measures` does it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import strategies as st
from sqlalchemy import delete
from sqlalchemy.orm import Session

from data.models import FactBlock, FactMark
from services import columns, fact_store, facts
from services.facts import LAYOUT, LEVELS, Flag, moment

HOUR = timedelta(hours=1)
CANCELLED, CLOSED = 5, 4  # places of statuses
STATUSES = {"new": 0, "in_progress": 1, "pending": 2, "resolved": 3, "closed": 4, "cancelled": 5}


@dataclass(frozen=True)
class Fact:
    """One ticket."""

    number: int
    created: datetime
    accepted: datetime | None = None
    responded: datetime | None = None
    resolved: datetime | None = None
    closed: datetime | None = None
    ended: datetime | None = None
    due: datetime | None = None
    team: int = 0
    lead: int = 0
    priority: int = 1
    channel: int = 0
    status: str = "new"
    reassignments: int = 0
    flags: int = 0


def keep(s: Session, some: Sequence[Fact]) -> None:
    """Put facts in the place of all there are."""
    rows = np.zeros(len(some), LAYOUT)
    for row, fact in zip(rows, sorted(some, key=lambda fact: fact.number), strict=True):
        row["number"], row["requester"] = fact.number, 1
        for name in ("created", "accepted", "responded", "resolved", "closed", "ended", "due"):
            row[name] = moment(getattr(fact, name))
        for name in ("team", "lead", "priority", "channel", "reassignments", "flags"):
            row[name] = getattr(fact, name)
        row["status"] = [level.value for level in LEVELS["status"]].index(fact.status)
    s.execute(delete(FactBlock))
    s.execute(delete(FactMark))
    s.add(FactBlock(id=0, data=rows.tobytes()))
    mark = {"layout": facts.VERSION, "generation": "made up", "event_id": 0, "seen_id": 0}
    s.add(FactMark(id=fact_store.THE_ONE, **mark))
    s.commit()
    columns.shared.forget()


@st.composite
def lives(draw: Callable[[Any], Any], number: int, around: Sequence[datetime]) -> Fact:
    """Draw one ticket that lived around some instants, from the border of a day on."""

    def instant() -> datetime:
        at: datetime = draw(st.sampled_from(around))
        away = draw(st.integers(-60 * 24 * 3, 60 * 24 * 3))
        return at + timedelta(minutes=away, microseconds=draw(st.sampled_from([-1, 0, 1])))

    def perhaps(wanted: bool = True) -> datetime | None:
        return instant() if wanted and draw(st.booleans()) else None

    status: str = draw(st.sampled_from(sorted(STATUSES)))
    is_done = status in ("resolved", "closed", "cancelled")
    resolved = perhaps(status in ("resolved", "closed"))
    closed = instant() if status == "closed" else None
    flags = draw(st.sampled_from([0, 0, 0, Flag.MADE_SLA, Flag.MISSED_SLA]))
    flags |= draw(st.sampled_from([0, Flag.REOPENED])) | draw(st.sampled_from([0, 8]))
    return Fact(
        number=number,
        created=instant(),
        accepted=perhaps(),
        responded=perhaps(),
        resolved=resolved,
        closed=closed,
        ended=(resolved or closed or instant()) if is_done else None,
        due=perhaps(),
        team=draw(st.integers(0, 2)),
        lead=draw(st.integers(0, 3)),
        priority=draw(st.integers(0, 3)),
        channel=draw(st.integers(0, 2)),
        status=status,
        reassignments=draw(st.integers(0, 2)),
        flags=int(flags),
    )


class Recount:
    """What happened in the days from `first` to `last`, told by walking through all tickets."""

    def __init__(
        self, some: Sequence[Fact], first: date, last: date, zone: ZoneInfo, now: datetime
    ) -> None:
        self.facts = some
        self.first, self.last = first, last
        self.zone = zone
        self.now = now

    def day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def is_in(self, at: datetime | None) -> bool:
        return at is not None and self.first <= self.day(at) <= self.last

    def numbers(self, measure: str) -> list[int]:
        return [fact.number for fact in self.facts if getattr(self, f"_{measure}")(fact)]

    def hours(self, until: str) -> list[float]:
        found = []
        for fact in self.facts:
            at: datetime | None = getattr(fact, until)
            if at is not None and self.is_in(at) and at >= fact.created:
                found.append((at - fact.created) / HOUR)
        return sorted(found)

    def judged(self, fact: Fact) -> tuple[str, datetime] | None:
        """Whether the promise was kept, and when that was known."""
        if fact.status == "cancelled":
            return None
        told = {Flag.MADE_SLA: "kept", Flag.MISSED_SLA: "missed"}.get(Flag(fact.flags & 3))
        verdict = None
        if fact.ended is None:
            is_late = fact.due is not None and fact.due < self.now
            verdict = "missed" if told == "missed" or is_late else None
        elif told:
            verdict = told
        elif fact.due is not None:
            verdict = "kept" if fact.ended <= fact.due else "missed"
        if verdict is None:
            return None
        if verdict == "kept":
            assert fact.ended
            return verdict, fact.ended
        known = [at for at in (fact.due, fact.ended) if at is not None]
        return verdict, min(known, default=fact.created)

    def _created(self, fact: Fact) -> bool:
        return self.is_in(fact.created)

    def _accepted(self, fact: Fact) -> bool:
        return bool(fact.accepted and fact.accepted >= fact.created and self.is_in(fact.accepted))

    def _answered(self, fact: Fact) -> bool:
        at = fact.responded
        return bool(at and at >= fact.created and self.is_in(at))

    def _resolved(self, fact: Fact) -> bool:
        return self.is_in(fact.resolved)

    def _closed(self, fact: Fact) -> bool:
        return self.is_in(fact.closed)

    def _backlog(self, fact: Fact) -> bool:
        is_done = fact.ended is not None and self.day(fact.ended) <= self.last
        return self.day(fact.created) <= self.last and not is_done

    def _late(self, fact: Fact) -> bool:
        if not self._backlog(fact) or fact.due is None or fact.due >= self.now:
            return False
        return self.day(fact.due) <= self.last

    def _kept(self, fact: Fact) -> bool:
        found = self.judged(fact)
        return found is not None and found[0] == "kept" and self.is_in(found[1])

    def _missed(self, fact: Fact) -> bool:
        found = self.judged(fact)
        return found is not None and found[0] == "missed" and self.is_in(found[1])

    def _first_contact(self, fact: Fact) -> bool:
        return self._resolved(fact) and bool(fact.flags & Flag.FIRST_CONTACT)

    def _reopened(self, fact: Fact) -> bool:
        return self._resolved(fact) and bool(fact.flags & Flag.REOPENED)

    def _reassigned(self, fact: Fact) -> bool:
        return self._resolved(fact) and fact.reassignments > 0


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return a linear quantile, as a textbook says it."""
    at = (len(ordered) - 1) * share
    low = int(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return when a day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
