"""How often something is called: what speed depends on, measured without a clock."""

from collections.abc import Callable
from typing import Generic, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class counted(Generic[P, R]):  # noqa: N801 - reads as a verb
    """A function that counts its calls."""

    def __init__(self, function: Callable[P, R]) -> None:
        self.calls = 0
        self._function = function

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        self.calls += 1
        return self._function(*args, **kwargs)
