"""What a list is narrowed by: the box above it, the choices beside that, and the chips below."""

from collections.abc import Awaitable, Callable
from functools import partial

from nicegui import ui

from services.choices import Choices
from services.words import _
from ui import browser
from ui.fragments import around
from ui.fragments.base import Fragment
from ui.pages.wishes import Wishes, offered_filters
from ui.widgets import fields

_CHIPS = ("q", "status", "priority", "lead", "team", "category", "requester", "tag", "burst")


class ListControls:
    """The controls of one list; each tells `narrow` what is wished for now."""

    def __init__(self, wishes: Wishes, narrow: Callable[..., Awaitable[None]]) -> None:
        self._wishes = wishes
        self._narrow = narrow
        self._choices: dict[str, fields.Choice] = {}

    def draw(self, choices: Choices | None, *, is_staff: bool) -> None:
        """Draw the box, and the choices where there are some."""
        with ui.element("div").classes("filters").props("role=search"):
            self._search = fields.text(_("Search number or title"), self._wishes.q, name="search")
            self._search.props("clearable type=search debounce=250 aria-keyshortcuts=/").classes(
                "search"
            )
            self._search.on_value_change(lambda e: self._searched(e.value or ""))
            if choices:
                self._draw_choices(choices, is_staff=is_staff)

    def _draw_choices(self, choices: Choices, *, is_staff: bool) -> None:
        Fragment(around.unfold()).classes("unfold").on("click", js_handler=browser.UNFOLDED)
        for name, title, options in offered_filters(choices, is_staff=is_staff):
            choice = fields.Choice(title, options, getattr(self._wishes, name), name=name)
            choice.on_choice(partial(self._chosen, name, choice))
            self._choices[name] = choice

    async def _chosen(self, name: str, choice: fields.Choice) -> None:
        await self._narrow(**{name: choice.value})

    async def _searched(self, text: str) -> None:
        if text != self._wishes.q:
            await self._narrow(q=text[:200])

    def show(self) -> None:
        """Let the controls say what is wished for, as after a saved view was chosen."""
        for name in self._choices:
            self.say(name)
        self._search.set_value(self._wishes.q)

    def say(self, name: str) -> None:
        """Let one control say what is wished for, where it is drawn."""
        if choice := self._choices.get(name):
            choice.choose(getattr(self._wishes, name))

    async def unfilter(self, name: str) -> None:
        """Ask no more for what a chip says, or for nothing but the view (`all`)."""
        names = [n for n in _CHIPS if name in (n, "all")]
        await self._narrow(**dict.fromkeys(names, ""))
        for dropped in names:
            self.say(dropped)
        if "q" in names:
            self._search.set_value("")

    async def order(self, name: str) -> None:
        """Order by a column; its head again turns the order round."""
        is_again = name == (self._wishes.sort or "updated")
        reverse = "1" if is_again and not self._wishes.reverse else ""
        await self._narrow(sort="" if name == "updated" else name, reverse=reverse)
        self.say("sort")
