"""A chart in its card: what it shows, the drawing, the table behind it, the picture to keep."""

from collections.abc import Awaitable, Callable
from typing import Any

from htpy import Node, button, div, h2, p
from nicegui import ui
from nicegui.events import GenericEventArguments

from services.words import _
from ui import browser, chart_snippets
from ui.drawings.style import Drawing
from ui.fragments import tables
from ui.fragments.base import Fragment

MARK_LENGTH = 1000

Zoomed = Callable[[str, str], Awaitable[None]]


class ChartCard:
    """One chart of a page. Its script loads when the first card comes near what one looks at."""

    def __init__(
        self,
        key: str,
        title: str,
        drawing: Drawing,
        *,
        address: Callable[[str], str],
        classes: str = "",
        controls: Callable[[], None] = lambda: None,
    ) -> None:
        """Draw the card.

        `address` turns a mark into that of its tickets; `controls` draws the choices that are of
        this chart alone.
        """
        self.key = key
        self.is_held = False
        self._title = title
        self._address = address
        self._drawing = drawing
        self._has_table = False
        with ui.element("section").classes(f"chart {classes}") as card:
            card.props(f"aria-labelledby=chart-{key} data-testid=chart-{key}")
            self._head = Fragment(self._drawn_head(), act=self._acted)
            with ui.element("div").classes("chart-controls"):
                controls()
            with ui.element("q-intersection").props("once margin=200px").classes("chart-place"):
                self._plot = ui.plotly(drawing.plot)
            self._table = Fragment()
        self._plot.on("plotly_click", self._clicked, js_handler=chart_snippets.MARKED)
        self._plot.on("pointerdown", self._grasped, js_handler=chart_snippets.HELD)

    def on_zoom(self, zoomed: Zoomed) -> None:
        """Call `zoomed` with the first and the last instant that somebody drew a frame around."""

        async def heard(event: GenericEventArguments) -> None:
            told = event.args if isinstance(event.args, list) else []
            if len(told) == 2:
                await zoomed(str(told[0]), str(told[1]))

        self._plot.on("plotly_relayout", heard, js_handler=chart_snippets.ZOOMED)

    def show(self, drawing: Drawing) -> None:
        """Show other numbers, if they are other: marks that stay move to their places."""
        if drawing == self._drawing or self._head.is_deleted:
            return
        if drawing.plot != self._drawing.plot:
            self._plot.update_figure(drawing.plot)
        self._drawing = drawing
        self._head.show(self._drawn_head())
        self._show_table()

    def _acted(self, action: str, _value: Any) -> None:
        if action == "table":
            self._has_table = not self._has_table
            self._head.show(self._drawn_head())
            self._show_table()
        elif action == "picture":
            id_, name = f"c{self._plot.id}", f"appticket-{self.key}"
            self._plot.client.run_javascript(browser.call("picture", id_, self._title, name))

    def _show_table(self) -> None:
        shown = self._drawing.table
        table = tables.behind(self._title, shown, self._address) if self._has_table else ""
        self._table.show(table)

    def _clicked(self, event: GenericEventArguments) -> None:
        mark = event.args[0] if isinstance(event.args, list) else event.args
        ui.navigate.to(self._address(str(mark)[:MARK_LENGTH]))

    def _grasped(self, event: GenericEventArguments) -> None:
        self.is_held = event.args is True

    def _drawn_head(self) -> str:
        return str(
            div(".chart-head")[
                h2(f"#chart-{self.key}")[self._title],
                div(".chart-tools")[
                    self._tool("table", _("Table"), aria_expanded=self._has_table),
                    self._tool("picture", _("Picture")),
                ],
                p(".chart-told")[self._drawing.told],
            ]
        )

    def _tool(self, action: str, text: str, **more: Any) -> Node:
        told = {name: "true" if value else "false" for name, value in more.items()}
        return button(
            ".button.small",
            type="button",
            data_action=action,
            data_testid=f"{action}-{self.key}",
            aria_label=_("{what}: {title}").format(what=text, title=self._title),
            **told,
        )[text]
