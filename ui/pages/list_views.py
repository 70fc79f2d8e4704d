"""The tabs above the queue: views that are given and views that were saved, with their numbers."""

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import background_tasks

from services import views
from services.choices import Choices
from services.counters import Counts
from services.words import _
from ui import browser
from ui.door import Door
from ui.fragments import around
from ui.fragments.base import Fragment
from ui.pages import saved
from ui.pages.saved import Kept
from ui.pages.wishes import Wishes
from ui.widgets import dialogs


class ListViews:
    """The tabs of one page, and what one does with the view that is shown."""

    def __init__(self, do: Door, wishes: Wishes) -> None:
        self._do = do
        self._wishes = wishes
        self._saved: list[Kept] = []
        self._counted: dict[str, int] = {}
        self._teams: list[tuple[int, str]] = []

    def remember(self, kept: list[Kept], counts: Counts | None, choices: Choices) -> None:
        """Take what was just read."""
        self._saved = kept
        self._counted = counts.of(self._do.by.id) if counts else {}
        self._teams = choices.teams

    def draw(self, act: Callable[[str, Any], Awaitable[None]]) -> None:
        """Draw the tabs and the tools of the view."""
        self._tabs = Fragment(self._drawn_tabs(), act=act)
        self._tools = Fragment(self._drawn_tools(), act=act)

    def show(self) -> None:
        """Draw them by what is remembered and wished for now."""
        self._tabs.show(self._drawn_tabs())
        self._tools.show(self._drawn_tools())

    def count(self, counts: Counts) -> None:
        """Show the numbers beside the tabs, where they changed."""
        for name, number in counts.of(self._do.by.id).items():
            if self._counted.get(name) != number:
                self._counted[name] = number
                self._show_number(name, number)
        if self._saved:
            background_tasks.create(self._recount(), name="count saved views")

    def choose(self, view_id: str) -> bool:
        """Wish for what a saved view asks for; tell whether there is such a view."""
        kept = self._find(view_id)
        if kept:
            self._wishes.show(kept.asked, kept.sort, reverse=kept.is_reversed)
        return kept is not None

    async def save(self) -> str:
        """Ask for a name and keep what is shown as a view; return its id, or nothing."""
        wished = await saved.ask(self._do, self._teams, None)
        if wished is None:
            return ""
        made = await self._do(views.create, **wished, **self._shown_now())
        return str(made.id) if made else ""

    async def change(self, action: str) -> None:
        """Change the saved view that is shown, if one is."""
        kept = self._find(self._wishes.saved)
        if not kept:
            return
        if action == "view-edit":
            await saved.ask(self._do, self._teams, kept)
        elif action == "view-update":
            now = self._shown_now()
            values = {"asked": now["asked"], "sort": now["sort"], "is_reversed": now["reverse"]}
            await self._do(views.edit, kept.id, **values)
        elif action in ("view-left", "view-right"):
            places = -1 if action == "view-left" else 1
            await self._do(views.move, kept.id, by_places=places)
        elif action == "view-delete":
            await self._delete(kept)

    async def _delete(self, kept: Kept) -> None:
        title = _("Delete the view “{name}”").format(name=kept.name)
        text = _("Whom it is shared with loses it too.")
        if await dialogs.confirm(title, text, _("Delete")):
            await self._do(views.delete, kept.id)
            self._wishes.saved = ""

    def _shown_now(self) -> dict[str, Any]:
        sort, reverse = self._wishes.sort or "updated", bool(self._wishes.reverse)
        return {"asked": self._wishes.asked(), "sort": sort, "reverse": reverse}

    async def _recount(self) -> None:
        found = await self._do.look(saved.load)
        for kept in found or []:
            if kept not in self._saved:
                self._show_number(f"saved-{kept.id}", kept.number)
        self._saved = found if found is not None else self._saved

    def _show_number(self, name: str, number: int) -> None:
        code = browser.call("text", f"count-{name}", around.shown(number))
        self._do.client.run_javascript(code)

    def _drawn_tabs(self) -> str:
        current = "" if self._wishes.saved else self._wishes.view or "open"
        kept = [
            saved.tab(view, is_current=str(view.id) == self._wishes.saved, shown=around.shown)
            for view in self._saved
        ]
        return around.tabs(current, self._counted, kept)

    def _drawn_tools(self) -> str:
        asked = self._wishes.asked()
        is_narrowed = bool(asked.keys() - {"view"} or self._wishes.sort or self._wishes.reverse)
        return saved.tools(self._find(self._wishes.saved), is_narrowed=is_narrowed)

    def _find(self, view_id: str) -> Kept | None:
        return next((each for each in self._saved if str(each.id) == view_id), None)
