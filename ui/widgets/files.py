"""Choosing files for a draft: a button, drag and drop, paste, a phone’s camera."""

from typing import Any

from htpy import button, div
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
    """The files of one draft, and the way to add to them."""

    def __init__(self, do: Door, context: str, files: tuple[Attachment, ...]) -> None:
        self._do = do
        self._context = context
        super().__init__(_drawn(files), act=self._acted)
        self.on("files_changed", self._uploaded)
        ui.on("files_changed", self._uploaded)

    @property
    def address(self) -> str:
        """Return where the browser sends files."""
        return f"/uploads/{self._context}"

    async def refresh(self) -> None:
        """Show the files the draft has now."""
        files = await self._do.look(attachments.drafted, self._context)
        self.show(_drawn(tuple(files or ())))

    async def _acted(self, action: str, value: Any) -> None:
        if action == "pick":
            problem = _("The file could not be sent. Check your connection and try again.")
            self.client.run_javascript(browser.call("pick", self.address, problem))
        elif action == "discard" and str(value).isdecimal():
            await self._do(attachments.discard, int(value))
            await self.refresh()

    async def _uploaded(self, event: Any) -> None:
        told = event.args if isinstance(event.args, dict) else {}
        if self.is_deleted or told.get("address") != self.address:
            return
        if told.get("detail"):
            self._do.tell(str(told["detail"])[:300])
        await self.refresh()


def accept_drops(element: ui.element, files: DraftFiles) -> None:
    """Let files be dropped on an element, or pasted into it."""
    problem = _("The file could not be sent. Check your connection and try again.")
    element._props["data-upload"] = files.address
    element._props["data-problem"] = problem
    for event in ("drop", "dragover", "paste"):
        element.on(event, js_handler=browser.PASTED_OR_DROPPED)


def _drawn(files: tuple[Attachment, ...]) -> str:
    return str(
        div(".draft-files")[
            button(".button.small", type="button", data_action="pick", data_testid="attach")[
                icon("attach"), _("Attach files")
            ],
            [marks.file_link(file, removable=True) for file in files],
        ]
    )
