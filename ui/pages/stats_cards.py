"""The charts of the statistics: which there are, and what each draws of an answer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from services import periods, stats_page
from services.arrivals import Funnel, Mover
from services.backlogs import Load
from services.dimensions import Dimension
from services.measures import Measure
from services.periods import Step
from services.questions import Hours
from services.stats_tables import OF_TICKETS, group_label
from services.words import N_, _
from ui.drawings import flow, kept, numbers, rows, stock, times, week
from ui.drawings.marked import mark
from ui.drawings.style import Drawing, Style
from ui.pages import stats_asked
from ui.pages.stats_asked import Offered, Option
from ui.pages.stats_seen import Seen

Controls = list[tuple[str, str, list[Option]]]  # field, title, values with their texts


@dataclass(frozen=True, slots=True)
class Card:
    """One chart: its title, what it draws, and the choices that are of it alone."""

    key: str
    title: str
    draw_seen: Callable[[Style, Seen], Drawing]
    classes: str = ""
    controls: Callable[[Offered], Controls] = lambda _offered: []

    def draw(self, style: Style, seen: Seen | None) -> Drawing:
        """Draw the answer, or say that there is none."""
        return self.draw_seen(style, seen) if seen else style.nothing(_("Nothing is counted."))


def _flow(style: Style, seen: Seen) -> Drawing:
    question = seen.question
    buckets = periods.buckets(question.period, question.each)
    return flow.draw(style, seen.answer.trend, buckets, question.each)


def _ages(style: Style, seen: Seen) -> Drawing:
    return stock.ages(style, seen.answer.ages.bands)


def _load(style: Style, seen: Seen) -> Drawing:
    is_people = seen.question.people
    by = Dimension.TECHNICIAN if is_people else Dimension.TEAM
    load = seen.answer.workload.people if is_people else seen.answer.workload.teams
    found = sorted(load, key=lambda each: -each.open)
    told = _("{tickets} open at the end, {late} of them late.").format(
        tickets=numbers.tickets(sum(each.open for each in found)),
        late=numbers.count(sum(each.late for each in found)),
    )
    series = [
        rows.Series(_("Open"), style.series(0), 0.7),
        rows.Series(_("Late, of these"), style.series(5), 0.35),
        rows.Series(_("Taken charge of in the period")),
        rows.Series(_("Resolved in the period")),
    ]
    shown = [_loaded(by, each) for each in found]
    return rows.draw(style, shown, series, about=_(OF_TICKETS[by]), told=told)


def _loaded(by: Dimension, each: Load) -> rows.Row:
    measures = (Measure.BACKLOG, Measure.LATE, Measure.ACCEPTED, Measure.RESOLVED)
    targets = [mark(measure=m, dimension=by, value=each.group.key) for m in measures]
    numbered = [each.open, each.late, each.taken, each.resolved]
    return rows.Row(group_label(by, each.group), numbered, targets)


def _boxes(style: Style, seen: Seen) -> Drawing:
    by = seen.shown.times_by
    return times.boxes(style, seen.answer.distributions[by], by)


def _bins(style: Style, seen: Seen) -> Drawing:
    return times.bins(style, seen.answer.distributions[seen.shown.times_by])


def _kept(style: Style, seen: Seen) -> Drawing:
    return kept.draw(style, seen.kept, seen.kept_by)


def _week(style: Style, seen: Seen) -> Drawing:
    return week.draw(style, seen.answer.heat)


def _top(style: Style, seen: Seen) -> Drawing:
    by, found = seen.shown.top_by, seen.movers
    told = ""
    if found:
        most = max(found, key=lambda mover: abs(mover.change))
        told = _("Moved most: {name}, {change} against the period before.").format(
            name=group_label(by, most.group), change=numbers.change(most.change)
        )
    series = [
        rows.Series(_("This period"), style.series(0)),
        rows.Series(_("Before"), style.series(6)),
    ]
    return rows.draw(
        style,
        [_moved(seen, by, mover) for mover in found],
        series,
        about=_(OF_TICKETS[by]),
        told=told,
        more=(_("Change"), [numbers.change(mover.change) for mover in found]),
    )


def _moved(seen: Seen, by: Dimension, mover: Mover) -> rows.Row:
    where: dict[str, Any] = {"measure": Measure.CREATED, "dimension": by, "value": mover.group.key}
    targets = [mark(**where), mark(period=seen.answer.headline.period_before, **where)]
    note = _("{change} against the period before")
    note = note.format(change=numbers.change(mover.change))
    return rows.Row(group_label(by, mover.group), [mover.now, mover.before], targets, note)


def _channels(style: Style, seen: Seen) -> Drawing:
    found = sorted(seen.answer.funnel, key=lambda each: -each.created)
    stages = {
        "created": _("Created tickets"),
        "accepted": _("Accepted"),
        "answered": _("First answer given"),
        "resolved": _("Resolved so far"),
        "closed": _("Closed so far"),
    }
    colours = [style.colour("line-strong"), *(style.colour(f"heat-{n}") for n in range(1, 5))]
    series = [rows.Series(n, colour) for n, colour in zip(stages.values(), colours, strict=True)]
    sums = {name: sum(getattr(each, name) for each in found) for name in stages}
    told = _("Of {created} created, {answered} were answered and {resolved} resolved so far.")
    return rows.draw(
        style,
        [_reached(each, list(stages)) for each in found],
        series,
        about=_("Channel"),
        told=told.format(**{name: numbers.count(number) for name, number in sums.items()}),
    )


def _reached(each: Funnel, stages: list[str]) -> rows.Row:
    where: dict[str, Any] = {"dimension": Dimension.CHANNEL, "value": each.group.key}
    targets = [mark(**where, reached="" if s == "created" else s) for s in stages]
    numbered = [getattr(each, stage) for stage in stages]
    called = group_label(Dimension.CHANNEL, each.group)
    shares = ", ".join(numbers.share(n / each.created) for n in numbered[1:])
    return rows.Row(called, numbered, targets, shares)


def _flow_controls(_offered: Offered) -> Controls:
    steps = {Step.DAY: _("By day"), Step.WEEK: _("By week"), Step.MONTH: _("By month")}
    options = [("", _("Automatic step")), *((step.value, text) for step, text in steps.items())]
    return [("step", _("Step"), options)]


def _load_controls(offered: Offered) -> Controls:
    options = [("", _("By team")), ("1", _("By person"))]
    return [("people", _("Teams or people"), options)] if offered.may_name else []


def _times_controls(_offered: Offered) -> Controls:
    durations = [(kind.value, _(text)) for kind, text in stats_asked.DURATIONS.items()]
    clocks = [("", _("Around the clock")), (Hours.BUSINESS.value, _("In opening hours"))]
    return [("times", _("What is measured"), durations), ("hours", _("Clock"), clocks)]


def _boxes_controls(_offered: Offered) -> Controls:
    return [("times_by", _("Parted by"), stats_asked.options_by(stats_page.SPREAD))]


def _kept_controls(_offered: Offered) -> Controls:
    options = stats_asked.options_by(stats_asked.BY)
    return [("kept_by", _("Parted by"), [("", _("Over time")), *options])]


def _top_controls(_offered: Offered) -> Controls:
    return [("top_by", _("Parted by"), stats_asked.options_by(stats_asked.BY))]


CARDS: tuple[Card, ...] = (
    Card(
        "flow", N_("What came in, what was done, what is left"), _flow, "wide tall", _flow_controls
    ),
    Card("ages", N_("How old the open tickets are"), _ages),
    Card("load", N_("Who has how much to do"), _load, controls=_load_controls),
    Card("bins", N_("How long it takes"), _bins, controls=_times_controls),
    Card("boxes", N_("Where it takes longer"), _boxes, controls=_boxes_controls),
    Card("kept", N_("Which deadlines were kept"), _kept, controls=_kept_controls),
    Card("week", N_("When tickets come in"), _week),
    Card("top", N_("What most tickets are about"), _top, controls=_top_controls),
    Card("channels", N_("How tickets come, and how far they got"), _channels),
)
