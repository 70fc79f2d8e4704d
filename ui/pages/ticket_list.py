"""Lists of tickets: mine, all of them, and the trash."""

from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode

from htpy import Node, a, button, nav, span
from nicegui import PageArguments, ui
from sqlalchemy.orm import Session

from data.models import Priority, Status
from services import assignment, categories, counters, filters, labels, lists, teams, trash
from services.counters import Counts
from services.errors import DomainError
from services.filters import Filter, Scope
from services.lists import Page, TicketLine
from services.permissions import Action, Actor, allows, require
from services.words import N_, _, speaking
from ui import browser, live
from ui.door import Door, door
from ui.feed import feed
from ui.fragments import marks
from ui.fragments.base import Fragment, KeyedList
from ui.fragments.rows import Look
from ui.theme import icon
from ui.widgets import dialogs, fields, headings

LIST = "tickets"
PILL = "arrivals"
MOST_SHOWN = 200

TABS: dict[str, str] = {
    "open": N_("Open"),
    "unassigned": N_("Unassigned"),
    "mine": N_("Mine"),
    "answered": N_("Answered"),
    "late": N_("Late"),
    "all": N_("All"),
}
SORTS: dict[str, str] = {
    "updated": N_("Last change"),
    "created": N_("Newest"),
    "priority": N_("Priority"),
    "due": N_("Deadline"),
    "number": N_("Number"),
    "status": N_("Status"),
    "title": N_("Title"),
}
_HEADINGS: dict[Scope, tuple[str, str]] = {
    "all": (N_("All tickets"), "/queue"),
    "mine": (N_("My tickets"), "/tickets"),
    "trash": (N_("Deleted tickets"), "/trash"),
}


@dataclass(slots=True)
class Wishes:
    """What the address asks for; every part has a place in the address again."""

    view: str = ""
    q: str = ""
    sort: str = ""
    status: str = ""
    priority: str = ""
    team: str = ""
    category: str = ""
    cursor: str = ""

    def query(self) -> str:
        """Return the address’s query, without what is not asked for."""
        asked = {name: getattr(self, name) for name in self.__slots__ if getattr(self, name)}
        return f"?{urlencode(asked)}" if asked else ""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the page shows first."""

    page: Page
    counts: Counts | None
    teams: list[tuple[int, str]]
    categories: list[tuple[int, str]]


async def queue_page(args: PageArguments) -> None:
    """Show all tickets one may see, as tabs with live counts (5.3.2)."""
    await TicketList(door(), "all", args).build()


async def mine_page(args: PageArguments) -> None:
    """Show the tickets one asked for, works on or follows."""
    await TicketList(door(), "mine", args).build()


async def trash_page(args: PageArguments) -> None:
    """Show the deleted tickets (5.3.9)."""
    await TicketList(door(), "trash", args).build()


def load(s: Session, by: Actor, wanted: Filter, wishes: Wishes, default_sort: str) -> Loaded:
    """Fetch all the page draws, in one transaction."""
    if wanted.is_trash:
        require(by, Action.TRASH_SEE)
    elif wanted.scope == "all":
        require(by, Action.QUEUE_SEE)
    if wishes.category.isdecimal():
        below = categories.subtree_ids(s, int(wishes.category))
        wanted = filters.narrowed(wanted, category_ids=below)
    return Loaded(
        page=lists.page(
            s, by, wanted, sort=wishes.sort or default_sort, cursor=wishes.cursor or None
        ),
        counts=counters.count(s, by) if wanted.scope == "all" else None,
        teams=teams.options(s, by) if by.is_staff else [],
        categories=categories.options(s),
    )


class TicketList:
    """One list on one page: what it is narrowed to, its rows, and its place in the live feed."""

    def __init__(self, do: Door, scope: Scope, args: PageArguments) -> None:
        self.client = do.client
        self._do = do
        self._scope = scope
        given = {k: args.query_parameters.get(k, "")[:200] for k in Wishes.__slots__}
        self._wishes = Wishes(**given)
        self._default_sort = "deleted" if scope == "trash" else "updated"
        if self._wishes.sort not in SORTS:
            self._wishes.sort = ""
        self.wanted = self._filter()
        self.look = Look(do.language, do.zone, is_staff=False, may_take=False)

    @property
    def by(self) -> Actor:
        """Return who looks, as of their last operation."""
        return self._do.by

    async def build(self) -> None:
        """Load and draw the page."""
        try:
            loaded = await self._load()
        except DomainError as refusal:
            headings.refused(refusal)
            return
        self.look = Look(
            self._do.language,
            self._do.zone,
            is_staff=self.by.is_staff,
            may_take=allows(self.by, Action.TICKET_TAKE),
            is_trash=self._scope == "trash",
        )
        self._draw(loaded)
        feed.add(self)
        live.follow(live.ORGANISATION, self._reread)

    def has(self, number: int) -> bool:
        """Tell whether a ticket is on the page."""
        return str(number) in self._rows.keys

    def put(self, line: TicketLine, html: str, *, is_new: bool) -> None:
        """Show a changed row in its place, or a new one first."""
        if not is_new:
            self._rows.replace(str(line.number), html)
        elif self._is_at_start and len(self._rows.keys) < MOST_SHOWN:
            self._rows.arrive(str(line.number), html, PILL)
            with speaking(self.look.language):
                said = _("New in the list: ticket #{number}").format(number=line.number)
            self.client.run_javascript(browser.call("announce", said))
        else:
            self.client.run_javascript(browser.call("pill", PILL, 0))

    def drop(self, number: int) -> None:
        """Take a row away that no longer belongs here."""
        self._rows.leave(str(number))

    def count(self, counts: Counts) -> None:
        """Show the numbers beside the tabs, where they changed."""
        for name, number in counts.of(self.by.id).items():
            if self._counted.get(name) != number:
                self._counted[name] = number
                self.client.run_javascript(browser.call("text", f"count-{name}", str(number)))

    def show_presence(self, number: int, html: str) -> None:
        """Show who is at a ticket."""
        self.client.run_javascript(browser.call("fill", f"presence-{number}", html))

    @property
    def _is_at_start(self) -> bool:
        return not self._wishes.cursor and self._wishes.sort in ("", "updated", "created")

    async def _load(self) -> Loaded:
        return await self._do.see(load, self.wanted, self._wishes, self._default_sort)

    def _filter(self) -> Filter:
        wishes = self._wishes
        base = filters.narrowed(_base(self._scope, wishes.view), scope=self._scope)
        more: dict[str, Any] = {"text": wishes.q}
        if wishes.status in set(Status):
            more["statuses"] = frozenset({Status(wishes.status)})
        if wishes.priority in set(Priority):
            more["priorities"] = frozenset({Priority(wishes.priority)})
        if wishes.team.isdecimal():
            more["team_id"] = int(wishes.team)
        return filters.narrowed(base, **more)

    def _draw(self, loaded: Loaded) -> None:
        heading, _address = _HEADINGS[self._scope]
        headings.page(_(heading))
        self._counted = loaded.counts.of(self.by.id) if loaded.counts else {}
        if self._scope == "all":
            self._tabs = Fragment(self._drawn_tabs(), act=self._acted)
        self._draw_filters(loaded)
        Fragment(_pill(), act=self._acted)
        self._rows = KeyedList(
            LIST, self._items(loaded.page), act=self._acted, classes="rows", empty=self._empty()
        )
        self._pager = Fragment(self._drawn_pager(loaded.page), act=self._acted)

    def _draw_filters(self, loaded: Loaded) -> None:
        with ui.element("div").classes("filters").props("role=search"):
            search = fields.text(_("Search number or title"), self._wishes.q, name="search")
            search.props("clearable type=search debounce=250").classes("search")
            search.on_value_change(lambda e: self._narrow(q=e.value or ""))
            for name, title, options in self._choices(loaded):
                choice = fields.Choice(
                    title, [("", _("Any")), *options], getattr(self._wishes, name), name=name
                )
                choice.on("change", partial(self._chosen, name, choice), js_handler="() => emit()")

    def _choices(self, loaded: Loaded) -> list[tuple[str, str, list[tuple[str, str]]]]:
        found = [("sort", _("Sort by"), [(k, _(v)) for k, v in SORTS.items()])]
        if self._scope == "trash":
            return []
        found.append(("status", _("Status"), [(m.value, _(labels.STATUS[m])) for m in Status]))
        found.append(
            ("priority", _("Priority"), [(m.value, _(labels.PRIORITY[m])) for m in Priority])
        )
        found.append(("category", _("Category"), [(str(k), v) for k, v in loaded.categories]))
        if loaded.teams:
            found.append(("team", _("Team"), [(str(k), v) for k, v in loaded.teams]))
        return found

    async def _chosen(self, name: str, choice: fields.Choice) -> None:
        await self._narrow(**{name: choice.value})

    async def _narrow(self, **wishes: str) -> None:
        """Show the list narrowed otherwise, and keep the address in step."""
        for name, value in {"cursor": "", **wishes}.items():
            setattr(self._wishes, name, value)
        await self._again()

    async def _reread(self, _numbers: set[int]) -> None:
        """Show the list by the rights and names of now: people, teams or categories changed."""
        if self._rows.is_deleted:
            return
        loaded = await self._do.look(load, self.wanted, self._wishes, self._default_sort)
        if loaded is not None:
            self._show(loaded)

    def _show(self, loaded: Loaded) -> None:
        self._rows.show_items(self._items(loaded.page))
        self._pager.show(self._drawn_pager(loaded.page))
        if self._scope == "all":
            self._counted = loaded.counts.of(self.by.id) if loaded.counts else {}
            self._tabs.show(self._drawn_tabs())

    async def _again(self) -> None:
        self.wanted = self._filter()
        loaded = await self._do.look(load, self.wanted, self._wishes, self._default_sort)
        if loaded is None:
            return
        self._show(loaded)
        _heading, address = _HEADINGS[self._scope]
        ui.navigate.history.replace(address + self._wishes.query())

    async def _acted(self, action: str, value: Any) -> None:
        number = int(value) if str(value).isdecimal() else 0
        if action == "take":
            await self._do.act(_("You took ticket #{n}.").format(n=number), assignment.take, number)
        elif action == "restore":
            await self._do(trash.restore, number)
        elif action == "purge":
            await self._purge(number)
        elif action == "view" and value in filters.VIEWS:
            await self._narrow(view=str(value))
        elif action == "page":
            await self._narrow(cursor=str(value))
            self.client.run_javascript(browser.call("up", PILL))
        elif action == "arrivals":
            await self._narrow()
            self.client.run_javascript(browser.call("up", PILL))

    async def _purge(self, number: int) -> None:
        async def save(values: dict[str, Any]) -> None:
            await self._do.attempt(trash.purge, number, typed=str(values["typed"]))

        title = _("Purge ticket #{n} for good").format(n=number)
        hint = _("Type {n} to confirm").format(n=number)
        await dialogs.form(
            title, lambda: {"typed": fields.text(hint, name="typed")}, save, verb=_("Purge")
        )

    def _items(self, page: Page) -> list[tuple[str, str]]:
        return [(str(line.number), feed.draw(line, self.look)) for line in page.lines]

    def _drawn_tabs(self) -> str:
        current = self._wishes.view or "open"
        return str(
            nav(".tabs", aria_label=_("Views"))[
                [
                    button(
                        type="button",
                        data_action="view",
                        data_value=name,
                        data_testid=f"view-{name}",
                        aria_current="true" if name == current else None,
                    )[
                        _(title),
                        name in self._counted
                        and span(f"#count-{name}.count")[str(self._counted[name])],
                    ]
                    for name, title in TABS.items()
                ]
            ]
        )

    def _drawn_pager(self, page: Page) -> str:
        def link(text: str, cursor: str | None) -> Node:
            return (
                cursor
                and button(".button", type="button", data_action="page", data_value=cursor)[text]
            )

        if not page.before and not page.after:
            return ""
        return str(
            nav(".pager", aria_label=_("Pages"))[
                link(_("Previous page"), page.before), link(_("Next page"), page.after)
            ]
        )

    def _empty(self) -> str:
        create = a(".button.primary", href="/tickets/new")[icon("plus"), _("Create a ticket")]
        if self._scope == "trash":
            return marks.empty(_("The trash is empty"), _("Deleted tickets appear here."), LIST)
        if self._scope == "mine":
            hint = _("What you report appears here, with its status.")
            return marks.empty(_("You have no ticket"), hint, LIST, create)
        return marks.empty(
            _("No ticket here"),
            _("Tickets that fit this view appear here by themselves."),
            LIST,
            create,
        )


def _base(scope: Scope, view: str) -> Filter:
    if scope == "all":
        return filters.VIEWS.get(view or "open", filters.VIEWS["open"])
    return filters.ANYTHING


def _pill() -> str:
    return str(
        button(f"#{PILL}.pill", type="button", hidden=True, data_action="arrivals")[
            icon("up"), " ", span(data_number="")["0"], " ", _("new")
        ]
    )
