"""What stands around a list of tickets: tabs, pages, export, and what an empty one says."""

from collections.abc import Iterable, Mapping, Sequence

from htpy import Element, Node, a, button, div, nav, span

from services import lists
from services.filters import Scope
from services.lists import Page
from services.words import N_, _
from ui.fragments import marks
from ui.theme import icon

TABS: dict[str, str] = {
    "open": N_("Open"),
    "unassigned": N_("Unassigned"),
    "mine": N_("Assigned to me"),
    "answered": N_("Answered"),
    "late": N_("Late"),
    "all": N_("All"),
}


def tabs(current: str, counted: Mapping[str, int], kept: Iterable[Element]) -> str:
    """Draw the views of the queue with their numbers, then the ones that were kept."""
    return str(
        nav(".tabs", aria_label=_("Views"))[
            [
                button(
                    type="button",
                    data_action="view",
                    data_value=name,
                    data_testid=f"view-{name}",
                    aria_current="true" if name == current else None,
                )[
                    _(title),
                    name in counted and span(f"#count-{name}.count")[shown(counted[name])],
                ]
                for name, title in TABS.items()
            ],
            list(kept),
        ]
    )


def shown(number: int) -> str:
    """Return a number as a tab shows it: beyond what lists count, that it is more."""
    return str(number) if number < lists.COUNTED_UP_TO else f"{lists.COUNTED_UP_TO - 1}+"


def pager(page: Page) -> str:
    """Draw the ways to the pages beside this one."""

    def link(text: str, cursor: str | None) -> Node:
        return (
            cursor and button(".button", type="button", data_action="page", data_value=cursor)[text]
        )

    if not page.before and not page.after:
        return ""
    return str(
        nav(".pager", aria_label=_("Pages"))[
            link(_("Previous page"), page.before), link(_("Next page"), page.after)
        ]
    )


def export(path: str, asked: str, said: str) -> str:
    """Draw the files something can be had as: their path but for the ending, and its query."""
    links = [
        a(href=f"{path}.{kind}{asked}", download="", data_testid=f"export-{kind}")[kind.upper()]
        for kind in ("csv", "xlsx")
    ]
    return str(div(".exports.muted")[said, " ", links])


def empty(scope: Scope, name: str) -> str:
    """Draw what an empty list says: what would be there, and the next step."""
    create = a(".button.primary", href="/tickets/new")[icon("plus"), _("Create a ticket")]
    if scope == "trash":
        return marks.empty(_("The trash is empty"), _("Deleted tickets appear here."), name)
    if scope == "mine":
        hint = _("What you report appears here, with its status.")
        return marks.empty(_("You have no ticket"), hint, name, create)
    hint = _("Tickets that fit this view appear here by themselves.")
    return marks.empty(_("No ticket here"), hint, name, create)


def unfold() -> str:
    """Draw what opens the filters on a phone, where they would fill the screen."""
    return str(
        button(".button", type="button", aria_expanded="false")[icon("filter"), _("Filters")]
    )


def chips(said: Sequence[tuple[str, str]], *more: Node) -> str:
    """Draw what narrows a page, name and text, each with a way to take it off."""
    if not said and not any(more):
        return ""
    return str(
        div(".filter-chips", role="group", aria_label=_("Active filters"))[
            [_chip(name, text) for name, text in said],
            len(said) > 1 and _chip("all", _("Remove all filters")),
            list(more),
        ]
    )


def _chip(name: str, text: str) -> Element:
    return button(
        ".chip",
        type="button",
        data_action="unfilter",
        data_value=name,
        data_testid=f"chip-{name}",
        aria_label=text if name == "all" else _("Remove the filter {name}").format(name=text),
    )[span[text], icon("cross")]


def pill(name: str) -> str:
    """Draw what tells of arrivals above what one reads, hidden until there are some."""
    return str(
        button(f"#{name}.pill", type="button", hidden=True, data_action="arrivals")[
            icon("up"),
            " ",
            span(data_number="")["0"],
            " ",
            span(".one")[_("new ticket")],
            span(".many")[_("new tickets")],
        ]
    )
