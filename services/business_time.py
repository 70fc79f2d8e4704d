"""Time that counts: what of it lies inside opening hours, exact across clock changes.

Pure arithmetic on instants. A moment is open when the wall clock of the zone then shows a time
inside an interval of that weekday, and the day is not closed; where a clock change skips an open
hour it does not count, where it repeats one it counts twice (domain.md 3).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from typing import NamedTuple
from zoneinfo import ZoneInfo

LAST_YEAR = 2100  # until when the holidays are known
DRY_YEARS = 10  # that many years without an open minute: none will come
MINUTES_A_DAY = 24 * 60

Interval = tuple[int, int]  # minutes of wall time since midnight, the end excluded
Week = tuple[tuple[Interval, ...], ...]  # Monday to Sunday, each in order and without overlap

_MICROSECOND = timedelta(microseconds=1)
_MINUTE = 60_000_000  # microseconds, as everything below
_DAY = MINUTES_A_DAY * _MINUTE
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1).toordinal()


class NeverOpen(Exception):
    """No open minute comes any more, or not enough of them before `LAST_YEAR` is over."""


class Segment(NamedTuple):
    """A stretch of time that is open or closed throughout; instants in UTC."""

    start: datetime
    end: datetime
    is_open: bool


class _Year(NamedTuple):
    """The open stretches of one year in UTC: in order, apart, and what they add up to."""

    starts: list[int]
    ends: list[int]
    sums: list[int]  # before each stretch, and of all of them at the end

    def open_before(self, moment: int) -> int:
        """Return how much of the year is open before a moment."""
        found = bisect_right(self.starts, moment) - 1
        if found < 0:
            return 0
        return self.sums[found] + min(moment, self.ends[found]) - self.starts[found]

    def end_of(self, amount: int) -> int:
        """Return the first moment before which `amount`, more than nothing, is open."""
        found = bisect_left(self.sums, amount) - 1
        return self.starts[found] + amount - self.sums[found]

    def start_of(self, amount: int) -> int:
        """Return the last moment before which only `amount`, less than all, is open."""
        found = bisect_right(self.sums, amount) - 1
        return self.starts[found] + amount - self.sums[found]


@dataclass(frozen=True)
class Hours:
    """When somebody works. `always` is 24/7, whatever the week and the closed days say."""

    zone: ZoneInfo
    week: Week = ((),) * 7
    is_closed: Callable[[date], bool] = lambda _day: False
    always: bool = False
    _years: dict[int, _Year] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def is_never_open(self) -> bool:
        """Tell whether no weekday has opening hours at all."""
        return not self.always and not any(self.week)

    def year(self, year: int) -> _Year:
        """Return the open stretches of a year in UTC, found once."""
        known = self._years.get(year)
        if known is None:
            known = self._years[year] = _open_year(self, year)
        return known


def add_business_time(hours: Hours, start: datetime, amount: timedelta) -> datetime:
    """Return the first instant at which `amount` of open time has gone by since `start`.

    It is the end of the n-th open minute: 30 minutes from Friday 17:30 with a closing at 18:00
    end on Friday at 18:00, not when Monday opens. Nothing to add leaves `start` as it is.

    Raises:
        NeverOpen: that much open time does not come.
    """
    if amount <= timedelta(0):
        return start.astimezone(UTC)
    moment, left = _moment(start), amount // _MICROSECOND
    if hours.always:
        return _always(start, amount)
    for year in _years_that_open(hours, start.astimezone(UTC).year, 1):
        known = hours.year(year)
        wanted = known.open_before(moment) + left
        if wanted <= known.sums[-1]:
            return _instant(known.end_of(wanted))
        left = wanted - known.sums[-1]
    raise NeverOpen


def subtract_business_time(hours: Hours, end: datetime, amount: timedelta) -> datetime:
    """Return the last instant from which `amount` of open time is left until `end`.

    Four hours before Tuesday 11:00, with opening hours from 8 to 18, is Monday 17:00.

    Raises:
        NeverOpen: there never was that much open time.
    """
    if amount <= timedelta(0):
        return end.astimezone(UTC)
    moment, left = _moment(end), amount // _MICROSECOND
    if hours.always:
        return _always(end, -amount)
    for year in _years_that_open(hours, end.astimezone(UTC).year, -1):
        known = hours.year(year)
        wanted = known.open_before(moment) - left
        if wanted >= 0:
            return _instant(known.start_of(wanted))
        left = -wanted
    raise NeverOpen


def business_time_between(hours: Hours, start: datetime, end: datetime) -> timedelta:
    """Return the open time between two instants; nothing when `end` comes before `start`."""
    if end <= start:
        return timedelta(0)
    if hours.always:
        return end - start
    first, last = start.astimezone(UTC).year, end.astimezone(UTC).year
    found = hours.year(last).open_before(_moment(end))
    found -= hours.year(first).open_before(_moment(start))
    found += sum(hours.year(year).sums[-1] for year in range(first, last))
    return found * _MICROSECOND


def business_minutes_between(hours: Hours, start: datetime, end: datetime) -> int:
    """Return the full open minutes between two instants."""
    return business_time_between(hours, start, end) // timedelta(minutes=1)


def segments(hours: Hours, start: datetime, end: datetime) -> Iterator[Segment]:
    """Yield what is open and what is closed between two instants, in turn, without a gap."""
    at, last = _moment(start), _moment(end)
    for opens, closes in _joined(_stretches(hours, start, end)):
        if at < opens:
            yield Segment(_instant(at), _instant(opens), is_open=False)
        yield Segment(_instant(opens), _instant(closes), is_open=True)
        at = closes
    if at < last:
        yield Segment(_instant(at), _instant(last), is_open=False)


def _stretches(hours: Hours, start: datetime, end: datetime) -> Iterator[tuple[int, int]]:
    """Yield the open stretches between two instants."""
    first, last = _moment(start), _moment(end)
    if hours.always:
        yield from ((first, last),) if first < last else ()
        return
    for year in range(start.astimezone(UTC).year, end.astimezone(UTC).year + 1):
        known = hours.year(year)
        for opens, closes in zip(known.starts, known.ends, strict=True):
            if max(opens, first) < min(closes, last):
                yield max(opens, first), min(closes, last)


def _joined(stretches: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Make one of those that meet, as at midnight or at New Year."""
    held: tuple[int, int] | None = None
    for opens, closes in stretches:
        if held and held[1] == opens:
            held = held[0], closes
            continue
        if held:
            yield held
        held = opens, closes
    if held:
        yield held


def _years_that_open(hours: Hours, year: int, step: int) -> Iterator[int]:
    """Yield years from `year` on, while one of the last `DRY_YEARS` had an open moment."""
    dry = DRY_YEARS if hours.is_never_open else 0
    while dry < DRY_YEARS and 1 < year <= LAST_YEAR:
        yield year
        dry = 0 if hours.year(year).starts else dry + 1
        year += step


def _always(start: datetime, amount: timedelta) -> datetime:
    try:
        found = start.astimezone(UTC) + amount
    except OverflowError:
        raise NeverOpen from None
    if found.year > LAST_YEAR:
        raise NeverOpen
    return found


def _open_year(hours: Hours, year: int) -> _Year:
    """Find the open stretches of a year in UTC."""
    stretches = list(_joined(_open_stretches(hours, year)))
    lengths = (closes - opens for opens, closes in stretches)
    return _Year(
        [opens for opens, _closes in stretches],
        [closes for _opens, closes in stretches],
        list(accumulate(lengths, initial=0)),
    )


def _open_stretches(hours: Hours, year: int) -> Iterator[tuple[int, int]]:
    """Yield the open stretches of a year: linear in wall time wherever the offset is steady."""
    for begin, end, offset in _steady(hours.zone, year):
        first_day, last_day = (begin + offset) // _DAY, (end + offset - 1) // _DAY
        for number in range(first_day, last_day + 1):
            day = date.fromordinal(_EPOCH_DAY + number)
            intervals = hours.week[day.weekday()]
            if not intervals or hours.is_closed(day):
                continue
            midnight = number * _DAY - offset
            for from_minute, to_minute in intervals:
                opens = max(midnight + from_minute * _MINUTE, begin)
                closes = min(midnight + to_minute * _MINUTE, end)
                if opens < closes:
                    yield opens, closes


def _steady(zone: ZoneInfo, year: int) -> Iterator[tuple[int, int, int]]:
    """Yield the stretches of a year in UTC with one offset each: (start, end, offset)."""
    begin = at = _moment(datetime(year, 1, 1, tzinfo=UTC))
    end = _moment(datetime(year + 1, 1, 1, tzinfo=UTC))
    offset = _offset(zone, begin)
    while at < end:
        nearly = min(at + _DAY, end)
        if _offset(zone, nearly) != offset:
            change = _change(zone, at, nearly)
            yield begin, change, offset
            begin, offset = change, _offset(zone, change)
        at = nearly
    if begin < end:
        yield begin, end, offset


def _change(zone: ZoneInfo, before: int, after: int) -> int:
    """Return the first moment with another offset than `before`; clocks change on full seconds."""
    offset = _offset(zone, before)
    low, high = before // 1_000_000, after // 1_000_000
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, middle * 1_000_000) == offset:
            low = middle
        else:
            high = middle
    return high * 1_000_000


def _offset(zone: ZoneInfo, moment: int) -> int:
    offset = _instant(moment).astimezone(zone).utcoffset() or timedelta(0)
    return offset // _MICROSECOND


def _moment(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND


def _instant(moment: int) -> datetime:
    return _EPOCH + moment * _MICROSECOND
