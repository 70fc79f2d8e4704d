"""What runs by itself: scheduled work, queues, workers, messages that were given up."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nicegui import ui
from sqlalchemy.orm import Session

from data.models import Delivery
from data.threads import in_thread
from services import deliveries, queues, schedule, sessions, workers
from services.errors import DomainError
from services.permissions import Actor
from services.queues import Queues
from services.schedule import Line
from services.tasks import TASKS
from services.words import _, ngettext
from services.workers import Worker
from ui import live
from ui.door import Door, door
from ui.fragments import chores, marks
from ui.fragments.base import KeyedList
from ui.widgets import dialogs, headings

LOOK_SECONDS = 5.0  # how a run ends is no event: the page looks again
SOON_SECONDS = 1.0  # until what was just asked for is done, as a rule


@dataclass(frozen=True, slots=True)
class Loaded:
    """All that the page shows but the workers."""

    lines: list[Line]
    queues: Queues
    dead: Sequence[Delivery]
    names: dict[tuple[str, str], str]


async def jobs_page() -> None:
    """Show what runs by itself and let the administrator see to it."""
    await Jobs(door()).build()


def load(s: Session, by: Actor) -> Loaded:
    """Fetch what is in the database, in one transaction."""
    lines = schedule.lines(s, by, TASKS)
    dead = queues.given_up(s, by)
    return Loaded(lines, queues.figures(s, by), dead, queues.recipients(s, dead))


class Jobs:
    """The page in one browser."""

    def __init__(self, do: Door) -> None:
        self._do = do
        self._workers: list[Worker] = []
        self._why = ""

    async def build(self) -> None:
        """Load and draw the page, and look again now and then."""
        try:
            self._loaded = await self._do.see(load)
        except DomainError as refusal:
            headings.refused(refusal)
            return
        await self._look_for_workers()
        about = _("What runs by itself, what waits, and what went wrong.")
        headings.page(_("Background work"), about)
        self._tasks = self._listing("tasks", self._drawn_tasks(), _("Nothing is scheduled yet"))
        with ui.element("section").classes("section"):
            headings.part(_("Queues"))
            self._queues = self._listing("queues", self._drawn_queues(), "")
        with ui.element("section").classes("section"):
            headings.part(_("Workers"))
            self._hands = self._listing("workers", self._drawn_workers(), "")
        with ui.element("section").classes("section"):
            headings.part(_("Given up"))
            hint = _("What could not be delivered after several attempts shows here, with why.")
            none = _("Nothing was given up")
            self._dead = self._listing("dead", self._drawn_dead(), none, hint)
        live.follow(live.ORGANISATION, self._changed)
        ui.timer(LOOK_SECONDS, self._again, immediate=False)

    def _listing(
        self, name: str, items: list[tuple[str, str]], none: str, hint: str = ""
    ) -> KeyedList:
        empty = marks.empty(none, hint, name)
        return KeyedList(name, items, act=self._acted, classes="rows people", empty=empty)

    async def _changed(self, _numbers: set[int]) -> None:
        await self._again()

    async def _again(self) -> None:
        if self._tasks.is_deleted:
            return
        await self._look_for_workers()
        if loaded := await self._do.look(load):
            self._loaded = loaded
            self._tasks.show_items(self._drawn_tasks())
            self._queues.show_items(self._drawn_queues())
            self._hands.show_items(self._drawn_workers())
            self._dead.show_items(self._drawn_dead())

    async def _look_for_workers(self) -> None:
        """Ask outside of any transaction: the answer may take seconds."""
        try:
            self._workers = await in_thread(workers.seen)
        except workers.Unseen:
            self._workers, self._why = [], "unseen"
        else:
            self._why = "none" if workers.are_expected() else "alone"

    async def _acted(self, action: str, value: Any) -> None:
        match action:
            case "run":
                if await self._do(schedule.ask, str(value)):
                    await self._soon()
            case "switch":
                await self._switch(str(value))
            case "resend" if str(value).isdecimal():
                await self._do(deliveries.resend, int(value))
                await self._soon()
            case "resend-all":
                await self._resend_all(str(value))

    async def _switch(self, name: str) -> None:
        line = next((line for line in self._loaded.lines if line.name == name), None)
        if line:
            await self._do(schedule.switch, name, is_active=not line.row.is_active)

    async def _resend_all(self, channel: str) -> None:
        title = _("Send everything again that was given up?")
        text = _("Each message goes out as if it were new. Mend first what was in its way.")
        if not await dialogs.confirm(title, text, _("Send all again")):
            return
        sent = 0
        while found := await self._do(queues.resend_all, channel):
            sent += found
            if found < queues.CHUNK:
                break
        many = ngettext("{n} message is on its way.", "{n} messages are on their way.", sent)
        self._do.tell(many.format(n=sent), good=True)
        await self._soon()

    async def _soon(self) -> None:
        """Show that something was asked for, and a moment later what came of it."""
        await self._again()
        await asyncio.sleep(SOON_SECONDS)
        await self._again()

    def _drawn_tasks(self) -> list[tuple[str, str]]:
        home = sessions.home_zone()
        return [chores.task(line, self._do.zone, home) for line in self._loaded.lines]

    def _drawn_queues(self) -> list[tuple[str, str]]:
        return chores.queues(self._loaded.queues, self._do.zone)

    def _drawn_workers(self) -> list[tuple[str, str]]:
        return chores.workers(self._workers, self._why, self._do.zone)

    def _drawn_dead(self) -> list[tuple[str, str]]:
        names = self._loaded.names
        return [
            chores.dead(d, names.get((d.channel, d.recipient), ""), self._do.zone)
            for d in self._loaded.dead
        ]
