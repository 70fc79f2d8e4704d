"""Several people, chosen one by one from a list of those who may be."""

from collections.abc import Sequence
from typing import Any

from htpy import button, label, option, select, span

from services.words import _
from ui.fragments import marks
from ui.fragments.base import Fragment


class PeoplePicker(Fragment):
    """Chosen people with a way to take each back, and a native list of the others."""

    def __init__(
        self,
        title: str,
        offered: Sequence[tuple[int, str]],
        chosen: Sequence[tuple[int, str]] = (),
        *,
        name: str,
    ) -> None:
        self._title = title
        self._names = dict(offered) | dict(chosen)
        self._name = name
        self._error = ""
        self.value = [user_id for user_id, _called in chosen]
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

    def _acted(self, action: str, value: Any) -> None:
        user_id = int(value) if str(value).isdecimal() else 0
        if action == "choose" and user_id in self._names and user_id not in self.value:
            self.value = [*self.value, user_id]
        elif action == "leave":
            self.value = [each for each in self.value if each != user_id]
        self.draw_anew(self._drawn())

    def _drawn(self) -> str:
        key = f"people-{self._name}"
        left = [(i, name) for i, name in self._names.items() if i not in self.value]
        chosen = [
            span(".removable")[
                marks.person(self._names[user_id], user_id),
                button(
                    ".icon-button",
                    type="button",
                    data_action="leave",
                    data_value=str(user_id),
                    aria_label=_("Remove {name}").format(name=self._names[user_id]),
                )["×"],
            ]
            for user_id in self.value
        ]
        parts = (
            label(for_=key)[self._title],
            span(".members")[chosen],
            select(
                id=key,
                data_action="choose",
                data_testid=self._name,
                aria_invalid="true" if self._error else None,
                aria_describedby=f"{key}-problem" if self._error else None,
            )[
                option(value="", selected=True)[_("Add somebody")],
                [option(value=str(user_id))[name] for user_id, name in left],
            ],
            span(f"#{key}-problem.field-error", role="alert")[self._error] if self._error else "",
        )
        return "".join(str(part) for part in parts)
