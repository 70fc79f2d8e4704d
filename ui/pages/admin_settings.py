"""Settings that have no page of their own."""

from typing import Any

from nicegui import ui

from services import settings
from services.errors import DomainError, Invalid
from services.settings import Field, OneOf, Switch
from services.words import _
from ui import live
from ui.door import Door, door
from ui.widgets import fields, headings


async def settings_page() -> None:
    """Show the settings and let the administrator change them."""
    await SettingsForm(door()).build()


class SettingsForm:
    """The page in one browser."""

    def __init__(self, do: Door) -> None:
        self._do = do
        self._drawn: dict[str, Any] = {}

    async def build(self) -> None:
        """Load and draw the page, and follow what another administrator decides."""
        try:
            self._saved = await self._do.see(settings.offered)
        except DomainError as refusal:
            headings.refused(refusal)
            return
        headings.page(_("Settings"), _("They hold for everybody, from the next action on."))
        with ui.element("div").classes("form"):
            for title, group in settings.FIELDS.items():
                headings.part(_(title))
                for name, field in group.items():
                    self._drawn[name] = _control(name, field, self._saved[name])
            self._problem = ui.label().classes("field-error").props("role=alert")
            ui.button(_("Save"), on_click=self._save).props("data-testid=save-settings")
        live.follow(live.ORGANISATION, self._changed)

    async def _save(self) -> None:
        given = {name: field.value for name, field in self._drawn.items()}
        changed = {n: value for n, value in given.items() if value != _shown(self._saved[n])}
        self._problem.set_text("")
        try:
            await self._do.attempt(settings.change, changed)
        except Invalid as refusal:
            self._problem.set_text(fields.show_problems(self._drawn, refusal))
        except DomainError as refusal:
            self._problem.set_text(refusal.say())
        else:
            fields.show_problems(self._drawn, Invalid({}))
            self._saved = await self._do.look(settings.offered) or self._saved
            self._do.tell(_("The settings are saved."), good=True)

    async def _changed(self, _numbers: set[int]) -> None:
        """Show what was decided elsewhere, but for what is being typed here."""
        if self._problem.is_deleted:
            return
        before = self._saved
        self._saved = await self._do.look(settings.offered) or before
        for name, field in self._drawn.items():
            was, now = _shown(before[name]), _shown(self._saved[name])
            if was != now and field.value == was:
                _put(field, now)


def _control(name: str, field: Field, value: Any) -> Any:
    title, hint, shown = _(field.title), _(field.hint), _shown(value)
    if isinstance(field, Switch):
        drawn = ui.checkbox(title, value=value is True).props(f"data-testid={name}")
        ui.label(hint).classes("muted")
        return drawn
    if isinstance(field, OneOf):
        options = [(key, _(word)) for key, word in field.options.items()]
        choice = fields.Choice(title, options, shown, name=name)
        ui.label(hint).classes("muted")
        return choice
    line = fields.text(title, shown, name=name)
    line.props["hint"] = hint
    return line.props("inputmode=numeric")


def _shown(value: Any) -> Any:
    return value if type(value) is bool else str(value)


def _put(field: Any, value: Any) -> None:
    if isinstance(field, fields.Choice):
        field.choose(value)
    else:
        field.set_value(value)
