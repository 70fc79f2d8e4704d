"""How one wants to be told: a table of kinds and channels, quiet hours, a switch per ticket."""

from typing import Any

from htpy import Element, button, option, p, select, span, table, tbody, td, th, thead, tr
from nicegui import ui

from data.models import Pace
from services import preferences
from services.errors import Invalid
from services.occasions import APP, CHANNELS, EMAIL, KINDS, SMS
from services.preferences import Preferences
from services.words import N_, _
from ui.door import Door
from ui.fragments.base import Fragment
from ui.theme import icon
from ui.widgets import fields

_CHANNEL = {APP: N_("In AppTicket"), EMAIL: N_("E-mail"), SMS: N_("SMS")}
_PACE = {
    Pace.OFF: N_("Never"),
    Pace.AT_ONCE: N_("At once"),
    Pace.HOURLY: N_("Every hour"),
    Pace.DAILY: N_("Once a day"),
}


class Choices(Fragment):
    """By which channel, and how often, one is told of each kind of thing; kept at once."""

    def __init__(self, do: Door, chosen: Preferences) -> None:
        self._do = do
        self._chosen = chosen
        super().__init__(self._drawn(), act=self._set)
        self.classes("telling")

    async def _set(self, action: str, value: Any) -> None:
        kind, _dot, channel = action.partition(".")
        if channel in CHANNELS:
            await self._do(preferences.set, kind, channel, str(value))
        if chosen := await self._do.look(preferences.get):
            self._chosen = chosen
            self.show(self._drawn())

    def _drawn(self) -> str:
        kinds = [key for key, kind in KINDS.items() if not kind.is_security]
        if not self._do.by.is_staff:
            kinds = [key for key in kinds if not KINDS[key].is_for_staff]
        notes = [p(".muted")[note] for note in self._notes()]
        heads = [th(scope="col")[_(_CHANNEL[channel])] for channel in self._channels]
        drawn = table(".choices")[
            thead[tr[th(scope="col")[_("What happens")], heads]],
            tbody[[self._line(key) for key in kinds]],
        ]
        return "".join(str(part) for part in (*notes, drawn))

    @property
    def _channels(self) -> list[str]:
        """What can be chosen: SMS only where the organisation sends any."""
        return [c for c in CHANNELS if c != SMS or SMS in self._chosen.channels_on]

    def _notes(self) -> list[str]:
        chosen, notes = self._chosen, []
        if chosen.email_is_refused:
            notes.append(
                _("Your mailbox refused our messages: check your address with your administrator.")
            )
        if EMAIL not in chosen.channels_on:
            notes.append(_("E-mail is not switched on in this organisation yet."))
        elif not chosen.wants_email:
            notes.append(_("E-mail is switched off for you, above."))
        if SMS in chosen.channels_on and not chosen.wants_sms:
            notes.append(_("SMS is switched off for you, above."))
        return notes

    def _line(self, kind: str) -> Element:
        label = _(KINDS[kind].label)
        cells = [
            td(data_label=_(_CHANNEL[channel]))[self._select(kind, channel, label)]
            for channel in self._channels
        ]
        return tr[th(scope="row")[label], cells]

    def _select(self, kind: str, channel: str, label: str) -> Element:
        paces = (Pace.AT_ONCE, Pace.OFF) if channel == APP else tuple(_PACE)
        now = self._chosen.paces[kind, channel]
        return select(
            id=f"pace-{kind}-{channel}",
            data_action=f"{kind}.{channel}",
            data_testid=f"pace-{kind}-{channel}",
            aria_label=f"{label}: {_(_CHANNEL[channel])}",
        )[[option(value=pace.value, selected=pace is now)[_(_PACE[pace])] for pace in paces]]


def quiet_hours(do: Door, chosen: Preferences) -> None:
    """Draw between which hours nothing is sent, and keep what is chosen."""
    ui.label(
        _("Quiet hours: e-mail and SMS wait until they are over. Leave both empty for none.")
    ).classes("muted")
    with ui.element("div").classes("quiet-hours"):
        drawn = {
            "quiet_from": fields.text(
                _("From"), _clock(chosen.quiet_from), name="quiet_from"
            ).props("type=time"),
            "quiet_until": fields.text(
                _("Until"), _clock(chosen.quiet_until), name="quiet_until"
            ).props("type=time"),
        }

        async def save() -> None:
            wanted = {name: _minutes(field.value) for name, field in drawn.items()}
            try:
                await do.attempt(preferences.set_quiet, **wanted)
            except Invalid as refusal:
                fields.show_problems(drawn, refusal)
                return
            fields.show_problems(drawn, Invalid({}))
            do.tell(_("Your quiet hours were saved."), good=True)

        ui.button(_("Save"), on_click=save).props("outline data-testid=save-quiet")


class Mute(Fragment):
    """Whether one wants to hear of one ticket, and the way to change it."""

    def __init__(self, do: Door, number: int, *, is_muted: bool) -> None:
        self._do = do
        self._number = number
        self._is_muted = is_muted
        super().__init__(self._drawn(), act=self._switch)
        self.classes("mute-place")

    async def _switch(self, _action: str, _value: Any) -> None:
        change = preferences.unmute if self._is_muted else preferences.mute
        await self._do(change, self._number)
        muted = await self._do.look(preferences.is_muted, self._number)
        if muted is not None and not self.is_deleted:
            self._is_muted = muted
            self.show(self._drawn())

    def _drawn(self) -> str:
        text = (
            _("Hear of this ticket again") if self._is_muted else _("Nothing more of this ticket")
        )
        told = _("You are told only when you are mentioned.") if self._is_muted else ""
        switch = button(".button.small", type="button", data_action="mute", data_testid="mute")
        return f"{switch[icon('bell'), text]}{span('.muted', role='status')[told]}"


def _clock(minutes: int | None) -> str:
    return "" if minutes is None else f"{minutes // 60:02}:{minutes % 60:02}"


def _minutes(text: object) -> int | None:
    hours, _colon, minutes = str(text or "").partition(":")
    if not (hours.isdecimal() and minutes[:2].isdecimal()):
        return None
    return int(hours) * 60 + int(minutes[:2])
