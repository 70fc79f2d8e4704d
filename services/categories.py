"""The tree of categories; each one’s `path` is its name after those of its parents."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Category, Team
from data.text import fold
from services import checks, events
from services.accounts import checked
from services.errors import Invalid, NotFound
from services.permissions import Action, Actor, allows, require
from services.words import N_, _

SEPARATOR = " › "
DEEPEST = 5  # levels; deeper, nobody finds their way on a phone
LONGEST_PATH = 255
ROOTS = (N_("Hardware"), N_("Software"))


class Node(Protocol):
    """What has a place in the tree."""

    id: Any
    name: Any
    parent_id: Any
    position: Any


C = TypeVar("C", bound=Node)


def offered(s: Session) -> list[Category]:
    """Return the active categories in the order of the tree, for everybody."""
    return in_order(s.scalars(select(Category).where(Category.is_active)))


def tree(s: Session, by: Actor) -> list[Category]:
    """Return every category in the order of the tree, for the administrator."""
    require(by, Action.CATEGORY_MANAGE)
    return in_order(s.scalars(select(Category)))


def get(s: Session, by: Actor, category_id: int) -> Category:
    """Return one category; those no longer offered are the administrator’s to see.

    Raises:
        NotFound.
    """
    category = s.get(Category, category_id)
    if category is None or not (category.is_active or allows(by, Action.CATEGORY_MANAGE)):
        raise NotFound
    return category


def subtree_ids(s: Session, category_id: int) -> frozenset[int]:
    """Return the ids of a category and of all below it."""
    everything = list(s.scalars(select(Category)))
    start = [c.path + SEPARATOR for c in everything if c.id == category_id]
    below = (c.id for c in everything if c.path.startswith(tuple(start)))
    return frozenset({category_id, *below})


def create(
    s: Session, by: Actor, *, name: str, parent_id: int | None = None, team_id: int | None = None
) -> Category:
    """Add a category below another, or at the root, after its siblings.

    Raises:
        Invalid: an empty or taken name, an unknown parent or team, too deep a tree.
    """
    require(by, Action.CATEGORY_MANAGE)
    wished = checked({"name": name, "parent_id": parent_id, "team_id": team_id}, _FIELDS)
    others = list(s.scalars(select(Category)))
    siblings = [c.position for c in others if c.parent_id == wished["parent_id"]]
    category = Category(name="", path="", is_active=True)
    wished |= {"is_active": True, "position": max(siblings, default=-1) + 1}
    _place(s, category, wished, others)
    s.add(category)
    s.flush()
    changes = {field: [None, getattr(category, field)] for field in ("parent_id", "team_id")}
    subject = f"category:{category.id}"
    events.record(s, by, None, "category.created", subject=subject, changes=changes)
    return category


def edit(s: Session, by: Actor, /, category_id: int, **values: Any) -> Category:
    """Change a category: name, parent_id, team_id, position, is_active.

    What is below moves along, and is switched off and on with it.

    Raises:
        Invalid: as for `create`; a parent below the category itself; active below an inactive one.
        NotFound: no such category.
    """
    require(by, Action.CATEGORY_MANAGE)
    everything = list(s.scalars(select(Category)))
    category = next((c for c in everything if c.id == category_id), None)
    if category is None:
        raise NotFound
    before = _state(category)
    _place(s, category, before | checked(values, _FIELDS), everything)
    s.flush()
    events.record_edit(s, by, f"category:{category.id}", before, _state(category))
    return category


def deactivate(s: Session, by: Actor, category_id: int) -> Category:
    """Offer a category and all below it no more; tickets keep theirs."""
    return edit(s, by, category_id, is_active=False)


def seed(s: Session) -> None:
    """Plant the roots when there is no category yet, in the language being spoken."""
    if s.scalar(select(Category.id).limit(1)) is None:
        named = enumerate(_(root) for root in ROOTS)
        s.add_all([Category(name=name, path=name, position=i) for i, name in named])
        s.flush()


def _place(s: Session, category: Category, wished: dict[str, Any], others: list[Category]) -> None:
    """Check where the category is to stand, then put it there with all below it."""
    below = [c for c in others if category.id and c.path.startswith(category.path + SEPARATOR)]
    parent = _parent(wished, [c for c in others if c is not category and c not in below])
    if wished["team_id"] is not None and s.get(Team, wished["team_id"]) is None:
        raise Invalid({"team_id": N_("Choose one of the values offered.")})
    path = f"{parent.path}{SEPARATOR}{wished['name']}" if parent else wished["name"]
    if path.casefold() in {c.path.casefold() for c in others if c is not category}:
        raise Invalid({"name": N_("There is already one with this name.")})
    paths = [path, *(path + c.path.removeprefix(category.path) for c in below)]
    if any(p.count(SEPARATOR) >= DEEPEST or len(p) > LONGEST_PATH for p in paths):
        raise Invalid({"parent_id": N_("There would be too many levels of categories.")})
    was_active = category.is_active
    for field, value in wished.items():
        setattr(category, field, value)
    for each, its_path in zip([category, *below], paths, strict=True):
        each.path = its_path
        if category.is_active is not was_active:
            each.is_active = category.is_active


def _parent(wished: dict[str, Any], allowed: list[Category]) -> Category | None:
    """Return the category to stand below; never itself nor one below it."""
    if wished["parent_id"] is None:
        return None
    for parent in allowed:
        if parent.id == wished["parent_id"]:
            if wished["is_active"] and not parent.is_active:
                raise Invalid({"parent_id": N_("The parent category is inactive.")})
            return parent
    raise Invalid({"parent_id": N_("Choose another parent category.")})


def in_order(categories: Iterable[C]) -> list[C]:
    """Return the categories parents first, siblings by position, then by name."""
    children: defaultdict[int | None, list[C]] = defaultdict(list)
    for category in sorted(categories, key=lambda c: (c.position, fold(c.name), c.id)):
        children[category.parent_id].append(category)
    found: list[C] = []
    waiting = children[None][::-1]
    while waiting:
        found.append(category := waiting.pop())
        waiting += children[category.id][::-1]
    return found


def _name(text: object) -> str:
    """Return a name without the mark that separates names in a path."""
    bare = text.replace(SEPARATOR.strip(), ">") if isinstance(text, str) else text
    return checks.line("name", bare, at_most=80, required=True)


def _state(category: Category) -> dict[str, Any]:
    return {field: getattr(category, field) for field in _FIELDS}


_FIELDS: dict[str, Callable[[Any], Any]] = {
    "name": _name,
    "parent_id": lambda v: int(v) if v else None,
    "team_id": lambda v: int(v) if v else None,
    "position": int,
    "is_active": bool,
}
