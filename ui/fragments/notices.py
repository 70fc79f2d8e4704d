"""What one was told, as rows: what happened, where, by whom, and why one is told."""

from htpy import Element, a, li, p, span

from services import bursts
from services.inbox import Notice
from services.occasions import KINDS, REASONS, Reason
from services.words import _
from ui import dates
from ui.fragments import burst, marks
from ui.theme import icon

_ICONS = {
    "created": "spark",
    "taken": "person",
    "assigned": "person",
    "asked": "help",
    "comment": "chat",
    "mention": "chat",
    "status": "play",
    "resolved": "check",
    "closed": "lock",
    "reopened": "back",
    "deadline_near": "clock",
    "deadline_missed": "alarm",
    "returned": "inbox",
    "untreated": "alarm",
    "closing_soon": "clock",
    "burst": "alarm",
    "report": "chart",
    "password": "key",
}


def row(notice: Notice, zone: str) -> tuple[str, str]:
    """Draw one notice as an item of a list, after its key."""
    key = f"notice-{notice.id}"
    return key, str(
        li(
            class_=["hit", "notice", {"unread": not notice.is_read}],
            data_key=key,
            data_testid="notice",
        )[
            a(".hit-title", href=_address(notice))[
                icon(_ICONS[notice.kind]),
                " ",
                not notice.is_read and span(".sr-only")[_("Unread:"), " "],
                _title(notice),
            ],
            span(".hit-age")[dates.age(notice.at, zone)],
            notice.is_read or marks.icon_button("read", str(notice.id), _("Mark as read"), "check"),
            p(".hit-excerpt")[_about(notice)],
        ]
    )


def _address(notice: Notice) -> str:
    what, _colon, key = (notice.event.subject or "").partition(":")
    if what == "report":
        return f"/reports/{key}"
    if what == "burst":
        return bursts.address(int(key))
    return f"/tickets/{notice.number}" if notice.number else "/profile"


def _title(notice: Notice) -> list[Element | str]:
    label = _(KINDS[notice.kind].label)
    if notice.number is None:
        return [label]
    return [f"{label} · ", span(".number")[f"#{notice.number}"], f" {notice.title}"]


def _about(notice: Notice) -> str:
    reason = _(REASONS[Reason(notice.reason)])
    said = f"« {notice.excerpt} »" if notice.excerpt else ""
    several = burst.told(notice.burst) if notice.burst else ""
    return " · ".join(part for part in (notice.actor, said, several, reason) if part)
