"""Trying a calendar out: opened then, so long, due when."""

from datetime import datetime, timedelta
from typing import Any

from htpy import Element, Node, VoidElement, div, input, label, option, p, select
from nicegui import ui

from data.clock import now
from data.models import Calendar
from services import opening_hours, simulations
from services.errors import DomainError, Invalid
from services.words import _, speaking
from ui import dates
from ui.door import Door
from ui.fragments import simulated, why
from ui.fragments.base import Fragment

FRIDAY, HALF_PAST_FIVE = 4, timedelta(hours=17, minutes=30)
UNITS = ("min", "h", "d")


class Simulator:
    """Fields and what they lead to, by one calendar; drawn again whenever either changes."""

    def __init__(self, do: Door, calendar: Calendar) -> None:
        self._do = do
        self._calendar = calendar
        self._start = dates.for_field(_next_friday(calendar.timezone), calendar.timezone)
        self._amount, self._unit = "1", "h"
        self._asked = 0  # how often: an answer that comes too late is not shown
        with ui.element("div").classes("simulator"):
            self._fields = Fragment(self._controls(), act=self._typed)
            self._result = Fragment("")

    async def use(self, calendar: Calendar) -> None:
        """Go on with a calendar as it is now."""
        if calendar.timezone != self._calendar.timezone or calendar.id != self._calendar.id:
            self._calendar = calendar
            self._fields.show(self._controls())
        self._calendar = calendar
        await self.draw()

    async def draw(self) -> None:
        """Show where it leads."""
        self._asked += 1
        asked, calendar = self._asked, self._calendar
        drawn = await self._simulated(calendar)
        if asked == self._asked and not self._result.is_deleted:
            self._result.show(drawn)

    async def _simulated(self, calendar: Calendar) -> Element:
        start = dates.from_field(self._start, calendar.timezone)
        minutes = self._minutes()
        if start is None or minutes is None:
            return _refused(_("Enter a day and a time, and a number above zero."))
        try:
            found = await self._do.see(simulations.of_calendar, calendar.id, start, minutes)
        except Invalid as refusal:
            return _refused(" ".join(refusal.by_field().values()))
        except DomainError as refusal:
            return _refused(refusal.say())
        with speaking(self._do.language):
            return simulated.result(found, dates.zone_of(calendar.timezone))

    async def _typed(self, action: str, value: Any) -> None:
        if action == "start":
            self._start = str(value)
        elif action == "amount":
            self._amount = str(value)
        elif action == "unit" and value in UNITS:
            self._unit = str(value)
        self._fields.keep(self._controls())
        await self.draw()

    def _minutes(self) -> int | None:
        """Return the minutes asked for; None when that is no number."""
        try:
            amount = float(self._amount.replace(",", ".").strip())
        except ValueError:
            return None
        minutes = round(amount * self._units()[self._unit]) if 0 < amount < 10**6 else 0
        return minutes or None

    def _units(self) -> dict[str, int]:
        return {"min": 1, "h": 60, "d": opening_hours.minutes_a_day(self._calendar.hours)}

    def _controls(self) -> str:
        opened = _("Opened on (time of {zone})").format(zone=self._calendar.timezone)
        within = div(".simulator-amount")[_amount(self._amount), self._unit_choice()]
        return str(
            div(".simulator-fields")[
                _labelled("sim-start", opened, _start(self._start)),
                _labelled("sim-amount", _("Promised within"), within),
            ]
        )

    def _unit_choice(self) -> Element:
        day = why.length(timedelta(minutes=self._units()["d"]))
        units = {
            "min": _("minutes"),
            "h": _("hours"),
            "d": _("open days of {length}").format(length=day),
        }
        return select(data_action="unit", data_testid="sim-unit", aria_label=_("Unit"))[
            [option(value=key, selected=key == self._unit)[word] for key, word in units.items()]
        ]


def _start(value: str) -> VoidElement:
    return input(
        id="sim-start",
        type="datetime-local",
        value=value,
        data_action="start",
        data_testid="sim-start",
    )


def _amount(value: str) -> VoidElement:
    return input(
        id="sim-amount",
        type="text",
        inputmode="decimal",
        value=value,
        maxlength="8",
        size="5",
        autocomplete="off",
        data_action="amount",
        data_testid="sim-amount",
    )


def _labelled(key: str, title: str, control: Node) -> Element:
    return div(".field.choice")[label(for_=key)[title], control]


def _refused(sentence: str) -> Element:
    return p(".field-error", role="alert")[sentence]


def _next_friday(zone: str) -> datetime:
    today = now().astimezone(dates.zone_of(zone))
    friday = today.date() + timedelta(days=(FRIDAY - today.weekday()) % 7)
    midnight = datetime(friday.year, friday.month, friday.day, tzinfo=dates.zone_of(zone))
    return midnight + HALF_PAST_FIVE
