"""Form fields: a label, a control, an error beside it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, ClassVar

from htpy import Node, fragment, label, option, select, span
from nicegui import ui

from services.errors import Invalid
from ui.fragments.base import Fragment


def text(title: str, value: str = "", *, name: str, **more: Any) -> ui.input:
    """Show a line of text; `name` is its test id and the field that an error names."""
    field = ui.input(label=title, value=value, **more)
    return field.props(f"outlined stack-label hide-bottom-space data-testid={name}").classes(
        "field"
    )


def prose(title: str, value: str = "", *, name: str) -> ui.textarea:
    """Show several lines of text that grow with what is typed."""
    field = ui.textarea(label=title, value=value)
    props = f"outlined stack-label autogrow hide-bottom-space data-testid={name}"
    return field.props(props).classes("field")


@contextmanager
def group(title: str, *, name: str) -> Iterator[None]:
    """Hold controls that belong together under one title, which screen readers say with each."""
    with ui.element("fieldset").classes("group").props(f"data-testid={name}"):
        ui.html(str(span[title]), sanitize=False, tag="legend")
        with ui.element("div").classes("group-controls"):
            yield


class Chooser(Fragment):
    """A native list under its title, with what is wrong below; it may be several that one chooses.

    What is drawn depends on what a subclass keeps: it keeps that before it calls this.
    """

    HEARD: ClassVar[tuple[str, ...]] = ("change",)

    def __init__(self, title: str, *, key: str, name: str) -> None:
        """Show it; `key` is the list's id in the page, `name` what tests find it by."""
        self._title = title
        self._key = key
        self._name = name
        self._error = ""
        super().__init__(self._drawn(), act=self._acted)
        self.classes("field choice")

    @property
    def error(self) -> str:
        """Return what is wrong, or nothing."""
        return self._error

    @error.setter
    def error(self, sentence: str | None) -> None:
        self._error = sentence or ""
        self.show(self._drawn())

    def _acted(self, action: str, value: Any) -> Any:
        raise NotImplementedError

    def _drawn(self) -> str:
        raise NotImplementedError

    def list_of(self, options: Node, *, above: Node = None) -> str:
        """Return the list with these options; `above` stands between it and its title."""
        return _list_of(self._title, self._key, self._name, self._error, options, above)


def _list_of(title: str, key: str, name: str, error: str, options: Node, above: Node) -> str:
    parts = (
        label(for_=key)[title],
        above,
        select(
            id=key,
            data_action="choose",
            data_testid=name,
            aria_invalid="true" if error else None,
            aria_describedby=f"{key}-problem" if error else None,
        )[options],
        error and span(f"#{key}-problem.field-error", role="alert")[error],
    )
    return str(fragment[parts])


@lru_cache(maxsize=300)  # a page of a list has seven, which are the same for most people
def _choices(
    title: str, key: str, name: str, error: str, options: tuple[tuple[str, str], ...], chosen: str
) -> str:
    drawn = [option(value=k, selected=k == chosen)[v] for k, v in options]
    return _list_of(title, key, name, error, drawn, None)


class Choice(Chooser):
    """A native list of choices: works by keyboard, on phones and for screen readers."""

    def __init__(
        self, title: str, options: Sequence[tuple[str, str]], value: str = "", *, name: str
    ) -> None:
        self._options = options
        self._then: Callable[[], Any] | None = None
        self.value = value
        super().__init__(title, key=f"choice-{name}", name=name)

    def on_choice(self, then: Callable[[], Any]) -> None:
        """Call this after each choice of a person; it may return what is to be awaited."""
        self._then = then

    def choose(self, value: str) -> None:
        """Choose one of the options; what is not offered changes nothing."""
        if value in dict(self._options) and value != self.value:
            self.value = value
            self.show(self._drawn())

    def offer(self, options: Sequence[tuple[str, str]]) -> None:
        """Offer other options; when the chosen one is no more, the first is."""
        self._options = options
        if self.value not in dict(options):
            self.value = options[0][0]
        self.show(self._drawn())

    def _acted(self, action: str, value: Any) -> Any:
        if action != "choose" or value not in dict(self._options):
            return None
        self.value = str(value)
        self.keep(self._drawn())
        return self._then() if self._then else None

    def _drawn(self) -> str:
        options = tuple((key, said) for key, said in self._options)
        return _choices(self._title, self._key, self._name, self._error, options, self.value)


def show_problems(fields: dict[str, Any], refusal: Invalid) -> str:
    """Put each problem beside its field and the focus on the first; return what has no field."""
    problems = refusal.by_field()
    for name, field in fields.items():
        field.error = problems.pop(name, None)
    return " ".join(problems.values())
