"""The settings of one way messages leave by, and a message to try it out."""

import asyncio
from typing import Any

from htpy import div, p, span
from nicegui import ui

from data.models import Delivery, DeliveryState
from services import channels
from services.channel_fields import CONSOLE, OFF, ON, PORTS, Tls
from services.channels import EMAIL, SECRETS, SMS, View
from services.errors import Invalid
from services.words import N_, _
from ui.door import Door
from ui.fragments import marks
from ui.fragments.base import Fragment
from ui.theme import icon
from ui.widgets import fields, headings

WAIT_SECONDS = 60.0  # for a message of a test: as long as an attempt may take
_LOOK_SECONDS = 0.3

TITLES = {EMAIL: N_("E-mail"), SMS: N_("SMS")}
MODES = {
    ON: N_("Switched on"),
    OFF: N_("Switched off"),
    CONSOLE: N_("Only written to the log of the server, to try things out"),
}
TLS = {
    Tls.STARTTLS: N_("STARTTLS (port {port})"),
    Tls.TLS: N_("TLS from the start (port {port})"),
    Tls.NONE: N_("No encryption (port {port})"),
}
_TEXTS: dict[str, dict[str, str]] = {
    EMAIL: {
        "host": N_("Mail server"),
        "port": N_("Port, if it is another"),
        "user": N_("User, if one has to sign in"),
        "sender": N_("Sender: the address mail comes from"),
        "sender_name": N_("Name of the sender"),
        "reply_to": N_("Address for answers"),
    },
    SMS: {
        "key": N_("API key of Vonage"),
        "sender": N_("Sender: a number, or up to 11 letters"),
    },
}
_VARIABLES: dict[str, dict[str, str]] = {  # of the environment
    EMAIL: {
        "host": "SMTP_HOST", "port": "SMTP_PORT", "tls": "SMTP_TLS", "user": "SMTP_USER",
        "password": "SMTP_PASSWORD", "sender": "SMTP_FROM", "sender_name": "SMTP_FROM_NAME",
        "reply_to": "SMTP_REPLY_TO",
    },
    SMS: {"key": "VONAGE_KEY", "secret": "VONAGE_SECRET", "sender": "VONAGE_FROM"},
}  # fmt: skip
_BESIDE: dict[str, str] = {  # which field an error of a test is about
    "smtp_host": "host", "smtp_tls": "tls", "smtp_login": "password", "smtp_sender": "sender",
    "secret": "password", "sms_login": "secret", "sms_sender": "sender", "sms_credit": "key",
}  # fmt: skip


class ChannelForm:
    """The form of one channel in one browser."""

    def __init__(self, do: Door, view: View) -> None:
        self._do = do
        self._view = view
        self._secret = SECRETS[view.channel]

    def build(self) -> None:
        """Draw the form with its two buttons."""
        channel = self._view.channel
        with ui.element("section").classes("form").props(f"data-testid=channel-{channel}"):
            headings.part(_(TITLES[channel]))
            self._state = Fragment(_state(self._view))
            self._drawn = self._controls()
            with ui.element("div").classes("form-buttons"):
                save = ui.button(_("Save"), on_click=self._save)
                save.props(f"data-testid=save-{channel}")
                test = ui.button(_("Test"), on_click=self._test)
                test.props(f"outline data-testid=test-{channel}")
            self._outcome = Fragment("").props("role=status").classes("outcome")

    def _controls(self) -> dict[str, Any]:
        channel, values = self._view.channel, self._view.values
        modes = [(mode, _(called)) for mode, called in MODES.items()]
        name = f"{channel}-mode"
        drawn: dict[str, Any] = {
            "mode": fields.Choice(_("State"), modes, values["mode"], name=name)
        }
        for field, title in _TEXTS[channel].items():
            drawn[field] = self._text(field, _(title), values[field])
            if field == "host":
                drawn["tls"] = self._tls(values["tls"])
            if field in ("user", "key"):
                drawn[self._secret] = self._password()
                self._kept = Fragment(self._about_secret(), act=self._acted).classes("kept")
        return drawn

    def _text(self, field: str, title: str, value: str, **more: Any) -> ui.input:
        drawn = fields.text(title, value, name=f"{self._view.channel}-{field}", **more)
        if field in self._view.given:
            drawn.props("readonly").props(f'hint="{self._given_by(field)}"')
        return drawn

    def _tls(self, value: str) -> Any:
        if "tls" in self._view.given:
            called = _(TLS[Tls(value)]).format(port=PORTS[Tls(value)])
            return self._text("tls", _("Encryption"), called)
        offered = [(tls.value, _(text).format(port=PORTS[tls])) for tls, text in TLS.items()]
        name = f"{self._view.channel}-tls"
        return fields.Choice(_("Encryption"), offered, value or Tls.STARTTLS, name=name)

    def _password(self) -> ui.input:
        title = _("Password") if self._view.channel == EMAIL else _("API secret of Vonage")
        drawn = self._text(self._secret, title, "", password=True)
        return drawn.props("autocomplete=new-password")

    def _given_by(self, field: str) -> str:
        variable = f"APPTICKET_{_VARIABLES[self._view.channel][field]}"
        return _("Decided by {variable} where the server runs.").format(variable=variable)

    def _about_secret(self) -> str:
        """Say whether a secret is kept; what it is, nobody reads again."""
        if self._secret in self._view.given:
            return str(p(".muted")[self._given_by(self._secret)])
        if not self._view.has_secret:
            return str(p(".muted")[_("None is kept.")])
        text = _("One is kept and never shown. Leave the field empty to keep it.")
        return str(
            p(".muted")[text, " ", marks.row_button("forget", "", _("Remove it"), _("Password"))]
        )

    async def _acted(self, action: str, _value: Any) -> None:
        if action == "forget":
            await self._do(channels.forget_secret, self._view.channel)
            await self._again()

    async def _save(self) -> None:
        if await self._saved():
            self._outcome.show("")
            self._do.tell(_("The settings are saved."), good=True)

    async def _saved(self) -> bool:
        """Save what was typed; False when it needs mending, which stands beside the fields."""
        values = {n: f.value for n, f in self._drawn.items() if n not in self._view.given}
        try:
            saving = self._do.attempt(channels.save, self._view.channel, **values)
            view = await self._do.telling(_or_shown(saving, self._drawn))
        except _Shown:
            return False
        if view is None:
            return False
        if self._secret not in self._view.given:
            self._drawn[self._secret].set_value("")  # first: what is drawn anew says its value
        fields.show_problems(self._drawn, Invalid({}))
        self._present(view)
        return True

    async def _test(self) -> None:
        """Save, send a message to oneself, and say how it ended."""
        if not await self._saved():
            return
        if (event := await self._do(channels.test, self._view.channel)) is None:
            return
        self._outcome.show(_outcome("clock", "waits", _("A message is on its way to you…")))
        loop = asyncio.get_running_loop()
        end = loop.time() + WAIT_SECONDS
        while not self._outcome.is_deleted and loop.time() < end:
            if ended := await self._do.look(channels.tried, event.id):
                self._tell(ended)
                return
            await asyncio.sleep(_LOOK_SECONDS)
        self._outcome.show(
            _outcome("clock", "waits", _("Still under way. With Redis a worker has to run."))
        )

    def _tell(self, ended: Delivery) -> None:
        said = f" · {ended.answer}" if ended.answer else ""
        if ended.state is DeliveryState.DONE:
            told = _("It left: look whether it arrived.")
            self._outcome.show(_outcome("check", "good", told + said))
            return
        sentence = _(channels.why(ended.error))
        field = self._drawn.get(_BESIDE.get(ended.error, ""))
        if field is not None:
            field.error = sentence
        self._outcome.show(_outcome("cross", "bad", sentence + said))

    async def _again(self) -> None:
        if view := await self._do.look(channels.view, self._view.channel):
            self._present(view)

    def _present(self, view: View) -> None:
        self._view = view
        self._state.show(_state(view))
        self._kept.show(self._about_secret())
        self._drawn["mode"].choose(view.values["mode"])


class _Shown(Exception):
    """What is wrong stands beside the fields."""


async def _or_shown(saving: Any, drawn: dict[str, Any]) -> Any:
    try:
        return await saving
    except Invalid as refusal:
        fields.show_problems(drawn, refusal)
        raise _Shown from None


def _state(view: View) -> str:
    if not view.is_on:
        return str(span(".chip")[icon("pause"), _("Nothing is sent this way")])
    if view.values["mode"] == CONSOLE:
        return str(span(".chip.waits")[icon("note"), _("Messages go to the log only")])
    return str(span(".chip.good")[icon("check"), _("Messages are sent this way")])


def _outcome(drawn: str, colour: str, text: str) -> str:
    return str(
        div(".outcome-line", data_testid="outcome")[span(f".chip.{colour}")[icon(drawn)], text]
    )
