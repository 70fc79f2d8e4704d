"""Choosing files for a draft: a button, drag and drop, paste, a phone’s camera."""

from typing import Any

from htpy import Element, button, div, span
from nicegui import ui

from data.models import Attachment
from services import attachments
from services.words import _
from ui import browser
from ui.door import Door
from ui.fragments import marks
from ui.fragments.base import Fragment
from ui.theme import icon


class DraftFiles(Fragment):
    """The files of one draft, and the ways to add to them."""

    def __init__(self, do: Door, context: str, files: tuple[Attachment, ...]) -> None:
        self._do = do
        self._context = context
        super().__init__(_drawn(files), act=self._acted)
        self._props["data-upload"] = f"/uploads/{context}"
        self._props["data-problem"] = _(
            "The file could not be sent. Check your connection and try again."
        )
        self.on("click", js_handler=browser.PICKED)
        self.on("filesent", self._sent, js_handler=browser.TOLD)

    async def refresh(self) -> None:
        """Show the files the draft has now."""
        files = await self._do.look(attachments.drafted, self._context)
        self.show(_drawn(tuple(files or ())))

    async def _acted(self, action: str, value: Any) -> None:
        if action == "discard" and str(value).isdecimal():
            await self._do(attachments.discard, int(value))
            await self.refresh()

    async def _sent(self, event: Any) -> None:
        if self.is_deleted:
            return
        if event.args:
            self._do.tell(str(event.args)[:300])
        await self.refresh()


def accept_drops(element: ui.element) -> None:
    """Let files be dropped on an element that holds a DraftFiles, or pasted into it."""
    for event in ("drop", "dragover", "paste"):
        element.on(event, js_handler=browser.PASTED_OR_DROPPED)


def _drawn(files: tuple[Attachment, ...]) -> str:
    return str(
        div(".draft-files")[
            _pick("files", "attach", _("Attach files")),
            _pick("photo", "camera", _("Take a photo")),
            span(".sending", role="status")[_("Sending…")],
            [marks.file_link(file, removable=True) for file in files],
        ]
    )


def _pick(kind: str, drawn: str, text: str) -> Element:
    return button(
        f".button.small.pick-{kind}", type="button", data_pick=kind, data_testid=f"pick-{kind}"
    )[icon(drawn), text]
