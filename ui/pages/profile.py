"""One’s own account: name, language, colours, notifications, password, sessions."""

from dataclasses import dataclass
from typing import Any

from htpy import button, li, p, span, ul
from nicegui import ui
from sqlalchemy.orm import Session

from data.models import ApiToken, LoginSession, Theme, User
from data.threads import in_thread
from services import accounts, labels, passwords, preferences, sessions, tokens
from services.errors import Invalid
from services.permissions import Actor
from services.preferences import Preferences
from services.words import N_, _
from ui import dates
from ui.door import Door, door
from ui.fragments.base import Fragment
from ui.widgets import fields, headings, telling, token_list

THEMES = {Theme.SYSTEM: N_("Same as the device"), Theme.LIGHT: N_("Light"), Theme.DARK: N_("Dark")}
LANGUAGES = {"": N_("Same as the browser"), "fr": "Français", "en": "English"}


@dataclass(frozen=True, slots=True)
class Loaded:
    """One’s account and where one is signed in."""

    user: User
    sessions: list[LoginSession]
    tokens: list[ApiToken]
    telling: Preferences


async def profile_page() -> None:
    """Show one’s own account."""
    do = door()
    loaded = await do.look(load)
    if loaded is None:
        return
    headings.page(_("My profile"))
    with ui.element("div").classes("form"):
        about = f"{loaded.user.email} · {_(labels.ROLE[loaded.user.role])}"
        ui.label(about).classes("muted")
        _draw_about(do, loaded.user)
        _draw_telling(do, loaded.telling)
        _draw_password(do)
        _draw_sessions(do, loaded.sessions)
        _draw_tokens(do, loaded.tokens)


def load(s: Session, by: Actor) -> Loaded:
    """Fetch all the page draws, in one transaction."""
    return Loaded(
        accounts.profile(s, by), sessions.mine(s, by), tokens.mine(s, by), preferences.get(s, by)
    )


def _draw_about(do: Door, user: User) -> None:
    zones = [("", _("Same as the server")), *dates.zones(user.timezone or "")]
    drawn: dict[str, Any] = {
        "name": fields.text(_("Name"), user.name, name="name"),
        "phone": fields.text(_("Phone"), user.phone, name="phone"),
        "language": fields.Choice(
            _("Language"),
            [(k, _(v)) for k, v in LANGUAGES.items()],
            user.language or "",
            name="language",
        ),
        "timezone": fields.Choice(_("Time zone"), zones, user.timezone or "", name="timezone"),
        "theme": fields.Choice(
            _("Colours"), [(k.value, _(v)) for k, v in THEMES.items()], user.theme, name="theme"
        ),
        "wants_email": ui.checkbox(_("Notify me by e-mail"), value=user.wants_email),
        "wants_sms": ui.checkbox(_("Notify me by SMS"), value=user.wants_sms),
    }

    async def save() -> None:
        values = {name: field.value for name, field in drawn.items()}
        try:
            await do.attempt(accounts.change_profile, **values)
        except Invalid as refusal:
            fields.show_problems(_texts(drawn), refusal)
        else:
            do.renew()
            ui.navigate.reload()  # language and colours belong to the whole page

    ui.button(_("Save"), on_click=save).props("data-testid=save-profile")


def _draw_telling(do: Door, chosen: Preferences) -> None:
    headings.part(_("What you are told, and how"), key="notifications")
    telling.Choices(do, chosen)
    telling.quiet_hours(do, chosen)


def _draw_password(do: Door) -> None:
    headings.part(_("Change my password"))
    drawn: dict[str, Any] = {
        "old": fields.text(_("Current password"), name="old", password=True),
        "new": fields.text(
            _("New password"), name="new", password=True, password_toggle_button=True
        ),
    }
    drawn["old"].props("autocomplete=current-password")
    drawn["new"].props("autocomplete=new-password")

    async def save() -> None:
        old, new = drawn["old"].value or "", drawn["new"].value or ""
        try:
            old = await in_thread(passwords.compared, old, await do.see(accounts.kept_of))
            new = await in_thread(passwords.worked, new)
            await do.attempt(accounts.change_password, old, new, session_id=do.login.session_id)
        except Invalid as refusal:
            fields.show_problems(drawn, refusal)
            return
        fields.show_problems(drawn, Invalid({}))
        for field in drawn.values():
            field.set_value("")
        do.tell(_("Your password was changed; your other sessions are over."), good=True)

    ui.button(_("Change my password"), on_click=save).props("data-testid=change-password")


def _draw_sessions(do: Door, found: list[LoginSession]) -> None:
    headings.part(_("Where you are signed in"))

    async def acted(action: str, value: Any) -> None:
        if action == "revoke":
            await do(sessions.revoke, int(value))
            listing.show(_drawn_sessions(do, await do.look(sessions.mine) or []))

    listing = Fragment(_drawn_sessions(do, found), act=acted)


def _drawn_sessions(do: Door, found: list[LoginSession]) -> str:
    return str(
        ul(".sessions")[
            [
                li[
                    p[session.user_agent or _("Unknown browser")],
                    span(".muted")[
                        session.address, " · ", dates.age(session.last_seen_at, do.zone)
                    ],
                    span(".chip")[_("This session")]
                    if session.id == do.login.session_id
                    else button(
                        ".button.small",
                        type="button",
                        data_action="revoke",
                        data_value=str(session.id),
                    )[_("Sign out there")],
                ]
                for session in found
            ]
        ]
    )


def _draw_tokens(do: Door, found: list[ApiToken]) -> None:
    headings.part(_("Tokens of the API"))
    ui.label(_("With a token, a script does what you may do.")).classes("muted")
    rows = token_list.TokenList(do, found, tokens.mine, is_shared=False)

    async def create() -> None:
        async def make(values: dict[str, Any]) -> str:
            _row, secret = await do.attempt(tokens.create, token_list.wish(values))
            return secret

        if await token_list.ask(_("Create a token"), token_list.controls, make):
            await rows.again()

    ui.button(_("Create a token"), on_click=create).props("data-testid=create-token")


def _texts(drawn: dict[str, Any]) -> dict[str, Any]:
    return {name: field for name, field in drawn.items() if not isinstance(field, ui.checkbox)}
