"""What the controls of a ticket’s page do: each calls one service, asking first what it needs."""

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui

from data.models import PendingReason, Status, Target
from services import (
    acceptance,
    assignment,
    comments,
    explanations,
    labels,
    observers,
    tickets,
    transitions,
    trash,
)
from services.errors import Blocked
from services.permissions import Action
from services.ticket_view import TicketView
from services.words import N_, _
from ui import dates
from ui.door import Door
from ui.fragments import why
from ui.fragments.base import Fragment
from ui.pages.ticket_edits import Edits
from ui.pages.ticket_ties import Ties
from ui.widgets import dialogs, fields

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
        self._number = view.ticket.number
        self._edits = Edits(do, view)
        ties = Ties(do, self._number)
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
            "add_tag": ties.add_tag,
            "remove_tag": ties.remove_tag,
            "add_link": ties.add_link,
            "remove_link": ties.remove_link,
            "add_external": ties.add_external,
            "remove_external": ties.remove_external,
            "edit_comment": self._edit_comment,
            "delete_comment": self._delete_comment,
            "versions": self._versions,
        }

    def see(self, view: TicketView, names: dict[str, dict[int, str]]) -> None:
        """Take what the page shows from now on, and what teams and categories are called."""
        self.view = self._edits.view = view
        self._edits.names = names

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
        await self._edits.choose(said, "lead_id", assignment.assign, lead_id=found)

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
        await self._edits.choose(said, "team_id", assignment.assign, team_id=team_id)

    async def _set_due(self, value: Any) -> None:
        due = dates.from_field(str(value), self._do.zone) if value else None
        await self._edit("resolve_due_at", due)

    async def _edit(self, name: str, value: Any) -> None:
        said = _("Ticket #{n} was changed.").format(n=self._number)
        await self._edits.choose(said, name, tickets.edit, {name: value})

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

        await self._edits.rewrite(title, getattr(self.view.ticket, name), name, control, save)

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

        await self._edits.rewrite(_("Edit this message"), comment.body, "body", control, save)

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
