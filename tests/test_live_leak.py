"""What a page listens to ends with the part of the page that listens."""

import pytest
from nicegui import ui
from nicegui.testing import user_simulation

from ui import live


@pytest.mark.asyncio
async def test_leaving_a_page_inside_the_frame_ends_what_it_listened_to() -> None:
    hub_before = live.hub.listeners()

    def queue() -> None:
        live.follow(live.QUEUE, lambda _numbers: None)
        live.follow(live.of_ticket(1), lambda _numbers: None)

    def root() -> None:
        ui.sub_pages({"/": lambda: None, "/queue": queue})

    async with user_simulation(root) as user:
        await user.open("/")
        client = user.client
        assert client is not None
        router = client.sub_pages_router
        for _visit in range(5):
            with client:
                await router._handle_open("/queue")
            assert live.hub.listeners() == hub_before + 2
            with client:
                await router._handle_open("/")

        assert live.hub.listeners() == hub_before
