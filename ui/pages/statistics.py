"""The statistics: one question for all charts, which follow the tickets while one looks."""

import asyncio
from dataclasses import dataclass

from nicegui import PageArguments, ui
from nicegui.events import GenericEventArguments
from sqlalchemy.orm import Session

from services import choices, questions
from services.errors import DomainError, Invalid
from services.permissions import Action, Actor, allows, require
from services.questions import Question
from services.words import N_, _
from ui import browser, live
from ui.door import Door, door
from ui.drawings import marked
from ui.drawings.style import Style
from ui.fragments import around, headlines
from ui.fragments.base import Fragment
from ui.pages import stats_headlines, stats_seen
from ui.pages.stats_asked import Asked, Offered
from ui.pages.stats_bar import Bar
from ui.pages.stats_cards import CARDS, Card
from ui.pages.stats_seen import Seen
from ui.widgets import headings
from ui.widgets.charts import ChartCard

ADDRESS = "/stats"
REST_SECONDS = 2.0  # between two looks at tickets that keep changing
PATIENCE = 100  # times a tenth of a second: how long a chart may be held still

_INTRO = N_("What came in, what was done, how long it took. A click on a mark lists its tickets.")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the page shows: question and answer, or what is wrong with fields of the question."""

    question: Question | None
    seen: Seen | None  # none, too, where the question names what no longer exists
    problems: dict[str, str]


async def statistics_page(args: PageArguments) -> None:
    """Show the statistics and keep them fresh."""
    await Statistics(door(), Asked.read(args.query_parameters.multi_items())).build()


def load(s: Session, by: Actor, asked: Asked) -> tuple[Loaded, Offered]:
    """Fetch all the page draws, in one transaction."""
    loaded = answered(s, by, asked)
    may_name = allows(by, Action.STATS_NAMES)
    return loaded, Offered(
        choices.offered(s, by, with_idle=True), choices.departments(s, by), may_name
    )


def answered(s: Session, by: Actor, asked: Asked) -> Loaded:
    """Fetch the figures, without what the controls offer."""
    require(by, Action.STATS_SEE)
    try:
        question = questions.from_query(s, asked.pairs())
    except Invalid as wrong:
        return Loaded(None, None, wrong.by_field())
    if question.gone:
        return Loaded(question, None, {})
    return Loaded(question, stats_seen.see(s, by, question, asked.shown()), {})


class Statistics:
    """The page in one browser: what it asks, how it shows it."""

    def __init__(self, do: Door, asked: Asked) -> None:
        self._do = do
        self._asked = asked
        self._style = Style()
        self._turn = 0

    async def build(self) -> None:
        """Load and draw the page, and follow the tickets."""
        try:
            self._loaded, offered = await self._do.see(load, self._asked)
        except DomainError as refusal:
            headings.refused(refusal)
            return
        headings.page(_("Statistics"), _(_INTRO))
        self._bar = Bar(self._asked, offered, self._ask)
        self._bar.draw()
        self._figures = Fragment()
        with ui.element("div").classes("charts"):
            self._cards = [self._draw_card(card, offered) for card in CARDS]
        self._export = Fragment()
        self._show_answer()
        self._tell_looks()
        live.follow(live.QUEUE, self._changed)
        live.follow(live.ORGANISATION, self._changed)

    def _draw_card(self, card: Card, offered: Offered) -> ChartCard:
        def controls() -> None:
            for name, title, options in card.controls(offered):
                self._bar.control(name, title, options)

        drawing = card.draw(self._style, self._loaded.seen)
        drawn = ChartCard(
            card.key,
            _(card.title),
            drawing,
            address=self._behind,
            classes=card.classes,
            controls=controls,
        )
        if card.key == "flow":
            drawn.on_zoom(self._bar.zoom)
        return drawn

    def _tell_looks(self) -> None:
        """Learn in which colours and on how much room the charts are looked at."""
        box = ui.element("div").props("hidden")
        box.on("looks", self._looked, js_handler=browser.TOLD)
        self._do.client.run_javascript(browser.call("looks", f"c{box.id}"))

    def _looked(self, event: GenericEventArguments) -> None:
        told = event.args if isinstance(event.args, list) else []
        if len(told) == 3:
            self._style = Style(*(part is True for part in told))
            self._show_charts()

    async def _ask(self, **wishes: str) -> None:
        """Ask otherwise, and keep the address in step."""
        for name, value in wishes.items():
            self._asked.put(name, value)
        await self._renew()
        ui.navigate.history.replace(self._asked.address(ADDRESS))

    async def _changed(self, _numbers: set[int]) -> None:
        """Show the figures of now as soon as nobody holds a chart, and rest."""
        for _moment in range(PATIENCE):
            if not any(card.is_held for card in self._cards):
                break
            await asyncio.sleep(0.1)
        await self._renew()
        await asyncio.sleep(REST_SECONDS)

    async def _renew(self) -> None:
        """Show the answer to what is asked; an earlier one that comes later is left aside."""
        self._turn += 1
        turn = self._turn
        if self._figures.is_deleted:
            return
        loaded = await self._do.look(answered, self._asked)
        if loaded is None or turn != self._turn or self._figures.is_deleted:
            return
        self._loaded = loaded
        self._show_answer()
        self._show_charts()

    def _show_answer(self) -> None:
        self._bar.show(self._loaded.question, self._loaded.problems)
        seen = self._loaded.seen
        self._figures.show(headlines.row(stats_headlines.figures(seen)))
        self._export.show(_drawn_export(seen) if seen else "")

    def _show_charts(self) -> None:
        for card, drawn in zip(CARDS, self._cards, strict=True):
            drawn.show(card.draw(self._style, self._loaded.seen))

    def _behind(self, mark: str) -> str:
        """Return the address of the tickets behind a mark of a chart."""
        seen = self._loaded.seen
        return seen.behind(mark) if seen else ADDRESS


def _drawn_export(seen: Seen) -> str:
    query = questions.address("", seen.question, [("duration", seen.shown.times.value)])
    return around.export(marked.EXPORT, query, _("Export these figures:"))
