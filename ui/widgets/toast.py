"""What was just done, said for some seconds in which it can be undone."""

import asyncio
from typing import Any

from htpy import button, div, span

from services import bulk, undo
from services.words import _
from ui.door import Door
from ui.fragments.base import Fragment
from ui.theme import icon


class Toast(Fragment):
    """Says what was done, and offers to undo it as long as that is possible."""

    def __init__(self, do: Door) -> None:
        super().__init__("", act=self._acted)
        self._do = do
        self._event_ids: list[int] = []
        self.classes("toast-place").props("role=status aria-live=polite")
        self._ending: asyncio.TimerHandle | None = None

    def offer(self, sentence: str, event_ids: list[int]) -> None:
        """Show a sentence for OFFERED_SECONDS; one gesture may have changed many tickets."""
        if self._ending:
            self._ending.cancel()
            self._ending = None
        self._event_ids = event_ids
        self.show(_toast(sentence))
        loop = asyncio.get_running_loop()
        self._ending = loop.call_later(undo.OFFERED_SECONDS, self._end)

    async def _acted(self, action: str, _value: Any) -> None:
        if action == "undo":
            await self._undo()
        self._end()

    async def _undo(self) -> None:
        if len(self._event_ids) == 1:
            await self._do(undo.undo, self._event_ids[0])
            return
        for start in range(0, len(self._event_ids), bulk.CHUNK):
            await self._do(bulk.take_back, self._event_ids[start : start + bulk.CHUNK])

    def _end(self) -> None:
        if not self.is_deleted:
            self.show("")


def _toast(sentence: str) -> str:
    return str(
        div(".toast", data_testid="toast")[
            span[sentence],
            button(
                ".button.small",
                type="button",
                data_action="undo",
                data_testid="undo",
            )[_("Undo")],
            button(".icon-button", type="button", data_action="dismiss", aria_label=_("Close"))[
                icon("cross")
            ],
        ]
    )
