"""Creating a ticket: thirty seconds for a requester, ten for a technician on the phone."""

import uuid
from dataclasses import dataclass
from typing import Any

from nicegui import PageArguments, ui
from sqlalchemy.orm import Session

from data.models import Attachment, Channel, Impact, TicketType, Urgency
from services import (
    attachments,
    choices,
    creation,
    drafts,
    labels,
    recurring_tickets,
    tickets,
    users,
)
from services.creation import DRAFT, NewTicket
from services.errors import DomainError, Invalid
from services.permissions import Action, Actor, allows
from services.words import _
from ui import browser
from ui.door import Door, door
from ui.fragments.problems import MOST_ABOUT
from ui.widgets import dialogs, fields, headings
from ui.widgets.autosave import Autosave
from ui.widgets.files import DraftFiles, accept_drops


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the form offers, and what was typed before."""

    categories: list[tuple[int, str]]
    teams: list[tuple[int, str]]
    draft: dict[str, Any]
    files: tuple[Attachment, ...]
    follows: int | None
    about: str
    caller: str


async def new_ticket_page(args: PageArguments) -> None:
    """Ask for what a ticket needs (F-002; 5.3.1); `follows` carries a closed ticket on.

    `about` names tickets with commas: where nothing is drafted, the description begins with them.
    """
    do = door()
    wish = args.query_parameters.get("follows", "")
    follows = int(wish) if wish.isdecimal() and len(wish) <= 12 else None
    try:
        loaded = await do.see(load, follows, _numbers(args.query_parameters.get("about", "")))
    except DomainError as refusal:
        headings.refused(refusal)
        return
    NewTicketForm(do, loaded, title=args.query_parameters.get("title", "")[:300])


def load(s: Session, by: Actor, follows: int | None, about: list[int]) -> Loaded:
    """Fetch all the form needs, in one transaction."""
    draft = drafts.get(s, by, DRAFT)
    for_whom: int | None = draft.get("requester_id")
    offered = choices.offered(s, by, named=for_whom)
    return Loaded(
        categories=offered.categories,
        teams=offered.teams,
        draft=draft,
        files=tuple(attachments.drafted(s, by, DRAFT)),
        follows=tickets.get(s, by, follows).number if follows else None,
        about=recurring_tickets.told(s, by, about) if about else "",
        caller=offered.named.get(for_whom or 0, ""),
    )


def _numbers(text: str) -> list[int]:
    some = text.split(",")[:MOST_ABOUT]
    return [int(n) for n in some if n.isascii() and n.isdecimal() and len(n) <= 12]


class NewTicketForm:
    """The form in one browser; what is typed survives whatever happens to the page."""

    def __init__(self, do: Door, loaded: Loaded, *, title: str) -> None:
        self._do = do
        self._follows = loaded.follows
        self._is_sending = False
        draft = loaded.draft
        self._key = str(draft.get("key") or uuid.uuid4().hex)
        self._requester_id: int | None = draft.get("requester_id") if do.by.is_staff else None
        heading = _("Follow-up of ticket #{n}").format(n=loaded.follows) if loaded.follows else None
        headings.page(heading or _("Create a ticket"))
        with ui.element("div").classes("form") as box:
            if allows(do.by, Action.TICKET_CREATE_FOR):
                self._draw_caller(loaded.caller)
            self._draw_basics(loaded, title)
            if do.by.is_staff:
                self._draw_more(loaded)
            self._files = DraftFiles(do, DRAFT, loaded.files)
            self._problem = ui.label().classes("field-error").props("role=alert")
            with ui.row().classes("form-buttons"):
                ui.button(_("Submit the ticket"), on_click=self._submit).props("data-testid=submit")
                ui.button(_("Discard"), on_click=self._discard).props("flat")
        accept_drops(box)
        box.on("keydown", self._submit, js_handler=browser.PRESSED_TO_SEND)
        self._autosave = Autosave(self._save)
        for field in self._fields.values():
            if isinstance(field, fields.Choice):
                field.on_choice(self._autosave.typed)
            else:
                field.on_value_change(self._autosave.typed)

    def _draw_caller(self, caller: str) -> None:
        with ui.element("div").classes("caller"):
            self._caller = ui.label(caller or _("For myself")).props("data-testid=caller")
            ui.button(_("For whom?"), on_click=self._choose_caller).props(
                "outline data-testid=for-whom"
            )

    def _draw_basics(self, loaded: Loaded, title: str) -> None:
        draft = loaded.draft
        options = [("", _("I do not know")), *[(str(k), v) for k, v in loaded.categories]]
        urgencies = [(m.value, _(labels.URGENCY[m])) for m in Urgency]
        self._fields: dict[str, Any] = {
            "title": fields.text(
                _("What is the problem?"), title or draft.get("title", ""), name="title"
            ).props("autofocus"),
            "description": self._described(draft.get("description") or loaded.about),
            "category_id": fields.Choice(
                _("Category"), options, str(draft.get("category_id") or ""), name="category"
            ),
            "urgency": fields.Choice(
                _("Priority"), urgencies, draft.get("urgency", Urgency.NORMAL), name="urgency"
            ),
        }

    def _described(self, text: str) -> ui.textarea:
        field = fields.prose(_("Description"), text, name="description")
        field._props["placeholder"] = _("What happened, since when, on which device?")
        return field

    def _draw_more(self, loaded: Loaded) -> None:
        draft = loaded.draft
        types = [(m.value, _(labels.TYPE[m])) for m in TicketType]
        impacts = [(m.value, _(labels.IMPACT[m])) for m in Impact]
        channels = [
            (m.value, _(labels.CHANNEL[m])) for m in (Channel.WEB, Channel.PHONE, Channel.EMAIL)
        ]
        choices = [("", _("The category’s team")), *[(str(k), v) for k, v in loaded.teams]]
        with ui.expansion(_("More")).classes("more"):
            self._fields |= {
                "type": fields.Choice(_("Type"), types, draft.get("type", "incident"), name="type"),
                "impact": fields.Choice(
                    _("Impact"), impacts, draft.get("impact", Impact.MEDIUM), name="impact"
                ),
                "team_id": fields.Choice(
                    _("Team"), choices, str(draft.get("team_id") or ""), name="team"
                ),
                "channel": fields.Choice(
                    _("Channel"), channels, draft.get("channel", Channel.WEB), name="channel"
                ),
            }

    async def _choose_caller(self) -> None:
        found = await dialogs.person(
            self._do, _("Who is calling?"), "anyone", nobody=_("For myself")
        )
        if found is None:
            return
        self._requester_id = found or None
        names = await self._do.look(lambda s, _by: users.names(s, [found])) if found else {}
        self._caller.set_text((names or {}).get(found) or _("For myself"))
        if found and (channel := self._fields.get("channel")):
            channel.choose(Channel.PHONE.value)
        self._autosave.typed()

    def _values(self) -> dict[str, Any]:
        values: dict[str, Any] = {name: field.value for name, field in self._fields.items()}
        for name in ("category_id", "team_id"):
            values[name] = int(values[name]) if str(values.get(name) or "").isdecimal() else None
        return values | {"requester_id": self._requester_id}

    async def _save(self) -> None:
        values = self._values()
        if not self._is_sending and (values["title"] or values["description"]):
            await self._do(drafts.save, DRAFT, {**values, "key": self._key})

    async def _discard(self) -> None:
        self._autosave.forget()
        await self._do(drafts.drop, DRAFT)
        ui.navigate.to("/tickets")

    async def _submit(self) -> None:
        """Create the ticket once, however often the button is pressed."""
        if self._is_sending:
            return
        self._is_sending = True
        self._autosave.forget()
        self._problem.set_text("")
        try:
            values = {k: v for k, v in self._values().items() if v is not None}
            new = NewTicket(**values, key=self._key, follows=self._follows)
            ticket = await self._do.attempt(creation.create, new)
        except Invalid as refusal:
            self._problem.set_text(fields.show_problems(self._fields, refusal))
        except DomainError as refusal:
            self._problem.set_text(refusal.say())
        else:
            ui.navigate.to(f"/tickets/{ticket.number}")
        finally:
            self._is_sending = False
