"""What charts draw and write beside their axes."""

from datetime import date, datetime, timedelta

import pytest

from services.periods import Period, Step, buckets
from services.trends import Point
from ui.drawings import flow
from ui.drawings.style import NAMED, Style, shorts


@pytest.mark.parametrize(
    ("called", "written"),
    [
        (["Réseau"], ["Réseau"]),
        (["<b>"], ["&lt;b&gt;"]),
        (["Matériel › Imprimantes › Multifonctions"], ["… Multifonctions"]),
        (["Établissement public départemental"], ["Établissement public dépa…"]),
        (
            ["Établissement public du Nord-Ouest", "Établissement public du Nord-Est"],
            ["Établissement… Nord-Ouest", "Établissement…u Nord-Est"],
        ),
    ],
)
def test_long_names_are_told_apart(called: list[str], written: list[str]) -> None:
    found = shorts(called)

    assert len(set(found)) == len(called)
    assert all(len(name) <= NAMED or "&" in name for name in found)
    if len(called) == 1:
        assert found == written
    else:
        assert all(name.endswith(called[place][-8:]) for place, name in enumerate(found))


def test_a_single_ticket_is_counted_in_whole_numbers() -> None:
    days = buckets(Period(date(2026, 11, 28), date(2026, 11, 29)), Step.DAY)
    points = [Point(day.first, created=1, resolved=0, closed=0, backlog=1) for day in days]

    layout = flow.draw(Style(), points, days, Step.DAY).layout

    assert (layout["yaxis"]["dtick"], layout["yaxis2"]["dtick"]) == (1, 1)
    assert layout["xaxis"]["dtick"] == timedelta(days=1) / timedelta(milliseconds=1)


def test_bars_of_weeks_that_are_cut_off_stay_between_their_days() -> None:
    weeks = buckets(Period(date(2026, 11, 25), date(2026, 12, 7)), Step.WEEK)
    points = [Point(week.first, created=3, resolved=2, closed=0, backlog=1) for week in weeks]

    drawn = flow.draw(Style(), points, weeks, Step.WEEK)

    for bars in drawn.traces[:2]:
        sides = zip(bars["x"], bars["offset"], bars["width"], weeks, strict=True)
        for x, offset, width, week in sides:
            end = datetime.fromisoformat(x) + timedelta(milliseconds=offset + width)
            assert end < datetime.combine(week.last, datetime.min.time()) + timedelta(days=1)
