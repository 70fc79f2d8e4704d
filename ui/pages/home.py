"""The home page, by role: what one came for first."""

from dataclasses import dataclass
from urllib.parse import urlencode

from htpy import Element, a, button, div, form, h1, h2, input, label, p, section, span, ul
from markupsafe import Markup
from nicegui import ui
from sqlalchemy.orm import Session

from services import assignment, bursts, counters, filters, lists
from services.bursts import Sight
from services.counters import Counts
from services.filters import Filter
from services.lists import TicketLine
from services.permissions import Action, Actor, allows
from services.words import N_, _
from services.workflow import OPEN
from ui import live
from ui.door import Door, door
from ui.feed import feed
from ui.fragments.around import shown
from ui.fragments.base import Fragment
from ui.fragments.rows import Look
from ui.theme import icon
from ui.widgets.burst_banner import BurstBanner

SHOWN = 8

_CARDS: tuple[tuple[str, str, str], ...] = (  # view, what it counts, its icon
    ("mine", N_("Assigned to me"), "person"),
    ("answered", N_("Answered by the requester"), "chat"),
    ("unassigned", N_("Unassigned"), "inbox"),
    ("late", N_("Late"), "clock"),
)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the page shows; the staff’s part is empty for requesters."""

    mine: list[TicketLine]
    counts: Counts | None
    waiting: list[TicketLine]
    bursts: list[Sight]


async def home_page() -> None:
    """Show the home page and keep it fresh."""
    await Home(door()).build()


def load(s: Session, by: Actor) -> Loaded:
    """Fetch all the page draws, in one transaction."""
    mine = lists.page(s, by, Filter(scope="mine", statuses=OPEN), limit=SHOWN).lines
    if not allows(by, Action.QUEUE_SEE):
        return Loaded(mine, None, [], [])
    waiting = lists.page(s, by, filters.VIEWS["unassigned"], sort="priority", limit=SHOWN).lines
    return Loaded(mine, counters.count(s, by), waiting, bursts.current(s, by))


class Home:
    """The home page in one browser."""

    def __init__(self, do: Door) -> None:
        self._do = do

    async def build(self) -> None:
        """Load and draw the page, and follow the queue."""
        loaded = await self._do.look(load)
        if loaded is None:
            return
        ui.page_title(f"{_('Home')} · AppTicket")
        staff = loaded.counts is not None
        self._banner = BurstBanner(self._do, loaded.bursts) if staff else None
        self._page = Fragment(self._drawn(loaded), act=self._acted)
        live.follow(live.QUEUE, self._changed)

    async def _changed(self, _numbers: set[int]) -> None:
        if self._page.is_deleted:
            return
        if loaded := await self._do.look(load):
            self._page.show(self._drawn(loaded))
            if self._banner:
                self._banner.show(loaded.bursts)

    async def _acted(self, action: str, value: object) -> None:
        if action == "ask" and isinstance(value, dict):
            title = str(value.get("title", ""))[:300]
            ui.navigate.to(f"/tickets/new?{urlencode({'title': title})}")
        elif action == "take" and str(value).isdecimal():
            number = int(str(value))
            said = _("You took ticket #{n}.").format(n=number)
            await self._do.act(said, assignment.take, number)

    def _drawn(self, loaded: Loaded) -> str:
        by = self._do.by
        first_name = by.name.split(" ")[0] if by.name else ""
        return str(
            div(".home")[
                h1("#page-title", tabindex="-1")[_("Hello {name}").format(name=first_name)],
                _ask() if loaded.counts is None else _cards(loaded.counts.of(by.id)),
                loaded.counts is not None
                and self._part(
                    _("To be taken"),
                    loaded.waiting,
                    "/queue?view=unassigned",
                    _("Nothing waits for a technician."),
                ),
                self._part(
                    _("My open tickets"),
                    loaded.mine,
                    "/tickets",
                    _("You have no open ticket."),
                ),
            ]
        )

    def _part(self, title: str, found: list[TicketLine], address: str, nothing: str) -> Element:
        by = self._do.by
        look = Look(self._do.language, self._do.zone, by.is_staff, allows(by, Action.TICKET_TAKE))
        rows = Markup("".join(feed.draw(line, look) for line in found))  # noqa: S704 - our rows
        return section[
            div(".section-head")[h2[title], a(href=address)[_("See all")]],
            ul(".rows")[rows] if found else p(".muted.nothing")[nothing],
        ]


def _ask() -> Element:
    return form(".ask", data_action="ask")[
        label(for_="ask")[_("What is your problem?")],
        div(".ask-line")[
            input("#ask", name="title", maxlength="300", autocomplete="off", data_testid="ask"),
            button(".button.primary", type="submit")[_("Create a ticket")],
        ],
    ]


def _cards(counts: dict[str, int]) -> Element:
    return div(".cards")[
        [
            a(
                class_=["card", f"card-{view}", {"calm": not counts[view]}],
                href=f"/queue?view={view}",
            )[icon(drawn), span(".figure")[shown(counts[view])], span[_(text)]]
            for view, text, drawn in _CARDS
        ]
    ]
