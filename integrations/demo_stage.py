"""The stage of the demonstration: office hours, and an agenda that plays lives in order of time."""

import heapq
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from data import clock, files
from data.models import Priority, Status, Ticket
from integrations.demo_organisation import Area, Cast
from integrations.demo_texts import Subject
from services import attachments
from services.permissions import Actor
from services.workflow import OPEN

ZONE = ZoneInfo("Europe/Paris")
PAST, FUTURE = timedelta(weeks=8), timedelta(weeks=6)
OPENING = ((8 * 60 + 30, 12 * 60), (13 * 60 + 30, 17 * 60 + 30))  # minutes of the day
DAY = sum(end - start for start, end in OPENING)
HOLIDAYS = {(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)}
WITHIN = {  # minutes in which to resolve
    Priority.URGENT: DAY // 2,
    Priority.HIGH: DAY,
    Priority.NORMAL: 3 * DAY,
    Priority.LOW: 5 * DAY,
}

Life = Iterator[int]  # does something, yields how many office minutes later it goes on


@dataclass(slots=True, eq=False)
class Case:
    """What one ticket is about, and who has to do with it."""

    subject: Subject
    place: str
    device: str
    area: Area
    requester: Actor
    lead: Actor
    mate: Actor  # of the same team
    number: int = 0

    def says(self, text: str, **more: object) -> str:
        """Return a sentence with the place and the device of this case."""
        return text.format(at=self.place, device=self.device, lead=self.lead.name, **more)


class Stage:
    """Plays lives side by side; what lies after the present has not happened yet."""

    def __init__(
        self,
        s: Session,
        cast: Cast,
        rng: random.Random,
        present: datetime,
        pictures: dict[str, files.Stored],
    ) -> None:
        self.s = s
        self.cast = cast
        self.rng = rng
        self.cases: list[Case] = []
        self._pictures = pictures
        self._minutes = office_minutes(present - PAST, present + FUTURE)
        self.present = sum(minute + timedelta(minutes=1) <= present for minute in self._minutes)
        self._minute = 0
        self._agenda: list[tuple[int, int, Life]] = []
        self._entered = 0

    def begin(self, minute: int, life: Life) -> None:
        """Let a life begin at an office minute."""
        self._entered += 1
        heapq.heappush(self._agenda, (minute, self._entered, life))

    def play(self) -> None:
        """Play everything up to the present."""
        while self._agenda:
            self._minute, _order, life = heapq.heappop(self._agenda)
            if self._minute >= self.present:
                return
            with clock.at(self.later(0)):
                pause = next(life, None)
                self.s.flush()  # what is dated when it is written gets this date
            if pause is not None:
                self.begin(self._minute + pause, life)

    def later(self, minutes: int) -> datetime:
        """Return the instant so many office minutes from the one being played."""
        place = self._minute + minutes
        return self._minutes[place] + timedelta(seconds=place * 37 % 60)

    def between(self, least: int, most: int) -> int:
        """Return a number of minutes, small ones more often."""
        return least + int((most - least) * self.rng.random() ** 2)

    def chance(self, probability: float) -> bool:
        """Tell whether something happens this time."""
        return self.rng.random() < probability

    def attach(self, by: Actor, context: str, picture: str) -> None:
        """Put a picture into a draft, if there is one and the machine had room for it."""
        if picture in self._pictures:
            attachments.add(self.s, by, context, self._pictures[picture])

    def find_open(self, case: Case, *statuses: Status) -> Case | None:
        """Return the case opened last whose ticket is open, or in one of the statuses."""
        for other in reversed(self.cases):
            ticket = self.s.get_one(Ticket, other.number)
            if other is not case and ticket.status in (statuses or OPEN) and not ticket.deleted_at:
                return other
        return None


def office_minutes(first: datetime, last: datetime) -> list[datetime]:
    """Return every minute between two instants at which somebody is in the office."""
    day, end = first.astimezone(ZONE).date(), last.astimezone(ZONE).date()
    minutes = []
    while day <= end:
        if day.weekday() < 5 and (day.month, day.day) not in HOLIDAYS:
            minutes += _minutes_of(day)
        day += timedelta(days=1)
    return [minute for minute in minutes if first <= minute <= last]


def _minutes_of(day: date) -> list[datetime]:
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZONE)
    return [
        midnight + timedelta(minutes=minute)
        for start, end in OPENING
        for minute in range(start, end)
    ]
