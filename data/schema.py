"""The schema’s version: bring a database to the newest, or say what it lacks."""

import sqlite3
from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from data import db

_LOCK = "appticket_migration"
_LOCK_SECONDS = 60


class Busy(Exception):
    """Another process has been migrating this database for a minute."""


def upgrade() -> None:
    """Run the missing migrations, one process at a time.

    Raises:
        Busy: another process is still at it.
    """
    with db.engine().connect() as connection:
        is_shared = connection.dialect.name != "sqlite"
        lock = text("SELECT GET_LOCK(:name, :s)").bindparams(name=_LOCK, s=_LOCK_SECONDS)
        if is_shared and connection.scalar(lock) != 1:
            raise Busy
        try:
            command.upgrade(_config(), "head")
        finally:
            if is_shared:
                connection.execute(text("SELECT RELEASE_LOCK(:name)"), {"name": _LOCK})
    # SQLite may not find a new table through a connection that was open before it was made.
    db.engine().dispose()


def current() -> str | None:
    """Return the revision the database is at; None when it is empty."""
    with db.engine().connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str:
    """Return the revision this program needs."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def analyse() -> None:
    """Let SQLite look at what its indexes hold, by which it chooses among them; others do so alone.

    Without, it sorts 100,000 tickets to find a few whose numbers it is given. Takes 0.2 s there.
    """
    engine = db.engine().execution_options(writes=True)
    if engine.dialect.name == "sqlite":
        with engine.begin() as connection:
            connection.exec_driver_sql("PRAGMA analysis_limit = 1000")
            connection.exec_driver_sql("ANALYZE")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("file_template", "%%(year)d%%(month).2d%%(day).2d_%%(slug)s")
    return config


def keep_copy() -> Path | None:
    """Copy an SQLite database beside itself before its tables change; None when there is none."""
    name = db.engine().url.database
    revision = current()
    if not name or revision is None:
        return None
    copy = Path(f"{name}.before-{head()}")
    with closing(sqlite3.connect(name)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return copy
