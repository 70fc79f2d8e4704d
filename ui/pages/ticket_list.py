"""Lists of tickets: mine, all of them, and the trash."""

from dataclasses import dataclass, replace
from typing import Any

from nicegui import PageArguments, ui
from sqlalchemy.orm import Session

from services import assignment, bulk, bursts, categories, counters, filters, lists, trash
from services import choices as offers
from services.bursts import Sight
from services.choices import Choices
from services.counters import Counts
from services.errors import DomainError
from services.filters import Filter, Scope
from services.lists import Page, TicketLine
from services.permissions import Action, Actor, allows, require
from services.words import N_, _, speaking
from ui import browser, live
from ui.door import Door, Place, door
from ui.feed import feed
from ui.fragments import around, rows
from ui.fragments.base import Fragment, KeyedList
from ui.fragments.rows import Look
from ui.pages import saved
from ui.pages.list_controls import ListControls
from ui.pages.list_views import ListViews
from ui.pages.saved import Kept
from ui.pages.selection import Selection
from ui.pages.wishes import SORTS, Wishes
from ui.widgets import dialogs, fields, headings
from ui.widgets.burst_banner import BurstBanner

LIST = "tickets"
PILL = "arrivals"
MOST_SHOWN = 200

_HEADINGS: dict[Scope, tuple[str, str]] = {
    "all": (N_("All tickets"), "/queue"),
    "mine": (N_("My tickets"), "/tickets"),
    "trash": (N_("Deleted tickets"), "/trash"),
}


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the page shows."""

    wanted: Filter
    page: Page
    counts: Counts | None
    choices: Choices
    saved: list[Kept]
    bursts: list[Sight]


async def queue_page(args: PageArguments) -> None:
    """Show all tickets one may see, as tabs with live counts (5.3.2)."""
    await TicketList(door(), "all", args).build()


async def mine_page(args: PageArguments) -> None:
    """Show the tickets one asked for, works on or follows."""
    await TicketList(door(), "mine", args).build()


async def trash_page(args: PageArguments) -> None:
    """Show the deleted tickets (5.3.9)."""
    await TicketList(door(), "trash", args).build()


def load(s: Session, by: Actor, scope: Scope, wishes: Wishes) -> Loaded:
    """Fetch all the page draws, in one transaction.

    A place in the list that no longer exists, as after another order was chosen, is its beginning.
    """
    if scope != "mine":
        require(by, Action.TRASH_SEE if scope == "trash" else Action.QUEUE_SEE)
    below = categories.subtree_ids(s, int(wishes.category)) if wishes.category else frozenset()
    wanted = wishes.filter(scope, below)
    sort = wishes.sort or ("deleted" if scope == "trash" else "updated")
    return Loaded(
        wanted=wanted,
        page=lists.page(
            s, by, wanted, sort=sort, reverse=bool(wishes.reverse), cursor=wishes.cursor or None
        ),
        counts=counters.count(s, by) if scope == "all" else None,
        choices=offers.offered(s, by, named=int(wishes.requester or 0)),
        saved=saved.load(s, by) if scope == "all" else [],
        bursts=bursts.current(s, by) if scope == "all" else [],
    )


class TicketList:
    """One list on one page: what it is narrowed to, its rows, and its place in the live feed."""

    def __init__(self, do: Door, scope: Scope, args: PageArguments) -> None:
        self.client = do.client
        self._do = do
        self._place = Place(do)
        self._scope = scope
        self._wishes = Wishes.read(args.query_parameters)
        self.wanted = self._wishes.filter(scope)
        self.look = Look(do.language, do.zone, is_staff=False, may_take=False)
        self._views = ListViews(do, self._wishes) if scope == "all" else None
        self._controls = ListControls(self._wishes, self._narrow)

    @property
    def by(self) -> Actor:
        """Return who looks, as of their last operation."""
        return self._do.by

    async def build(self) -> None:
        """Load and draw the page."""
        try:
            loaded = await self._do.see(load, self._scope, self._wishes)
        except DomainError as refusal:
            headings.refused(refusal)
            return
        self.look = Look(
            self._do.language,
            self._do.zone,
            is_staff=self.by.is_staff,
            may_take=allows(self.by, Action.TICKET_TAKE),
            is_trash=self._scope == "trash",
            may_select=self._scope != "trash" and allows(self.by, Action.TICKET_ASSIGN),
        )
        self._draw(loaded)
        feed.add(self)
        self._ear = live.ear(lambda _numbers: self.read_again())
        live.follow(live.ORGANISATION, lambda _numbers: self.read_again())

    def has(self, number: int) -> bool:
        """Tell whether a ticket is on the page."""
        return self._rows.has(str(number))

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
        if self._views:
            self._views.count(counts)

    def show_presence(self, number: int, html: str) -> None:
        """Show who is at a ticket."""
        self.client.run_javascript(browser.call("fill", f"presence-{number}", html))

    def read_later(self) -> None:
        """Show the list anew as soon as the page is connected."""
        self._ear.hear(set())

    @property
    def _is_at_start(self) -> bool:
        newest_first = self._wishes.sort in ("", "updated", "created") and not self._wishes.reverse
        return not self._wishes.cursor and newest_first

    def _draw(self, loaded: Loaded) -> None:
        heading, _address = _HEADINGS[self._scope]
        headings.page(_(heading))
        self._remember(loaded)
        self._banner = BurstBanner(self._do, loaded.bursts) if self._scope == "all" else None
        if self._banner:
            live.follow(live.QUEUE, self._banner.look)
        if self._views:
            self._views.draw(self._acted)
        offered = None if self._scope == "trash" else loaded.choices
        self._controls.draw(offered, is_staff=self.by.is_staff)
        self._chips = Fragment(self._wishes.chips(loaded.choices), act=self._acted)
        Fragment(around.pill(PILL), act=self._acted)
        self._selection = Selection(self._do, LIST, self._all_that_fit)
        self._selection.choices = loaded.choices
        self._heads = Fragment(self._drawn_heads(), act=self._acted)
        self._rows = KeyedList(
            LIST,
            self._items(loaded.page),
            act=self._acted,
            classes="rows",
            empty=around.empty(self._scope, LIST),
        )
        self._pager = Fragment(around.pager(loaded.page), act=self._acted)
        self._export = Fragment(self._drawn_export())

    def _remember(self, loaded: Loaded) -> None:
        self.wanted = loaded.wanted
        if self._views:
            self._views.remember(loaded.saved, loaded.counts, loaded.choices)

    async def _narrow(self, **wishes: str) -> None:
        """Show the list narrowed otherwise, and keep the address in step."""
        for name, value in {"cursor": "", **wishes}.items():
            setattr(self._wishes, name, value)
        self._selection.clear()
        await self.read_again()
        _heading, address = _HEADINGS[self._scope]
        ui.navigate.history.replace(address + self._wishes.query())

    async def read_again(self) -> None:
        """Show the list by the wishes, rights and names of now."""
        if self._rows.is_deleted:
            return
        loaded = await self._place.look(load, self._scope, replace(self._wishes))
        if loaded is None or self._rows.is_deleted:
            return
        self._remember(loaded)
        self._rows.show_items(self._items(loaded.page))
        self._pager.show(around.pager(loaded.page))
        self._heads.show(self._drawn_heads())
        self._export.show(self._drawn_export())
        self._chips.show(self._wishes.chips(loaded.choices))
        if self._banner:
            self._banner.show(loaded.bursts)
        if self._views:
            self._views.show()

    async def _all_that_fit(self) -> list[int] | None:
        return await self._do.look(lists.numbers, self.wanted, bulk.MOST)

    async def _acted(self, action: str, value: Any) -> None:
        number = int(value) if str(value).isdecimal() else 0
        if action == "take":
            await self._do.act(_("You took ticket #{n}.").format(n=number), assignment.take, number)
        elif action == "restore":
            await self._do.act(_("Ticket #{n} is back.").format(n=number), trash.restore, number)
        elif action == "purge":
            await self._purge(number)
        else:
            await self._arrange(action, value)

    async def _arrange(self, action: str, value: Any) -> None:
        """Show the list otherwise: another view, order or page, or what is selected in it."""
        if action == "view" and value in filters.VIEWS:
            await self._narrow(view=str(value), saved="")
        elif self._views and (action == "saved" or action.startswith("view-")):
            await self._use(self._views, action, str(value))
        elif action == "ticked":
            self._selection.choose(value)
        elif action == "sort" and value in SORTS:
            await self._controls.order(str(value))
        elif action == "unfilter":
            await self._controls.unfilter(str(value))
        elif action in ("page", "arrivals"):
            await self._narrow(cursor=str(value) if action == "page" else "")
            self.client.run_javascript(browser.call("up", PILL))

    async def _use(self, tabs: ListViews, action: str, value: str) -> None:
        """Show a saved view, keep what is shown as one, or change the one that is shown."""
        if action == "saved":
            if tabs.choose(value):
                await self._narrow(saved=value)
                self._controls.show()
        elif action == "view-save":
            if made := await tabs.save():
                await self._narrow(saved=made)
        else:
            await tabs.change(action)
            await self.read_again()

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

    def _drawn_export(self) -> str:
        asked = replace(self._wishes, cursor="", saved="").query()
        path = f"/exports{_HEADINGS[self._scope][1]}"
        return around.export(path, asked, _("Export this list:"))

    def _drawn_heads(self) -> str:
        name = self._wishes.sort or ("deleted" if self._scope == "trash" else "updated")
        descends = name in lists.SORTS and lists.SORTS[name].downwards
        is_up = descends is bool(self._wishes.reverse)
        return rows.heads(name, is_up=is_up, look=self.look)
