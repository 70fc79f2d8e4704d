"""Pages of what a search found: blocks of tickets, the newest first, each in the order of scores.

No index holds the order of scores: what was read is put in order before older tickets are looked
at. So the page after costs what the first costs, however many tickets match, and the pages are in
step while tickets come and go: all of them look from the same ticket on, and from the same instant.
"""

import hashlib
import json
import math
from collections.abc import Callable, Iterable
from dataclasses import astuple, dataclass, replace
from datetime import UTC, datetime

from services.checks import LOST_PAGE
from services.errors import Invalid
from services.tickets import LARGEST

PERSON, TICKET = 0, 1
Key = tuple[float, int, int]  # as hits sort: minus the score, people before tickets, newest first


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: in which block, and after what of it."""

    at: datetime  # until when the age of a ticket is counted
    below: int | None = None  # the numbers of the block are smaller
    is_first: bool = True
    is_indexed: bool = False  # found by the index, not by reading the newest
    last: Key | None = None

    @property
    def is_beginning(self) -> bool:
        """Tell whether nothing was shown yet."""
        return self.is_first and self.last is None

    def then(self, below: int, *, is_indexed: bool) -> "Place":
        """Return the block after this one."""
        return Place(self.at, below, is_first=False, is_indexed=is_indexed)


@dataclass(frozen=True, slots=True)
class Block:
    """What was found from a place on, best first; `following` is the block after, if any."""

    place: Place
    keys: list[Key]
    following: Place | None


def page(
    find: Callable[[Place], Block], place: Place, more: Iterable[Key], limit: int
) -> tuple[list[Key], Place | None]:
    """Return what a page shows, and where the next one begins, if there is one.

    It comes from the block of `place`, which has `more` besides tickets, and from the one after.
    """
    block = find(place)
    keys = [k for k in sorted([*more, *block.keys]) if place.last is None or k > place.last]
    if len(keys) > limit:
        return keys[:limit], replace(block.place, last=keys[limit - 1])
    if block.following is None:
        return keys, None
    beyond = find(block.following)
    rest = beyond.keys[: limit - len(keys)]
    if len(rest) == len(beyond.keys):
        return [*keys, *rest], beyond.following
    return [*keys, *rest], replace(beyond.place, last=rest[-1] if rest else None)


def packed(place: Place, text: str) -> str:
    """Return the cursor of a page of what was found for a text."""
    _at, *rest = astuple(place)
    return json.dumps([_of(text), place.at.isoformat(), *rest], separators=(",", ":"))


def unpacked(cursor: str, text: str) -> Place:
    """Return where the page of a cursor begins.

    Raises:
        Invalid: it is damaged, or of another search.
    """
    try:
        of, at, below, is_first, is_indexed, last = json.loads(cursor)
        if of != _of(text):
            raise ValueError("a cursor of another search")
        return Place(
            datetime.fromisoformat(at).astimezone(UTC),
            _whole(below),
            is_first=bool(is_first),
            is_indexed=bool(is_indexed),
            last=None if last is None else _key(*last),
        )
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise Invalid({"cursor": LOST_PAGE}) from error


def _of(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]


def _key(score: float, kind: int, place: int) -> Key:
    if not math.isfinite(score):
        raise ValueError("not a score")
    return float(score), _whole(kind), -_whole(-place)


def _whole(value: object) -> int:
    if type(value) is not int or not -LARGEST <= value <= LARGEST:
        raise ValueError("not a number")
    return value
