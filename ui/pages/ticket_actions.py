"""What the controls of a ticket’s page do: each calls one service, asking first what it needs."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from nicegui import ui

from data.models import LinkKind, PendingReason, Status, Target
from services import (
    acceptance,
    assignment,
    comments,
    explanations,
    labels,
    links,
    observers,
    tags,
    tickets,
    transitions,
    trash,
    users,
)
from services.errors import Blocked, Conflict, Invalid
from services.permissions import Action
from services.ticket_view import TicketView
from services.words import N_, _
from ui import dates
from ui.door import Door
from ui.fragments import why
from ui.fragments.base import Fragment
from ui.widgets import dialogs, fields
from ui.widgets.ticket_picker import TicketPicker, ticket_number

Act = Callable[[Any], Awaitable[None]]

_DONE: dict[Status, str] = {
    Status.IN_PROGRESS: N_("The ticket is in progress."),
    Status.PENDING: N_("The ticket is on hold."),
    Status.RESOLVED: N_("The ticket is resolved."),
    Status.CLOSED: N_("The ticket is closed."),
    Status.CANCELLED: N_("The ticket is cancelled."),
}


class Actions:
    """The controls of one page; `view` is what the person sees now, to detect conflicts."""

    def __init__(self, do: Door, view: TicketView) -> None:
        self._do = do
        self.view = view
        self.names: dict[str, dict[int, str]] = {}  # of teams and categories, by field
        self._number = view.ticket.number
        self._acts: dict[str, Act] = {
            "take": self._take,
            "accept": self._accept,
            "refuse": self._refuse,
            "why": self._why,
            "clear_due": self._clear_due,
            "move": self._move,
            "delete": self._delete,
            "assign": self._assign,
            "add_helper": self._add_helper,
            "remove_helper": self._remove_helper,
            "add_observer": self._add_observer,
            "remove_observer": self._remove_observer,
            "set_team": self._set_team,
            "set_due": self._set_due,
            "edit_title": self._edit_title,
            "edit_description": self._edit_description,
            "add_tag": self._add_tag,
            "remove_tag": self._remove_tag,
            "add_link": self._add_link,
            "remove_link": self._remove_link,
            "add_external": self._add_external,
            "remove_external": self._remove_external,
            "edit_comment": self._edit_comment,
            "delete_comment": self._delete_comment,
            "versions": self._versions,
        }

    async def act(self, action: str, value: Any) -> None:
        """Do what was pressed; what is not known is ignored."""
        if action in self._acts:
            await self._acts[action](value)
        elif action.startswith("set_") and action[4:] in _EDITED:
            name = _EDITED[action[4:]]
            await self._edit(name, value or None)

    async def _take(self, _value: Any) -> None:
        said = _("You took ticket #{n}.").format(n=self._number)
        await self._do.act(said, assignment.take, self._number)

    async def _accept(self, _value: Any) -> None:
        await self._do.act(_("You accepted."), acceptance.accept, self._number)

    async def _refuse(self, _value: Any) -> None:
        async def save(values: dict[str, Any]) -> None:
            reason = str(values["reason"] or "")
            await self._do.done(_("You refused."), acceptance.refuse, self._number, reason)

        def controls() -> dict[str, Any]:
            return {"reason": fields.text(_("Why? Your team reads it."), name="reason")}

        await dialogs.form(_("Refuse the ticket"), controls, save, verb=_("Refuse"))

    async def _why(self, value: Any) -> None:
        if value not in set(Target):
            return
        found = await self._do.look(explanations.explain, self._number, Target(value))
        if found is None:
            return
        with dialogs.titled(_("Why this deadline?")) as dialog:
            Fragment(why.explained(found, self._do.zone))
            ui.button(_("Close"), on_click=dialog.close).props("flat")
        dialog.open()

    async def _clear_due(self, _value: Any) -> None:
        await self._edit("resolve_due_at", None)

    async def _move(self, value: Any) -> None:
        if value not in set(Status):
            return
        target = Status(value)
        if target is Status.PENDING:
            await self._pend()
        elif target is not Status.CLOSED or await self._really_close():
            await self._do.telling(self._moved(target))

    async def _moved(self, target: Status) -> None:
        """Move the ticket; who may resolve it although another blocks it is asked why."""
        said = _(_DONE[target])
        try:
            await self._do.done(said, transitions.move, self._number, target)
        except Blocked as refusal:
            if Action.TICKET_OVERRIDE not in self.view.may:
                raise
            await self._override(said, refusal)

    async def _override(self, said: str, refusal: Blocked) -> None:
        async def save(values: dict[str, Any]) -> None:
            reason = str(values["override"] or "")
            await self._do.done(
                said, transitions.move, self._number, Status.RESOLVED, override=reason
            )

        def controls() -> dict[str, Any]:
            ui.label(refusal.say())
            return {"override": fields.text(_("Reason for resolving it anyway"), name="override")}

        await dialogs.form(_("Resolve a blocked ticket"), controls, save, verb=_("Resolve"))

    async def _really_close(self) -> bool:
        return await dialogs.confirm(
            _("Close the ticket"),
            _("A closed ticket can never be changed again. This cannot be undone."),
            _("Close the ticket"),
        )

    async def _pend(self) -> None:
        def controls() -> dict[str, Any]:
            reasons = [(m.value, _(labels.PENDING_REASON[m])) for m in PendingReason]
            reason = fields.Choice(
                _("What does it wait for?"), reasons, PendingReason.REQUESTER.value, name="reason"
            )
            until = fields.text(_("Resumes on (for a planned wait)"), name="wake_at")
            return {"pending_reason": reason, "wake_at": until.props("type=datetime-local")}

        async def save(values: dict[str, Any]) -> None:
            wait = transitions.Wait(
                reason=PendingReason(values["pending_reason"]),
                until=dates.from_field(str(values["wake_at"] or ""), self._do.zone),
            )
            said = _(_DONE[Status.PENDING])
            await self._do.done(said, transitions.move, self._number, Status.PENDING, wait=wait)

        await dialogs.form(_("Put on hold"), controls, save, verb=_("Put on hold"))

    async def _delete(self, _value: Any) -> None:
        said = _("Ticket #{n} is in the trash.").format(n=self._number)
        if await self._do.act(said, trash.delete, self._number):
            ui.navigate.to("/queue")

    async def _assign(self, _value: Any) -> None:
        found = await dialogs.person(
            self._do, _("Who leads this ticket?"), "assignable", nobody=_("Nobody")
        )
        if found is None:
            return
        said = _("The lead of ticket #{n} changed.").format(n=self._number)
        await self._contest(said, "lead_id", assignment.assign, lead_id=found)

    async def _add_helper(self, _value: Any) -> None:
        found = await dialogs.person(self._do, _("Who helps?"), "assignable")
        if found:
            await self._do.act(_("Helper added."), assignment.add_helper, self._number, found)

    async def _remove_helper(self, value: Any) -> None:
        said = _("Helper removed.")
        await self._do.act(said, assignment.remove_helper, self._number, int(value))

    async def _add_observer(self, _value: Any) -> None:
        found = await dialogs.person(self._do, _("Who follows this ticket?"), "anyone")
        if found:
            await self._do.act(_("Observer added."), observers.add, self._number, found)

    async def _remove_observer(self, value: Any) -> None:
        await self._do.act(_("Observer removed."), observers.remove, self._number, int(value))

    async def _set_team(self, value: Any) -> None:
        said = _("The team of ticket #{n} changed.").format(n=self._number)
        team_id = int(value) if str(value).isdecimal() else assignment.NOBODY
        await self._contest(said, "team_id", assignment.assign, team_id=team_id)

    async def _set_due(self, value: Any) -> None:
        due = dates.from_field(str(value), self._do.zone) if value else None
        await self._edit("resolve_due_at", due)

    async def _edit(self, name: str, value: Any) -> None:
        said = _("Ticket #{n} was changed.").format(n=self._number)
        await self._contest(said, name, tickets.edit, {name: value})

    async def _contest(
        self, said: str, name: str, service: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> None:
        """Change one field as seen; when somebody was faster, show both values and ask."""
        seen = {name: getattr(self.view.ticket, name)}
        collided: list[Conflict] = []

        async def change(seen: dict[str, Any]) -> None:
            try:
                await self._do.done(said, service, self._number, *args, seen=seen, **kwargs)
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
        text = _("{name} chose “{theirs}” meanwhile; you chose “{mine}”.").format(
            name=conflict.facts["name"], theirs=theirs, mine=mine
        )
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

    async def _edit_title(self, _value: Any) -> None:
        await self._edit_text(
            "title", _("Edit the title"), lambda v: fields.text(_("Title"), v, name="title")
        )

    async def _edit_description(self, _value: Any) -> None:
        await self._edit_text(
            "description",
            _("Edit the description"),
            lambda v: fields.prose(_("Description"), v, name="description"),
        )

    async def _edit_text(self, name: str, title: str, control: Callable[[str], Any]) -> None:
        async def save(text: str, seen: str) -> None:
            said = _("Ticket #{n} was changed.").format(n=self._number)
            new = {name: text}
            await self._do.done(said, tickets.edit, self._number, new, seen={name: seen})

        await self._rewrite(title, getattr(self.view.ticket, name), name, control, save)

    async def _rewrite(
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

    async def _add_tag(self, _value: Any) -> None:
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

    async def _remove_tag(self, value: Any) -> None:
        await self._do.act(_("Tag removed."), tags.remove, self._number, str(value))

    async def _add_link(self, _value: Any) -> None:
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

    async def _remove_link(self, value: Any) -> None:
        await self._do.act(_("Link removed."), links.remove, self._number, int(value))

    async def _add_external(self, _value: Any) -> None:
        def controls() -> dict[str, Any]:
            url = fields.text(_("Address"), name="url").props("type=url placeholder=https://")
            return {"url": url, "title": fields.text(_("Title"), name="link-title")}

        async def save(values: dict[str, Any]) -> None:
            url, title = str(values["url"] or ""), str(values["title"] or "")
            await self._do.done(_("Link added."), links.add_external, self._number, url, title)

        await dialogs.form(_("Add an external link"), controls, save, verb=_("Add"))

    async def _remove_external(self, value: Any) -> None:
        await self._do.act(_("Link removed."), links.remove_external, self._number, int(value))

    async def _edit_comment(self, value: Any) -> None:
        comment = next(
            (m.comment for m in self.view.messages if str(m.comment.id) == str(value)), None
        )
        if comment is None:
            return

        async def save(text: str, seen: str) -> None:
            await self._do.done(_("Message edited."), comments.edit, comment.id, text, seen=seen)

        def control(text: str) -> ui.textarea:
            return fields.prose(_("Your message"), text, name="comment-body")

        await self._rewrite(_("Edit this message"), comment.body, "body", control, save)

    async def _delete_comment(self, value: Any) -> None:
        await self._do.act(_("Comment deleted."), comments.delete, int(value))

    async def _versions(self, value: Any) -> None:
        found = await self._do.look(comments.versions, int(value))
        if found is None:
            return
        with dialogs.titled(_("Earlier versions")) as dialog:
            for version in found:
                ui.label(dates.short(version.replaced_at, self._do.zone)).classes("muted")
                ui.label(version.body).classes("version")
            ui.button(_("Close"), on_click=dialog.close).props("flat")
        dialog.open()


_EDITED = {
    "category": "category_id",
    "type": "type",
    "urgency": "urgency",
    "impact": "impact",
    "priority": "priority",
}
