"""Which tickets a bar, a point or a cell stands for, as the end of an address."""

from typing import Any
from urllib.parse import parse_qsl, urlencode

from services import marks, questions
from services.marks import Mark
from services.periods import Period
from services.questions import Question

BEHIND = "/stats/tickets"
EXPORT = "/stats/export"  # and an ending
_DAYS = ("from", "to")


def mark(*, period: Period | None = None, **fields: Any) -> str:
    """Return a mark; of other days than those asked for when it names a `period`."""
    pairs = marks.to_query(Mark(**fields))
    if period:
        pairs += zip(_DAYS, (period.first.isoformat(), period.last.isoformat()), strict=True)
    return urlencode(pairs)


def address(question: Question, marked: str) -> str:
    """Return the address of the tickets behind a mark of the answer to a question."""
    pairs = parse_qsl(marked)
    if any(name in _DAYS for name, _value in pairs):
        kept = [pair for pair in questions.to_query(question) if pair[0] not in ("period", *_DAYS)]
        return f"{BEHIND}?{urlencode([*kept, *pairs])}"
    return questions.address(BEHIND, question, pairs)
