"""The banner about bursts that go on: it comes and goes while a page is open."""

from datetime import timedelta
from typing import Any

from data import clock
from services import bursts
from services.bursts import Sight
from ui import live
from ui.door import Door
from ui.fragments import burst
from ui.fragments.base import Fragment

_OLD = timedelta(minutes=1)  # what was read then may be over by now


class BurstBanner:
    """What one page says of bursts; drawn where it is made, `some` as just read."""

    def __init__(self, do: Door, some: list[Sight]) -> None:
        self._do = do
        self._some = some
        self._read_at = clock.now()
        self._drawn = Fragment(burst.banners(some), act=self._acted)
        live.follow(live.BURSTS, self._reread)
        live.follow(live.of_person(do.by.id), self._reread)

    def show(self, some: list[Sight]) -> None:
        """Show what was just read, where it differs."""
        self._read_at = clock.now()
        if some != self._some and not self._drawn.is_deleted:
            self._some = some
            self._drawn.show(burst.banners(some))

    async def look(self, numbers: set[int]) -> None:
        """Look again when tickets changed that it tells of; without a banner nobody asks."""
        is_old = clock.now() - self._read_at > _OLD
        if self._some and (is_old or any(_may_concern(sight, numbers) for sight in self._some)):
            await self._reread(numbers)

    async def _reread(self, _numbers: set[int]) -> None:
        some = None if self._drawn.is_deleted else await self._do.look(bursts.current)
        if some is not None:
            self.show(some)

    async def _acted(self, action: str, value: Any) -> None:
        if action == "hide-burst" and str(value).isdecimal():
            await self._do(bursts.hide, int(str(value)))
            await self._reread(set())


def _may_concern(sight: Sight, numbers: set[int]) -> bool:
    """Tell whether tickets that changed may be among those of a burst; without numbers, any may."""
    named = {number for number, _title in sight.first}
    return not numbers or len(named) < sight.tickets or not named.isdisjoint(numbers)
