"""The policies of deadlines, in the order in which they are asked (C6)."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from nicegui import ui
from sqlalchemy.orm import Session

from data.models import Calendar, Priority, SlaPolicy, TicketType
from services import calendars, choices, labels, opening_hours, sla
from services.errors import Invalid
from services.permissions import Actor
from services.words import _, speaking
from ui.door import Door
from ui.fragments import marks, promised
from ui.fragments.base import KeyedList
from ui.widgets import dialogs, fields, headings, open_time

_IDS = ("calendar_id", "team_id", "category_id", "escalation_team_id")
_LENGTHS = (*promised.MINUTES.values(), "remind_minutes")


@dataclass(frozen=True, slots=True)
class Loaded:
    """The policies, and what they refer to."""

    policies: list[SlaPolicy]
    calendars: list[Calendar]
    teams: dict[int, str]
    categories: dict[int, str]


def load(s: Session, by: Actor) -> Loaded:
    """Fetch all that is drawn, in one transaction."""
    offered = choices.offered(s, by)
    return Loaded(
        sla.all(s, by), calendars.all(s, by), dict(offered.teams), dict(offered.categories)
    )


class Policies:
    """The list, with dialogs that make and change one."""

    def __init__(self, do: Door, loaded: Loaded) -> None:
        self._do = do
        self._loaded = loaded
        self._acts: dict[str, Callable[[SlaPolicy], Awaitable[object]]] = {
            "activity": self._switch,
            "delete": self._delete,
            "earlier": lambda policy: self._move(policy, -1),
            "edit": self._edit,
            "later": lambda policy: self._move(policy, 1),
        }
        with ui.element("div").classes("section-head"):
            headings.part(_("Policies"))
            create = ui.button(_("Create a policy"), on_click=self._create)
            create.props("data-testid=create-policy")
        ui.label(_("A ticket gets what the first policy promises whose conditions hold.")).classes(
            "muted"
        )
        hint = _("Promise, for instance, that urgent tickets are taken within 30 minutes.")
        self._list = KeyedList(
            "policies",
            self._rows(),
            act=self._acted,
            classes="rows people",
            empty=marks.empty(_("No policy yet"), hint, "policies"),
        )

    async def again(self) -> None:
        """Show what there is now."""
        if not self._list.is_deleted and (loaded := await self._do.look(load)):
            self._loaded = loaded
            with speaking(self._do.language):
                self._list.show_items(self._rows())

    async def _acted(self, action: str, value: Any) -> None:
        found = (p for p in self._loaded.policies if str(p.id) == str(value))
        if (policy := next(found, None)) and action in self._acts:
            await self._acts[action](policy)
            await self.again()

    async def _create(self) -> None:
        async def save(values: dict[str, Any]) -> None:
            await self._do.done(_("The policy was made."), sla.create, **self._read(values))

        title = _("Create a policy")
        if await dialogs.form(title, lambda: self._controls(None), save, verb=_("Create")):
            await self.again()

    async def _edit(self, policy: SlaPolicy) -> None:
        async def save(values: dict[str, Any]) -> None:
            sentence = _("The policy was changed.")
            await self._do.done(sentence, sla.edit, policy.id, **self._read(values))

        title = _("Edit {name}").format(name=policy.name)
        await dialogs.form(title, lambda: self._controls(policy), save)

    async def _switch(self, policy: SlaPolicy) -> None:
        sentence = _("The policy was changed.")
        await self._do.act(sentence, sla.edit, policy.id, is_active=not policy.is_active)

    async def _delete(self, policy: SlaPolicy) -> None:
        await self._do.act(_("The policy was deleted."), sla.delete, policy.id)

    async def _move(self, policy: SlaPolicy, by: int) -> None:
        ids = [each.id for each in self._loaded.policies]
        place = ids.index(policy.id)
        other = min(max(place + by, 0), len(ids) - 1)
        ids.insert(other, ids.pop(place))
        await self._do.act(_("The order was changed."), sla.reorder, ids)

    def _rows(self) -> list[tuple[str, str]]:
        found, known = self._loaded, self._loaded.policies
        last = len(known) - 1
        return [
            promised.policy(
                row,
                found.teams,
                found.categories,
                place=("first " if n == 0 else "") + ("last" if n == last else ""),
            )
            for n, row in enumerate(known)
        ]

    def _controls(self, policy: SlaPolicy | None) -> dict[str, Any]:
        own = sla.state(policy) if policy else {}
        drawn: dict[str, Any] = {"name": fields.text(_("Name"), own.get("name", ""), name="name")}
        with ui.element("div").classes("pairs"):
            drawn |= self._conditions(own)
            drawn |= self._promises(own, policy.calendar if policy else self._loaded.calendars[0])
        ui.label(_("Lengths are open time, like 30 min, 4 h or 2 d; empty: no promise.")).classes(
            "muted small"
        )
        return drawn | _switches(own)

    def _conditions(self, own: dict[str, Any]) -> dict[str, Any]:
        found = self._loaded
        anything = ("", _("Any"))
        no_category = _("A category that is switched off")
        teams = _options(found.teams, anything, own.get("team_id"), _no_team())
        categories = _options(found.categories, anything, own.get("category_id"), no_category)
        levels = [anything, *((level.value, _(labels.PRIORITY[level])) for level in Priority)]
        types = [anything, *((kind.value, _(labels.TYPE[kind])) for kind in TicketType)]
        return {
            "team_id": _choice("team_id", _("Team"), teams, own),
            "category_id": _choice("category_id", _("Category"), categories, own),
            "priority": _choice("priority", _("Priority"), levels, own),
            "type": _choice("type", _("Type"), types, own),
        }

    def _promises(self, own: dict[str, Any], calendar: Calendar) -> dict[str, Any]:
        found = self._loaded
        day = opening_hours.minutes_a_day(calendar.hours)
        drawn: dict[str, Any] = {
            name: _length(name, _(labels.TARGET[target]), own.get(name), day)
            for target, name in promised.MINUTES.items()
        }
        remind = own.get("remind_minutes", 60)
        drawn["remind_minutes"] = _length("remind_minutes", _("Reminder before"), remind, day)
        every = [(str(c.id), c.name) for c in found.calendars]
        drawn["calendar_id"] = _choice(
            "calendar_id", _("Calendar"), every, {"calendar_id": calendar.id}
        )
        nobody = ("", _("Nobody else"))
        teams = _options(found.teams, nobody, own.get("escalation_team_id"), _no_team())
        drawn["escalation_team_id"] = _choice(
            "escalation_team_id", _("When missed, give to"), teams, own
        )
        return drawn

    def _read(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return what was entered as the service takes it; days are those of the calendar."""
        chosen = (c for c in self._loaded.calendars if str(c.id) == values["calendar_id"])
        day = opening_hours.minutes_a_day(next(chosen, self._loaded.calendars[0]).hours)
        given = {**values, "name": values["name"] or ""}
        problems: dict[str, str] = {}
        for name in _LENGTHS:
            try:
                given[name] = open_time.read(name, values[name] or "", day)
            except Invalid as refusal:
                problems |= refusal.problems
        if problems:
            raise Invalid(problems)
        given |= {name: int(values[name]) if values[name] else None for name in _IDS}
        return given | {"priority": values["priority"] or None, "type": values["type"] or None}


def _switches(own: dict[str, Any]) -> dict[str, Any]:
    ticks = {
        "raises_priority": (_("When missed, raise the priority"), False),
        "returns_unaccepted": (_("Not accepted in time: back to the queue"), True),
        "is_active": (_("Active"), True),
    }
    return {
        name: ui.checkbox(title, value=own.get(name, usual)).props(f"data-testid={name}")
        for name, (title, usual) in ticks.items()
    }


def _no_team() -> str:
    return _("A team that is switched off")


def _options(
    known: dict[int, str], first: tuple[str, str], chosen: int | None, no_more: str
) -> list[tuple[str, str]]:
    """Return what can be chosen, with what was chosen and is no longer offered."""
    gone = [(str(chosen), no_more)] if chosen and chosen not in known else []
    return [first, *((str(key), name) for key, name in known.items()), *gone]


def _choice(
    name: str, title: str, options: Sequence[tuple[str, str]], own: dict[str, Any]
) -> fields.Choice:
    return fields.Choice(title, options, str(own.get(name) or ""), name=name)


def _length(name: str, title: str, minutes: int | None, day: int) -> ui.input:
    return fields.text(title, open_time.written(minutes, day), name=name)
