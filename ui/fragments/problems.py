"""Recurring problems, drawn: how often, whether more than before, what they are about."""

from collections.abc import Sequence
from urllib.parse import urlencode

from htpy import Element, a, b, circle, div, h2, li, p, polyline, small, span, svg

from services.recurring import Problem, Progress, Recurrence
from services.recurring_tickets import Line
from services.words import _, ngettext
from ui import dates
from ui.fragments import marks
from ui.theme import icon

PAGE = "/stats/recurring"
MOST_ABOUT = 30  # tickets that a new one is about: more would make the address too long
_WIDTH, _HEIGHT, _ROOM = 132, 34, 4


def facts(found: Recurrence, how: Progress, zone: str, *, may_ask: bool) -> str:
    """Draw how much recurs, when it was looked for, and a way to have it looked for again."""
    return str(
        div(".recurring-facts")[
            found.found_at is not None and _recurring(found),
            span(".when.muted")[_when(how, zone), may_ask and not how.is_running and _again()],
        ]
    )


def problem(found: Problem, asked: dict[str, str], *, may_tie: bool) -> tuple[str, str]:
    """Draw a problem as an item of a list, after its key; `asked` is how the page is narrowed."""
    number = found.numbers[0]
    link = f"{PAGE}?{urlencode({**asked, 'ticket': number})}"
    key = f"problem-{number}"
    drawn = li(".problem", data_key=key, data_testid="problem")[
        h2[a(href=link, data_nav="")[found.label]],
        div(".problem-size")[b[str(found.size)], _change(found)],
        sparkline(found.weeks),
        div(".problem-rest")[
            _about(found.categories),
            div(".problem-examples")[
                [a(href=f"/tickets/{n}")[f"#{n} {title}"] for n, title in found.examples]
            ],
            acts(found, link, may_tie=may_tie),
        ],
    ]
    return key, str(drawn)


def missing(sentence: str) -> str:
    """Draw why nothing is counted."""
    return str(p(".stats-problem", role="alert")[sentence])


def acts(found: Problem, link: str, *, may_tie: bool) -> Element:
    """Draw what can be done about a problem; without a link the tickets are shown already."""
    about = ",".join(map(str, found.numbers[:MOST_ABOUT]))
    new = f"/tickets/new?{urlencode({'title': found.label, 'about': about})}"
    return div(".problem-acts")[
        link
        and a(".button.small", href=link, aria_label=f"{_('See the tickets')}: {found.label}")[
            _("See the tickets")
        ],
        may_tie and marks.row_button("tie", found.numbers[0], _("Link them together"), found.label),
        a(".button.small", href=new, aria_label=f"{_('Open a ticket about it')}: {found.label}")[
            _("Open a ticket about it")
        ],
    ]


def sparkline(weeks: Sequence[int]) -> Element:
    """Draw how many tickets came in each of some weeks; the numbers are its text."""
    most, last = max(*weeks, 1), len(weeks) - 1
    points = [
        (
            round(_ROOM + place * (_WIDTH - 2 * _ROOM) / max(last, 1), 1),
            round(_HEIGHT - _ROOM - many * (_HEIGHT - 2 * _ROOM) / most, 1),
        )
        for place, many in enumerate(weeks)
    ]
    line = " ".join(f"{x},{y}" for x, y in points)
    area = f"{_ROOM},{_HEIGHT - _ROOM} {line} {_WIDTH - _ROOM},{_HEIGHT - _ROOM}"
    said = _("Tickets a week, the last {n} weeks: {numbers}").format(
        n=len(weeks), numbers=", ".join(map(str, weeks))
    )
    return svg(
        ".spark-line",
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
        preserveAspectRatio="none",
        role="img",
        aria_label=said,
    )[
        polyline(".area", points=area),
        polyline(points=line, vector_effect="non-scaling-stroke"),
        circle(cx=str(points[-1][0]), cy=str(points[-1][1]), r="2.5"),
    ]


def ticket(line: Line, zone: str) -> tuple[str, str]:
    """Draw a ticket of a problem as an item of a list, after its key."""
    key = f"of-problem-{line.number}"
    drawn = li(".of-problem", data_key=key, data_testid="of-problem")[
        span(".number.muted")[f"#{line.number}"],
        a(".of-title", href=f"/tickets/{line.number}")[line.title],
        marks.status_chip(line.status, line.pending_reason),
        span(".muted")[dates.stamp(line.created_at, zone)],
    ]
    return key, str(drawn)


def back(asked: dict[str, str]) -> str:
    """Draw the way back from one problem to all."""
    link = f"{PAGE}?{urlencode(asked)}" if asked else PAGE
    return str(a(".button.small", href=link, data_nav="")[icon("back"), _("All problems")])


def head(found: Problem, *, may_tie: bool) -> str:
    """Draw what is above the tickets of one problem."""
    return str(
        div(".problem", data_key="", data_testid="problem-head")[
            div[_about(found.categories), acts(found, "", may_tie=may_tie)],
            div(".problem-size")[b[str(found.size)], _change(found)],
            sparkline(found.weeks),
        ]
    )


def _recurring(found: Recurrence) -> Element:
    share = "" if found.share is None else f" ({round(found.share * 100)}\u00a0%)"
    many = ngettext(
        "{recurring} of {n} ticket recurs{share}", "{recurring} of {n} tickets recur{share}",
        found.tickets,
    )  # fmt: skip
    return span(data_testid="recurrence")[
        many.format(recurring=found.recurring, n=found.tickets, share=share)
    ]


def _when(how: Progress, zone: str) -> Element | str | list[Element | str]:
    if how.is_running:
        text = _("Being looked for now…")
        if how.tickets:
            read = ngettext("{n} ticket read", "{n} tickets read", how.tickets)
            text = f"{text} {read.format(n=how.tickets)}"
        return span(role="status", data_testid="searching")[icon("again"), " ", text]
    if how.found_at is None:
        return _("Nobody has looked for them yet.")
    return [_("Looked for"), " ", dates.age(how.found_at, zone)]


def _again() -> Element:
    return marks.row_button("again", "", _("Look again now"), _("Recurring problems"))


def _change(found: Problem) -> Element:
    """Draw how many there are more or less than in the period before."""
    if found.before is None:
        return small[_("before: not known")]
    more = found.size - found.before
    word, colour = (_("more than before"), "more") if more > 0 else (_("fewer than before"), "less")
    if not more:
        return small[_("as many as before")]
    return small[span(class_=colour)[f"{more:+}".replace("-", "−")], " ", word]


def _about(categories: list[tuple[str, int]]) -> Element:
    return div(".problem-about")[
        [span(".chip")[f"{path or _('No category')} · {many}"] for path, many in categories]
    ]
