"""Tokens of the API: everybody’s, and those of services."""

from typing import Any

from nicegui import ui

from data.models import Role
from services import labels, tokens
from services.errors import DomainError
from services.words import _
from ui.door import door
from ui.widgets import fields, headings, token_list


async def tokens_page() -> None:
    """Show who comes in by the API, and let the administrator make and revoke tokens."""
    do = door()
    try:
        found = await do.see(tokens.all)
    except DomainError as refusal:
        headings.refused(refusal)
        return
    hint = _("Other systems come in with these. Nobody can read a token again, only revoke it.")
    headings.page(_("Tokens of the API"), hint)

    async def create() -> None:
        async def make(values: dict[str, Any]) -> str:
            wanted = token_list.wish(values)
            role = Role(values["role"])
            _row, secret = await do.attempt(tokens.create_for_service, wanted, role=role)
            return secret

        if await token_list.ask(_("Create a service token"), _controls, make):
            await rows.again()

    ui.button(_("Create a service token"), on_click=create).props("data-testid=create-token")
    rows = token_list.TokenList(do, found, tokens.all, is_shared=True)


def _controls() -> dict[str, Any]:
    drawn = token_list.controls()
    roles = [(role.value, _(labels.ROLE[role])) for role in Role]
    return drawn | {"role": fields.Choice(_("Role"), roles, Role.TECHNICIAN.value, name="role")}
