"""What the databases are told of indexes: which one to enter, and by what to enter none."""

from typing import Any

from sqlalchemy import ColumnElement, Select
from sqlalchemy.sql.elements import Grouping, UnaryExpression
from sqlalchemy.sql.operators import custom_op

from data.models import Ticket


def hinted(query: Select[Any], index: str) -> Select[Any]:
    """Name the index to MySQL and MariaDB, which pay no heed to a plus sign."""
    for dialect in ("mysql", "mariadb"):
        query = query.with_hint(Ticket, f"FORCE INDEX ({index})", dialect)
    return query


def hidden(term: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a term under a plus sign, with which SQLite enters no index.

    https://sqlite.org/optoverview.html#disqualifying_where_clause_terms_using_unary_
    """
    return UnaryExpression(Grouping(term), operator=custom_op("+"), type_=term.type)
