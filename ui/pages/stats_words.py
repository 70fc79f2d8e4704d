"""What the tickets behind a mark are called: which, of when, of what."""

from services import marks
from services.dimensions import NOTHING, Dimension
from services.distributions import EDGES, Bin, clock_of
from services.marks import Mark
from services.measures import ENDS, Measure
from services.opening_hours import DAYS
from services.questions import Question
from services.stats_tables import OF_TICKETS, WITHOUT
from services.words import N_, _
from ui.drawings import numbers, stock, times
from ui.pages.stats_asked import Offered

_STAGES: dict[str, str] = {
    "accepted": N_("Accepted since"),
    "answered": N_("Answered since"),
    "resolved": N_("Resolved since"),
    "closed": N_("Closed since"),
}


def title(mark: Mark) -> str:
    """Return what a list of the tickets behind a mark is of."""
    measure: Measure = ENDS[mark.duration] if mark.duration else mark.measure
    return _(marks.TITLES[measure])


def when(question: Question, mark: Mark) -> str:
    """Return the days it is of."""
    period = marks.period_of(question, mark)
    return numbers.span(period.first, period.last)


def details(question: Question, mark: Mark, offered: Offered) -> list[str]:
    """Return what else narrows it, each with its name."""
    found = []
    if mark.dimension:
        called = _group(mark, mark.dimension, offered)
        found.append(_about(_(OF_TICKETS.get(mark.dimension, "")), called))
    if mark.weekday is not None:
        found.append(_about(_("Weekday"), _(tuple(DAYS.values())[mark.weekday])))
    if mark.hour is not None:
        found.append(_about(_("Hour"), numbers.at(mark.hour)))
    if mark.age is not None:
        found.append(_about(_("Open for"), _(stock.BANDS[mark.age])))
    if mark.duration and mark.bin is not None:
        hours = clock_of(mark.duration, question.hours)
        spans = list(zip((0, *EDGES[hours]), (*EDGES[hours], None), strict=True))
        found.append(_about(_("Took"), times.span(Bin(*spans[mark.bin], 0), hours)))
    if mark.reached:
        found.append(_(_STAGES[mark.reached]))
    return found


def _group(mark: Mark, dimension: Dimension, offered: Offered) -> str:
    if mark.value.startswith("-"):  # of a team whose people are not named
        return _("Others of {team}").format(team=offered.said("team", [mark.value[1:]]))
    if mark.value == NOTHING:
        return _(WITHOUT.get(dimension, ""))
    return offered.said(dimension.value, [mark.value])


def _about(field: str, value: str) -> str:
    return _("{field}: {value}").format(field=field, value=value)
