"""Managing people (5.3.10, 5.3.11, 5.3.13)."""

from dataclasses import dataclass
from typing import Any

from htpy import Element, button, li, span
from nicegui import ui
from sqlalchemy.orm import Session

from data.models import Role, Team, User
from data.threads import in_thread
from services import labels, passwords, teams, users
from services.errors import DomainError
from services.permissions import Actor
from services.users import UserPage
from services.words import _
from ui import dates, live
from ui.door import Door, Place, door
from ui.fragments import marks
from ui.fragments.base import Fragment, KeyedList
from ui.theme import ROLE_ICON, icon
from ui.widgets import dialogs, fields, headings


@dataclass(frozen=True, slots=True)
class Loaded:
    """Some people, and the teams they can be in."""

    page: UserPage
    teams: list[Team]


async def users_page() -> None:
    """Show the people and let the administrator change them."""
    await Users(door()).build()


def load(s: Session, by: Actor, text: str, role: str, after: str | None) -> Loaded:
    """Fetch all the page draws, in one transaction."""
    wanted = Role(role) if role in set(Role) else None
    return Loaded(users.page(s, by, text=text, role=wanted, after=after), teams.all(s, by))


class Users:
    """The page in one browser."""

    def __init__(self, do: Door) -> None:
        self._do = do
        self._place = Place(do)
        self._text = ""
        self._role = ""
        self._after: str | None = None

    async def build(self) -> None:
        """Load and draw the page, and follow the organisation."""
        try:
            self._loaded = await self._do.see(load, "", "", None)
        except DomainError as refusal:
            headings.refused(refusal)
            return
        headings.page(_("User management"))
        with ui.element("div").classes("filters").props("role=search"):
            search = fields.text(_("Name or e-mail"), name="search").classes("search")
            search.props("clearable type=search debounce=250 aria-keyshortcuts=/")
            search.on_value_change(lambda e: self._narrow(text=e.value or ""))
            roles = [("", _("Any role")), *[(m.value, _(labels.ROLE[m])) for m in Role]]
            choice = fields.Choice(_("Role"), roles, name="role-filter")
            choice.on_choice(lambda: self._narrow(role=choice.value))
            ui.button(_("Create a user"), on_click=self._create).props("data-testid=create-user")
        self._list = KeyedList(
            "users",
            self._items(),
            act=self._acted,
            classes="rows people",
            empty=marks.empty(_("Nobody found"), _("Try another spelling."), "users"),
        )
        self._pager = Fragment(self._drawn_pager(), act=self._acted)
        live.follow(live.ORGANISATION, self._changed)

    async def _changed(self, _numbers: set[int]) -> None:
        if not self._list.is_deleted:
            await self._again()

    async def _narrow(self, *, text: str | None = None, role: str | None = None) -> None:
        self._text = self._text if text is None else text
        self._role = self._role if role is None else role
        self._after = None
        await self._again()

    async def _again(self) -> None:
        if loaded := await self._place.look(load, self._text, self._role, self._after):
            self._loaded = loaded
            self._list.show_items(self._items())
            self._pager.show(self._drawn_pager())

    async def _acted(self, action: str, value: Any) -> None:
        if action == "page":
            self._after = str(value) or None
            await self._again()
            return
        user = next((u for u in self._loaded.page.users if str(u.id) == str(value)), None)
        if user and action == "edit":
            await self._edit(user)
        elif user and action == "password":
            await self._set_password(user)
        elif user and action == "activity":
            await self._do(users.deactivate if user.is_active else users.activate, user.id)

    async def _create(self) -> None:
        def controls() -> dict[str, Any]:
            drawn = self._controls(None)
            password = fields.text(
                _("Password (may be set later)"),
                name="password",
                password=True,
                password_toggle_button=True,
            )
            return {**drawn, "password": password.props("autocomplete=new-password")}

        async def save(values: dict[str, Any]) -> None:
            given = _read(values)
            password = given.pop("password")
            worked = await in_thread(passwords.worked, password) if password else None
            await self._do.attempt(users.create, **given, password=worked)

        await dialogs.form(_("Create a user"), controls, save, verb=_("Create"))

    async def _edit(self, user: User) -> None:
        async def save(values: dict[str, Any]) -> None:
            await self._do.attempt(users.edit, user.id, **_read(values))

        title = _("Edit {name}").format(name=user.name)
        await dialogs.form(title, lambda: self._controls(user), save)

    async def _set_password(self, user: User) -> None:
        def controls() -> dict[str, Any]:
            field = fields.text(
                _("New password"), name="password", password=True, password_toggle_button=True
            )
            return {"password": field.props("autocomplete=new-password")}

        async def save(values: dict[str, Any]) -> None:
            password = await in_thread(passwords.worked, str(values["password"] or ""))
            await self._do.attempt(users.set_password, user.id, password)

        title = _("Set the password of {name}").format(name=user.name)
        if await dialogs.form(title, controls, save):
            self._do.tell(_("The password was set; this person’s sessions are over."), good=True)

    def _controls(self, user: User | None) -> dict[str, Any]:
        roles = [(m.value, _(labels.ROLE[m])) for m in Role]
        drawn: dict[str, Any] = {
            "name": fields.text(_("Name"), user.name if user else "", name="name"),
            "email": fields.text(_("E-mail"), user.email if user else "", name="email"),
            "role": fields.Choice(
                _("Role"), roles, user.role if user else Role.REQUESTER, name="role"
            ),
            "phone": fields.text(_("Phone"), user.phone if user else "", name="phone"),
            "department": fields.text(
                _("Department"), user.department if user else "", name="department"
            ),
            "wants_email": ui.checkbox(
                _("Notify by e-mail"), value=user.wants_email if user else True
            ),
            "wants_sms": ui.checkbox(_("Notify by SMS"), value=user.wants_sms if user else False),
        }
        mine = {team.id for team in user.teams} if user else set()
        for team in self._loaded.teams:
            drawn[f"team-{team.id}"] = ui.checkbox(
                _("Team: {name}").format(name=team.name), value=team.id in mine
            )
        return drawn

    def _items(self) -> list[tuple[str, str]]:
        return [(f"user-{u.id}", str(_row(u, self._do.zone))) for u in self._loaded.page.users]

    def _drawn_pager(self) -> str:
        after = self._loaded.page.after
        first = button(".button", type="button", data_action="page", data_value="")[_("First page")]
        following = button(".button", type="button", data_action="page", data_value=after or "")
        return str(span(".pager")[self._after and first, after and following[_("Next page")]])


def _row(user: User, zone: str) -> Element:
    teams_of = ", ".join(team.name for team in user.teams)
    return li(
        class_=["row", {"inactive": not user.is_active}],
        data_key=f"user-{user.id}",
        data_testid="user",
    )[
        span(".row-main")[
            marks.person(user.name, user.id),
            span(".row-context")[
                span[user.email],
                user.department and span[user.department],
                teams_of and span[teams_of],
                user.email_refused_at is not None and _refused(),
            ],
        ],
        span(".chip")[icon(ROLE_ICON[user.role]), _(labels.ROLE[user.role])],
        span(".muted")[
            dates.age(user.last_seen_at, zone) if user.last_seen_at else _("Never signed in")
        ],
        span(".row-actions")[
            marks.row_button("edit", user.id, _("Edit"), user.name),
            marks.row_button("password", user.id, _("Password"), user.name),
            marks.row_button(
                "activity", user.id, _("Deactivate") if user.is_active else _("Activate"), user.name
            ),
        ],
    ]


def _refused() -> Element:
    hint = _("This person’s mailbox refuses messages: correct the address.")
    return span(".chip.bad", title=hint, data_testid="email-refused")[
        icon("cross"), _("E-mail refused")
    ]


def _read(values: dict[str, Any]) -> dict[str, Any]:
    """Gather the ticked teams into one field."""
    plain = {name: value for name, value in values.items() if not name.startswith("team-")}
    for name in ("name", "email", "phone", "department", "password"):
        if name in plain:
            plain[name] = plain[name] or ""
    ticked = [
        int(n.removeprefix("team-")) for n, v in values.items() if n.startswith("team-") and v
    ]
    return {**plain, "team_ids": ticked}
