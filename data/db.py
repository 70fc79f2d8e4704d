"""Engine, session and transaction. Opened at the edges (a page, a route, a job), nowhere else."""

import enum
import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from typing import Any, ClassVar, TypeVar

from sqlalchemy import DateTime, Dialect, Engine, Enum, MetaData, SmallInteger
from sqlalchemy.dialects import mysql
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import TypeDecorator

from data import connections

R = TypeVar("R")
OnCommit = Callable[[list[Any]], None]
OnTold = Callable[[frozenset[int]], None]
log = logging.getLogger(__name__)

# Deadlock, lock wait, server gone, connection lost, server stopping, server not there, read-only,
# node of a cluster not ready; duplicate key: services look before they insert, so somebody was
# faster and is seen the next time.
_PASSING = frozenset({1213, 1205, 2006, 2013, 1053, 2003, 1290, 1047, 1062})
ATTEMPTS = 4

_reading: sessionmaker[Session] = sessionmaker(expire_on_commit=False, autoflush=False)
_writing: sessionmaker[Session] = sessionmaker(expire_on_commit=False)
_writer = threading.RLock()  # SQLite has one writer; waiting here is fair, its busy handler is not
_listeners: list[OnCommit] = []
_told_listeners: list[OnTold] = []


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in Python, naive UTC with microseconds in storage; a naive value is a bug."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Keep microseconds on MySQL, whose DATETIME has none by default."""
        if dialect.name in ("mysql", "mariadb"):
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return dialect.type_descriptor(DateTime())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Strip the zone after converting to UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        return value.astimezone(UTC).replace(tzinfo=None)

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], str | None]:
        """Write it out as both drivers would, in a third of their time."""
        return _written

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        return None if value is None else value.replace(tzinfo=UTC)


def _written(value: datetime | None) -> str | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError("naive datetime")
    instant = value if value.tzinfo is UTC else value.astimezone(UTC)
    return instant.isoformat(" ", "microseconds")[:_WITHOUT_ZONE]


_WITHOUT_ZONE = len("2026-01-31 09:30:00.000000")


class Ranked(TypeDecorator[Any]):
    """An enum stored by its rank (1, 2, 3 …), for levels that lists sort and compare by."""

    impl = SmallInteger
    cache_ok = True

    def __init__(self, kind: type[enum.StrEnum]) -> None:
        super().__init__()
        self.kind = kind
        self._members = list(kind)

    def process_bind_param(self, value: Any, dialect: Dialect) -> int | None:
        """Store the position of the member, counted from one."""
        return None if value is None else self._members.index(self.kind(value)) + 1

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Return the member at that position."""
        return None if value is None else self._members[value - 1]


class Base(DeclarativeBase):
    """Root of every mapped class; constraint names are fixed so that migrations can drop them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {
        datetime: UtcDateTime,
        enum.Enum: Enum(
            enum.Enum, native_enum=False, length=16, values_callable=lambda e: [m.value for m in e]
        ),
    }
    __table_args__: Any = {  # noqa: RUF012 - declared so by SQLAlchemy
        "mysql_engine": "InnoDB",
        "mysql_charset": "utf8mb4",
        "mysql_collate": "utf8mb4_bin",  # compares as SQLite does; people search folded text
    }


def configure(url: str) -> Engine:
    """Bind the application to one database; called once by main.py and once per test."""
    engine = connections.opened(url)
    use(engine)
    return engine


def use(engine: Engine) -> None:
    """Bind the application to a database that `configure` opened before."""
    _reading.configure(bind=engine)
    _writing.configure(bind=engine.execution_options(writes=True))


def engine() -> Engine:
    """Return the engine in use; for migrations, checks and bulk loads only."""
    bound = _reading.kw["bind"]
    if not isinstance(bound, Engine):
        raise RuntimeError("db.configure has not been called")
    return bound


@contextmanager
def transaction() -> Iterator[Session]:
    """Commit on success, roll back on any error; then tell the listeners what was recorded.

    Services receive the session, never this.
    """
    alone = _writer if engine().dialect.name == "sqlite" else nullcontext()
    with alone, _writing.begin() as session:
        yield session
        recorded = session.info.get("recorded", [])
        told = frozenset(session.info.get("told", ()))
    if recorded:
        for listener in _listeners.copy():
            listener(recorded)
    if told:
        for hears in _told_listeners.copy():
            hears(told)


@contextmanager
def reading() -> Iterator[Session]:
    """Open a session for looking only: nothing it changes is kept, no writer waits for it."""
    with _reading() as session:
        yield session


def hold(s: Session, entity: Base) -> None:
    """Let a session keep what it read: it forgets what nobody holds, and would read it again."""
    s.info.setdefault("held", []).append(entity)


def write(work: Callable[[Session], R]) -> R:
    """Run a whole unit of work in a transaction, again when the database asks for it.

    A connection lost during commit leaves the outcome in doubt (2 of 14,447 on a killed MariaDB):
    units that create rows carry a key of their caller, so that running them twice changes nothing.
    """
    return _patiently(transaction, work)


def read(work: Callable[[Session], R]) -> R:
    """Run a look at the data, again when the connection turns out to be dead."""
    return _patiently(reading, work)


def on_commit(listener: OnCommit) -> Callable[[], None]:
    """Call `listener` with the events of each committed transaction; return what undoes it.

    Listeners run in the thread that committed and must neither block nor raise.
    """
    _listeners.append(listener)
    return lambda: _listeners.remove(listener)


def on_told(listener: OnTold) -> Callable[[], None]:
    """Call `listener` with the ids of people for whom a transaction changed what they are told.

    As for `on_commit`: in the thread that committed, without blocking or raising.
    """
    _told_listeners.append(listener)
    return lambda: _told_listeners.remove(listener)


def is_passing(error: DBAPIError) -> bool:
    """Tell whether the same work may succeed if it is tried again."""
    code = error.orig.args[0] if error.orig and error.orig.args else None
    return code in _PASSING or error.connection_invalidated or code == "database is locked"


def _patiently(opened: Callable[[], Any], work: Callable[[Session], R]) -> R:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with opened() as session:
                return work(session)
        except DBAPIError as error:
            if attempt == ATTEMPTS or not is_passing(error):
                raise
            log.warning("attempt %s of %s failed: %s", attempt, ATTEMPTS, error.orig)
            time.sleep(random.uniform(0.02, 0.1) * 2**attempt)  # noqa: S311 - jitter, not a secret
    raise AssertionError("unreachable")
