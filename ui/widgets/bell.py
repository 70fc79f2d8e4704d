"""The bell of the top bar: how many things one was told of and has not read, live."""

from htpy import Element, Node, a, span

from services import inbox
from services.words import _, ngettext, speaking
from ui import browser, live
from ui.door import Door
from ui.theme import icon

ID = "bell"


def link(count: int) -> Element:
    """Draw the way to what one was told, with how much of it is new."""
    return a(".icon-button.bell", href="/notifications", data_nav="", title=_("Notifications"))[
        span("#bell.bell-inside")[_inside(count)]
    ]


def follow(do: Door, count: int) -> None:
    """Keep the bell right as long as the page is open, and say aloud when there is more."""
    shown = [count]

    async def told(_numbers: set[int]) -> None:
        count = await do.look(inbox.unread)
        if count is None or count == shown[0] or do.client.is_deleted:
            return
        is_more, shown[0] = count > shown[0], count
        with speaking(do.language):
            said, inside = _said(count), "".join(str(part) for part in _inside(count))
        do.client.run_javascript(browser.call("fill", ID, inside))
        if is_more:
            do.client.run_javascript(browser.call("announce", said))

    live.follow(live.of_person(do.by.id), told)


def figure(count: int) -> str:
    """Return a number as a badge shows it: what is counted is cut at `inbox.MOST`."""
    return f"{inbox.MOST - 1}+" if count >= inbox.MOST else str(count)


def _inside(count: int) -> list[Node]:
    badge = span(".badge", aria_hidden="true")[figure(count)] if count else ""
    return [icon("bell"), span(".sr-only")[_said(count)], badge]


def _said(count: int) -> str:
    if not count:
        return _("Notifications")
    text = ngettext("{n} unread notification", "{n} unread notifications", count)
    return text.format(n=figure(count))
