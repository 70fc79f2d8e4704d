"""The palette (Ctrl+K): pages, tickets, people and actions, as one types (C23)."""

from collections.abc import Sequence
from urllib.parse import urlencode

from htpy import div, input, label
from nicegui import ui
from nicegui.events import GenericEventArguments

from data.text_search import words
from services import search
from services.search import Found
from services.search_terms import MAX_TEXT
from services.words import _, speaking
from ui import browser, palette_keys
from ui.door import Door
from ui.fragments import hits
from ui.fragments.base import Fragment, Handler
from ui.fragments.hits import Option

MOST_PAGES = 5  # that fit what was typed


class Palette:
    """One dialog per page; what it offers is asked for anew each time something is typed."""

    def __init__(self, do: Door, pages: Sequence[Option], act: Handler) -> None:
        self._do = do
        self._pages = pages
        self._text = ""
        title, listed = _("Search and commands"), _("What was found")
        box = ui.element("dialog").props(f'id=palette aria-label="{title}"')
        box.classes("palette").on("click", js_handler=palette_keys.OFFERS_PICKED)
        with box:
            field = Fragment(_field())
            field.on("input", self._typed, js_handler=palette_keys.ASKED)
            field.on("keydown", js_handler=palette_keys.STEERED)
            self._list = Fragment("", act=act)
            props = f'id=palette-list role=listbox aria-label="{listed}"'
            self._list.props(props).classes("palette-list")

    async def _typed(self, event: GenericEventArguments) -> None:
        """Offer what fits; an answer that comes too late is not shown."""
        text = self._text = str(event.args or "")[:MAX_TEXT]
        found = await self._do.look(search.typing, text)
        if found is not None and text == self._text and not self._list.is_deleted:
            self._offer(text, found)

    def _offer(self, text: str, found: Found) -> None:
        with speaking(self._do.language):
            drawn = hits.options(self._fitting(text), found, everywhere=_everywhere(text))
        self._list.keep(drawn)
        client = self._list.client
        client.run_javascript(browser.call("fill", "palette-list", self._list.content))
        client.run_javascript(browser.call("offered", str(text)))

    def _fitting(self, text: str) -> list[Option]:
        """Return the pages and actions whose name has words that begin as those typed."""
        typed = words(text)
        if not typed:
            return [] if text.strip() else list(self._pages)
        found = [
            page
            for page in self._pages
            if all(any(name.startswith(word) for name in words(page.title)) for word in typed)
        ]
        return found[:MOST_PAGES]


def _everywhere(text: str) -> Option | None:
    if not text.strip():
        return None
    title = _("Search everywhere for “{text}”").format(text=text.strip())
    return Option(title, _("Page"), "search", f"/search?{urlencode({'q': text.strip()})}")


def _field() -> str:
    return str(
        div(".palette-field")[
            label(".sr-only", for_="palette-input")[_("Search, or type a command")],
            input(
                "#palette-input",
                type="text",
                role="combobox",
                placeholder=_("Search, or type a command"),
                maxlength=str(MAX_TEXT),
                autocomplete="off",
                spellcheck="false",
                data_testid="palette-input",
                aria_controls="palette-list",
                aria_expanded="true",
                aria_autocomplete="list",
            ),
        ]
    )
