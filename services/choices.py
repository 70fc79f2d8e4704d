"""What the controls of a page offer to choose from, fetched in one query."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, false, literal, select, union_all
from sqlalchemy.orm import Session

from data.models import Category, Role, Team, User
from services.permissions import Action, Actor, allows, repairs

Options = list[tuple[int, str]]  # id and name, by name


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
    parts: dict[str, Select[int, str, str]] = {
        "category": select(Category.id, Category.path, literal("category")).where(
            Category.is_active
        ),
        "team": select(Team.id, Team.name, literal("team")).where(Team.is_active, *seen),
        "repairer": select(User.id, User.name, literal("repairer")).where(
            User.is_active, User.role.in_(roles), *seen
        ),
        "named": select(User.id, User.name, literal("named")).where(User.id == named, *seen),
    }
    found: dict[str, Options] = {kind: [] for kind in parts}
    for key, name, kind in s.execute(union_all(*parts.values())):
        found[kind].append((key, name))
    by_name = {k: sorted(v, key=lambda option: option[1].casefold()) for k, v in found.items()}
    return Choices(
        teams=by_name["team"],
        categories=by_name["category"],
        repairers=by_name["repairer"],
        named=dict(by_name["named"]),
    )
