"""The saved views of the queue: tabs with numbers, and what one does with them."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from htpy import Element, button, div, span
from sqlalchemy.orm import Session

from data.models import SavedView
from services import views
from services.permissions import Actor
from services.words import N_, _
from ui.door import Door
from ui.theme import icon
from ui.widgets import dialogs, fields

COUNTED_FOR_SECONDS = 1.0
_counted: dict[tuple[object, ...], tuple[float, int]] = {}  # of this process

_TOOLS: tuple[tuple[str, str, str], ...] = (
    ("view-edit", N_("Name and sharing…"), "edit"),
    ("view-update", N_("Keep what is shown now"), "check"),
    ("view-left", N_("Move to the left"), "back"),
    ("view-right", N_("Move to the right"), "play"),
    ("view-delete", N_("Delete the view…"), "trash"),
)


@dataclass(frozen=True, slots=True)
class Kept:
    """A saved view as a page shows it."""

    id: int
    name: str
    asked: dict[str, str]
    sort: str
    is_reversed: bool
    team_id: int | None
    is_own: bool
    number: int


def load(s: Session, by: Actor) -> list[Kept]:
    """Return the views of a person with their numbers."""
    return [_kept(s, by, view) for view in views.mine(s, by)]


def _kept(s: Session, by: Actor, view: SavedView) -> Kept:
    return Kept(
        id=view.id,
        name=view.name,
        asked={key: str(value) for key, value in view.asked.items()},
        sort=view.sort,
        is_reversed=view.is_reversed,
        team_id=view.team_id,
        is_own=view.owner_id == by.id,
        number=_number(s, by, view),
    )


def _number(s: Session, by: Actor, view: SavedView) -> int:
    """Count a view once a second at most for all who see the same in it."""
    is_personal = by.sees_only_teams or "me" in (view.asked.get("lead"), view.asked.get("view"))
    is_personal = is_personal or view.asked.get("view") == "mine"
    asked = tuple(sorted(view.asked.items()))
    key = (s.get_bind().engine.url, asked, by.id if is_personal else 0)
    at, number = _counted.get(key, (0.0, 0))
    if time.monotonic() - at > COUNTED_FOR_SECONDS:
        if len(_counted) > 2000:
            _counted.clear()
        number = views.count(s, by, view)
        _counted[key] = (time.monotonic(), number)
    return number


def tab(kept: Kept, *, is_current: bool, shown: Callable[[int], str]) -> Element:
    """Draw the tab of a view."""
    return button(
        type="button",
        data_action="saved",
        data_value=str(kept.id),
        data_testid=f"saved-{kept.id}",
        aria_current="true" if is_current else None,
    )[
        kept.team_id is not None and icon("team"),
        kept.name,
        span(f"#count-saved-{kept.id}.count")[shown(kept.number)],
    ]


def tools(current: Kept | None, *, is_narrowed: bool) -> str:
    """Draw what one can do with the view that is shown, or with what is shown."""
    offered = [("view-save", N_("Save as a view…"), "plus")] if is_narrowed or current else []
    if current and current.is_own:
        offered += _TOOLS
    if not offered:
        return ""
    return str(
        div(".view-tools", role="group", aria_label=_("Views"))[
            [
                button(
                    ".icon-button" if name in ("view-left", "view-right") else ".button.small",
                    type="button",
                    data_action=name,
                    data_testid=name,
                    aria_label=_(text),
                )[icon(drawn), name not in ("view-left", "view-right") and _(text)]
                for name, text, drawn in offered
            ]
        ]
    )


async def ask(do: Door, teams: list[tuple[int, str]], kept: Kept | None) -> dict[str, Any] | None:
    """Ask for a name and with whom the view is shared."""
    ours = [(str(key), name) for key, name in teams if key in do.by.team_ids]
    found: dict[str, Any] = {}

    def controls() -> dict[str, Any]:
        drawn: dict[str, Any] = {
            "name": fields.text(_("Name"), kept.name if kept else "", name="view-name")
        }
        if ours:
            shared = str(kept.team_id or "") if kept else ""
            options = [("", _("Nobody")), *ours]
            drawn["team_id"] = fields.Choice(_("Shared with"), options, shared, name="view-team")
        return drawn

    async def save(values: dict[str, Any]) -> None:
        team = values.get("team_id") or ""
        wished = {"name": values["name"] or "", "team_id": int(team) if team else None}
        if kept:
            await do.attempt(views.edit, kept.id, **wished)
        found.update(wished)

    title = _("Name and sharing") if kept else _("Save as a view")
    return found if await dialogs.form(title, controls, save) else None
