"""The bar above the statistics: the one question that all charts answer."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

from htpy import div, p
from nicegui import ui

from services import questions
from services.periods import Period
from services.questions import Question
from services.words import _
from ui import browser
from ui.fragments import around
from ui.fragments.base import Fragment
from ui.pages import stats_asked
from ui.pages.stats_asked import SEVERAL, Asked, Offered, Option
from ui.widgets import fields

Ask = Callable[..., Awaitable[None]]


class Bar:
    """Period, filters and their chips; `ask` is called with the fields that are to change."""

    def __init__(self, asked: Asked, offered: Offered, ask: Ask) -> None:
        self._asked = asked
        self._offered = offered
        self._ask = ask
        self._period: Period | None = None
        self._before: list[list[tuple[str, str]]] = []  # what was asked before each zoom
        self._controls: dict[str, fields.Choice] = {}
        self._days: dict[str, ui.input] = {}

    def draw(self) -> None:
        """Draw the bar; `show` fills it."""
        with ui.element("div").classes("stats-bar"):
            with ui.element("div").classes("filters").props("role=search"):
                self._draw_when()
                unfold = Fragment(around.unfold()).classes("unfold")
                unfold.on("click", js_handler=browser.UNFOLDED)
                for name, title, options in self._offered.controls(self._asked):
                    self.control(name, title, options)
            self._chips = Fragment(act=self._acted)
        self._problem = Fragment()

    def control(self, name: str, title: str, options: Sequence[Option]) -> None:
        """Draw a choice of one field, here or in a card; it follows what is asked."""
        choice = fields.Choice(title, options, self._asked.control(name), name=name)
        choice.on_choice(partial(self._chosen, name, choice))
        self._controls[name] = choice

    def show(self, question: Question | None, problems: Mapping[str, str]) -> None:
        """Show what is asked now, and what is wrong with it."""
        self._period = question.period if question else self._period
        for name, control in self._controls.items():
            control.choose(self._asked.control(name) or self._usual(name))
            control.error = problems.get(name, "")
        if question:
            for name, box in self._days.items():
                box.value = self._shown_days()[name]
        for name, box in self._days.items():
            box.error = problems.get(name)
        self._chips.show(self._drawn_chips())
        self._problem.show(self._drawn_problem(question, problems))

    async def zoom(self, begin: str, end: str) -> None:
        """Ask for the days that a frame was drawn around."""
        if self._period is None:
            return
        first = max(begin[:10], self._period.first.isoformat())
        last = min(end[:10], self._period.last.isoformat())
        if first <= last:
            self._before.append([(name, self._asked.one(name)) for name in stats_asked.WHEN])
            await self._ask(period="", **_days(first, last))

    def _draw_when(self) -> None:
        self.control("period", _("Period"), stats_asked.period_options())
        for name, title in (("from", _("From")), ("to", _("To"))):
            box = fields.text(title, self._asked.one(name), name=name)
            box.props("type=date debounce=500")
            box.on_value_change(partial(self._dated, name))
            self._days[name] = box

    async def _chosen(self, name: str, choice: fields.Choice) -> None:
        if choice.value == SEVERAL:
            return
        if name != "period":
            await self._ask(**{name: choice.value})
            return
        self._before.clear()
        named = {"period": choice.value, "from": "", "to": ""}
        await self._ask(**(named if choice.value else {"period": "", **self._shown_days()}))

    async def _dated(self, name: str, _event: Any) -> None:
        typed = {name: box.value or "" for name, box in self._days.items()}
        asked = {name: self._asked.one(name) for name in self._days}
        if typed not in (self._shown_days(), asked):
            self._before.clear()
            await self._ask(period="", **typed)

    async def _acted(self, action: str, value: Any) -> None:
        if action == "unzoom" and self._before:
            await self._ask(**dict(self._before.pop()))
        elif action == "unfilter":
            names = [name for name in stats_asked.NARROWING if value in (name, "all")]
            await self._ask(**dict.fromkeys(names, ""))

    def _usual(self, name: str) -> str:
        """Return what a control shows while nothing is asked: the period that counts then."""
        is_named = name == "period" and not self._asked.one("from") and not self._asked.one("to")
        return questions.USUAL if is_named else ""

    def _shown_days(self) -> dict[str, str]:
        if self._period is None:
            return {"from": self._asked.one("from"), "to": self._asked.one("to")}
        return _days(self._period.first.isoformat(), self._period.last.isoformat())

    def _drawn_chips(self) -> str:
        return stats_asked.chips(self._asked, self._offered, has_zoomed=bool(self._before))

    def _drawn_problem(self, question: Question | None, problems: Mapping[str, str]) -> str:
        beside = {*self._days, *self._controls}
        said = [text for name, text in problems.items() if name not in beside]
        said += [_(questions.GONE[name]) for name in question.gone] if question else []
        if not said:
            return ""
        return str(div(".stats-problem", role="alert")[[p[text] for text in said]])


def _days(first: str, last: str) -> dict[str, str]:
    return {"from": first, "to": last}
