"""How opening hours lead from a time to a deadline: the sentence, and each day as a bar."""

from zoneinfo import ZoneInfo

from babel.dates import format_date
from htpy import Element, div, li, ol, p, rect, span, strong, svg

from services.simulations import Day, Simulated
from services.words import _, ngettext, spoken
from ui import dates
from ui.fragments import why
from ui.theme import icon

WIDTH, HEIGHT = 1440, 20


def result(found: Simulated, zone: ZoneInfo) -> Element:
    """Draw where a simulation leads."""
    more = (found.due_at.astimezone(zone).date() - found.days[-1].on).days
    return div(".simulated")[
        p(".simulated-due", data_testid="simulated-due")[
            icon("clock"),
            span[_("Due:")],
            " ",
            strong[dates.exact(found.due_at, zone.key)],
        ],
        ol(".simulated-days")[[_day(day, zone) for day in found.days]],
        more > 0
        and p(".muted.small")[
            ngettext("{n} more day is not drawn.", "{n} more days are not drawn.", more).format(
                n=more
            )
        ],
        p(".legend.small", aria_hidden="true")[
            span(".key.counted"),
            _("counts"),
            span(".key.opened"),
            _("open"),
            span(".key.shut"),
            _("closed"),
        ],
    ]


def _day(day: Day, zone: ZoneInfo) -> Element:
    name = format_date(day.on, "EEE d MMM", locale="fr" if spoken() == "fr" else "en_GB")
    open_times = ", ".join(
        f"{s.start.astimezone(zone):%H:%M}–{s.end.astimezone(zone):%H:%M}" for s in day.stretches
    )
    return li(".simulated-day")[
        span(".simulated-name")[str(name)],
        svg(
            class_="simulated-bar",
            viewBox=f"0 0 {WIDTH} {HEIGHT}",
            preserveAspectRatio="none",
            aria_hidden="true",
        )[
            rect(class_="shut", width=str(WIDTH), height=str(HEIGHT)),
            [_bar(day, n) for n in range(len(day.stretches))],
        ],
        span(".sr-only")[open_times or _("Closed all day")],
        span(".simulated-counted")[why.length(day.counted) if day.counted else "–"],
    ]


def _bar(day: Day, n: int) -> Element:
    stretch, whole = day.stretches[n], day.end - day.start
    left = (stretch.start - day.start) / whole * WIDTH
    width = (stretch.end - stretch.start) / whole * WIDTH
    return rect(
        class_="counted" if stretch.counts else "opened",
        x=f"{left:.1f}",
        width=f"{max(width, 3):.1f}",
        height=str(HEIGHT),
    )
