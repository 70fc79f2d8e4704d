"""What the address of the statistics asks for, field by field, and the chips that say so."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from htpy import button

from data.models import Channel, Impact, Priority, Status, TicketType, Urgency
from services import labels, periods
from services.choices import Choices
from services.dimensions import NOTHING, Dimension
from services.measures import Duration
from services.stats_page import SPREAD
from services.words import N_, _
from ui.fragments import around
from ui.theme import icon

Option = tuple[str, str]


NARROWING: dict[str, str] = {
    "team": N_("Team"),
    "technician": N_("Technician"),
    "category": N_("Category"),
    "type": N_("Type"),
    "channel": N_("Channel"),
    "priority": N_("Priority"),
    "urgency": N_("Urgency"),
    "impact": N_("Impact"),
    "status": N_("Status"),
    "department": N_("Department"),
}
WHEN = ("period", "from", "to")
_SHOWN = ("step", "hours", "people", "times", "times_by", "kept_by", "top_by")
_KNOWN = (*WHEN, *NARROWING, *_SHOWN)
_LEVELS = {
    "type": TicketType,
    "channel": Channel,
    "priority": Priority,
    "urgency": Urgency,
    "impact": Impact,
    "status": Status,
}
_ANY: dict[str, str] = {
    "team": N_("Any team"),
    "technician": N_("Anybody"),
    "category": N_("Any category"),
    "type": N_("Any type"),
    "channel": N_("Any channel"),
    "priority": N_("Any priority"),
    "urgency": N_("Any urgency"),
    "impact": N_("Any impact"),
    "status": N_("Any status"),
    "department": N_("Any department"),
}
BY: dict[Dimension, str] = {
    Dimension.CATEGORY: N_("By category"),
    Dimension.TEAM: N_("By team"),
    Dimension.PRIORITY: N_("By priority"),
    Dimension.TYPE: N_("By type"),
    Dimension.CHANNEL: N_("By channel"),
    Dimension.DEPARTMENT: N_("By department"),
}
SEVERAL = "*"
_LONGEST, _MOST = 200, 100


@dataclass(slots=True)
class Asked:
    """The fields of an address as they were typed; what means nothing is left to be refused."""

    values: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, pairs: Iterable[tuple[str, str]]) -> "Asked":
        """Take what is known from the fields of an address."""
        asked = cls()
        for name, value in list(pairs)[:_MOST]:
            if name in _KNOWN and value:
                kept = value[:_LONGEST]
                parts = [kept] if name == "department" else kept.split(",")
                asked.values.setdefault(name, []).extend(part for part in parts if part)
        return asked

    def one(self, name: str) -> str:
        """Return the value of a field, or nothing."""
        return (self.values.get(name) or [""])[-1]

    def control(self, name: str) -> str:
        """Return what the control of a field shows: its value, or that there are several."""
        values = self.values.get(name, [])
        return SEVERAL if len(values) > 1 else (values or [""])[0]

    def put(self, name: str, value: str) -> None:
        """Ask for one value of a field, or with nothing for any."""
        self.values.pop(name, None)
        if value:
            self.values[name] = [value[:_LONGEST]]

    def pairs(self, *, without: Sequence[str] = ()) -> list[tuple[str, str]]:
        """Return the fields of the address."""
        return [
            (name, value)
            for name in _KNOWN
            if name not in without
            for value in self.values.get(name, [])
        ]

    def address(self, path: str) -> str:
        """Return the address that asks this."""
        pairs = self.pairs()
        return f"{path}?{urlencode(pairs)}" if pairs else path

    def shown(self) -> "Shown":
        """Return how the charts show the answer; what is not offered is the usual."""
        times, times_by, kept_by, top_by = (
            self.one(name) for name in ("times", "times_by", "kept_by", "top_by")
        )
        return Shown(
            Duration(times) if times in set(DURATIONS) else Duration.RESOLUTION,
            Dimension(times_by) if times_by in set(SPREAD) else Dimension.TEAM,
            Dimension(kept_by) if kept_by in set(BY) else None,
            Dimension(top_by) if top_by in set(BY) else Dimension.CATEGORY,
        )


@dataclass(frozen=True, slots=True)
class Shown:
    """What the charts are of that show one of several things; without `kept_by`, over time."""

    times: Duration
    times_by: Dimension
    kept_by: Dimension | None
    top_by: Dimension


DURATIONS: dict[Duration, str] = {
    Duration.RESOLUTION: N_("Until resolved"),
    Duration.ACCEPTANCE: N_("Until accepted"),
    Duration.FIRST_RESPONSE: N_("Until the first answer"),
    Duration.CLOSING: N_("Until closed"),
}


def options_by(among: Iterable[Dimension]) -> list[Option]:
    """Return by what charts of groups can be parted."""
    return [(kind.value, _(BY[kind])) for kind in among]


@dataclass(frozen=True, slots=True)
class Offered:
    """What the controls of the page offer, and what the values are called."""

    choices: Choices
    departments: Sequence[str]
    may_name: bool

    def options(self, name: str) -> list[Option]:
        """Return the values of a field with their texts."""
        if name in _LEVELS:
            return [(level.value, labels.label(name, level.value)) for level in _LEVELS[name]]
        found = {
            "team": self.choices.teams,
            "technician": self.choices.repairers,
            "category": self.choices.categories,
        }
        nothing = {"team": _("No team"), "technician": _("Nobody yet"), "department": _("None")}
        known = [(str(key), text) for key, text in found.get(name, [])]
        if name == "department":
            known = [(text, text) for text in self.departments]
        return [*known, *([(NOTHING, nothing[name])] if name in nothing else [])]

    def controls(self, asked: Asked) -> list[tuple[str, str, list[Option]]]:
        """Return the fields that can be narrowed by: name, title, values with their texts."""
        return [
            (name, _(title), self._with_any(name, asked))
            for name, title in NARROWING.items()
            if name != "technician" or self.may_name
        ]

    def said(self, name: str, values: Sequence[str]) -> str:
        """Return what some values of a field are called."""
        called: Mapping[str, str] = dict(self.options(name))
        return ", ".join(called.get(value, value) for value in values)

    def _with_any(self, name: str, asked: Asked) -> list[Option]:
        options = [("", _(_ANY[name])), *self.options(name)]
        values = asked.values.get(name, [])
        if len(values) > 1:
            return [*options, (SEVERAL, self.said(name, values))]
        unknown = [(value, value) for value in values if value not in dict(options)]
        return [*options, *unknown]


def period_options() -> list[Option]:
    """Return the periods that have a name; nothing is that days were chosen."""
    return [*((name, _(text)) for name, text in periods.NAMES.items()), ("", _("Chosen days"))]


def narrowed(asked: Asked, offered: Offered) -> list[tuple[str, str]]:
    """Return what narrows the figures: each field, and its values in words."""
    return [
        (name, _("{field}: {value}").format(field=_(title), value=offered.said(name, values)))
        for name, title in NARROWING.items()
        if (values := asked.values.get(name))
    ]


def chips(asked: Asked, offered: Offered, *, has_zoomed: bool) -> str:
    """Draw what narrows the figures, each with a way to take it off."""
    said = narrowed(asked, offered)
    back = button(".button.small", type="button", data_action="unzoom", data_testid="unzoom")
    return around.chips(said, has_zoomed and back[icon("back"), _("Back to the whole period")])
