"""Several people, chosen one by one from a list of those who may be."""

from collections.abc import Sequence
from typing import Any

from htpy import Node, button, option, span

from services.words import _
from ui.fragments import marks
from ui.widgets.fields import Chooser


class PeoplePicker(Chooser):
    """Chosen people with a way to take each back, and a native list of the others."""

    HEARD = ("click", "change")

    def __init__(
        self,
        title: str,
        offered: Sequence[tuple[int, str]],
        chosen: Sequence[tuple[int, str]] = (),
        *,
        name: str,
    ) -> None:
        self._names = dict(offered) | dict(chosen)
        self.value = [user_id for user_id, _called in chosen]
        super().__init__(title, key=f"people-{name}", name=name)

    def _acted(self, action: str, value: Any) -> None:
        user_id = int(value) if str(value).isdecimal() else 0
        if action == "choose" and user_id in self._names and user_id not in self.value:
            self.value = [*self.value, user_id]
        elif action == "leave":
            self.value = [each for each in self.value if each != user_id]
        self.draw_anew(self._drawn())

    def _drawn(self) -> str:
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
        options: list[Node] = [
            option(value="", selected=True)[_("Add somebody")],
            [option(value=str(user_id))[name] for user_id, name in left],
        ]
        return self.list_of(options, above=span(".members")[chosen])
