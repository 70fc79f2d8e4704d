"""Where one answers on a ticket."""

import uuid

from nicegui import ui

from services import comments, drafts
from services.errors import DomainError, Invalid
from services.permissions import Action
from services.ticket_view import TicketView
from services.words import _
from ui import browser
from ui.door import Door
from ui.feed import presence
from ui.widgets import fields
from ui.widgets.autosave import Autosave
from ui.widgets.files import DraftFiles, accept_drops
from ui.widgets.mention_picker import MentionPicker


class Composer:
    """Where one answers: text, files, public or internal, send, send and resolve."""

    def __init__(self, do: Door, view: TicketView) -> None:
        self._do = do
        self._number = view.ticket.number
        self._key = uuid.uuid4().hex  # the same message sent twice is one message
        self._context = comments.draft_of(self._number)
        self._is_sending = False
        with ui.element("div").classes("composer") as self._box:
            self._draw_switch(view)
            with ui.element("div").classes("calling") as around:
                self._text = fields.prose(
                    _("Your message"), view.draft.get("body", ""), name="composer"
                ).props("aria-keyshortcuts=r")
                self._picker = MentionPicker(
                    do, self._number, self._text, around, is_internal=lambda: self._is_internal
                )
            self._files = DraftFiles(do, self._context, view.draft_files)
            with ui.row().classes("composer-buttons"):
                send = ui.button(_("Send"), on_click=self._send).props("data-testid=send")
                send.tooltip("Ctrl + Enter")
                if Action.TICKET_RESOLVE in view.may:
                    resolve = ui.button(_("Send and resolve"), on_click=self._send_and_resolve)
                    resolve.props("outline data-testid=send-resolve")
        self._autosave = Autosave(self._save)
        self._text.on_value_change(self._typed)
        self._text.on("keydown", self._send, js_handler=browser.PRESSED_TO_SEND)
        accept_drops(self._box)

    def close(self) -> None:
        """Replace the composer by a word on why there is none; what was typed stays visible."""
        self._autosave.forget()
        text = self._text.value
        with self._box.clear():
            ui.label(_("This ticket is closed: nothing on it can change any more."))
            if text:
                ui.label(text).classes("version")

    def _draw_switch(self, view: TicketView) -> None:
        self._internal: ui.checkbox | None = None
        if Action.TICKET_NOTE in view.may:
            self._internal = ui.checkbox(
                _("Internal note: the requester does not see it"),
                value=bool(view.draft.get("internal")),
            ).props("data-testid=internal")
            self._internal.on_value_change(self._switched)
            self._tint()

    @property
    def _is_internal(self) -> bool:
        return bool(self._internal and self._internal.value)

    def _switched(self) -> None:
        self._tint()
        self._picker.close()
        presence.rest(self._number, self._do.by.id)
        self._autosave.typed()

    def _tint(self) -> None:
        self._box.classes(
            add="internal" if self._is_internal else "",
            remove="internal" if not self._is_internal else "",
        )

    def _typed(self) -> None:
        if self._text.value:
            presence.type(self._number, self._do.by.id, is_note=self._is_internal)
        else:
            presence.rest(self._number, self._do.by.id)
        self._text.error = None
        self._autosave.typed()

    async def _save(self) -> None:
        if not self._is_sending:
            body = {"body": self._text.value or "", "internal": self._is_internal}
            if not body["body"]:
                body = {}
            await self._do(drafts.save, self._context, body)

    async def _send(self) -> None:
        await self._post(resolve=False)

    async def _send_and_resolve(self) -> None:
        await self._post(resolve=True)

    async def _post(self, *, resolve: bool) -> None:
        """Send once, however often the button is pressed; a refusal leaves everything as typed."""
        if self._is_sending:
            return
        self._is_sending = True
        self._autosave.forget()
        try:
            await self._do.done(
                _("Message sent."),
                comments.post,
                self._number,
                self._text.value or "",
                internal=self._is_internal,
                key=self._key,
                resolve=resolve,
            )
        except Invalid as refusal:
            self._text.error = " ".join(refusal.by_field().values())
        except DomainError as refusal:
            self._do.tell(refusal.say())
        else:
            await self._sent()
        finally:
            self._is_sending = False

    async def _sent(self) -> None:
        self._key = uuid.uuid4().hex
        self._text.set_value("")
        self._autosave.forget()
        presence.rest(self._number, self._do.by.id)
        await self._files.refresh()
