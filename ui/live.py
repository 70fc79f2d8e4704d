"""Live updates: what is committed anywhere reaches every open page that shows it.

Three roads lead here: this process’s own commits at once, other processes’ through the bus, and
the event table once a second as the safety net. Ids travel; content is read again through the
rights of who looks.
"""

import asyncio
import inspect
import itertools
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from weakref import WeakSet

from nicegui import background_tasks, ui
from sqlalchemy.exc import SQLAlchemyError

from data import clock, db
from data.models import Event
from data.threads import in_thread
from services import changes
from services.changes import Change

log = logging.getLogger(__name__)

COALESCE_SECONDS = 0.25  # at most four messages a second and topic
WATCH_SECONDS = 1.0
_REMEMBERED_SECONDS = 2 * changes.WINDOW.total_seconds()

QUEUE = "queue"
ORGANISATION = "organisation"
BURSTS = "bursts"  # its listeners get no numbers

_PERSON = "person:"

Listener = Callable[[set[int]], Awaitable[None] | None]
Publish = Callable[[dict[str, Any]], None]


def of_ticket(number: int) -> str:
    """Return the topic of one ticket."""
    return f"ticket:{number}"


def of_person(user_id: int) -> str:
    """Return the topic of what one person is told; its listeners get no numbers."""
    return f"{_PERSON}{user_id}"


class Ear:
    """One listener, called again only when it is done, with all that happened meanwhile.

    Two calls at once could overtake each other, and an older reading would stay on the page. A
    listener that fails is reported and heard again; the others do not notice. One that is not
    awake is called when it goes on.
    """

    def __init__(self, listener: Listener, is_awake: Callable[[], bool] = lambda: True) -> None:
        self._listener = listener
        self._is_awake = is_awake
        self._waiting: set[int] | None = None
        self._is_busy = False

    def hear(self, numbers: set[int]) -> None:
        """Call the listener soon."""
        self._waiting = (self._waiting or set()) | numbers
        self.go_on()

    def go_on(self) -> None:
        """Call the listener if it waits for that."""
        if self._waiting is not None and not self._is_busy and self._is_awake():
            self._is_busy = True
            background_tasks.create(self._run(), name="live listener")

    async def _run(self) -> None:
        try:
            while self._waiting is not None and self._is_awake():
                numbers, self._waiting = self._waiting, None
                outcome = self._listener(numbers)
                if inspect.isawaitable(outcome):
                    await outcome
        finally:
            self._is_busy = False
            self.go_on()


class Hub:
    """Takes changes in, drops those it knows, and tells the listeners of their topics."""

    def __init__(self) -> None:
        self._ears: dict[str, list[Ear]] = {}
        self._newest: dict[int, int] = {}  # the last notice of those whose pages are open
        self._seen: dict[int, float] = {}  # in the order they were announced
        self._waiting: dict[str, set[int]] = {}
        self._resting: set[str] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._publish: Publish | None = None
        self._endings: list[Callable[[], object]] = []
        self.on_message: Callable[[dict[str, Any]], None] | None = None  # what is not a change

    def start(self, publish: Publish | None = None, *, every: float = WATCH_SECONDS) -> None:
        """Begin to listen to commits and to watch; called in the event loop at start-up."""
        self.stop()
        self._loop = asyncio.get_running_loop()
        self._publish = publish
        watching = background_tasks.create(self._watch(every), name="live watcher")
        commits = (db.on_commit(self._committed), db.on_told(self._told))
        self._endings = [*commits, watching.cancel]

    def stop(self) -> None:
        """End what `start` began; the listeners stay."""
        for end in self._endings:
            end()
        self._endings = []

    def follow(self, topic: str, listener: Listener) -> Callable[[], None]:
        """Call `listener` with the numbers of the tickets that changed; return what ends it."""
        return self.add(topic, Ear(listener))

    def add(self, topic: str, ear: Ear) -> Callable[[], None]:
        """Let an ear hear of a topic; return what ends it."""
        self._ears.setdefault(topic, []).append(ear)

        def leave() -> None:
            rest = self._ears.get(topic, [])
            if ear in rest:
                rest.remove(ear)
            if not rest:
                self._ears.pop(topic, None)

        return leave

    def send(self, message: dict[str, Any]) -> None:
        """Tell the other processes something that is not in the database (presence)."""
        if self._publish:
            self._publish(message)

    def receive(self, message: dict[str, Any]) -> None:
        """Take a message of another process, in the event loop; nonsense is ignored."""
        if changes.TOLD in message:
            self.tell(changes.read_told(message))
        elif "event_id" not in message:
            if self.on_message:
                self.on_message(message)
        elif change := Change.read(message):
            self.announce([change])

    def announce(self, found: Iterable[Change]) -> None:
        """Tell the listeners of the changes that were not known yet."""
        moment = time.monotonic()
        for change in found:
            if change.event_id not in self._seen:
                self._seen[change.event_id] = moment
                self._mark(change)
        self._forget(moment - _REMEMBERED_SECONDS)

    def tell(self, user_ids: Iterable[int]) -> None:
        """Tell the pages of these people that what they are told changed."""
        for user_id in user_ids:
            self._wake(of_person(user_id), set())

    def gap(self) -> None:
        """Tell every listener to look again: messages may have been lost."""
        for topic in list(self._ears):
            self._wake(topic, set())

    def listeners(self) -> int:
        """Return how many listeners there are, over all topics."""
        return sum(len(group) for group in self._ears.values())

    def _committed(self, recorded: list[Event]) -> None:
        """Take over from the thread that committed."""
        found = [Change.of(event) for event in recorded]
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._own, found)

    def _own(self, found: list[Change]) -> None:
        self.announce(found)
        for change in found:
            self.send(change.plain())

    def _told(self, user_ids: frozenset[int]) -> None:
        """Take over from the thread that committed."""
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._own_told, user_ids)

    def _own_told(self, user_ids: frozenset[int]) -> None:
        self.tell(user_ids)
        for message in changes.told(user_ids):
            self.send(message)

    def _forget(self, before: float) -> None:
        """Forget what the watcher cannot read any more; by age, for a burst has no size."""
        old = itertools.takewhile(lambda known: known[1] < before, self._seen.items())
        for event_id, _moment in list(old):
            del self._seen[event_id]

    def _mark(self, change: Change) -> None:
        number = change.concerns
        if number is not None:
            self._wake(QUEUE, {number})
            self._wake(of_ticket(number), {number})
        elif change.is_of_organisation:
            self._wake(ORGANISATION, set())
        elif change.is_of_burst:
            self._wake(BURSTS, set())

    def _wake(self, topic: str, numbers: set[int]) -> None:
        """Tell a topic at once, or with the next batch when it was told just now."""
        if topic not in self._ears:
            return
        self._waiting.setdefault(topic, set()).update(numbers)
        if topic not in self._resting:
            self._flush(topic)

    def _flush(self, topic: str) -> None:
        numbers = self._waiting.pop(topic, None)
        if numbers is None:
            self._resting.discard(topic)
            return
        self._resting.add(topic)
        asyncio.get_running_loop().call_later(COALESCE_SECONDS, self._flush, topic)
        for ear in list(self._ears.get(topic, ())):
            ear.hear(numbers)

    async def _watch(self, every: float) -> None:
        since, was_lost = clock.now(), False
        while True:
            await asyncio.sleep(every)
            begun = clock.now()
            people = self._followed()
            try:
                found = await in_thread(
                    db.read, lambda s, since=since: changes.recent(s, since, self._seen)
                )
                newest = await in_thread(db.read, lambda s, p=people: changes.newest_told(s, p))
            except SQLAlchemyError as error:  # the next window reaches back to the last success
                log.warning("the event table could not be read: %s", error)
                was_lost = True
                continue
            since = begun
            if was_lost:  # pages that heard of a change meanwhile could not read it
                was_lost = False
                self.gap()
            self.announce(found)
            self._compare(people, newest)

    def _followed(self) -> set[int]:
        """Return the people whose pages are open."""
        topics = (topic for topic in self._ears if topic.startswith(_PERSON))
        return {int(topic.removeprefix(_PERSON)) for topic in topics}

    def _compare(self, people: set[int], newest: dict[int, int]) -> None:
        """Tell those who have a new notice since the last look; who just came has looked."""
        known = self._newest
        self._newest = {user_id: newest.get(user_id, 0) for user_id in people}
        self.tell(u for u in people & known.keys() if self._newest[u] > known[u])


class Scoped(ui.element):
    """Something that ends with the element that holds it: `Event.subscribe` in a sub page leaks."""

    def __init__(self, leave: Callable[[], None]) -> None:
        super().__init__("template")
        self._leave = leave

    def _handle_delete(self) -> None:
        self._leave()
        super()._handle_delete()


hub = Hub()


def follow(topic: str, listener: Listener) -> None:
    """Listen to a topic as long as the element being built lives, while the page is connected."""
    Scoped(hub.add(topic, ear(listener)))


def ear(listener: Listener) -> Ear:
    """Return an ear of the page being built, which is deaf while the page has no connection.

    A page whose browser left stays for a minute, and nobody reads it: what happens meanwhile is
    heard at once when the browser comes back.
    """
    client = ui.context.client
    made = Ear(listener, lambda: client.has_socket_connection)
    ears = client.storage.get("ears")
    if ears is None:
        ears = client.storage["ears"] = WeakSet()
        client.on_connect(lambda: [each.go_on() for each in list(ears)])
    ears.add(made)
    return made
