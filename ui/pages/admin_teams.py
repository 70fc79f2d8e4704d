"""Managing teams."""

from typing import Any

from htpy import Element, button, li, span
from nicegui import ui
from sqlalchemy.orm import Session

from data.models import Team
from services import teams
from services.errors import DomainError
from services.permissions import Action, Actor, require
from services.words import _, ngettext
from ui import live
from ui.door import Door, door
from ui.fragments import marks
from ui.fragments.base import KeyedList
from ui.widgets import dialogs, fields, headings


async def teams_page() -> None:
    """Show the teams and let the administrator change them."""
    await Teams(door()).build()


def load(s: Session, by: Actor) -> list[Team]:
    """Fetch the teams for who may change them; staff may only know them."""
    require(by, Action.TEAM_MANAGE)
    return teams.all(s, by)


class Teams:
    """The page in one browser."""

    def __init__(self, do: Door) -> None:
        self._do = do

    async def build(self) -> None:
        """Load and draw the page, and follow the organisation."""
        try:
            self._teams = await self._do.see(load)
        except DomainError as refusal:
            headings.refused(refusal)
            return
        headings.page(_("Teams"), _("A ticket given to a team is offered to its technicians."))
        ui.button(_("Create a team"), on_click=self._create).props("data-testid=create-team")
        hint = _("Create the first one, then add people to it.")
        self._list = KeyedList(
            "teams",
            self._items(),
            act=self._acted,
            classes="rows people",
            empty=marks.empty(_("No team yet"), hint, "teams"),
        )
        live.follow(live.ORGANISATION, self._changed)

    async def _changed(self, _numbers: set[int]) -> None:
        if not self._list.is_deleted:
            self._teams = await self._do.look(load) or []
            self._list.show_items(self._items())

    async def _acted(self, action: str, value: Any) -> None:
        team = next((t for t in self._teams if str(t.id) == str(value)), None)
        if team and action == "edit":
            await self._edit(team)
        elif team and action == "add_member":
            title = _("Add somebody to {name}").format(name=team.name)
            if found := await dialogs.person(self._do, title, "assignable"):
                ids = [member.id for member in team.members]
                await self._do(teams.edit, team.id, member_ids=[*ids, found])
        elif action == "remove_member":
            await self._remove(str(value))

    async def _remove(self, value: str) -> None:
        team_id, _sep, user_id = value.partition(":")
        team = next((t for t in self._teams if str(t.id) == team_id), None)
        if team:
            ids = [member.id for member in team.members if str(member.id) != user_id]
            await self._do(teams.edit, team.id, member_ids=ids)

    async def _create(self) -> None:
        async def save(values: dict[str, Any]) -> None:
            await self._do.attempt(teams.create, **values)

        await dialogs.form(_("Create a team"), lambda: _controls(None), save, verb=_("Create"))

    async def _edit(self, team: Team) -> None:
        async def save(values: dict[str, Any]) -> None:
            await self._do.attempt(teams.edit, team.id, **values)

        title = _("Edit {name}").format(name=team.name)
        await dialogs.form(title, lambda: _controls(team), save)

    def _items(self) -> list[tuple[str, str]]:
        return [(f"team-{team.id}", str(_row(team))) for team in self._teams]


def _controls(team: Team | None) -> dict[str, Any]:
    return {
        "name": fields.text(_("Name"), team.name if team else "", name="name"),
        "description": fields.text(
            _("Description"), team.description if team else "", name="description"
        ),
        "sees_only_own": ui.checkbox(
            _("Its technicians see only their own teams’ tickets"),
            value=team.sees_only_own if team else False,
        ),
        "is_active": ui.checkbox(_("Active"), value=team.is_active if team else True),
    }


def _row(team: Team) -> Element:
    many = ngettext("{n} person", "{n} people", len(team.members)).format(n=len(team.members))
    key = str(team.id)
    return li(
        class_=["row", {"inactive": not team.is_active}], data_key=f"team-{key}", data_testid="team"
    )[
        span(".row-main")[
            span(".row-title")[team.name],
            span(".row-context")[span[many], team.description and span[team.description]],
            span(".members")[[_member(team, member.id, member.name) for member in team.members]],
        ],
        span(".row-actions")[
            marks.row_button("add_member", key, _("Add somebody"), team.name),
            marks.row_button("edit", key, _("Edit"), team.name),
        ],
    ]


def _member(team: Team, user_id: int, name: str) -> Element:
    return span(".removable")[
        marks.person(name, user_id),
        button(
            ".icon-button",
            type="button",
            data_action="remove_member",
            data_value=f"{team.id}:{user_id}",
            aria_label=_("Remove {name}").format(name=f"{name} ({team.name})"),
        )["×"],
    ]
