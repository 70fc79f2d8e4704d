"""A field that finds a ticket: by its number, or by words while one types."""

from typing import Any

from services import search
from services.search_terms import MAX_TEXT
from services.words import speaking
from ui.door import Door
from ui.fragments import hits
from ui.fragments.base import KeyedList
from ui.widgets import fields


def ticket_number(text: str) -> int | None:
    """Return the number that stands in the field; None when there are words instead."""
    digits = text.strip().removeprefix("#")
    is_number = digits.isascii() and digits.isdecimal() and len(digits) <= 12
    return int(digits) if is_number else None


class TicketPicker:
    """Shows what fits what is typed; what is chosen stands in the field as its number."""

    def __init__(self, do: Door, title: str, *, name: str) -> None:
        self._do = do
        self._text = ""
        self._field = fields.text(title, name=name)
        self._field.props("autofocus autocomplete=off debounce=80")
        self._field.on_value_change(self._typed)
        self._list = KeyedList("ticket-hits", [], act=self._chosen, classes="picks", empty="")

    @property
    def value(self) -> str:
        """Return what stands in the field."""
        return str(self._field.value or "")

    @property
    def error(self) -> str | None:
        """Return what is wrong."""
        return self._field.error

    @error.setter
    def error(self, sentence: str | None) -> None:
        self._field.error = sentence

    def _chosen(self, _action: str, value: Any) -> None:
        self._field.set_value(f"#{value}")
        self._field.run_method("focus")

    async def _typed(self) -> None:
        text = self._text = self.value[:MAX_TEXT]
        found = await self._do.look(search.tickets, text)
        if found is None or text != self._text or self._list.is_deleted:
            return
        with speaking(self._do.language):
            drawn = [hits.pick(hit, found.terms.wanted) for hit in found.hits]
        self._list.show_items(drawn)
