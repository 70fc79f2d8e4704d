"""Small marks that many fragments show: status, priority, people, deadlines, files."""

from datetime import timedelta

from htpy import Element, a, button, div, img, p, span
from markupsafe import Markup

from data.clock import now
from data.files import SHOWN_INLINE
from data.models import Attachment, PendingReason, Priority, Status
from services import countdowns, labels
from services.countdowns import Countdown
from services.lists import TicketLine
from services.words import _, decimal
from ui import dates
from ui.theme import PRIORITY_ICON, STATUS_ICON, icon

_MILLISECOND = timedelta(milliseconds=1)


def status_chip(status: Status, reason: PendingReason | None = None) -> Element:
    """Draw a status: icon and word; what it waits for on hover."""
    hint = _(labels.PENDING_REASON[reason]) if reason else None
    return span(f".chip.status-{status}", title=hint, data_testid="status")[
        icon(STATUS_ICON[status]), _(labels.STATUS[status])
    ]


def status_word(status: Status) -> str:
    """Return what a status is called."""
    return _(labels.STATUS[status])


def priority_mark(priority: Priority, *, with_word: bool = False) -> Element:
    """Draw a priority: icon, and its word beside it or for screen readers."""
    word = _(labels.PRIORITY[priority])
    return span(f".priority.priority-{priority}", title=word)[
        icon(PRIORITY_ICON[priority]), span(class_="" if with_word else "sr-only")[word]
    ]


def initials(name: str) -> str:
    """Return at most two letters for somebody; a question mark for nobody."""
    parts = [part for part in name.replace("-", " ").split() if part[:1].isalnum()]
    return "".join(part[0].upper() for part in parts[:1] + parts[1:][-1:]) or "?"


def avatar(name: str, *, hue: int = 0) -> Element:
    """Draw somebody’s initials in a circle."""
    return span(f".avatar.hue-{hue % 6}", aria_hidden="true")[initials(name)]


def person(name: str | None, person_id: int = 0) -> Element:
    """Draw somebody: initials and name."""
    if not name and not person_id:
        return span(".person.nobody")[_("Nobody yet")]
    shown = name or _("Without a name")
    return span(".person")[avatar(name or "", hue=person_id), span(".person-name")[shown]]


def due(line: TicketLine, zone: str) -> Element | None:
    """Draw which promise of an unfinished ticket comes next, and how long remains."""
    found = countdowns.next_of(line)
    return countdown(found, zone, is_named=True) if found else None


def countdown(found: Countdown, zone: str, *, is_named: bool = False) -> Element:
    """Draw how long remains: on time, near, late or paused, by icon and word.

    `dues` of `ui.browser` lets it go on while the page is open.
    """
    words = {"calm": _("On time"), "soon": _("Soon"), "late": _("Late")}
    name = is_named and span(".due-what")[_(labels.TARGET[found.target])]
    told = {"data_testid": "due", "data_target": found.target.value}
    if found.is_paused:
        title = _("Paused: nothing counts until work goes on.")
        drawn = span(".due-left")[_("Paused")]
        return span(".due.due-paused", title=title, **told)[icon("pause"), name, drawn]
    left, near = found.due_at - now(), found.due_at - found.soon_at
    state = "late" if left < timedelta() else "soon" if left < near else "calm"
    told |= {f"data_{state}": word for state, word in words.items()}
    return span(f".due.due-{state}", data_near=str(near // _MILLISECOND), **told)[
        icon("clock"),
        name,
        span(".due-left")[span(".due-word")[words[state]], " ", dates.age(found.due_at, zone)],
    ]


def size(size_bytes: int) -> str:
    """Return a size as people read it."""
    if size_bytes < 1024:
        return _("{n} B").format(n=size_bytes)
    if size_bytes < 2**20:
        return _("{n} KB").format(n=round(size_bytes / 1024))
    return _("{n} MB").format(n=decimal(size_bytes / 2**20))


def file_link(attachment: Attachment, *, removable: bool = False) -> Element:
    """Draw a file: a small picture where there is one, name, size, and a way to take it back."""
    address = f"/files/{attachment.id}"
    is_picture = attachment.content_type.startswith("image/")
    is_inline = attachment.content_type in SHOWN_INLINE
    return span(".file")[
        a(
            href=address,
            target="_blank" if is_inline else None,
            download=None if is_inline else "",
            rel="noopener",
        )[
            img(src=f"{address}/preview", alt="", loading="lazy") if is_picture else icon("attach"),
            span(".file-name")[attachment.name],
            span(".muted")[size(attachment.size_bytes)],
        ],
        removable
        and button(
            ".icon-button",
            type="button",
            data_action="discard",
            data_value=str(attachment.id),
            aria_label=_("Remove the file {name}").format(name=attachment.name),
        )[icon("cross")],
    ]


def row_button(action: str, value: object, text: str, about: str) -> Element:
    """Draw a small button of a row; a screen reader hears what it is about."""
    return button(
        ".button.small",
        type="button",
        data_action=action,
        data_value=str(value),
        aria_label=f"{text}: {about}",
    )[text]


def icon_button(
    action: str, value: str, text: str, drawn: str, *, key: str | None = None
) -> Element:
    """Draw a button that is an icon to the eye and a word to a screen reader."""
    return button(
        ".icon-button",
        type="button",
        data_action=action,
        data_value=value,
        data_testid=action,
        aria_label=text,
        aria_keyshortcuts=key,
        title=text,
    )[icon(drawn)]


def empty(title: str, hint: str, name: str, action: Element | None = None) -> str:
    """Draw what a list shows when there is nothing: what would be there, and the next step."""
    return str(
        div(f"#{name}-empty.empty")[
            icon("inbox"), p(".empty-title")[title], p(".muted")[hint], action or Markup()
        ]
    )
