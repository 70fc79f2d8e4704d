"""A calendar: its settings, its week with the intervals of each day, what is closed."""

from collections.abc import Mapping, Sequence

from htpy import (
    Element,
    Node,
    button,
    div,
    fieldset,
    h2,
    input,
    label,
    legend,
    li,
    option,
    p,
    select,
    span,
)

from data.models import Calendar
from services import holidays, opening_hours
from services.open_days import ClosedDays, Why
from services.opening_hours import ALWAYS, DAYS, Day
from services.words import N_, _
from ui import dates
from ui.fragments import marks
from ui.theme import icon

MOST_ROWS = 200
LAST_START = "23:00"  # of an interval that can be added below another

_WHY = {
    Why.CLOSURE: (N_("Closed by you"), ".chip.waits"),
    Why.PUBLIC: (N_("Public holiday"), ".chip"),
    Why.SCHOOL: (N_("School holidays"), ".chip"),
}


def settings(calendar: Calendar, problems: Mapping[str, str]) -> Element:
    """Draw what a calendar is called, where it is, and which days are free."""
    is_always = calendar.hours == ALWAYS
    free = [("", _("None")), *((zone, _(name)) for zone, name in holidays.ZONES.items())]
    school = [("", _("Open in the school holidays"))]
    school += [(z, _("Closed in those of zone {zone}").format(zone=z)) for z in "ABC"]
    return div(".hours-settings")[
        _line("name", _("Name"), calendar.name, problems),
        _choice("timezone", _("Time zone"), dates.zones(calendar.timezone), calendar.timezone),
        not is_always and _choice("holidays", _("Public holidays"), free, calendar.holidays),
        not is_always and _choice("school_zone", _("School"), school, calendar.school_zone),
        div(".hours-ticks")[
            _tick("always", _("Open day and night, every day"), is_always),
            not is_always
            and bool(calendar.holidays)
            and _tick(
                "works_whit_monday",
                _("Whit Monday is worked (day of solidarity)"),
                calendar.works_whit_monday,
            ),
        ],
        calendar.school_zone
        and not is_always
        and p(".muted.small")[
            _("School holidays are known until {day}.").format(
                day=dates.day(holidays.school_known_until())
            )
        ],
    ]


def week(typed: Mapping[str, Day], problems: Mapping[str, str]) -> Element:
    """Draw the intervals of each day, as they were typed."""
    return div(".week")[
        problems.get("hours") and p(".field-error", role="alert")[problems["hours"]],
        [_day(name, typed.get(name, []), problems.get(f"hours.{name}", "")) for name in DAYS],
    ]


def closed(days: ClosedDays) -> tuple[str, str]:
    """Draw one row of what is closed."""
    key = f"closed-{days.why}-{days.starts_on.isoformat()}-{days.closure_id or ''}"
    word, chip = _WHY[days.why]
    name = _(days.name) if days.why is Why.PUBLIC else days.name
    shown = name or _("Closed all day")
    drawn = li(".row", data_key=key, data_testid="closed-days")[
        span(".row-main")[
            span(".row-title")[shown],
            span(".row-context")[span[dates.days(days.starts_on, days.ends_on)]],
        ],
        span(chip)[_(word)],
        span(".row-actions")[
            days.closure_id is not None
            and marks.row_button("open", days.closure_id, _("Remove"), shown)
        ],
    ]
    return key, str(drawn)


def _day(name: str, pairs: Day, problem: str) -> Element:
    title = _(DAYS[name])
    return fieldset(f"#day-{name}.day", data_testid=f"day-{name}")[
        legend[title],
        div(".intervals")[
            [_interval(name, n, pair, is_wrong=bool(problem)) for n, pair in enumerate(pairs)],
            not pairs and span(".muted")[_("Closed all day")],
        ],
        div(".day-tools")[
            _can_grow(pairs)
            and button(
                f"#add-{name}.button.small",
                type="button",
                data_action="add",
                data_value=name,
                aria_label=_("Add hours on {day}").format(day=title),
            )[icon("plus"), _("Add")],
            name == "mon"
            and bool(pairs)
            and button(
                "#copy-monday.button.small",
                type="button",
                data_action="copy",
                data_value=name,
                data_testid="copy-monday",
            )[_("Copy to Tuesday–Friday")],
        ],
        problem and p(f"#problem-{name}.field-error", role="alert")[problem],
    ]


def _interval(name: str, n: int, pair: Sequence[str], *, is_wrong: bool) -> Element:
    day = _(DAYS[name])
    return span(".interval")[
        _time(f"from-{name}-{n}", _("{day}, from").format(day=day), pair[0], name, is_wrong),
        span(aria_hidden="true")["–"],
        _time(f"until-{name}-{n}", _("{day}, until").format(day=day), pair[1], name, is_wrong),
        button(
            ".icon-button",
            type="button",
            data_action="remove",
            data_value=f"{name}-{n}",
            aria_label=_("Remove {from_time}–{until_time} on {day}").format(
                from_time=pair[0], until_time=pair[1], day=day
            ),
        )[icon("cross")],
    ]


def _time(key: str, title: str, value: str, day: str, is_wrong: bool) -> Node:  # noqa: FBT001
    return input(
        id=key,
        type="text",
        value=value,
        data_action=key,
        data_testid=key,
        aria_label=title,
        aria_invalid="true" if is_wrong else None,
        aria_describedby=f"problem-{day}" if is_wrong else None,
        inputmode="numeric",
        autocomplete="off",
        maxlength="8",
        size="5",
    )


def _can_grow(pairs: Day) -> bool:
    is_room = not pairs or pairs[-1][1] <= LAST_START
    return is_room and len(pairs) < opening_hours.MOST_A_DAY


def _line(name: str, title: str, value: str, problems: Mapping[str, str]) -> Element:
    problem = problems.get(name, "")
    return div(".field.choice")[
        label(for_=f"hours-{name}")[title],
        input(
            id=f"hours-{name}",
            type="text",
            value=value,
            maxlength="120",
            autocomplete="off",
            data_action=name,
            data_testid=f"hours-{name}",
            aria_invalid="true" if problem else None,
            aria_describedby=f"hours-{name}-problem" if problem else None,
        ),
        problem and span(f"#hours-{name}-problem.field-error", role="alert")[problem],
    ]


def _choice(name: str, title: str, options: Sequence[tuple[str, str]], value: str) -> Element:
    return div(".field.choice")[
        label(for_=f"hours-{name}")[title],
        select(id=f"hours-{name}", data_action=name, data_testid=f"hours-{name}")[
            [option(value=key, selected=key == value)[word] for key, word in options]
        ],
    ]


def _tick(name: str, title: str, is_on: bool) -> Node:  # noqa: FBT001
    return label(".tick")[
        input(
            id=f"hours-{name}",
            type="checkbox",
            checked=is_on,
            data_action=name,
            data_testid=f"hours-{name}",
        ),
        span[title],
    ]


def heading(calendar: Calendar) -> Element:
    """Draw the name of the part, and what one can do with the calendar as a whole."""
    return div(".section-head")[
        h2[_("Opening hours")],
        calendar.is_default
        and span(".chip.good", data_testid="is-default")[icon("check"), _("Default")],
        not calendar.is_default
        and div(".section-tools")[
            marks.row_button("default", calendar.id, _("Make it the default"), calendar.name),
            marks.row_button("delete", calendar.id, _("Delete"), calendar.name),
        ],
    ]
