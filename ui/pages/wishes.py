"""What the address of a list asks for: a filter, an order, a place; and the chips that say so."""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from htpy import Element, a

from data.models import Priority, Status
from services import filters, labels, views
from services.choices import Choices
from services.filters import Filter, Scope
from services.words import N_, _
from ui.fragments import around
from ui.theme import icon

SORTS: dict[str, str] = {
    "updated": N_("Last change"),
    "created": N_("Newest"),
    "priority": N_("Priority"),
    "due": N_("Deadline"),
    "accept": N_("Acceptance deadline"),
    "first_response": N_("First answer deadline"),
    "resolve": N_("Resolution deadline"),
    "number": N_("Number"),
    "status": N_("Status"),
    "title": N_("Title"),
    "requester": N_("Requester"),
    "lead": N_("Lead"),
}
_LONGEST = 200
_NARROWING = (
    *("view", "q", "status", "priority", "team", "lead", "category", "requester", "tag", "burst"),
)


@dataclass(slots=True)
class Wishes:
    """Every part is a text with a place in the address; what means nothing is not asked for."""

    view: str = ""
    saved: str = ""
    q: str = ""
    sort: str = ""
    reverse: str = ""
    status: str = ""
    priority: str = ""
    team: str = ""
    lead: str = ""
    category: str = ""
    requester: str = ""
    tag: str = ""
    burst: str = ""
    cursor: str = ""

    @classmethod
    def read(cls, given: Any) -> "Wishes":
        """Return what an address’s query asks for."""
        wishes = cls(**{name: str(given.get(name, ""))[:_LONGEST] for name in cls.__slots__})
        if wishes.sort not in SORTS:
            wishes.sort = ""
        wishes.reverse = "1" if wishes.reverse == "1" else ""
        for name in ("team", "category", "requester", "saved", "burst"):
            if not _is_id(getattr(wishes, name)):
                setattr(wishes, name, "")
        if wishes.lead not in ("me", "none") and not _is_id(wishes.lead):
            wishes.lead = ""
        return wishes

    def query(self) -> str:
        """Return the address’s query, without what is not asked for."""
        asked = {name: getattr(self, name) for name in self.__slots__ if getattr(self, name)}
        return f"?{urlencode(asked)}" if asked else ""

    def filter(self, scope: Scope, category_ids: frozenset[int] = frozenset()) -> Filter:
        """Return the filter; `category_ids` is the subtree of the category asked for."""
        asked = {**self.asked(), "view": self.asked().get("view", "") if scope == "all" else "all"}
        return replace(views.narrowed(asked, category_ids), scope=scope)

    def asked(self) -> dict[str, str]:
        """Return what narrows the list, as a saved view keeps it, without what means nothing."""
        known = {
            "view": filters.VIEWS,
            "status": set(Status),
            "priority": set(Priority),
        }
        given = {name: getattr(self, name) for name in _NARROWING if getattr(self, name)}
        return {name: v for name, v in given.items() if name not in known or v in known[name]}

    def show(self, asked: dict[str, str], sort: str, *, reverse: bool) -> None:
        """Ask for what a saved view asks for, and nothing else."""
        for name in (*_NARROWING, "cursor"):
            setattr(self, name, asked.get(name, ""))
        self.sort = "" if sort == "updated" else sort
        self.reverse = "1" if reverse else ""

    def chips(self, choices: Choices) -> str:
        """Draw what narrows the list, each with a way to take it off."""
        said = [(name, text) for name, text in self._said(choices) if getattr(self, name)]
        return around.chips(said, bool(self.q) and _everywhere(self.q))

    def _said(self, choices: Choices) -> list[tuple[str, str]]:
        leads = {"me": _("Me"), "none": _("Nobody yet"), **_texts(choices.repairers)}
        requester = _texts(list(choices.named.items()))
        return [
            ("q", _("“{text}”").format(text=self.q)),
            ("status", _about(_("Status"), labels.label("status", self.status))),
            ("priority", _about(_("Priority"), labels.label("priority", self.priority))),
            ("lead", _about(_("Lead"), leads.get(self.lead, "?"))),
            ("team", _about(_("Team"), _texts(choices.teams).get(self.team, "?"))),
            (
                "category",
                _about(_("Category"), _texts(choices.categories).get(self.category, "?")),
            ),
            ("requester", _about(_("Requester"), requester.get(self.requester, "?"))),
            ("tag", _about(_("Tag"), self.tag)),
            ("burst", _("Similar tickets of one burst")),
        ]


def _everywhere(text: str) -> Element:
    """Draw the way from number and title to everything that is said."""
    return a(".button.small", href=f"/search?{urlencode({'q': text})}", data_testid="everywhere")[
        icon("search"), _("Search everywhere")
    ]


def offered_filters(
    choices: Choices, *, is_staff: bool
) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Return what a list can be narrowed and ordered by: name, title, values with their texts."""
    found = [
        (
            "status",
            _("Status"),
            _("Any status"),
            [(m.value, _(labels.STATUS[m])) for m in Status],
        ),
        (
            "priority",
            _("Priority"),
            _("Any priority"),
            [(m.value, _(labels.PRIORITY[m])) for m in Priority],
        ),
        (
            "category",
            _("Category"),
            _("Any category"),
            [(str(k), v) for k, v in choices.categories],
        ),
    ]
    if is_staff:
        people = [(str(k), v) for k, v in choices.repairers]
        found += [
            (
                "lead",
                _("Lead"),
                _("Anybody"),
                [("me", _("Me")), ("none", _("Nobody yet")), *people],
            ),
            ("team", _("Team"), _("Any team"), [(str(k), v) for k, v in choices.teams]),
        ]
    narrowing = [(name, title, [("", anything), *more]) for name, title, anything, more in found]
    sorts = [("" if k == "updated" else k, _(v)) for k, v in SORTS.items()]
    return [*narrowing, ("sort", _("Sort by"), sorts)]


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 12


def _texts(options: list[tuple[int, str]]) -> dict[str, str]:
    return {str(key): name for key, name in options}


def _about(field: str, value: str) -> str:
    return _("{field}: {value}").format(field=field, value=value)
