"""What is selected in a list, and the bar of what can be done to all of it at once."""

from collections.abc import Awaitable, Callable
from typing import Any

from htpy import Element, button, div, span
from nicegui import ui

from data.models import PendingReason, Priority, Status
from services import bulk, labels
from services.bulk import Action, Outcome, Verb
from services.choices import Choices
from services.errors import Invalid
from services.permissions import Action as Right
from services.permissions import allows
from services.transitions import Wait
from services.words import N_, _, ngettext
from ui import browser
from ui.door import Door
from ui.fragments.base import Fragment
from ui.theme import icon
from ui.widgets import dialogs, fields

_BUTTONS: tuple[tuple[Verb, str, str, Right], ...] = (
    (Verb.TAKE, N_("Take"), "check", Right.TICKET_TAKE),
    (Verb.ASSIGN, N_("Assign…"), "person", Right.TICKET_ASSIGN),
    (Verb.TEAM, N_("Team…"), "team", Right.TICKET_ASSIGN),
    (Verb.STATUS, N_("Status…"), "play", Right.TICKET_EDIT),
    (Verb.PRIORITY, N_("Priority…"), "alarm", Right.TICKET_EDIT),
    (Verb.CATEGORY, N_("Category…"), "folder", Right.TICKET_EDIT),
    (Verb.TAG_ADD, N_("Add a tag…"), "tag", Right.TICKET_EDIT),
    (Verb.TAG_REMOVE, N_("Remove a tag…"), "cross", Right.TICKET_EDIT),
    (Verb.DELETE, N_("Delete…"), "trash", Right.TICKET_DELETE),
)
_WAITS = (PendingReason.REQUESTER, PendingReason.SUPPLIER, PendingReason.OTHER_TICKET)
_TARGETS = (Status.IN_PROGRESS, Status.RESOLVED, Status.CLOSED, Status.CANCELLED)


class Selection:
    """The tickets somebody ticked, and their bar."""

    def __init__(
        self, do: Door, list_name: str, everything: Callable[[], Awaitable[list[int] | None]]
    ) -> None:
        self._do = do
        self._list = list_name
        self._everything = everything
        self.choices: Choices | None = None
        self._numbers: list[int] = []
        self._bar = Fragment("", act=self._acted).classes("selection-place")

    def choose(self, keys: object) -> None:
        """Select those whose boxes are ticked."""
        given = keys if isinstance(keys, list) else []
        self._set([int(key) for key in given[: bulk.MOST] if str(key).isdecimal()])

    def clear(self) -> None:
        """Select nothing."""
        if self._numbers:
            self._do.client.run_javascript(browser.call("untick", self._list))
            self._set([])

    def _set(self, numbers: list[int]) -> None:
        self._numbers = numbers
        self._bar.show(self._drawn() if numbers else "")

    async def _acted(self, action: str, _value: Any) -> None:
        if action == "clear":
            self.clear()
        elif action == "everything":
            self._set(await self._everything() or self._numbers)
        elif action in set(Verb):
            await self._ask(Verb(action))

    async def _ask(self, verb: Verb) -> None:
        """Ask for what the verb needs, then do it."""
        if verb is Verb.TAKE:
            await self._apply(Action(verb))
        elif verb is Verb.ASSIGN:
            title = _("Assign the selected tickets")
            whom = await dialogs.person(self._do, title, "assignable", nobody=_("Nobody"))
            if whom is not None:
                await self._apply(Action(verb, whom))
        elif verb is Verb.DELETE:
            text = _("They go to the trash, where an administrator finds them.")
            if await dialogs.confirm(self._counted(), text, _("Delete")):
                await self._apply(Action(verb))
        else:
            await self._ask_value(verb)

    async def _ask_value(self, verb: Verb) -> None:
        title = next(_(text) for each, text, _icon, _right in _BUTTONS if each is verb)
        wished: list[Action] = []

        def controls() -> dict[str, Any]:
            name = title.rstrip("…")
            if verb in (Verb.TAG_ADD, Verb.TAG_REMOVE):
                return {"value": fields.text(_("Tag"), name="bulk-value")}
            options = self._options(verb)
            return {"value": fields.Choice(name, options, options[0][0], name="bulk-value")}

        async def save(values: dict[str, Any]) -> None:
            text = str(values["value"] or "").strip()
            if not text:
                raise Invalid({"value": N_("This field cannot be empty.")})
            wished.append(_action(verb, text))

        if await dialogs.form(title.rstrip("…"), controls, save, verb=_("Apply")):
            await self._apply(wished[0])

    def _options(self, verb: Verb) -> list[tuple[str, str]]:
        choices = self.choices
        if verb is Verb.STATUS:
            waits = [(f"{Status.PENDING}:{why}", _(labels.PENDING_REASON[why])) for why in _WAITS]
            return [*((each.value, _(labels.STATUS[each])) for each in _TARGETS), *waits]
        if verb is Verb.PRIORITY:
            return [(each.value, _(labels.PRIORITY[each])) for each in Priority]
        if verb is Verb.TEAM:
            teams = choices.teams if choices else []
            return [*((str(key), name) for key, name in teams), ("0", _("No team"))]
        found = choices.categories if choices else []
        return [*((str(key), name) for key, name in found), ("0", _("No category"))]

    async def _apply(self, action: Action) -> None:
        """Do it in chunks, saying how far it is; then say what became of the tickets."""
        outcome = Outcome()
        numbers = list(self._numbers)
        for start in range(0, len(numbers), bulk.CHUNK):
            done = await self._do(bulk.apply, numbers[start : start + bulk.CHUNK], action)
            if done is None:
                break
            outcome.merge(done)
            if start + bulk.CHUNK < len(numbers):
                said = _("{done} of {n} tickets…")
                so_far = said.format(done=start + bulk.CHUNK, n=len(numbers))
                self._bar.show(str(div(".selection", role="status")[so_far]))
        self.clear()
        self._tell(outcome)

    def _tell(self, outcome: Outcome) -> None:
        if outcome.event_ids:
            many = len(outcome.changed)
            said = ngettext("{n} ticket changed.", "{n} tickets changed.", many).format(n=many)
            self._do.offer_undo(said, outcome.event_ids)
        if outcome.refused:
            with self._do.client, dialogs.titled(_("Not changed")) as dialog:
                for number, why in list(outcome.refused.items())[:20]:
                    ui.label(f"#{number}: {why}")
                if len(outcome.refused) > 20:
                    rest = len(outcome.refused) - 20
                    ui.label(_("… and {n} others").format(n=rest)).classes("muted")
                with ui.row().classes("dialog-buttons"):
                    ui.button(_("Close"), on_click=dialog.close).props("flat autofocus")
            dialog.open()
        elif not outcome.event_ids:
            self._do.tell(_("Nothing had to be changed."), good=True)

    def _counted(self) -> str:
        many = len(self._numbers)
        return ngettext("{n} ticket selected", "{n} tickets selected", many).format(n=many)

    def _drawn(self) -> str:
        def tool(name: str, text: str, drawn: str) -> Element:
            return button(
                ".button.small", type="button", data_action=name, data_testid=f"bulk-{name}"
            )[icon(drawn), text]

        offered = [each for each in _BUTTONS if allows(self._do.by, each[3])]
        return str(
            div(".selection", role="toolbar", aria_label=_("Selected tickets"))[
                span(".selection-count", role="status", data_testid="selected")[self._counted()],
                [tool(verb.value, _(text), drawn) for verb, text, drawn, _right in offered],
                tool("everything", _("Select all that fit"), "plus"),
                tool("clear", _("Select nothing"), "cross"),
            ]
        )


def _action(verb: Verb, text: str) -> Action:
    if verb is Verb.STATUS:
        status, _colon, why = text.partition(":")
        return Action(verb, status, Wait(reason=PendingReason(why)) if why else None)
    if verb in (Verb.TEAM, Verb.CATEGORY):
        return Action(verb, int(text))
    return Action(verb, text)
