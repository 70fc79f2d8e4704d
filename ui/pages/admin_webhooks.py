"""Managing webhooks, and the log of what they were told."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from nicegui import ui
from sqlalchemy.orm import Session

from data.models import Delivery, DeliveryState, Webhook
from services import deliveries, webhooks
from services.errors import DomainError
from services.permissions import Actor
from services.words import _
from ui import live
from ui.door import Door, Place, door
from ui.fragments import marks, outside
from ui.fragments.base import KeyedList
from ui.widgets import dialogs, fields, headings

LOG_SECONDS = 5.0  # how an attempt ends is no event: the log is looked at again
SOON_SECONDS = 1.0  # until a message just asked for has been sent, as a rule
_ALL, _DEAD = "all", "dead"


@dataclass(frozen=True, slots=True)
class Loaded:
    """The webhooks, and the newest messages that are wanted."""

    webhooks: list[Webhook]
    log: Sequence[Delivery]


async def webhooks_page() -> None:
    """Show the webhooks with their log and let the administrator change them."""
    await Webhooks(door()).build()


def load(s: Session, by: Actor, recipient: str, which: str) -> Loaded:
    """Fetch all the page draws, in one transaction."""
    state = DeliveryState.DEAD if which == _DEAD else None
    recipients = {recipient} if recipient else None
    found = deliveries.page(s, by, deliveries.Wanted(webhooks.CHANNEL, recipients, state))
    return Loaded(webhooks.all(s, by), found.deliveries)


class Webhooks:
    """The page in one browser."""

    def __init__(self, do: Door) -> None:
        self._do = do
        self._place = Place(do)
        self._acts: dict[str, Callable[[Webhook], Awaitable[object]]] = {
            "activity": self._switch,
            "delete": self._delete,
            "edit": self._edit,
            "secret": self._rotate,
            "test": self._test,
        }

    async def build(self) -> None:
        """Load and draw the page, and follow what changes."""
        try:
            self._loaded = await self._do.see(load, "", _ALL)
        except DomainError as refusal:
            headings.refused(refusal)
            return
        about = _("Tell another system what happens to tickets, as it happens.")
        headings.page(_("Webhooks"), about)
        with ui.element("div").classes("filters"):
            create = ui.button(_("Create a webhook"), on_click=self._create)
            create.props("data-testid=create-webhook")
        hint = _("Create one for each system that wants to know: monitoring, chat, a dashboard.")
        self._list = KeyedList(
            "webhooks",
            self._hooks(),
            act=self._acted,
            classes="rows people",
            empty=marks.empty(_("No webhook yet"), hint, "webhooks"),
        )
        with ui.element("section").classes("section"):
            self._build_log()
        live.follow(live.ORGANISATION, self._changed)
        ui.timer(LOG_SECONDS, self._again, immediate=False)

    def _build_log(self) -> None:
        headings.part(_("Messages"))
        with ui.element("div").classes("filters"):
            self._recipient = fields.Choice(_("Webhook"), self._names(), name="log-webhook")
            which = [(_ALL, _("All")), (_DEAD, _("Given up"))]
            self._which = fields.Choice(_("State"), which, _ALL, name="log-state")
            for choice in (self._recipient, self._which):
                choice.on_choice(self._again)
        hint = _("What was sent in the last thirty days shows here, with what was answered.")
        self._log = KeyedList(
            "deliveries",
            self._messages(),
            act=self._log_acted,
            classes="rows people",
            empty=marks.empty(_("No message"), hint, "deliveries"),
        )

    async def _changed(self, _numbers: set[int]) -> None:
        await self._again()

    async def _again(self) -> None:
        if self._list.is_deleted:
            return
        wanted = self._recipient.value, self._which.value
        if loaded := await self._place.look(load, *wanted):
            self._loaded = loaded
            self._list.show_items(self._hooks())
            self._recipient.offer(self._names())
            self._log.show_items(self._messages())

    async def _acted(self, action: str, value: Any) -> None:
        found = (w for w in self._loaded.webhooks if str(w.id) == str(value))
        if (webhook := next(found, None)) and action in self._acts:
            await self._acts[action](webhook)

    async def _log_acted(self, action: str, value: Any) -> None:
        if action == "resend" and str(value).isdecimal():
            await self._do(deliveries.resend, int(value))
            await self._soon()

    async def _soon(self) -> None:
        """Show that a message waits, and a moment later how it was received."""
        await self._again()
        await asyncio.sleep(SOON_SECONDS)
        await self._again()

    async def _create(self) -> None:
        told: list[tuple[str, str]] = []

        async def save(values: dict[str, Any]) -> None:
            given = _read(values)
            await self._check(given)
            webhook, secret = await self._do.attempt(webhooks.create, **given)
            told.append((webhook.name, secret))

        title = _("Create a webhook")
        if await dialogs.form(title, lambda: _controls(None), save, verb=_("Create")):
            await _show_secret(*told[0])

    async def _edit(self, webhook: Webhook) -> None:
        async def save(values: dict[str, Any]) -> None:
            given = _read(values)
            await self._check(given)
            await self._do.attempt(webhooks.edit, webhook.id, **given)

        title = _("Edit {name}").format(name=webhook.name)
        await dialogs.form(title, lambda: _controls(webhook), save)

    async def _check(self, given: dict[str, Any]) -> None:
        """Ask where the address leads, in no transaction: the answer may take seconds."""
        address = {"allows_http": given["allows_http"]}
        await self._do.see(webhooks.check_address, given["url"], **address)

    async def _switch(self, webhook: Webhook) -> None:
        await self._do(webhooks.edit, webhook.id, is_active=not webhook.is_active)

    async def _test(self, webhook: Webhook) -> None:
        if await self._do(webhooks.test, webhook.id):
            self._do.tell(_("A test message is on its way: see below."), good=True)
            await self._soon()

    async def _rotate(self, webhook: Webhook) -> None:
        title = _("Give {name} a new secret?").format(name=webhook.name)
        text = _("The receiver must know it before it believes the next message.")
        if await dialogs.confirm(title, text, _("New secret")) and (
            secret := await self._do(webhooks.rotate_secret, webhook.id)
        ):
            await _show_secret(webhook.name, secret)

    async def _delete(self, webhook: Webhook) -> None:
        title = _("Delete {name}?").format(name=webhook.name)
        text = _("Its messages disappear from the log; those that wait are not sent.")
        if await dialogs.confirm(title, text, _("Delete")):
            await self._do(webhooks.delete, webhook.id)

    def _names(self) -> list[tuple[str, str]]:
        return [("", _("All webhooks")), *((str(w.id), w.name) for w in self._loaded.webhooks)]

    def _hooks(self) -> list[tuple[str, str]]:
        return [outside.hook(webhook) for webhook in self._loaded.webhooks]

    def _messages(self) -> list[tuple[str, str]]:
        names = dict(self._names())
        return [outside.message(d, names, self._do.zone) for d in self._loaded.log]


def _controls(webhook: Webhook | None) -> dict[str, Any]:
    drawn: dict[str, Any] = {
        "name": fields.text(_("Name"), webhook.name if webhook else "", name="name"),
        "url": fields.text(_("Address"), webhook.url if webhook else "https://", name="url"),
        "allows_http": ui.checkbox(
            _("Allow an address without encryption (http://)"),
            value=webhook.allows_http if webhook else False,
        ),
        "with_internal": ui.checkbox(
            _("Internal notes may leave"), value=webhook.with_internal if webhook else False
        ),
    }
    drawn["with_internal"].props("data-testid=with-internal")
    drawn["allows_http"].props("data-testid=allows-http")
    chosen = webhook.kinds if webhook else webhooks.USUAL_KINDS
    with fields.group(_("Events"), name="kinds"):
        for kind, called in webhooks.KINDS.items():
            drawn[f"kind-{kind}"] = ui.checkbox(_(called), value=kind in chosen)
    return drawn


def _read(values: dict[str, Any]) -> dict[str, Any]:
    """Gather the ticked events into one field."""
    ticked = [n.removeprefix("kind-") for n, v in values.items() if n.startswith("kind-") and v]
    plain = {name: v for name, v in values.items() if not name.startswith("kind-")}
    return {**plain, "name": plain["name"] or "", "url": plain["url"] or "", "kinds": ticked}


async def _show_secret(name: str, secret: str) -> None:
    """Show a secret, this once."""
    with dialogs.titled(_("The secret of {name}").format(name=name)) as dialog:
        ui.label(_("Copy it into the receiver now: it is never shown again."))
        fields.text(_("Secret"), secret, name="secret").props("readonly")
        with ui.row().classes("dialog-buttons"):
            ui.button(_("I have copied it"), on_click=dialog.close).props("data-testid=dialog-ok")
    dialog.open()
    await dialog
