"""The tree of categories keeps its paths right, whatever the administrator does to it."""

# ruff: noqa: ARG005, PLW0108 - every act of a table takes the same arguments

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from data import db
from data.models import Category, Event, Role, User
from services import categories, words
from services.errors import Invalid, NotAllowed, NotFound
from services.permissions import Actor
from tests.conftest import People


def grow(s: Session, by: Actor, *path: str) -> Category:
    """Create what is missing of a path, return its end."""
    parent: Category | None = None
    for depth in range(len(path)):
        here = categories.SEPARATOR.join(path[: depth + 1])
        found = s.scalar(select(Category).where(Category.path == here))
        above = parent.id if parent else None
        parent = found or categories.create(s, by, name=path[depth], parent_id=above)
    assert parent
    return parent


def paths(s: Session) -> list[str]:
    return [category.path for category in categories.offered(s)]


@pytest.mark.parametrize("who", ["alice", "bruno", "chloe", "driss"])
@pytest.mark.parametrize(
    "act",
    [
        lambda s, by, root: categories.create(s, by, name="Réseau"),
        lambda s, by, root: categories.edit(s, by, root, name="Autre"),
        lambda s, by, root: categories.deactivate(s, by, root),
        lambda s, by, root: categories.tree(s, by),
    ],
)
def test_only_administrators_shape_the_tree(
    s: Session, people: People, who: str, act: Callable[..., object]
) -> None:
    root = grow(s, people.diane, "Matériel")
    s.commit()

    with pytest.raises(NotAllowed):
        act(s, getattr(people, who), root.id)

    s.commit()
    assert paths(s) == ["Matériel"]


def test_the_roots_are_planted_once_in_the_language_spoken(s: Session) -> None:
    words.speak("en")
    categories.seed(s)
    categories.seed(s)

    assert paths(s) == ["Hardware", "Software"]


def test_options_come_in_the_order_of_the_tree(s: Session, people: People) -> None:
    for path in (("B",), ("A",), ("A", "x"), ("A b",), ("A", "é"), ("A", "f"), ("B", "y")):
        grow(s, people.diane, *path)
    assert paths(s) == ["B", "B › y", "A", "A › x", "A › é", "A › f", "A b"]

    for category in s.scalars(select(Category)).all():
        categories.edit(s, people.diane, category.id, position=0)
    assert paths(s) == ["A", "A › é", "A › f", "A › x", "A b", "B", "B › y"]


def test_renaming_and_moving_take_along_what_is_below(s: Session, people: People) -> None:
    leaf = grow(s, people.diane, "Matériel", "Imprimante", "Toner")
    grow(s, people.diane, "Matériel+")
    office = grow(s, people.diane, "Bureau")
    printer = s.get_one(Category, leaf.parent_id)

    categories.edit(s, people.diane, printer.id, name="Imprimantes", parent_id=office.id)
    categories.edit(s, people.diane, office.id, name="Bureautique")
    s.commit()

    assert leaf.path == "Bureautique › Imprimantes › Toner"
    assert categories.subtree_ids(s, office.id) == {office.id, printer.id, leaf.id}
    assert categories.subtree_ids(s, leaf.id) == {leaf.id}
    assert categories.subtree_ids(s, 999_999) == {999_999}
    event = s.scalars(select(Event).where(Event.subject == f"category:{printer.id}")).all()[-1]
    assert event.details["changes"]["parent_id"][1] == office.id


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "LOGICIEL"}, "name"),
        ({"parent_id": 999_999}, "parent_id"),
        ({"team_id": 999_999}, "team_id"),
        ({"path": "x"}, "path"),
    ],
)
def test_what_is_wrong_is_named(
    s: Session, people: People, values: dict[str, Any], field: str
) -> None:
    grow(s, people.diane, "Logiciel")
    root = grow(s, people.diane, "Matériel")
    s.commit()

    with pytest.raises(Invalid) as refused:
        categories.edit(s, people.diane, root.id, **values)

    assert set(refused.value.problems) == {field}
    s.commit()
    assert paths(s) == ["Logiciel", "Matériel"]


def test_a_category_is_never_below_itself(s: Session, people: People) -> None:
    leaf = grow(s, people.diane, "A", "B", "C")
    root = grow(s, people.diane, "A")

    for target in (root.id, leaf.parent_id, leaf.id):
        with pytest.raises(Invalid) as refused:
            categories.edit(s, people.diane, root.id, parent_id=target)
        assert set(refused.value.problems) == {"parent_id"}


def test_the_tree_is_at_most_five_deep(s: Session, people: People) -> None:
    deepest = grow(s, people.diane, "1", "2", "3", "4", "5")
    with pytest.raises(Invalid):
        categories.create(s, people.diane, name="6", parent_id=deepest.id)

    pair = grow(s, people.diane, "a", "b")
    with pytest.raises(Invalid):
        categories.edit(s, people.diane, pair.parent_id or 0, parent_id=deepest.parent_id)

    long = grow(s, people.diane, *("x" * 80 for _ in range(3)))
    with pytest.raises(Invalid):
        categories.create(s, people.diane, name="y" * 80, parent_id=long.id)


def test_a_name_cannot_pretend_to_be_a_path(s: Session, people: People) -> None:
    grow(s, people.diane, "A", "B")

    assert categories.create(s, people.diane, name="A › B").path == "A > B"


def test_a_subtree_is_switched_off_and_on_together(s: Session, people: People) -> None:
    leaf = grow(s, people.diane, "A", "B", "C")
    grow(s, people.diane, "Z")
    root = grow(s, people.diane, "A")

    categories.deactivate(s, people.diane, root.id)
    assert paths(s) == ["Z"]
    assert len(categories.tree(s, people.diane)) == 4
    with pytest.raises(Invalid):
        categories.edit(s, people.diane, leaf.id, is_active=True)
    with pytest.raises(Invalid):
        categories.create(s, people.diane, name="D", parent_id=root.id)

    categories.edit(s, people.diane, root.id, is_active=True)
    assert paths(s) == ["A", "A › B", "A › B › C", "Z"]


def test_an_unknown_category_is_not_found(s: Session, people: People) -> None:
    with pytest.raises(NotFound):
        categories.edit(s, people.diane, 999_999, name="x")


_NAMES = st.sampled_from(["a", "A", "b", "é", "É", "a b", "a › b", "", "%", "_", "x" * 79])
_STEP = st.tuples(st.integers(0, 7), _NAMES, st.integers(0, 7), st.booleans())


@settings(max_examples=40, deadline=None)
@given(st.lists(_STEP, max_size=15))
@pytest.mark.usefixtures("engine")
def test_whatever_is_done_the_tree_stays_a_tree(steps: list[tuple[int, str, int, bool]]) -> None:
    with db.reading() as s:  # nothing is kept: each example begins with an empty tree
        diane = User(name="Diane", email="diane@exemple.fr", role=Role.ADMIN)
        s.add(diane)
        s.flush()
        for step in steps:
            _attempt(s, Actor(diane.id, diane.role), *step)
        _check(list(s.scalars(select(Category))))


def _attempt(s: Session, by: Actor, *step: Any) -> None:
    number, name, parent, is_active = step
    ids = [None, *s.scalars(select(Category.id).order_by(Category.id))]
    parent_id = ids[parent % len(ids)]
    target = ids[number % len(ids)]
    try:
        if target is None:
            categories.create(s, by, name=name, parent_id=parent_id)
        else:
            wish = {"name": name, "parent_id": parent_id, "is_active": is_active}
            categories.edit(s, by, target, **wish)
    except Invalid:
        pass


def _check(tree: list[Category]) -> None:
    by_id = {category.id: category for category in tree}
    siblings = [(category.parent_id, category.name.casefold()) for category in tree]
    assert len(siblings) == len(set(siblings))
    for category in tree:
        names, here = [category.name], category
        while here.parent_id is not None:
            above = by_id[here.parent_id]
            assert above.is_active or not here.is_active
            here = above
            names.append(here.name)
            assert len(names) <= categories.DEEPEST
        assert category.path == categories.SEPARATOR.join(reversed(names))
