"""Two elements that show HTML made on the server, and change it without redrawing what stayed."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from nicegui import ui
from nicegui.events import GenericEventArguments

from ui import browser

Handler = Callable[[str, Any], Any]


class Fragment(ui.html):
    """One piece of HTML; its controls carry `data-action` and call one handler (action, value)."""

    HEARD: ClassVar[tuple[str, ...]] = ("click", "change", "submit")  # of what the browser tells

    def __init__(self, html: object = "", *, tag: str = "div", act: Handler | None = None) -> None:
        super().__init__(str(html), sanitize=False, tag=tag)
        if act:
            self._act = act
            for event in self.HEARD:
                self.on(event, self._happened, js_handler=_SNIPPETS[event])

    def show(self, html: object) -> None:
        """Show other HTML, if it is other; the focus and what is being typed stay."""
        if str(html) != self.content:
            self.draw_anew(html)

    def draw_anew(self, html: object) -> None:
        """Show HTML although it may be the same: what was typed into it meanwhile was not."""
        self.keep(html)
        self.client.run_javascript(browser.call("fill", f"c{self.id}", str(html)))

    def keep(self, html: object) -> None:
        """Remember what the page shows already, without sending it."""
        with self._props.suspend_updates():
            self.content = str(html)

    def _happened(self, event: GenericEventArguments) -> Any:
        told = event.args if isinstance(event.args, list) else [event.args]
        action, value = (*told, None, None)[:2]  # whoever forges a message may say less or more
        return self._act(str(action), value)


class KeyedList(Fragment):
    """A list of `<li data-key>`; only those that changed travel, focus and scroll stay.

    Its HTML is put together when the framework asks for it and not kept: the items are shared by
    all pages that show them alike, the whole would be 75 KB more for each page.
    """

    def __init__(
        self, name: str, items: Sequence[tuple[str, str]], *, act: Handler, classes: str, empty: str
    ) -> None:
        self.name = name
        self._classes_of_list = classes
        self._empty = empty
        self._shown: dict[str, str] = dict(items)
        super().__init__(act=act)

    @property
    def content(self) -> str:
        """Return the HTML of the whole list."""
        items = "".join(self._shown.values())
        empty = "" if self._shown else self._empty
        return f'<ul id="{self.name}" class="{self._classes_of_list}">{items}</ul>{empty}'

    @content.setter
    def content(self, _html: str) -> None:
        """Ignore what the base class sets: the content follows from the items."""

    def show_items(self, items: Sequence[tuple[str, str]]) -> None:
        """Bring the page from what it shows to `items`, in their order."""
        fresh = dict(items)
        changed = {key: html for key, html in fresh.items() if self._shown.get(key) != html}
        if not changed and list(fresh) == list(self._shown):
            return
        self._shown = fresh
        code = browser.call("sync", self.name, list(fresh), changed, self._empty)
        self.client.run_javascript(code)

    def has(self, key: str) -> bool:
        """Tell whether an item is shown."""
        return key in self._shown

    @property
    def keys(self) -> list[str]:
        """Return the keys shown, in order."""
        return list(self._shown)

    def replace(self, key: str, html: str) -> None:
        """Put a fresh item in the place of one that is shown."""
        if self._shown.get(key) != html:
            self._shown[key] = html
            self.client.run_javascript(browser.call("replace", key, html))

    def arrive(self, key: str, html: str, pill: str) -> None:
        """Put a new item first; who reads further down is told by the pill."""
        self._shown = {key: html, **{k: h for k, h in self._shown.items() if k != key}}
        self.client.run_javascript(browser.call("arrive", self.name, key, html, pill))

    def leave(self, key: str) -> None:
        """Take an item away; after the last one, say what would be there."""
        if self._shown.pop(key, None) is None:
            return
        if self._shown:
            self.client.run_javascript(browser.call("leave", key))
        else:
            self.client.run_javascript(browser.call("sync", self.name, [], {}, self._empty))

    def _to_dict(self) -> dict[str, Any]:
        drawn = super()._to_dict()
        return {**drawn, "props": {**drawn["props"], "innerHTML": self.content}}


_SNIPPETS = {
    "click": browser.CLICKED,
    "change": browser.CHANGED,
    "submit": browser.SUBMITTED,
}
