"""Whom one may call while typing: names under a text, for the word after an @."""

from collections.abc import Callable

from nicegui import ui
from nicegui.events import GenericEventArguments

from services import mentions
from services.words import _, speaking
from ui import browser, mention_keys
from ui.door import Door
from ui.fragments import hits
from ui.fragments.base import Fragment


class MentionPicker:
    """Offers people who may read what is typed into a text; one page has one.

    The text keeps the focus; what is chosen is written into it by the browser. What happens to it
    is heard by the box around it: Quasar keeps the `input` of a field for itself.
    """

    def __init__(
        self,
        do: Door,
        number: int,
        text: ui.textarea,
        box: ui.element,
        *,
        is_internal: Callable[[], bool],
    ) -> None:
        self._do = do
        self._number = number
        self._is_internal = is_internal
        self._typed = ""
        text.props(
            f"aria-autocomplete=list aria-haspopup=listbox aria-controls={mention_keys.LIST}"
        )
        box.on("input", self._asked, js_handler=mention_keys.TYPED)
        box.on("keyup", self._asked, js_handler=mention_keys.MOVED)
        box.on("keydown", js_handler=mention_keys.STEERED)
        box.on("focusout", js_handler=mention_keys.LEFT)
        self._list = Fragment("")
        listed = _("People you can call")
        self._list.props(f'id={mention_keys.LIST} role=listbox aria-label="{listed}"')
        self._list.classes("mention-list")
        self._list.on("mousedown", js_handler=mention_keys.HELD)
        self._list.on("click", js_handler=mention_keys.CHOSEN)

    def close(self) -> None:
        """Offer nobody: it is another text now."""
        self._list.client.run_javascript(browser.call("uncall"))

    async def _asked(self, event: GenericEventArguments) -> None:
        """Offer who fits; an answer that comes too late is not shown."""
        typed = self._typed = str(event.args or "")[: mentions.LONGEST]
        is_internal = self._is_internal()
        found = await self._do.look(mentions.offer, self._number, typed, internal=is_internal)
        if found is None or typed != self._typed or self._list.is_deleted:
            return
        with speaking(self._do.language):
            drawn = hits.offers(found)
        self._list.keep(drawn)
        self._list.client.run_javascript(browser.call("callable", typed, drawn))
