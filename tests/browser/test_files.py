"""Files: chosen, dropped, pasted, given back, refused (C1; R-13)."""

import struct
import zlib
from pathlib import Path

import pytest
from playwright.async_api import JSHandle, Page, expect

from data.files import MAX_FILE_BYTES
from tests.browser.people import House
from tests.sites import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


def png() -> bytes:
    """Return a picture of one pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checked = kind + data
        return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\x00\xff\x00\x00")
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def read(path: Path) -> bytes:
    return path.read_bytes()


async def transfer(page: Page, name: str, content: bytes, kind: str) -> JSHandle:
    """Return what a browser hands over when a file is dropped or pasted."""
    return await page.evaluate_handle(
        """([name, bytes, type]) => {
          const data = new DataTransfer();
          data.items.add(new File([new Uint8Array(bytes)], name, {type}));
          return data;
        }""",
        [name, list(content), kind],
    )


async def test_files_are_dropped_pasted_sent_and_given_back(house: House, site: Site) -> None:
    number = site.ticket("Message d’erreur")
    alice = await house.enter(site, "alice", f"/tickets/{number}")
    bruno = await house.enter(site, "bruno", f"/tickets/{number}")
    page = alice.page

    dropped = await transfer(page, "journal d’été.txt", b"ligne 1\n", "text/plain")
    await page.locator(".composer").dispatch_event("drop", {"dataTransfer": dropped})
    await expect(page.locator(".composer .file")).to_have_count(1)
    pasted = await transfer(page, "capture.png", png(), "image/png")
    await alice.composer.evaluate(
        """(field, clipboardData) => field.dispatchEvent(
          new ClipboardEvent("paste", {clipboardData, bubbles: true, cancelable: true}))""",
        pasted,
    )
    await expect(page.locator(".composer .file")).to_have_count(2)
    await alice.says("Voici ce que je vois.")

    await expect(page.locator(".composer .file")).to_have_count(0)
    message = bruno.get("comment").filter(has_text="Voici ce que je vois.")
    picture = message.locator("img")
    await expect(picture).to_have_js_property("naturalWidth", 1)
    async with bruno.page.expect_download() as saved:
        await message.get_by_role("link", name="journal d’été.txt").click()
    download = await saved.value
    assert download.suggested_filename == "journal d’été.txt"
    assert read(await download.path()) == b"ligne 1\n"


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """One byte too much."""
    with (tmp_path / "film.mp4").open("wb") as film:
        film.truncate(MAX_FILE_BYTES + 1)
    return tmp_path / "film.mp4"


async def test_a_file_that_lies_or_is_too_large_is_refused_with_a_sentence(
    house: House, site: Site, film: Path
) -> None:
    alice = await house.enter(site, "alice", "/tickets/new")
    alice.pardon(r"console: Failed to load resource.*(422|ERR_CONNECTION)")

    await alice.attaches("photo.png", b"<script>alert(1)</script>")
    await expect(alice.page.get_by_text("is not what its name says")).to_be_visible()
    await alice.picks(film)
    await expect(alice.page.get_by_text("25 MB large at most")).to_be_visible()
    await alice.attaches("bon.txt", b"bon")

    await expect(alice.page.locator(".draft-files .file")).to_have_count(1)
    await alice.page.get_by_role("button", name="Remove the file bon.txt").click()
    await expect(alice.page.locator(".draft-files .file")).to_have_count(0)
