"""The look of each status and priority, and the icons: written once, used by every page.

Colours are classes of `assets/app.css`; status is never shown by colour alone (ux.md).
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from htpy import Element, svg
from htpy import path as draw

from data.models import Priority, Role, Status

STATUS_ICON: dict[Status, str] = {
    Status.NEW: "spark",
    Status.IN_PROGRESS: "play",
    Status.PENDING: "pause",
    Status.RESOLVED: "check",
    Status.CLOSED: "lock",
    Status.CANCELLED: "cross",
}
PRIORITY_ICON: dict[Priority, str] = {
    Priority.LOW: "down",
    Priority.NORMAL: "level",
    Priority.HIGH: "up",
    Priority.URGENT: "alarm",
}
ROLE_ICON: dict[Role, str] = {
    Role.REQUESTER: "person",
    Role.TECHNICIAN: "tool",
    Role.MANAGER: "chart",
    Role.ADMIN: "key",
}

_STROKES: dict[str, str] = {
    "again": "M20 11a8 8 0 0 0-14-4.500L4 8M4 4v4h4M4 13a8 8 0 0 0 14 4.500L20 16M20 20v-4h-4",
    "alarm": "M12 8v5M12 16v.5M10.3 4 2.9 17a2 2 0 0 0 1.7 3h14.8a2 2 0 0 0 1.7-3L13.7 4a2 2"
    " 0 0 0-3.4 0z",
    "attach": "M20 11.5 12 19.4a5 5 0 0 1-7-7l8-8a3.3 3.3 0 0 1 4.7 4.7l-8 8a1.7 1.7 0 0"
    " 1-2.4-2.4l7.4-7.3",
    "back": "M15 5l-7 7 7 7",
    "bell": "M6 9a6 6 0 0 1 12 0c0 6 2 7 2 7H4s2-1 2-7M10 20h4",
    "camera": "M4 8h4l2-3h4l2 3h4v11H4zM12 10a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7z",
    "chart": "M4 20V10M10 20V4M16 20v-7M21 20H3",
    "chat": "M4 5h16v11H9l-5 4z",
    "check": "M4 12.5 9.5 18 20 6.5",
    "clock": "M12 7v5l3 2M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
    "cross": "M6 6l12 12M18 6 6 18",
    "down": "M12 5v14M6 13l6 6 6-6",
    "edit": "M4 20h4L19 9l-4-4L4 16zM13 7l4 4",
    "eye": "M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12zM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
    "filter": "M4 6h16M7 12h10M10 18h4",
    "folder": "M3 6h6l2 3h10v10H3z",
    "help": "M9 9a3 3 0 1 1 4.500 2.600c-1 .6-1.500 1.200-1.500 2.400M12 17v.5"
    "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
    "home": "M4 11 12 4l8 7v9h-5v-6H9v6H4z",
    "inbox": "M4 13 6 5h12l2 8v6H4zM4 13h5l1 2h4l1-2h5",
    "key": "M14 10a4 4 0 1 0-3.5 4L14 17.500V20h3v-2h2v-3l-4-4",
    "level": "M5 12h14",
    "link": "M9 15l6-6M11 6l1-1a4 4 0 0 1 6 6l-2 2M13 18l-1 1a4 4 0 0 1-6-6l2-2",
    "lock": "M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 0 1 7 0v3",
    "menu": "M4 6h16M4 12h16M4 18h16",
    "note": "M5 4h14v11l-5 5H5zM14 20v-5h5",
    "out": "M10 4H5v16h5M14 8l4 4-4 4M18 12H9",
    "pause": "M8 5v14M16 5v14",
    "person": "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4 20a8 8 0 0 1 16 0",
    "play": "M7 5l12 7-12 7z",
    "plus": "M12 5v14M5 12h14",
    "search": "M10.500 4a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13zM15.500 15.500 20 20",
    "spark": "M12 3v6M12 15v6M3 12h6M15 12h6",
    "tag": "M4 4h8l8 8-8 8-8-8zM8 8v.5",
    "team": "M9 5a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7zM2 20a7 7 0 0 1 14 0"
    "M16 5a3.500 3.500 0 0 1 0 7M18 14a7 7 0 0 1 4 6",
    "ticket": "M3 7h18v3.500a1.500 1.500 0 0 0 0 3V17H3v-3.500a1.500 1.500 0 0 0 0-3z",
    "tool": "M14 6a4 4 0 0 1 5.500-2l-3 3 1 1 3-3A4 4 0 0 1 15 10L8 18a2 2 0 0 1-3-3l8-7",
    "trash": "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5",
    "up": "M12 19V5M6 11l6-6 6 6",
}


def icon(name: str) -> Element:
    """Draw an icon; it says nothing to a screen reader: the word beside it does."""
    return svg(".icon", viewBox="0 0 24 24", aria_hidden="true", focusable="false")[
        draw(d=_STROKES[name])
    ]


@cache
def colours(*, is_dark: bool) -> Mapping[str, str]:
    """Return the colours of the style sheet by name, for charts: no rule reaches into those."""
    sheet = (Path(__file__).parent / "assets" / "app.css").read_text()
    found = re.findall(r"--([\w-]+): light-dark\((#\w+), (#\w+)\);", sheet)
    return {name: dark if is_dark else light for name, light, dark in found}
