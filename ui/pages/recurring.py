"""Recurring problems: what many tickets tell of, how it develops, what can be done about it."""

from dataclasses import dataclass
from typing import Any

from nicegui import PageArguments, ui
from sqlalchemy.orm import Session

from services import choices, questions, recurring, recurring_tickets, schedule
from services.errors import DomainError, NotFound
from services.permissions import Action, Actor, allows
from services.recurring import Problem, Progress, Recurrence
from services.recurring_tickets import Line
from services.selections import Selection
from services.words import N_, _, ngettext
from ui import live
from ui.door import Door, Place, door
from ui.fragments import marks, problems
from ui.fragments.base import Fragment, KeyedList
from ui.widgets import fields, headings

LOOK_SECONDS = 2.0  # how far a search is, is no event: the page looks again while one runs
USUAL = "30"
PERIODS: dict[str, str] = {  # days
    "7": N_("Last 7 days"),
    USUAL: N_("Last 30 days"),
    "90": N_("Last 90 days"),
}


@dataclass(frozen=True, slots=True)
class Wished:
    """How the page is narrowed: by its address, or by its controls."""

    days: str = USUAL
    team: str = ""

    @staticmethod
    def read(query: Any) -> "Wished":
        """Take what makes sense of an address."""
        days, team = query.get("days", ""), query.get("team", "")
        is_team = team.isascii() and team.isdecimal() and len(team) < 10
        return Wished(days if days in PERIODS else USUAL, str(int(team)) if is_team else "")

    @property
    def asked(self) -> dict[str, str]:
        """Return what an address has to say; what is usual needs no words."""
        found = {"days": self.days if self.days != USUAL else "", "team": self.team}
        return {name: value for name, value in found.items() if value}

    @property
    def selection(self) -> Selection:
        """Return the tickets that are meant."""
        teams = frozenset({int(self.team)}) if self.team else frozenset[int]()
        return Selection(created_from=recurring.since(int(self.days)), team_ids=teams)


@dataclass(frozen=True, slots=True)
class Loaded:
    """All that the page shows; `one` and `lines` only of one problem."""

    found: Recurrence
    progress: Progress
    teams: list[tuple[int, str]]
    one: Problem | None
    lines: list[Line]


async def recurring_page(args: PageArguments) -> None:
    """Show what recurs; with `ticket`, the one problem it belongs to, and its tickets."""
    number = args.query_parameters.get("ticket", "")
    of = int(number) if number.isascii() and number.isdecimal() and len(number) <= 12 else 0
    await Recurring(door(), Wished.read(args.query_parameters), of).build()


def load(s: Session, by: Actor, wished: Wished, of: int) -> Loaded:
    """Fetch all the page draws, in one transaction; of a problem that is none now, all of them."""
    progress = recurring.progress(s, by)
    found = recurring.recurrence(s, by, wished.selection)
    one = _one(s, by, wished, of) if of else None
    lines = recurring_tickets.lines(s, by, one.numbers) if one else []
    return Loaded(found, progress, choices.offered(s, by, with_idle=True).teams, one, lines)


def search_again(s: Session, by: Actor) -> bool:
    """Let the search run at once."""
    return schedule.ask(s, by, recurring.TASK).is_active


def tie(s: Session, by: Actor, wished: Wished, number: int) -> int:
    """Link the open tickets of the problem of a ticket together; return how many they are."""
    found = recurring.of_ticket(s, by, number, wished.selection)
    return recurring_tickets.tie(s, by, found.numbers)


def _one(s: Session, by: Actor, wished: Wished, number: int) -> Problem | None:
    try:
        return recurring.of_ticket(s, by, number, wished.selection)
    except NotFound:
        return None


class Recurring:
    """The page in one browser."""

    def __init__(self, do: Door, wished: Wished, of: int) -> None:
        self._do = do
        self._place = Place(do)
        self._wished = wished
        self._of = of

    async def build(self) -> None:
        """Load and draw the page, and look again while somebody searches."""
        try:
            self._loaded = await self._do.see(load, self._wished, self._of)
        except DomainError as refusal:
            headings.refused(refusal)
            return
        if self._loaded.one:
            self._draw_one(self._loaded.one)
        else:
            self._draw_all()

    def _draw_one(self, found: Problem) -> None:
        headings.page(found.label, _("Tickets that tell of the same"))
        Fragment(problems.back(self._wished.asked))
        Fragment(problems.head(found, may_tie=self._may_tie), act=self._acted)
        items = [problems.ticket(line, self._do.zone) for line in self._loaded.lines]
        KeyedList("of-problem", items, act=self._acted, classes="rows", empty="")
        if found.size > len(items):
            many = _("The newest {n} of {all}.").format(n=len(items), all=found.size)
            ui.label(many).classes("muted")

    def _draw_all(self) -> None:
        headings.page(_("Recurring problems"), _("What several tickets tell of, by their words."))
        if self._of:
            self._do.tell(_("These tickets are no recurring problem of this period any more."))
        with ui.element("div").classes("filters"):
            self._choose("days", _("Period"), [(days, _(text)) for days, text in PERIODS.items()])
            teams = [(str(key), name) for key, name in self._loaded.teams]
            gone = [(self._wished.team, self._wished.team)] if self._is_of_nobody else []
            self._choose("team", _("Team"), [("", _("Any team")), *teams, *gone])
        self._missing = Fragment(self._drawn_missing())
        self._facts = Fragment(self._drawn_facts(), act=self._acted)
        hint = _("A problem is what at least three tickets tell of; they are looked for by night.")
        empty = marks.empty(_("No problem to show"), hint, "problems")
        self._list = KeyedList(
            "problems", self._items(), act=self._acted, classes="rows", empty=empty
        )
        live.follow(live.ORGANISATION, self._changed)
        self._timer = ui.timer(
            LOOK_SECONDS, self._again, active=self._loaded.progress.is_running, immediate=False
        )

    def _choose(self, name: str, title: str, options: list[tuple[str, str]]) -> None:
        choice = fields.Choice(title, options, getattr(self._wished, name), name=name)

        async def chosen() -> None:
            self._wished = Wished.read({**self._wished.asked, name: choice.value})
            self._missing.show(self._drawn_missing())
            await self._again()
            asked = "&".join(f"{key}={value}" for key, value in self._wished.asked.items())
            ui.navigate.history.replace(problems.PAGE + (f"?{asked}" if asked else ""))

        choice.on_choice(chosen)

    async def _changed(self, _numbers: set[int]) -> None:
        await self._again()

    async def _again(self) -> None:
        if self._list.is_deleted:
            return
        loaded = await self._place.look(load, self._wished, 0)
        if loaded is None or self._list.is_deleted:
            return
        self._loaded = loaded
        self._facts.show(self._drawn_facts())
        self._list.show_items(self._items())
        self._timer.active = loaded.progress.is_running

    async def _acted(self, action: str, value: Any) -> None:
        if action == "again":
            if await self._do(search_again):
                await self._again()
        elif action == "tie" and str(value).isdecimal():
            many = await self._do(tie, self._wished, int(value))
            if many:
                said = ngettext("{n} ticket is linked now.", "{n} tickets are linked now.", many)
                self._do.tell(said.format(n=many), good=True)

    @property
    def _may_tie(self) -> bool:
        return allows(self._do.by, Action.TICKET_EDIT)

    def _items(self) -> list[tuple[str, str]]:
        asked = self._wished.asked
        return [
            problems.problem(found, asked, may_tie=self._may_tie)
            for found in self._loaded.found.problems
        ]

    @property
    def _is_of_nobody(self) -> bool:
        """Tell whether the team that is asked for does not exist."""
        team = self._wished.team
        return bool(team) and int(team) not in dict(self._loaded.teams)

    def _drawn_missing(self) -> str:
        gone = questions.GONE["team"]
        return problems.missing(_(gone)) if self._is_of_nobody else ""

    def _drawn_facts(self) -> str:
        may_ask = allows(self._do.by, Action.SCHEDULE_MANAGE)
        loaded = self._loaded
        return problems.facts(loaded.found, loaded.progress, self._do.zone, may_ask=may_ask)
