"""A lost connection shows, heals by itself, and loses neither changes nor what was typed (C2)."""

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from tests.bench import live as bench

pytest.importorskip("playwright")
from playwright.async_api import BrowserContext, async_playwright, expect

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium here"),
]


class Line:
    """The network between browser and server, which a test can cut."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._writers: set[asyncio.StreamWriter] = set()
        self._is_cut = False
        self.url = ""

    async def open(self) -> asyncio.Server:
        server = await asyncio.start_server(self._join, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        return server

    def cut(self) -> None:
        self._is_cut = True
        for writer in self._writers:
            writer.transport.abort()

    def mend(self) -> None:
        self._is_cut = False

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._writers |= {writer, far_writer}
        await asyncio.gather(self._carry(reader, far_writer), self._carry(far_reader, writer))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()


class Site:
    """A running server, its world, and the line to it."""

    def __init__(self, world: bench.World, line: Line, port: int) -> None:
        self.world = world
        self.line = line
        self.base = f"http://127.0.0.1:{port}"

    async def rename(self, stamp: str) -> None:
        """Change the newest ticket, past the line."""
        await bench.by_hook(self.base)(self.world.numbers[-1], stamp)


@pytest_asyncio.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """A server in a process of its own."""
    world, port = bench.populate(tmp_path), bench.free_port()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.server", world.url, str(port), str(world.admin_id)),
        cwd=bench.ROOT,
    )
    line = Line(port)
    server = await line.open()
    async with aiohttp.ClientSession() as web:
        await bench.until_it_answers(web, f"http://127.0.0.1:{port}")
    yield Site(world, line, port)
    server.close()
    process.terminate()
    await process.wait()


@pytest_asyncio.fixture
async def context(site: Site) -> AsyncIterator[BrowserContext]:
    """Bruno’s browser, signed in."""
    async with async_playwright() as started:
        browser = await started.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        context = await browser.new_context(locale="en-GB")
        await context.add_cookies(
            [{"name": "appticket", "value": site.world.tokens[0], "url": site.line.url}]
        )
        yield context
        await browser.close()


@pytest.mark.asyncio
async def test_a_lost_connection_shows_heals_and_loses_nothing(
    site: Site, context: BrowserContext
) -> None:
    number = site.world.numbers[-1]
    page = await context.new_page()
    await page.goto(f"{site.line.url}/queue")
    row = page.locator(f"[data-key='{number}']")
    await expect(row).to_be_visible()
    search = page.get_by_role("search").get_by_role("searchbox").first
    await search.fill("imprimante")
    await page.evaluate("window.isTheSamePage = true")
    bar = page.locator("#connection")
    await expect(bar).to_be_hidden()

    site.line.cut()
    await expect(bar).to_be_visible()
    await expect(page.locator("#popup")).to_be_hidden()
    await expect(page.locator("#announcer")).not_to_be_empty()
    await site.rename("stamp-7-")
    site.line.mend()

    await expect(bar).to_be_hidden(timeout=20_000)
    await expect(row).to_contain_text("stamp-7-", timeout=20_000)
    await expect(search).to_have_value("imprimante")
    assert await page.evaluate("window.isTheSamePage")


@pytest.mark.asyncio
async def test_a_short_loss_the_browser_alone_notices_does_not_stay_on_screen(
    site: Site, context: BrowserContext
) -> None:
    page = await context.new_page()
    await page.goto(f"{site.line.url}/queue")
    await page.wait_for_function("window.did_handshake && !!window.ap")
    await site.rename("stamp-1-")
    await expect(page.get_by_text("stamp-1-").first).to_be_visible()
    bar = page.locator("#connection")

    await page.evaluate("window.dispatchEvent(new Event('offline'))")
    await expect(bar).to_be_visible()
    await page.evaluate("window.dispatchEvent(new Event('online'))")

    await expect(bar).to_be_hidden()


@pytest.mark.asyncio
async def test_a_row_changed_elsewhere_is_replaced_under_the_focus_of_who_reads(
    site: Site, context: BrowserContext
) -> None:
    number = site.world.numbers[-1]
    page = await context.new_page()
    await page.goto(f"{site.line.url}/queue")
    row = page.locator(f"[data-key='{number}']")
    await row.locator("a").first.focus()

    await site.rename("stamp-3-")

    await expect(row).to_contain_text("stamp-3-")
    await expect(row.locator("a").first).to_be_focused()
