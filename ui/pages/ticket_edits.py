"""Changing what others may be changing too: whoever was slower sees both values and decides."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from services import labels, users
from services.errors import Conflict
from services.ticket_view import TicketView
from services.words import _
from ui import dates
from ui.door import Door
from ui.widgets import dialogs


class Edits:
    """The edits of one page; `view` is what the person sees now, to detect conflicts."""

    def __init__(self, do: Door, view: TicketView) -> None:
        self._do = do
        self.view = view
        self.names: dict[str, dict[int, str]] = {}  # of teams and categories, by field

    async def choose(
        self, said: str, name: str, service: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> None:
        """Change one field as seen; when somebody was faster, show both values and ask."""
        ticket = self.view.ticket
        number, seen = ticket.number, {name: getattr(ticket, name)}
        collided: list[Conflict] = []

        async def change(seen: dict[str, Any]) -> None:
            try:
                await self._do.done(said, service, number, *args, seen=seen, **kwargs)
            except Conflict as conflict:
                collided.append(conflict)

        await self._do.telling(change(seen))
        while collided:
            conflict = collided.pop()
            theirs = conflict.facts["theirs"]
            if await self._keeps_mine(conflict, name):
                await self._do.telling(change({name: theirs}))

    async def _keeps_mine(self, conflict: Conflict, name: str) -> bool:
        theirs = await self._named(name, conflict.facts["theirs"])
        mine = await self._named(name, conflict.facts["mine"])
        if conflict.is_own:
            text = _("Elsewhere you chose “{theirs}” meanwhile; here you chose “{mine}”.")
        elif conflict.facts["name"]:
            text = _("{name} chose “{theirs}” meanwhile; you chose “{mine}”.")
        else:
            text = _("This became “{theirs}” meanwhile; you chose “{mine}”.")
        text = text.format(name=conflict.facts["name"], theirs=theirs, mine=mine)
        return await dialogs.confirm(
            _("Changed at the same time"), text, _("Use my choice"), otherwise=_("Keep theirs")
        )

    async def _named(self, name: str, value: Any) -> str:
        """Return what a value is called: a name instead of an id, a date instead of an instant."""
        if value is None:
            return "—"
        if isinstance(value, datetime):
            return dates.short(value, self._do.zone)
        if name in self.names:
            return self.names[name].get(value, "?")
        if name == "lead_id":
            found = await self._do.look(lambda s, _by: users.names(s, [value]))
            return (found or {}).get(value, "?")
        return labels.label(name, str(value))

    async def rewrite(
        self,
        title: str,
        seen: str,
        name: str,
        control: Callable[[str], Any],
        save: Callable[[str, str], Awaitable[None]],
    ) -> None:
        """Edit a text in a dialog; a conflict shows both versions and loses neither."""
        collided: list[Conflict] = []

        async def attempt(values: dict[str, Any]) -> None:
            try:
                await save(str(values[name] or ""), seen)
            except Conflict as conflict:
                collided.append(conflict)

        await dialogs.form(title, lambda: {name: control(seen)}, attempt)
        while collided:
            conflict = collided.pop()
            theirs = str(conflict.facts["theirs"] or "")
            kept = await dialogs.versions(conflict, theirs, str(conflict.facts["mine"] or ""))
            if kept is not None:
                seen = theirs
                await self._do.telling(attempt({name: kept}))
