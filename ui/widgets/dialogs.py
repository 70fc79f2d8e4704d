"""Questions in a dialog: some fields, a person, two versions of the same text."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

from htpy import button, dd, dl, dt, kbd, li, span
from nicegui import ui

from services import users
from services.errors import Conflict, DomainError, Invalid
from services.users import PersonHit
from services.words import N_, _
from ui.door import Door, Place
from ui.fragments import marks
from ui.fragments.base import KeyedList
from ui.widgets import fields

Save = Callable[[dict[str, Any]], Awaitable[Any]]
_AGREED = "agreed"
_SHORTCUTS: dict[str, str] = {
    "j": N_("Next row"),
    "k": N_("Previous row"),
    "Enter": N_("Open the ticket"),
    "t": N_("Take the ticket"),
    "x": N_("Select the ticket"),
    "Shift + X": N_("Select up to this ticket"),
    "a": N_("Assign the ticket"),
    "e": N_("Edit the title"),
    "r": N_("Answer"),
    "Ctrl + Enter": N_("Send the message or the new ticket"),
    "n": N_("Create a ticket"),
    "/": N_("Search"),
    "Ctrl + K": N_("Search and commands"),
    "?": N_("Show this list"),
}


@contextmanager
def titled(title: str) -> Iterator[ui.dialog]:
    """Open a dialog with a heading that names it; the block draws its content."""
    with ui.dialog() as dialog, ui.card().classes("dialog"):
        heading = ui.html(tag="h2", sanitize=False).classes("dialog-title")
        heading.set_content(str(span[title]))
        dialog.props(f"aria-labelledby=c{heading.id}")
        dialog.on("hide", dialog.delete)
        yield dialog


async def form(
    title: str, controls: Callable[[], dict[str, Any]], save: Save, *, verb: str = ""
) -> bool:
    """Ask for some fields and save them; the dialog stays until they are right, or it is left.

    `controls` draws the fields and returns them by name; `save` gets their values by name.
    """
    with titled(title) as dialog:
        drawn = controls()
        problem = ui.label().classes("field-error").props("role=alert")

        async def send() -> None:
            problem.set_text("")
            try:
                await save({name: field.value for name, field in drawn.items()})
            except Invalid as refusal:
                problem.set_text(fields.show_problems(drawn, refusal))
            except Conflict:
                raise
            except DomainError as refusal:
                problem.set_text(refusal.say())
            else:
                dialog.submit(_AGREED)

        _buttons(dialog, verb or _("Save"), send)
        _listen(list(drawn.values()), send)
    dialog.open()
    return bool(await dialog)


def _listen(drawn: list[Any], send: Callable[[], Awaitable[None]]) -> None:
    """Let one begin to type in the first field, and end with Enter in any of one line."""
    lines = [field for field in drawn if isinstance(field, ui.input)]
    for field in lines:
        field.on("keydown.enter.prevent", send)
    if lines and lines[0] is drawn[0]:
        lines[0].props("autofocus")


async def confirm(title: str, text: str, verb: str, *, otherwise: str = "") -> bool:
    """Ask before something that cannot be undone, or which of two values holds."""
    with titled(title) as dialog:
        ui.label(text)
        _buttons(dialog, verb, lambda: dialog.submit(_AGREED), otherwise)
    dialog.open()
    return bool(await dialog)


async def versions(conflict: Conflict, theirs: str, mine: str) -> str | None:
    """Show both versions of a text; return the one to keep, edited or not, None for theirs."""
    with titled(_("Changed at the same time")) as dialog:
        ui.label(conflict.say())
        ui.label(_("Now it says:")).classes("muted")
        ui.label(theirs or "—").classes("version").props("data-testid=theirs")
        kept = fields.prose(_("Your version"), mine, name="mine")
        with ui.row().classes("dialog-buttons"):
            ui.button(_("Keep theirs"), on_click=lambda: dialog.submit(None)).props("flat")
            ui.button(_("Use my version"), on_click=lambda: dialog.submit(kept.value))
    dialog.open()
    chosen = await dialog
    return str(chosen) if chosen is not None else None


async def person(
    do: Door, title: str, kind: Literal["anyone", "assignable"], *, nobody: str = ""
) -> int | None:
    """Let somebody be chosen: search on the server while one types. 0 is `nobody`."""
    with titled(title) as dialog:
        search = fields.text(_("Name, e-mail or phone"), name="person-search")
        search.props("autofocus autocomplete=off")

        def chosen(_action: str, value: Any) -> None:
            dialog.submit(int(value))

        place = Place(do)

        async def look() -> None:
            hits = await place.look(users.search, search.value or "", kind=kind)
            if hits is not None:
                listing.show_items([_hit(hit) for hit in hits])

        search.on_value_change(look)
        hits = await do.look(users.search, "", kind=kind) or []
        listing = KeyedList(
            "people",
            [_hit(hit) for hit in hits],
            act=chosen,
            classes="picks",
            empty=marks.empty(_("Nobody found"), _("Try another spelling."), "people"),
        )
        with ui.row().classes("dialog-buttons"):
            if nobody:
                ui.button(nobody, on_click=lambda: dialog.submit(0)).props("flat")
            ui.button(_("Cancel"), on_click=lambda: dialog.submit(None)).props("flat")
    dialog.open()
    found = await dialog
    return None if found is None else int(found)


def shortcuts() -> None:
    """List what the keyboard can do."""
    with titled(_("Keyboard shortcuts")) as dialog:
        ui.html(
            str(
                dl(".shortcuts")[[(dt[kbd[key]], dd[_(text)]) for key, text in _SHORTCUTS.items()]]
            ),
            sanitize=False,
        )
        with ui.row().classes("dialog-buttons"):
            ui.button(_("Close"), on_click=dialog.close).props("flat autofocus")
    dialog.open()


def _hit(hit: PersonHit) -> tuple[str, str]:
    about = " · ".join(part for part in (hit.email, hit.department, hit.phone) if part)
    key = f"person-{hit.id}"
    item = li(data_key=key)[
        button(".pick", type="button", data_action="choose", data_value=str(hit.id))[
            marks.person(hit.name, hit.id), span(".muted")[about]
        ]
    ]
    return key, str(item)


def _buttons(dialog: ui.dialog, verb: str, act: Callable[[], Any], otherwise: str = "") -> None:
    with ui.row().classes("dialog-buttons"):
        ui.button(otherwise or _("Cancel"), on_click=lambda: dialog.submit(None)).props("flat")
        ui.button(verb, on_click=act).props("data-testid=dialog-ok")
