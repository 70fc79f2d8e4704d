"""Which workers are there beside the processes that serve; main.py says how they are seen."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Worker:
    """A process of `main.py worker`, and when it last said that it is there."""

    name: str
    seen_at: datetime
    is_busy: bool


class Unseen(Exception):
    """Nobody can tell at this moment: what workers tell through does not answer."""


_look: Callable[[], list[Worker]] | None = None


def configure(look: Callable[[], list[Worker]] | None) -> None:
    """Set how workers are seen, None where the processes that serve do all; called by main.py."""
    global _look  # noqa: PLW0603 - one installation, one way
    _look = look


def are_expected() -> bool:
    """Tell whether there may be workers at all."""
    return _look is not None


def seen() -> list[Worker]:
    """Return the workers that are there, by name; may take seconds, so ask in no transaction.

    Raises:
        Unseen.
    """
    return sorted(_look(), key=lambda worker: worker.name) if _look else []
