"""Run the migrations on the configured database."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from data import db
from data.models.search import is_compared  # models register their tables


def render_plainly(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Write plain SQLAlchemy for our own types: a migration must not import the application."""
    if kind != "type":
        return False
    if isinstance(item, db.UtcDateTime):
        autogen.imports.add("from sqlalchemy.dialects import mysql")
        return 'sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")'
    if isinstance(item, db.Ranked):
        return "sa.SmallInteger()"
    return False


with db.engine().connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=db.Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        render_item=render_plainly,
        include_object=is_compared,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
