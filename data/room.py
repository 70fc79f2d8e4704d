"""How much room the database takes."""

from sqlalchemy import text
from sqlalchemy.orm import Session

_OF_SERVERS = (
    "SELECT SUM(data_length + index_length) FROM information_schema.tables"
    " WHERE table_schema = DATABASE()"
)
_QUERIES = {
    "sqlite": "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
    "mysql": _OF_SERVERS,
    "mariadb": _OF_SERVERS,
}


def size_bytes(s: Session) -> int:
    """Return the size of all tables with their indexes; a server’s own estimate."""
    found = s.scalar(text(_QUERIES[s.get_bind().dialect.name]))
    return int(found or 0)
