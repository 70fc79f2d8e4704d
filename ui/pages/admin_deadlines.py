"""When an organisation works, what is closed, and what that makes of a time (C6)."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

from nicegui import ui

from data.clock import now
from data.models import Calendar
from services import calendars, open_days
from services.errors import DomainError, Invalid
from services.opening_hours import ALWAYS, DAYS, OFFICE, Day
from services.words import _, speaking
from ui import browser, dates, live
from ui.door import Door, door
from ui.fragments import hours, marks
from ui.fragments.base import Fragment, KeyedList
from ui.widgets import dialogs, fields, headings, policies
from ui.widgets.simulator import Simulator

_TIME = re.compile(r"(\d{1,2})\s*[hH:.]?\s*(\d{2})?", re.ASCII)
_SETTINGS = ("name", "timezone", "holidays", "school_zone", "works_whit_monday")


async def deadlines_page() -> None:
    """Show the calendars and let the administrator change them."""
    await Deadlines(door()).build()


class Deadlines:
    """The page in one browser; a calendar at a time, saved as it is changed."""

    def __init__(self, do: Door) -> None:
        self._do = do
        self._all: list[Calendar]
        self._calendar: Calendar
        self._typed: dict[str, Day] = {}
        self._problems: dict[str, str] = {}
        self._turn = asyncio.Lock()
        self._acts: dict[str, Callable[[Any], Awaitable[None]]] = {
            "add": self._add,
            "always": self._set_always,
            "copy": self._copy,
            "remove": self._remove,
        }
        self._asking: dict[str, Callable[[Any], Awaitable[None]]] = {
            "default": self._make_default,
            "delete": self._delete,
            "open": self._open,
        }

    async def build(self) -> None:
        """Load and draw the page, and follow what changes."""
        try:
            self._all = await self._do.attempt(calendars.begin)
            loaded = await self._do.see(policies.load)
        except DomainError as refusal:
            headings.refused(refusal)
            return
        self._take(self._all[0])
        headings.page(_("Deadlines"), _("When you work, and what that makes of a promise."))
        with ui.element("div").classes("filters calendars"):
            self._choice = fields.Choice(_("Calendar"), self._names(), name="calendar")
            self._choice.on_choice(self._chosen)
            self._choice.set_visibility(len(self._all) > 1)
            create = ui.button(_("Create a calendar"), on_click=self._create)
            create.props("data-testid=create-calendar")
        with ui.element("div").classes("form hours"):
            self._head = Fragment(hours.heading(self._calendar), act=self._acted)
            self._settings = Fragment(self._drawn_settings(), act=self._acted)
            self._week = Fragment(self._drawn_week(), act=self._acted)
        with ui.element("section").classes("section"):
            self._policies = policies.Policies(self._do, loaded)
        with ui.element("section").classes("section"):
            headings.part(_("Try it out"))
            self._simulator = Simulator(self._do, self._calendar)
        with ui.element("section").classes("section"):
            self._build_closed()
        live.follow(live.ORGANISATION, self._changed)
        await self._simulator.draw()

    def _build_closed(self) -> None:
        with ui.element("div").classes("section-head"):
            headings.part(_("Closed in the coming year"))
            close = ui.button(_("Close some days"), on_click=self._close)
            close.props("data-testid=add-closure")
        hint = _("Public holidays follow from the choice above; add days of your own.")
        self._closed = KeyedList(
            "closed",
            self._closed_rows(),
            act=self._acted,
            classes="rows people",
            empty=marks.empty(_("No closed day"), hint, "closed"),
        )

    async def _changed(self, _numbers: set[int]) -> None:
        if self._week.is_deleted or (found := await self._do.look(calendars.all)) is None:
            return
        self._all = found
        same = next((c for c in found if c.id == self._calendar.id), found[0])
        if self._problems:  # what is being mended stays
            self._calendar = same
        else:
            self._take(same)
        await self._redraw()
        await self._policies.again()

    async def _redraw(self) -> None:
        with speaking(self._do.language):
            self._choice.offer(self._names())
            self._choice.choose(str(self._calendar.id))
            self._choice.set_visibility(len(self._all) > 1)
            self._head.show(hours.heading(self._calendar))
            self._settings.show(self._drawn_settings())
            self._week.show(self._drawn_week())
            self._closed.show_items(self._closed_rows())
            await self._simulator.use(self._calendar)

    def _take(self, calendar: Calendar) -> None:
        """Go on with a calendar as it is kept."""
        self._calendar = calendar
        self._problems = {}
        kept = {} if calendar.hours == ALWAYS else calendar.hours
        self._typed = {d: [list(p) for p in kept.get(d, [])] for d in DAYS}

    async def _chosen(self) -> None:
        found = (c for c in self._all if str(c.id) == self._choice.value)
        self._take(next(found, self._calendar))
        await self._redraw()

    async def _acted(self, action: str, value: Any) -> None:
        """Do one thing after the other: each saves the whole week."""
        if action in self._asking:
            await self._asking[action](value)
            return
        async with self._turn:
            if action in _SETTINGS:
                await self._save(_("The calendar was changed."), **{action: value})
            elif action in self._acts:
                await self._acts[action](value)
            elif action.startswith(("from-", "until-")):
                await self._type(action, str(value))

    async def _save(self, sentence: str, **values: Any) -> None:
        """Save at once; what is wrong stays as it was typed, with why beside it."""
        try:
            saved = await self._do.done(sentence, calendars.edit, self._calendar.id, **values)
        except Invalid as refusal:
            self._problems = refusal.by_field()
        except DomainError as refusal:
            self._do.tell(refusal.say())
        else:
            self._all = [saved if c.id == saved.id else c for c in self._all]
            self._take(saved)
        await self._redraw()

    async def _save_week(self) -> None:
        await self._save(_("The opening hours were changed."), hours=self._typed)

    async def _type(self, action: str, value: str) -> None:
        end, name, place = action.split("-")
        pairs = self._typed.get(name, [])
        if place.isdecimal() and int(place) < len(pairs):
            pairs[int(place)][end == "until"] = _read(value, is_end=end == "until")
            await self._save_week()
            self._week.draw_anew(self._week.content)  # 9h and 09:00 are the same

    async def _add(self, name: Any) -> None:
        pairs = self._typed.get(str(name))
        if pairs is None:
            return
        pairs.append(_next(pairs, OFFICE.get(str(name), OFFICE["mon"])))
        place = len(pairs) - 1
        await self._save_week()
        self._focus(f"from-{name}-{place}")

    async def _remove(self, value: Any) -> None:
        name, _dash, place = str(value).partition("-")
        pairs = self._typed.get(name, [])
        if place.isdecimal() and int(place) < len(pairs):
            del pairs[int(place)]
            await self._save_week()
            self._focus(f"add-{name}")

    async def _copy(self, _value: Any) -> None:
        for name in ("tue", "wed", "thu", "fri"):
            self._typed[name] = [list(pair) for pair in self._typed["mon"]]
        await self._save_week()

    async def _set_always(self, is_on: Any) -> None:
        await self._save(_("The opening hours were changed."), hours=ALWAYS if is_on else OFFICE)

    async def _make_default(self, _value: Any) -> None:
        await self._do(calendars.edit, self._calendar.id, is_default=True)
        await self._changed(set())

    async def _delete(self, _value: Any) -> None:
        calendar = self._calendar
        title = _("Delete {name}?").format(name=calendar.name)
        text = _("Its opening hours and closed days are forgotten.")
        if await dialogs.confirm(title, text, _("Delete")):
            await self._do(calendars.delete, calendar.id)
            await self._changed(set())

    async def _open(self, value: Any) -> None:
        if str(value).isdecimal():
            sentence = _("These days are open again.")
            service = calendars.remove_closure
            await self._do.act(sentence, service, self._calendar.id, int(value))

    async def _close(self) -> None:
        calendar_id = self._calendar.id

        async def save(values: dict[str, Any]) -> None:
            days = {name: _day_of(name, values[name]) for name in ("starts_on", "ends_on")}
            sentence = _("These days are closed.")
            name = values["name"] or ""
            await self._do.done(sentence, calendars.add_closure, calendar_id, name=name, **days)

        await dialogs.form(_("Close some days"), _closure_controls, save, verb=_("Close"))

    async def _create(self) -> None:
        def controls() -> dict[str, Any]:
            return {"name": fields.text(_("Name"), name="name")}

        made: list[Calendar] = []

        async def save(values: dict[str, Any]) -> None:
            name = values["name"] or ""
            made.append(await self._do.attempt(calendars.create, name=name))

        title = _("Create a calendar")
        if await dialogs.form(title, controls, save, verb=_("Create")):
            self._all = [*self._all, made[0]]
            self._take(made[0])
            await self._redraw()

    def _focus(self, key: str) -> None:
        self._week.client.run_javascript(browser.call("focus", key))

    def _names(self) -> list[tuple[str, str]]:
        return [(str(c.id), c.name) for c in self._all]

    def _drawn_settings(self) -> str:
        return str(hours.settings(self._calendar, self._problems))

    def _drawn_week(self) -> str:
        if self._calendar.hours == ALWAYS:
            return ""
        return str(hours.week(self._typed, self._problems))

    def _closed_rows(self) -> list[tuple[str, str]]:
        today = now().astimezone(dates.zone_of(self._calendar.timezone)).date()
        state = calendars.state(self._calendar)
        found = open_days.coming(state, self._calendar.closures, today)
        return [hours.closed(days) for days in found[: hours.MOST_ROWS]]


def _read(typed: str, *, is_end: bool) -> str:
    """Return “9”, “9h30”, “0930” or “9:30” as 09:30; an end at 00:00 is that of the day.

    What is no time stays as it was typed, to be refused beside it.
    """
    bare = typed.strip()
    found = _TIME.fullmatch(bare.zfill(4) if bare.isdecimal() and len(bare) == 3 else bare)
    if not found:
        return bare[:8]
    text = f"{int(found[1]):02}:{found[2] or '00'}"
    return "24:00" if is_end and text == "00:00" else text


def _next(pairs: Day, usual: Day) -> list[str]:
    """Return an interval to add: the usual first one, or some hours after a pause of one."""
    if not pairs:
        return list(usual[0])
    if len(pairs) == 1 and pairs[0][1] <= usual[1][0]:
        return list(usual[1])
    begin = int(pairs[-1][1][:2]) + 1
    return [f"{begin:02}:00", f"{min(begin + 3, 24):02}:00"]


def _day_of(field: str, text: str | None) -> date:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        raise Invalid({field: _("Choose a day.")}) from None


def _closure_controls() -> dict[str, Any]:
    drawn = {
        "starts_on": fields.text(_("First day"), name="starts-on"),
        "ends_on": fields.text(_("Last day"), name="ends-on"),
        "name": fields.text(_("Name, as in “Summer break”"), name="closure-name"),
    }
    for name in ("starts_on", "ends_on"):
        drawn[name].props("type=date")
    return drawn
