"""The figures above the charts, in words."""

from collections.abc import Callable

from services.headlines import Line, Unit, Values
from services.measures import Duration, Measure
from services.words import _
from ui.drawings import numbers
from ui.drawings.marked import mark
from ui.fragments.headlines import Figure
from ui.pages.stats_seen import Seen

_MEDIAN = " median"
_MOST = 3  # times as much: beyond that a difference says more than a part
_COUNTED: dict[str, Measure] = {  # which tickets are behind a figure
    "created": Measure.CREATED,
    "resolved": Measure.RESOLVED,
    "backlog": Measure.BACKLOG,
    "late": Measure.LATE,
    "sla": Measure.MISSED,
    "first_contact_share": Measure.FIRST_CONTACT,
    "reopen_rate": Measure.REOPENED,
    "reassignments": Measure.REASSIGNED,
}


def figures(seen: Seen | None) -> list[Figure]:
    """Return the figures of an answer; of durations the median, with the others beside it."""
    if seen is None:
        return []
    shown = [line for line in seen.answer.headline.lines if not _is_beside(line)]
    return [_figure(seen, line) for line in shown]


def _is_beside(line: Line) -> bool:
    return line.unit is Unit.HOURS and not line.name.endswith(_MEDIAN)


def _figure(seen: Seen, line: Line) -> Figure:
    key = line.name.partition(" ")[0]
    measure = _COUNTED.get(line.name)
    written = _writing(seen, line.unit)
    change = _change(line)
    moves = bool(line.change) and change != _("no change")
    return Figure(
        key=key,
        name=_(line.title),
        value=written(line.now),
        before=written(line.before),
        change=change,
        is_up=(line.change or 0) > 0 if moves else None,
        is_good=line.is_better if moves else None,
        more=_more(seen, line),
        address=seen.behind(mark(measure=measure)) if measure else "",
    )


def _writing(seen: Seen, unit: Unit) -> Callable[[float | None], str]:
    def length(hours: float | None) -> str:
        return numbers.length(hours, is_business=seen.is_business)

    def count(number: float | None) -> str:
        return numbers.count(None if number is None else int(number))

    kinds: dict[Unit, Callable[[float | None], str]] = {
        Unit.TICKETS: count,
        Unit.HOURS: length,
        Unit.SHARE: numbers.share,
        Unit.TIMES: numbers.decimal,
    }
    return kinds[unit]


def _change(line: Line) -> str:
    """Return by how much a figure changed: of shares in points, of the others in parts."""
    if line.change is None:
        return ""
    if line.unit is Unit.SHARE:
        points = round(abs(line.change) * 100, 1)
        text = _("{points} points more") if line.change > 0 else _("{points} points less")
        return text.format(points=numbers.decimal(points)) if points else _("no change")
    if not line.change:
        return _("no change")
    more, less = _words(line.unit)
    if line.ratio is None or abs(line.ratio) > _MOST or line.name == "net_flow":
        return _difference(line)
    share = numbers.share(abs(line.ratio))
    if share == numbers.share(0):
        return _("no change")
    return (more if line.change > 0 else less).format(share=share)


def _difference(line: Line) -> str:
    change = line.change or 0
    if line.unit is Unit.HOURS:
        return f"{'+' if change > 0 else '-'}{numbers.length(abs(change), is_business=True)}"
    return numbers.change(round(change, 2))


def _words(unit: Unit) -> tuple[str, str]:
    if unit is Unit.HOURS:
        return _("{share} longer"), _("{share} shorter")
    return _("{share} more"), _("{share} fewer")


def _more(seen: Seen, line: Line) -> str:
    """Return what stands beside a figure: how many it is of, or how it is spread."""
    now = seen.answer.headline.now
    if line.unit is Unit.HOURS:
        times = now.times(Duration(line.name.removesuffix(_MEDIAN)), seen.question.hours)
        length = _writing(seen, Unit.HOURS)
        text = _("mean {mean}, 90 % within {most}")
        return text.format(mean=length(times.mean), most=length(times.p90)) if times.n else ""
    return _of(now).get(line.name, "")


def _of(now: Values) -> dict[str, str]:
    missed, moved = now.sla.n - now.sla.made, now.reassignments.tickets
    return {
        "sla": _("{tickets} missed theirs").format(tickets=numbers.tickets(missed)),
        "first_contact_share": numbers.tickets(now.first_contact),
        "reopen_rate": numbers.tickets(now.reopened),
        "reassignments": _("{tickets} reassigned").format(tickets=numbers.tickets(moved)),
    }
