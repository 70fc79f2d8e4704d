"""What the controls of a page offer to choose from, fetched in one query."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Row,
    Select,
    false,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from data.models import Category, Role, Team, User
from services import categories
from services.permissions import Action, Actor, allows, repairs

Options = list[tuple[int, str]]  # id and name, by name; categories in the order of the tree


@dataclass(frozen=True, slots=True)
class Choices:
    """Active teams and people who repair, for staff; active categories for everybody."""

    teams: Options
    categories: Options
    repairers: Options
    named: dict[int, str]


def offered(s: Session, by: Actor, *, named: int | None = None) -> Choices:
    """Return what `by` may choose from; staff also learn the name of the person `named`."""
    is_staff = allows(by, Action.QUEUE_SEE)
    seen: list[ColumnElement[bool]] = [] if is_staff else [false()]
    roles = [role for role in Role if repairs(role)]
    of_categories = select(
        *(Category.id, Category.path, literal("category").label("kind")),
        *(Category.name, Category.parent_id, Category.position),
    )
    found: dict[str, list[Row[Any]]] = {}
    every: CompoundSelect[Any] = union_all(
        of_categories.where(Category.is_active),
        _plain(Team, "team").where(Team.is_active, *seen),
        _plain(User, "repairer").where(User.is_active, User.role.in_(roles), *seen),
        _plain(User, "named").where(User.id == named, *seen),
    )
    for row in s.execute(every):
        found.setdefault(row.kind, []).append(row)
    return Choices(
        teams=_by_name(found.get("team", [])),
        categories=[(row.id, row.path) for row in categories.in_order(found.get("category", []))],
        repairers=_by_name(found.get("repairer", [])),
        named=dict(_by_name(found.get("named", []))),
    )


def _plain(table: type[Team | User], kind: str) -> Select[int, str, str, str, None, int]:
    """Select id and name where no tree is; a query joined with others has as many columns."""
    return select(table.id, table.name, literal(kind), literal(""), null(), literal(0))


def _by_name(rows: Sequence[Row[Any]]) -> Options:
    return sorted(
        ((row.id, row.path) for row in rows), key=lambda option: str(option[1]).casefold()
    )
