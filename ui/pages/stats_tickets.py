"""The tickets behind a mark of the statistics: those that it counts, and no others."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from htpy import a, button, div, p
from nicegui import PageArguments
from sqlalchemy.orm import Session

from services import choices, marks, questions
from services.errors import DomainError
from services.lists import TicketLine
from services.marks import Behind, Mark
from services.permissions import Action, Actor, allows
from services.questions import Question
from services.words import _
from ui import live
from ui.door import Door, door
from ui.drawings import marked, numbers
from ui.feed import feed
from ui.fragments import around
from ui.fragments import marks as drawn_marks
from ui.fragments.base import Fragment, KeyedList
from ui.fragments.rows import Look
from ui.pages import stats_asked, stats_words
from ui.pages.stats_asked import Asked, Offered
from ui.theme import icon
from ui.widgets import headings

LIST = "behind"
Pairs = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Loaded:
    """The tickets, and what they are asked for."""

    question: Question
    mark: Mark
    found: Behind


async def stats_tickets_page(args: PageArguments) -> None:
    """List the tickets behind a mark."""
    await TicketsBehind(door(), args.query_parameters.multi_items()).build()


def load(s: Session, by: Actor, pairs: Pairs) -> tuple[Loaded, Offered]:
    """Fetch all the page draws, in one transaction."""
    may_name = allows(by, Action.STATS_NAMES)
    offered = Offered(choices.offered(s, by, with_idle=True), choices.departments(s, by), may_name)
    return some(s, by, pairs), offered


def some(
    s: Session, by: Actor, pairs: Pairs, *, after: int | None = None, limit: int = marks.PAGE
) -> Loaded:
    """Fetch some of the tickets, from below a number."""
    question, mark = questions.from_query(s, pairs), marks.from_query(pairs)
    found = marks.behind(s, by, question, mark, after=after, limit=limit)
    return Loaded(question, mark, found)


class TicketsBehind:
    """The list in one browser; it follows the tickets."""

    def __init__(self, do: Door, pairs: Pairs) -> None:
        self._do = do
        self._pairs = pairs
        self._asked = Asked.read(pairs)
        self._reading = asyncio.Lock()  # a look of before must not take away what came since

    async def build(self) -> None:
        """Load and draw the page."""
        try:
            loaded, self._offered = await self._do.see(load, self._pairs)
        except DomainError as refusal:
            headings.refused(refusal)
            return
        by = self._do.by
        self._look = Look(self._do.language, self._do.zone, by.is_staff, may_take=False)
        self._loaded, self._lines = loaded, list(loaded.found.lines)
        headings.page(
            stats_words.title(loaded.mark), stats_words.when(loaded.question, loaded.mark)
        )
        self._summary = Fragment(self._drawn_summary())
        self._rows = KeyedList(
            LIST, self._items(), act=_nothing, classes="rows", empty=self._drawn_empty()
        )
        self._pager = Fragment(self._drawn_pager(), act=self._acted)
        query = questions.address("", loaded.question, marks.to_query(loaded.mark))
        Fragment(around.export(marked.EXPORT, query, _("Export this list:")))
        live.follow(live.QUEUE, self._changed)
        live.follow(live.ORGANISATION, self._changed)

    async def _changed(self, _numbers: set[int]) -> None:
        """Show what the mark counts by now, as far as one has read."""
        async with self._reading:
            limit = max(len(self._lines), marks.PAGE)
            self._take(await self._do.look(some, self._pairs, limit=limit))

    async def _acted(self, action: str, _value: Any) -> None:
        async with self._reading:
            after = self._loaded.found.after
            if action == "more" and after is not None:
                found = await self._do.look(some, self._pairs, after=after)
                self._take(found, before=self._lines)

    def _take(self, loaded: Loaded | None, before: Sequence[TicketLine] = ()) -> None:
        if loaded is not None and not self._rows.is_deleted:
            self._loaded = loaded
            self._lines = [*before, *loaded.found.lines]
            self._redraw()

    def _redraw(self) -> None:
        self._summary.show(self._drawn_summary())
        self._rows.show_items(self._items())
        self._pager.show(self._drawn_pager())

    def _items(self) -> list[tuple[str, str]]:
        return [(str(line.number), feed.draw(line, self._look)) for line in self._lines]

    def _drawn_summary(self) -> str:
        back = self._asked.address("/stats")
        said = stats_asked.narrowed(self._asked, self._offered)
        details = stats_words.details(self._loaded.question, self._loaded.mark, self._offered)
        return str(
            div(".behind-summary")[
                p(role="status", data_testid="behind-total")[
                    numbers.tickets(self._loaded.found.total)
                ],
                [p(".muted")[text] for text in [*details, *(text for _name, text in said)]],
                a(".button.small", href=back, data_testid="back-to-stats")[
                    icon("chart"), _("Back to the statistics")
                ],
            ]
        )

    def _drawn_pager(self) -> str:
        if self._loaded.found.after is None:
            return ""
        text = _("Show more tickets")
        return str(
            div(".pager")[
                button(".button", type="button", data_action="more", data_testid="more")[text]
            ]
        )

    def _drawn_empty(self) -> str:
        hint = _("What it counted then may count elsewhere by now.")
        return drawn_marks.empty(_("No ticket here"), hint, LIST)


async def _nothing(_action: str, _value: Any) -> None:
    """Rows of this list have no controls."""
