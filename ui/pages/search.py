"""The results page: everything one may read that holds what was looked for."""

from typing import Any
from urllib.parse import urlencode

from htpy import code, dd, details, dl, dt, summary
from nicegui import PageArguments, ui

from services import search, search_terms
from services.search import Found
from services.words import N_, _
from ui import browser
from ui.door import Door, door
from ui.fragments import hits, marks
from ui.fragments.base import Fragment, KeyedList
from ui.widgets import fields, headings

LIST = "hits"

_HELP: tuple[tuple[tuple[str, str], str], ...] = (  # in French, in English; what it means
    (('"écran noir"', '"black screen"'), N_("These words, one after another")),
    (("imprimante -laser", "printer -laser"), N_("Without this word")),
    (("statut:ouvert", "status:open"), N_("Status, also new, pending, resolved, closed…")),
    (("priorité:haute", "priority:high"), N_("Priority")),
    (("type:demande", "type:request"), N_("Incident or request")),
    (("demandeur:alice", "requester:alice"), N_("Who asked")),
    (("responsable:moi", "lead:me"), N_("Who leads: a name, me, nobody")),
    (("équipe:réseau", "team:network"), N_("Team")),
    (("catégorie:imprimante", "category:printer"), N_("Category, with all below it")),
    (("étiquette:vip", "tag:vip"), N_("Tag")),
    (("après:2026-01-01", "after:2026-01-01"), N_("Created from this day on")),
    (("avant:2026-01-01", "before:2026-01-01"), N_("Created before this day")),
)


async def search_page(args: PageArguments) -> None:
    """Show what was found, and search anew as one types."""
    await Results(door(), str(args.query_parameters.get("q", ""))[: search_terms.MAX_TEXT]).build()


class Results:
    """The results page in one browser."""

    def __init__(self, do: Door, text: str) -> None:
        self._do = do
        self._text = text

    async def build(self) -> None:
        """Load and draw the page."""
        found = await self._do.look(search.everything, self._text)
        if found is None:
            return
        headings.page(_("Search"))
        with ui.element("div").classes("filters search-box").props("role=search"):
            field = fields.text(_("Search everywhere"), self._text, name="search-everywhere")
            field.props("clearable type=search debounce=200 autofocus aria-keyshortcuts=/")
            field.classes("search").on_value_change(lambda e: self._typed(e.value or ""))
        Fragment(_help(self._do.language))
        self._take(found, [])
        self._summary = Fragment(self._told()).props("role=status").classes("muted told")
        self._rows = KeyedList(LIST, self._items, act=_nothing, classes="hits", empty=self._empty())
        self._more = ui.button(_("Show more results"), on_click=self._go_on)
        self._more.props("outline data-testid=more-hits").set_visibility(self._after is not None)

    async def _typed(self, text: str) -> None:
        text = text[: search_terms.MAX_TEXT]
        if text == self._text:
            return
        self._text = text
        found = await self._do.look(search.everything, text)
        if found is None or text != self._text or self._rows.is_deleted:
            return
        self._take(found, [])
        self._redraw()
        query = f"?{urlencode({'q': text})}" if text else ""
        ui.navigate.history.replace(f"/search{query}")

    async def _go_on(self) -> None:
        """Put the next results below those that are shown; who uses the keyboard goes on there."""
        cursor = self._after
        found = await self._do.look(search.everything, self._text, cursor=cursor)
        if found is None or cursor != self._after or self._rows.is_deleted:
            return
        before = self._items
        self._take(found, before)
        self._redraw()
        if fresh := self._items[len(before) :]:
            self._rows.client.run_javascript(browser.call("focus", hits.id_of(fresh[0][0])))

    def _take(self, found: Found, before: list[tuple[str, str]]) -> None:
        drawn = [hits.row(hit, found.terms.wanted, self._do.zone) for hit in found.hits]
        self._items, self._after = [*before, *drawn], found.after

    def _redraw(self) -> None:
        self._rows.show_items(self._items)
        self._summary.show(self._told())
        self._more.set_visibility(self._after is not None)

    def _told(self) -> str:
        if self._after is not None:
            return _("The {n} best results so far.").format(n=len(self._items))
        return ""

    def _empty(self) -> str:
        hint = _("Other words, fewer words, or one of the operators above may find more.")
        return marks.empty(_("Nothing found yet"), hint, LIST)


def _nothing(_action: str, _value: Any) -> None:
    """Do nothing: hits are links."""


def _help(language: str) -> str:
    place = 0 if language == "fr" else 1
    return str(
        details(".search-help")[
            summary[_("Search more precisely")],
            dl[[(dt[code[spelt[place]]], dd[_(text)]) for spelt, text in _HELP]],
        ]
    )
