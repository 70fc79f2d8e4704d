"""Managing the tree of categories."""

from dataclasses import dataclass
from typing import Any

from htpy import Element, li, span
from nicegui import ui
from sqlalchemy.orm import Session

from data.models import Category
from services import categories, teams
from services.categories import SEPARATOR
from services.errors import DomainError
from services.permissions import Actor
from services.words import _
from ui import live
from ui.door import Door, door
from ui.fragments import marks
from ui.fragments.base import KeyedList
from ui.widgets import dialogs, fields, headings


@dataclass(frozen=True, slots=True)
class Loaded:
    """The tree, and the teams its branches can be given to."""

    tree: list[Category]
    teams: list[tuple[int, str]]


async def categories_page() -> None:
    """Show the tree and let the administrator change it."""
    await Categories(door()).build()


def load(s: Session, by: Actor) -> Loaded:
    """Fetch all the page draws, in one transaction."""
    return Loaded(categories.tree(s, by), teams.options(s, by))


class Categories:
    """The page in one browser."""

    def __init__(self, do: Door) -> None:
        self._do = do

    async def build(self) -> None:
        """Load and draw the page, and follow the organisation."""
        try:
            self._loaded = await self._do.see(load)
        except DomainError as refusal:
            headings.refused(refusal)
            return
        hint = _("A category says what a ticket is about, and which team gets it.")
        headings.page(_("Categories"), hint)
        ui.button(_("Create a category"), on_click=self._create).props(
            "data-testid=create-category"
        )
        hint = _("Hardware and software are a good start.")
        self._list = KeyedList(
            "categories",
            self._items(),
            act=self._acted,
            classes="rows people",
            empty=marks.empty(_("No category yet"), hint, "categories"),
        )
        live.follow(live.ORGANISATION, self._changed)

    async def _changed(self, _numbers: set[int]) -> None:
        if not self._list.is_deleted and (loaded := await self._do.look(load)):
            self._loaded = loaded
            self._list.show_items(self._items())

    async def _acted(self, action: str, value: Any) -> None:
        category = next((c for c in self._loaded.tree if str(c.id) == str(value)), None)
        if category and action == "edit":
            await self._edit(category)
        elif category and action == "add_below":
            await self._create(category.id)

    async def _create(self, parent_id: int | None = None) -> None:
        def controls() -> dict[str, Any]:
            return self._controls(None, parent_id)

        async def save(values: dict[str, Any]) -> None:
            values.pop("is_active", None)
            await self._do.attempt(categories.create, **_read(values))

        await dialogs.form(_("Create a category"), controls, save, verb=_("Create"))

    async def _edit(self, category: Category) -> None:
        def controls() -> dict[str, Any]:
            active = ui.checkbox(_("Active"), value=category.is_active)
            return {**self._controls(category, category.parent_id), "is_active": active}

        async def save(values: dict[str, Any]) -> None:
            await self._do.attempt(categories.edit, category.id, **_read(values))

        await dialogs.form(_("Edit {name}").format(name=category.name), controls, save)

    def _controls(self, category: Category | None, parent_id: int | None) -> dict[str, Any]:
        parents = [("", _("None: at the top")), *[(str(c.id), c.path) for c in self._loaded.tree]]
        choices = [("", _("No team")), *[(str(k), v) for k, v in self._loaded.teams]]
        team = str(category.team_id or "") if category else ""
        return {
            "name": fields.text(_("Name"), category.name if category else "", name="name"),
            "parent_id": fields.Choice(
                _("Parent category"), parents, str(parent_id or ""), name="parent"
            ),
            "team_id": fields.Choice(_("Team that gets its tickets"), choices, team, name="team"),
        }

    def _items(self) -> list[tuple[str, str]]:
        names = dict(self._loaded.teams)
        return [
            (f"category-{c.id}", str(_row(c, names.get(c.team_id or 0, ""))))
            for c in self._loaded.tree
        ]


def _row(category: Category, team: str) -> Element:
    depth = category.path.count(SEPARATOR)
    return li(
        class_=["row", f"depth-{min(depth, 4)}", {"inactive": not category.is_active}],
        data_key=f"category-{category.id}",
        data_testid="category",
    )[
        span(".row-main")[
            span(".row-title")[category.name],
            span(".row-context")[span(".sr-only")[category.path], team and span[team]],
        ],
        span(".row-actions")[
            marks.row_button("add_below", category.id, _("Add a subcategory"), category.path),
            marks.row_button("edit", category.id, _("Edit"), category.path),
        ],
    ]


def _read(values: dict[str, Any]) -> dict[str, Any]:
    ids = {k: int(values[k]) if values[k] else None for k in ("parent_id", "team_id")}
    return {**values, "name": values["name"] or "", **ids}
