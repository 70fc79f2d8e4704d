"""What the database tells: the desk, the machinery beside the pages, and whether it answers."""

from collections.abc import Callable, Iterator

from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from data import db
from integrations import channels
from integrations.metrics import families
from integrations.metrics.lookout import Lookout
from services import standing, vitals
from services.standing import Standing
from services.tasks import TASKS
from services.vitals import Vitals
from services.workers import Worker

FRESH_SECONDS = 15.0  # however often somebody asks
PATIENCE_SECONDS = 1.5  # for each of four looks; Prometheus waits for ten

SeeWorkers = Callable[[], list[Worker]]


class Helpdesk(Collector):
    """Looks into the database in the background, and tells what it saw when somebody asks."""

    def __init__(self, see_workers: SeeWorkers | None = None) -> None:
        self._sees_workers = see_workers is not None
        self._answers = Lookout("database", _answers, fresh_seconds=0)
        self._vitals = Lookout("machinery", _vitals, fresh_seconds=FRESH_SECONDS)
        self._standing = Lookout("desk", _standing, fresh_seconds=FRESH_SECONDS)
        self._workers = Lookout("workers", see_workers or list, fresh_seconds=FRESH_SECONDS)

    def collect(self) -> Iterator[Metric]:
        """Yield what is known; of a database that is away, only that it is."""
        is_there = self._answers.see(PATIENCE_SECONDS) is not None
        yield families.of_database(is_there=is_there)
        if is_there and (seen := self._vitals.see(PATIENCE_SECONDS)):
            yield from families.of_vitals(seen)
        if is_there and (found := self._standing.see(PATIENCE_SECONDS)):
            yield from families.of_standing(found)
        if self._sees_workers:
            yield from families.of_workers(self._workers.see(PATIENCE_SECONDS))


def _answers() -> bool:
    with db.reading() as s:  # once: who asks tries again soon
        vitals.answer(s)
    return True


def _vitals() -> Vitals:
    with db.reading() as s:
        return vitals.look(s, tuple(channels.CHANNELS), TASKS)


def _standing() -> Standing:
    with db.reading() as s:
        return standing.look(s)
