"""Live lists: one change costs one reading of the line and one drawing for all who see it alike."""

import asyncio
import logging
from functools import lru_cache
from typing import Protocol

from nicegui import Client
from sqlalchemy.exc import SQLAlchemyError

from data import clock, db
from data.threads import in_thread
from services import counters, filters, lists, samples
from services.counters import Counts
from services.filters import Filter
from services.lists import TicketLine
from services.permissions import Actor, sees
from services.words import speaking
from ui import live
from ui.fragments import rows
from ui.fragments.rows import Look
from ui.live import Scoped
from ui.presence import Presence, Viewer

log = logging.getLogger(__name__)

FLOOD = 50  # tickets that change at once; of more, a list reads what it shows now


async def keep_samples() -> None:
    """Draw what lists are planned by, from the start on, so that no request has to."""
    while True:
        try:
            await asyncio.to_thread(db.read, samples.keep)
        except SQLAlchemyError as error:  # requests draw them, then
            log.warning("the samples of lists could not be drawn: %s", error)
        await asyncio.sleep(samples.KEEP_SECONDS)


class Watcher(Protocol):
    """A page that shows a list of tickets."""

    client: Client
    look: Look
    wanted: Filter

    @property
    def by(self) -> Actor: ...
    def has(self, number: int) -> bool: ...
    def put(self, line: TicketLine, html: str, *, is_new: bool) -> None: ...
    def drop(self, number: int) -> None: ...
    def count(self, counts: Counts) -> None: ...
    def show_presence(self, number: int, html: str) -> None: ...
    async def read_again(self) -> None: ...
    def read_later(self) -> None: ...


class Feed:
    """Knows the open lists of this process and keeps them as the tickets are."""

    def __init__(self, hub: live.Hub, presence: Presence) -> None:
        self._hub = hub
        self._presence = presence
        self._pages: list[Watcher] = []
        presence.follow_all(self._moved)

    def start(self) -> None:
        """Listen to changes; called in the event loop at start-up."""
        self._hub.follow(live.QUEUE, self._changed)

    def add(self, page: Watcher) -> None:
        """Keep a page’s list fresh as long as the element being built lives."""
        self._pages.append(page)
        Scoped(lambda: self._pages.remove(page))

    def draw(self, line: TicketLine, look: Look) -> str:
        """Draw a row with who is at its ticket."""
        viewers = tuple(self._presence.at(line.number)) if look.is_staff else ()
        return _drawn(line, look, viewers, int(clock.now().timestamp() // 60))

    async def _changed(self, numbers: set[int]) -> None:
        if not (pages := self._connected()):
            return
        if len(numbers) > FLOOD:
            for page in pages:
                await page.read_again()
            return
        try:
            lines = await in_thread(db.read, lambda s: lists.by_number(s, numbers))
        except SQLAlchemyError:
            log.exception("tickets %s could not be shown anew", sorted(numbers))
            return
        for number in sorted(numbers):
            self._spread(number, lines.get(number), pages)
        await self._recount(pages)

    def _connected(self) -> list[Watcher]:
        """Return the pages that somebody reads; the others read again when they are back."""
        for page in self._pages:
            if not page.client.has_socket_connection and not page.client.is_deleted:
                page.read_later()
        return [page for page in self._pages if page.client.has_socket_connection]

    def _spread(self, number: int, line: TicketLine | None, pages: list[Watcher]) -> None:
        drawn: dict[Look, str] = {}
        for page in pages:
            if line is None or not _belongs(line, page):
                page.drop(number)
                continue
            if page.look not in drawn:
                drawn[page.look] = self.draw(line, page.look)
            page.put(line, drawn[page.look], is_new=not page.has(number))

    async def _recount(self, pages: list[Watcher]) -> None:
        """Count once for all who see the same tickets."""
        classes: dict[object, list[Watcher]] = {}
        for page in pages:
            if page.look.is_staff:
                by = page.by
                key = (by.team_ids, by.id) if by.sees_only_teams else "all"
                classes.setdefault(key, []).append(page)
        for group in classes.values():
            try:
                counts = await in_thread(db.read, lambda s, by=group[0].by: counters.count(s, by))
            except SQLAlchemyError:
                log.exception("the counters could not be read")
                continue
            for page in group:
                page.count(counts)

    def _moved(self, number: int) -> None:
        """Show who is at a ticket, in the staff’s lists that show it."""
        pages = [page for page in self._pages if page.look.is_staff and page.has(number)]
        drawn: dict[str, str] = {}
        for page in pages:
            language = page.look.language
            if language not in drawn:
                with speaking(language):
                    drawn[language] = "".join(map(str, rows.here(self._presence.at(number))))
            page.show_presence(number, drawn[language])


@lru_cache(maxsize=4096)
def _drawn(line: TicketLine, look: Look, viewers: tuple[Viewer, ...], _minute: int) -> str:
    """Draw a row once for all who see it alike; half of a list’s cost, and its memory shared.

    Ages are written into the row: it is drawn again each minute.
    """
    return rows.row(line, look, viewers)


def _belongs(line: TicketLine, page: Watcher) -> bool:
    """Tell whether a line has its place in a page’s list: by right, then by filter."""
    if page.wanted.is_trash:
        return line.deleted_at is not None
    return sees(page.by, line.audience) and filters.fits(page.wanted, page.by, line)


presence = Presence(live.hub)
feed = Feed(live.hub, presence)
