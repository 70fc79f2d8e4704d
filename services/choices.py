"""What the controls of a page offer to choose from, fetched in one query."""

from collections.abc import Iterable, Sequence
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
    true,
    union_all,
)
from sqlalchemy.orm import Session

from data.models import Category, Role, Team, User
from services import categories
from services.permissions import Action, Actor, allows, repairs
from services.words import _

Options = list[tuple[int, str]]  # id and name, by name; categories in the order of the tree


@dataclass(frozen=True, slots=True)
class Choices:
    """Teams and people who repair, for staff; categories for everybody."""

    teams: Options
    categories: Options
    repairers: Options
    named: dict[int, str]


def offered(s: Session, by: Actor, *, named: int | None = None, with_idle: bool = False) -> Choices:
    """Return what `by` may choose from; staff also learn the name of the person `named`.

    What is switched off is offered only `with_idle`, for figures of the past, and last.
    """
    is_staff = allows(by, Action.QUEUE_SEE)
    seen: list[ColumnElement[bool]] = [] if is_staff else [false()]
    roles = [role for role in Role if repairs(role)]
    of_categories = select(
        *(Category.id, Category.path, literal("category").label("kind")),
        *(Category.name, Category.parent_id, Category.position, Category.is_active),
    )
    found: dict[str, list[Row[Any]]] = {}
    every: CompoundSelect[Any] = union_all(
        of_categories.where(_offers(Category, with_idle=with_idle)),
        _plain(Team, "team").where(_offers(Team, with_idle=with_idle), *seen),
        _plain(User, "repairer").where(
            _offers(User, with_idle=with_idle), User.role.in_(roles), *seen
        ),
        _plain(User, "named").where(User.id == named, *seen),
    )
    for row in s.execute(every):
        found.setdefault(row.kind, []).append(row)
    return Choices(
        teams=_by_name(found.get("team", [])),
        categories=_idle_last(categories.in_order(found.get("category", []))),
        repairers=_by_name(found.get("repairer", [])),
        named={row.id: row.path for row in found.get("named", [])},
    )


def departments(s: Session, by: Actor) -> list[str]:
    """Return the departments people are in, for who sees figures of them."""
    if not allows(by, Action.STATS_SEE):
        return []
    found = s.scalars(select(User.department).where(User.department != "").distinct())
    return sorted(found, key=str.casefold)


def _offers(table: type[Category | Team | User], *, with_idle: bool) -> ColumnElement[bool]:
    return true() if with_idle else table.is_active.is_(True)


def _plain(table: type[Team | User], kind: str) -> Select[int, str, str, str, None, int, bool]:
    """Select id and name where no tree is; a query joined with others has as many columns."""
    name, no_tree = table.name, (literal(""), null(), literal(0))
    return select(table.id, name, literal(kind).label("kind"), *no_tree, table.is_active)


def _by_name(rows: Sequence[Row[Any]]) -> Options:
    return _idle_last(sorted(rows, key=lambda row: str(row.path).casefold()))


def _idle_last(rows: Iterable[Row[Any]]) -> Options:
    found = sorted(rows, key=lambda row: not row.is_active)
    # Two texts: in French a team and a category are feminine, and a person is of any gender.
    is_person = any(row.kind == "repairer" for row in found)
    idle = _("{name} (account switched off)") if is_person else _("{name} (switched off)")
    return [(row.id, row.path if row.is_active else idle.format(name=row.path)) for row in found]
