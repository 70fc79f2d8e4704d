"""How the application speaks to its database: one engine for each, and its connections’ habits."""

import time
from datetime import datetime
from typing import Any

from pymysql.constants import FIELD_TYPE
from pymysql.converters import conversions, convert_datetime
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry, PoolResetState

from data.text import fold

POOL_SIZE = 10
RESTED_SECONDS = 2.0  # a connection that rested longer is asked first whether it lives
_USED_AT = "used at"
_IS_CLEAN = "is clean"  # no transaction is open


def opened(url: str) -> Engine:
    """Return an engine for an address."""
    if url.startswith("sqlite"):
        engine = create_engine(url, **_SQLITE)
        event.listen(engine, "connect", _tame_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    engine = create_engine(url, **_MYSQL)
    _save_trips(engine)
    return engine


def _save_trips(engine: Engine) -> None:
    """Ask after connections only when they rested, and roll back only what is open.

    SQLAlchemy does both each time: two of five trips to the server, when a page reads one thing.
    A connection that was lost meanwhile fails at its first statement, and `db` does the work again.
    """

    def look_after(connection: Any, entry: ConnectionPoolEntry, _proxy: object) -> None:
        entry.info[_IS_CLEAN] = False  # who takes it from the pool itself may not tell
        if time.monotonic() - entry.info.get(_USED_AT, time.monotonic()) < RESTED_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error

    event.listen(engine, "checkout", look_after)
    event.listen(engine, "checkin", _note)
    event.listen(engine, "reset", _reset)
    event.listen(engine, "begin", _begun)
    event.listen(engine, "commit", _ended)
    event.listen(engine, "rollback", _ended)


def _note(_connection: Any, entry: ConnectionPoolEntry) -> None:
    entry.info[_USED_AT] = time.monotonic()


def _reset(connection: Any, entry: ConnectionPoolEntry, _state: PoolResetState) -> None:
    if not entry.info.get(_IS_CLEAN):
        connection.rollback()


def _begun(connection: Connection) -> None:
    connection.info[_IS_CLEAN] = False


def _ended(connection: Connection) -> None:
    if not connection.invalidated:
        connection.info[_IS_CLEAN] = True


def _instant(text: str) -> Any:
    """Return a DATETIME, ten times as fast as PyMySQL does: a page of a list has hundreds."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:  # such as 0000-00-00, which nothing of ours writes
        return convert_datetime(text)


_SQLITE: dict[str, Any] = {"connect_args": {"timeout": 10}, "pool_size": POOL_SIZE}
_MYSQL: dict[str, Any] = {
    "pool_size": POOL_SIZE,
    "max_overflow": 5,
    "pool_timeout": 10,
    "pool_recycle": 1800,
    "pool_use_lifo": True,  # the connection used last need not be asked whether it lives
    "pool_reset_on_return": None,  # `_save_trips` does it
    "isolation_level": "READ COMMITTED",
    "connect_args": {
        "charset": "utf8mb4",
        "conv": {**conversions, FIELD_TYPE.DATETIME: _instant},
        "connect_timeout": 3,
        "read_timeout": 15,
        "write_timeout": 15,
        "init_command": "SET time_zone = '+00:00', sql_mode = 'TRADITIONAL', "
        "innodb_lock_wait_timeout = 5",
    },
}


def _tame_sqlite(connection: Any, _: Any) -> None:
    """Give SQLite the habits MySQL has: check foreign keys, let readers read, lose nothing."""
    connection.isolation_level = None  # `_begin_sqlite` says BEGIN, not the driver
    connection.create_function("fold", 1, fold, deterministic=True)  # for data.text_search
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA busy_timeout = 10000")


def _begin_sqlite(connection: Any) -> None:
    """Take the write lock at once: a reader that becomes a writer may be refused half-way."""
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
