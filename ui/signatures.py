"""Whether a method wants an argument, looked up once: NiceGUI asks three times for each element.

It inspects the same three methods of its own for classes, style and props of every element; that
took a tenth of the time in which a page is made.
"""

from collections.abc import Callable
from functools import lru_cache
from types import MethodType
from typing import Any

from nicegui import helpers

_inspect = helpers.expects_arguments


def install() -> None:
    """Let NiceGUI ask us; once per process, or again."""
    helpers.expects_arguments = expects_arguments


def expects_arguments(func: Callable[..., Any]) -> bool:
    """Tell whether a function has a parameter that must be given, as NiceGUI does."""
    # Any other function may be made anew for each page, and would be kept here.
    return _expected(func.__func__) if type(func) is MethodType else _inspect(func)


@lru_cache(maxsize=500)
def _expected(function: Callable[..., Any]) -> bool:
    return _inspect(MethodType(function, object()))
