"""What a report says, as it is kept: numbers, names and days, in no language.

Pages, mails, PDF and XLSX are drawn from this alone, so that each says the same whenever it is
asked for. Titles of tickets are kept apart (`ReportTicket`): they go when a ticket is purged.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Self

LAYOUT = 1  # of what is kept; readers of an older one know what it lacked


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One of the figures on top, in the period and in the one before; None: there is none."""

    name: str  # of `report_figures.FIGURES`
    now: float | None
    before: float | None
    link: str = ""  # path and query of the list behind it


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """What came in and was done in a day, week or month, and what was open at its end."""

    first: date
    created: int
    resolved: int
    backlog: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """The figures of one team, category or priority; times in hours, of what was resolved."""

    value: str
    created: int = 0
    before: int = 0
    resolved: int = 0
    backlog: int = 0  # open at the end of the period
    late: int = 0  # of these
    median: float | None = None
    p90: float | None = None
    sla_made: int = 0
    sla_n: int = 0
    link: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Groups:
    """The groups that a report shows, and how many more there were."""

    shown: tuple[Group, ...] = ()
    more: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Late:
    """A ticket that is open past its resolution deadline."""

    number: int
    due_at: datetime
    team: str
    priority: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """Similar tickets, as `services.recurring` finds them; `examples` are numbers."""

    label: str
    size: int
    before: int | None  # None: not known
    weeks: tuple[int, ...] = ()
    categories: tuple[str, ...] = ()
    examples: tuple[int, ...] = ()
    link: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Content:
    """A whole report."""

    first: date
    last: date
    before_first: date
    before_last: date
    zone: str
    team: str  # its name; empty: all
    teams: tuple[str, ...] | None  # whose tickets count, as its readers may see; None: all
    made_at: datetime
    figures: tuple[Figure, ...] = ()
    trend: tuple[Step, ...] = ()
    of_teams: Groups = Groups()
    of_categories: Groups = Groups()
    of_priorities: Groups = Groups()
    late: tuple[Late, ...] = ()
    late_total: int = 0
    late_link: str = ""
    problems: tuple[Problem, ...] | None = None  # None: nobody looked for any

    def as_json(self) -> dict[str, Any]:
        """Return the content as it is kept."""
        return {"layout": LAYOUT, **{k: _spelt(v) for k, v in asdict(self).items()}}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """Return the content that was kept."""
        day = date.fromisoformat
        teams, problems = kept["teams"], kept["problems"]
        return cls(
            first=day(kept["first"]),
            last=day(kept["last"]),
            before_first=day(kept["before_first"]),
            before_last=day(kept["before_last"]),
            zone=kept["zone"],
            team=kept["team"],
            teams=None if teams is None else tuple(teams),
            made_at=datetime.fromisoformat(kept["made_at"]),
            figures=tuple(Figure(**each) for each in kept["figures"]),
            trend=tuple(_step(each) for each in kept["trend"]),
            of_teams=_groups(kept["of_teams"]),
            of_categories=_groups(kept["of_categories"]),
            of_priorities=_groups(kept["of_priorities"]),
            late=tuple(_late(each) for each in kept["late"]),
            late_total=kept["late_total"],
            late_link=kept["late_link"],
            problems=None if problems is None else tuple(_problem(each) for each in problems),
        )

    @property
    def numbers(self) -> list[int]:
        """Return the tickets that it names, each once."""
        named = [ticket.number for ticket in self.late]
        named += [number for problem in self.problems or () for number in problem.examples]
        return list(dict.fromkeys(named))


def _spelt(value: Any) -> Any:
    """Return a value as JSON keeps it."""
    if isinstance(value, date):  # an instant as well
        return value.isoformat()
    if isinstance(value, dict):
        return {name: _spelt(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_spelt(inner) for inner in value]
    return value


def _step(kept: Mapping[str, Any]) -> Step:
    return Step(**{**kept, "first": date.fromisoformat(kept["first"])})


def _groups(kept: Mapping[str, Any]) -> Groups:
    return Groups(shown=tuple(Group(**each) for each in kept["shown"]), more=kept["more"])


def _late(kept: Mapping[str, Any]) -> Late:
    return Late(**{**kept, "due_at": datetime.fromisoformat(kept["due_at"])})


def _problem(kept: Mapping[str, Any]) -> Problem:
    lists = ("weeks", "categories", "examples")
    return Problem(**{**kept, **{name: tuple(kept[name]) for name in lists}})
