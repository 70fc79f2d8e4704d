"""Policies as rows: for which tickets, what is promised, by which calendar."""

from collections.abc import Mapping

from htpy import Element, li, span

from data.models import SlaPolicy, Target
from services import labels, opening_hours
from services.words import _
from ui.fragments import marks
from ui.theme import icon
from ui.widgets import open_time

MINUTES = {
    Target.ACCEPT: "accept_minutes",
    Target.FIRST_RESPONSE: "first_response_minutes",
    Target.RESOLVE: "resolve_minutes",
}


def policy(
    row: SlaPolicy, teams: Mapping[int, str], categories: Mapping[int, str], *, place: str = ""
) -> tuple[str, str]:
    """Draw one; `place` is `first`, `last`, both or nothing, and takes a way to move away."""
    key = f"policy-{row.id}"
    day = opening_hours.minutes_a_day(row.calendar.hours)
    promises = [
        _("{what}: {length}").format(
            what=_(labels.TARGET[target]), length=open_time.written(minutes, day)
        )
        for target, name in MINUTES.items()
        if (minutes := getattr(row, name)) is not None
    ]
    drawn = li(class_=["row", {"inactive": not row.is_active}], data_key=key, data_testid="policy")[
        span(".row-main")[
            span(".row-title")[row.name],
            span(".row-context")[[span[part] for part in _for_which(row, teams, categories)]],
            span(".row-context")[
                [span[promise] for promise in promises or [_("Nothing is promised")]],
                span[row.calendar.name],
            ],
        ],
        _chip(row),
        span(".row-actions")[
            "first" not in place and _move("earlier", row, _("Ask it earlier"), "up"),
            "last" not in place and _move("later", row, _("Ask it later"), "down"),
            marks.row_button("edit", row.id, _("Edit"), row.name),
            marks.row_button(
                "activity", row.id, _("Switch off") if row.is_active else _("Switch on"), row.name
            ),
            marks.row_button("delete", row.id, _("Delete"), row.name),
        ],
    ]
    return key, str(drawn)


def _for_which(
    row: SlaPolicy, teams: Mapping[int, str], categories: Mapping[int, str]
) -> list[str]:
    parts = [
        teams.get(row.team_id, _("A team that is switched off")) if row.team_id else "",
        categories.get(row.category_id, _("A category that is switched off"))
        if row.category_id
        else "",
        _(labels.PRIORITY[row.priority]) if row.priority else "",
        _(labels.TYPE[row.type]) if row.type else "",
    ]
    return [part for part in parts if part] or [_("All tickets")]


def _chip(row: SlaPolicy) -> Element:
    if row.is_active:
        return span(".chip.good")[icon("check"), _("Switched on")]
    return span(".chip")[icon("pause"), _("Switched off")]


def _move(action: str, row: SlaPolicy, text: str, drawn: str) -> Element:
    about = f"{text}: {row.name}"
    return marks.icon_button(action, str(row.id), about, drawn)
