"""Drafts saved while one types, two seconds after the last key."""

import asyncio
from collections.abc import Awaitable, Callable

from nicegui import background_tasks, ui

PAUSE_SECONDS = 2.0


class Autosave(ui.element):
    """Runs `save` when typing pauses, and once more when the page is left."""

    def __init__(self, save: Callable[[], Awaitable[object]]) -> None:
        super().__init__("template")
        self._save = save
        self._timer: asyncio.TimerHandle | None = None

    def typed(self) -> None:
        """Note that something was typed."""
        self.forget()
        self._timer = asyncio.get_running_loop().call_later(PAUSE_SECONDS, self._due)

    def forget(self) -> None:
        """Do not save what was typed: it was sent."""
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _due(self) -> None:
        self._timer = None
        background_tasks.create(_run(self._save), name="draft")

    def _handle_delete(self) -> None:
        if self._timer:
            self.forget()
            self._due()
        super()._handle_delete()


async def _run(save: Callable[[], Awaitable[object]]) -> None:
    await save()
