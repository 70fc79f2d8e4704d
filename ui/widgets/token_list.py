"""Tokens of the API: the living ones in a list, and a dialog that makes one and shows it once."""

from collections.abc import Awaitable, Callable
from typing import Any

from htpy import Element, li, span
from nicegui import ui
from sqlalchemy.orm import Session

from data.models import ApiToken
from services import tokens
from services.permissions import Actor
from services.tokens import ABOUT, DEFAULT_DAYS, Scope, Wish
from services.words import _
from ui import dates
from ui.door import Door
from ui.fragments import marks
from ui.fragments.base import KeyedList
from ui.widgets import dialogs, fields

_LIVES = (7, 30, DEFAULT_DAYS, 180, 365)


class TokenList:
    """A list of tokens, each with a button that ends it; `is_shared` shows whose each is."""

    def __init__(
        self,
        do: Door,
        found: list[ApiToken],
        read: Callable[[Session, Actor], list[ApiToken]],
        *,
        is_shared: bool,
    ) -> None:
        self._do = do
        self._read = read
        self._is_shared = is_shared
        hint = _("Create one for each script or system that comes here.")
        self._list = KeyedList(
            "tokens",
            self._items(found),
            act=self._acted,
            classes="rows people",
            empty=marks.empty(_("No token yet"), hint, "key"),
        )

    async def again(self) -> None:
        """Show what there is now."""
        if not self._list.is_deleted:
            self._list.show_items(self._items(await self._do.look(self._read) or []))

    async def _acted(self, action: str, value: Any) -> None:
        title = _("Revoke this token")
        text = _("What uses it stops working at once. This cannot be undone.")
        if action == "revoke" and await dialogs.confirm(title, text, _("Revoke")):
            await self._do(tokens.revoke, int(value))
            await self.again()

    def _items(self, found: list[ApiToken]) -> list[tuple[str, str]]:
        return [(f"token-{row.id}", str(self._drawn(row))) for row in found]

    def _drawn(self, row: ApiToken) -> Element:
        zone = self._do.zone
        scopes = ", ".join(_(ABOUT[Scope(name)]) for name in row.scopes if name in set(Scope))
        used = dates.age(row.last_used_at, zone) if row.last_used_at else _("Never used")
        return li(".row", data_key=f"token-{row.id}", data_testid="token")[
            span(".row-main")[
                span[row.name, " · ", f"{tokens.MARK}_{row.prefix}…"],
                span(".row-context")[
                    self._is_shared and span[row.user.name],
                    span[scopes],
                ],
            ],
            row.is_service and span(".chip")[_("Service")],
            span(".muted")[_("Last used:"), " ", used],
            span(".muted")[_("Until:"), " ", dates.short(row.expires_at, zone)],
            span(".row-actions")[marks.row_button("revoke", row.id, _("Revoke"), row.name)],
        ]


def controls() -> dict[str, Any]:
    """Draw what every token is asked for: a name, its life, its scopes."""
    lives = [(str(days), _("{days} days").format(days=days)) for days in _LIVES]
    drawn: dict[str, Any] = {
        "name": fields.text(_("Name"), name="name"),
        "days": fields.Choice(_("Valid for"), lives, str(DEFAULT_DAYS), name="days"),
    }
    return drawn | {scope.value: ui.checkbox(_(about)) for scope, about in ABOUT.items()}


def wish(values: dict[str, Any]) -> Wish:
    """Return what was asked for."""
    scopes = [scope for scope in Scope if values[scope.value]]
    return Wish(name=values["name"] or "", scopes=scopes, days=int(values["days"]))


async def ask(
    title: str,
    drawn: Callable[[], dict[str, Any]],
    make: Callable[[dict[str, Any]], Awaitable[str]],
) -> bool:
    """Ask for a token, make it, and show it this once; False when nothing was made."""
    made: list[str] = []

    async def save(values: dict[str, Any]) -> None:
        made.append(await make(values))

    if not await dialogs.form(title, drawn, save, verb=_("Create")):
        return False
    with dialogs.titled(_("Your new token")) as dialog:
        ui.label(_("Copy it now: it is not shown again."))
        field = fields.text(_("Token"), made[0], name="new-token")
        field.props("readonly autofocus")
        with ui.row().classes("dialog-buttons"):
            ui.button(_("Close"), on_click=dialog.close).props("data-testid=token-copied")
    dialog.open()
    await dialog
    return True
