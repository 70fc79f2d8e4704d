"""What a ticket is tied to: tags, other tickets, addresses elsewhere."""

from typing import Any

from data.models import LinkKind
from services import labels, links, tags
from services.errors import Invalid
from services.words import N_, _
from ui.door import Door
from ui.widgets import dialogs, fields
from ui.widgets.ticket_picker import TicketPicker, ticket_number


class Ties:
    """The controls beside what a ticket is tied to."""

    def __init__(self, do: Door, number: int) -> None:
        self._do = do
        self._number = number

    async def add_tag(self, _value: Any) -> None:
        """Ask for a tag, offering those that exist."""

        async def save(values: dict[str, Any]) -> None:
            await self._do.done(_("Tag added."), tags.add, self._number, str(values["tag"] or ""))

        def controls() -> dict[str, Any]:
            field = fields.text(_("Tag"), name="tag", autocomplete=[])

            async def suggest(typed: str) -> None:
                names = await self._do.look(tags.suggestions, typed)
                if names is not None and not field.is_deleted:
                    field.set_autocomplete(names)

            return {"tag": field.on_value_change(lambda e: suggest(e.value or ""))}

        await dialogs.form(_("Add a tag"), controls, save, verb=_("Add"))

    async def remove_tag(self, value: Any) -> None:
        """Take a tag off."""
        await self._do.act(_("Tag removed."), tags.remove, self._number, str(value))

    async def add_link(self, _value: Any) -> None:
        """Ask for another ticket and how they belong together."""

        def controls() -> dict[str, Any]:
            kinds = [(m.value, _(labels.LINK[m][0])) for m in LinkKind]
            kind = fields.Choice(_("This ticket"), kinds, LinkKind.RELATES_TO.value, name="kind")
            other = TicketPicker(self._do, _("The other ticket: number or words"), name="other")
            return {"kind": kind, "other": other}

        async def save(values: dict[str, Any]) -> None:
            number = ticket_number(values["other"])
            if number is None:
                raise Invalid({"other": N_("Choose a ticket, or enter its number.")})
            kind = LinkKind(values["kind"])
            await self._do.done(_("Link added."), links.add, self._number, kind, number)

        await dialogs.form(_("Link to another ticket"), controls, save, verb=_("Add"))

    async def remove_link(self, value: Any) -> None:
        """Take a link away."""
        await self._do.act(_("Link removed."), links.remove, self._number, int(value))

    async def add_external(self, _value: Any) -> None:
        """Ask for an address elsewhere."""

        def controls() -> dict[str, Any]:
            url = fields.text(_("Address"), name="url").props("type=url placeholder=https://")
            return {"url": url, "title": fields.text(_("Title"), name="link-title")}

        async def save(values: dict[str, Any]) -> None:
            url, title = str(values["url"] or ""), str(values["title"] or "")
            await self._do.done(_("Link added."), links.add_external, self._number, url, title)

        await dialogs.form(_("Add an external link"), controls, save, verb=_("Add"))

    async def remove_external(self, value: Any) -> None:
        """Take an address away."""
        await self._do.act(_("Link removed."), links.remove_external, self._number, int(value))
