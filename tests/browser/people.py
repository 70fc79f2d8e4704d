"""People at their browsers: each in a context of their own, and every fault of a page is noted."""

import re
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    FilePayload,
    Locator,
    Page,
    Request,
    Response,
    StorageState,
    WebSocket,
    expect,
)

from tests import sites
from tests.sites import Site

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SOON = 15_000  # milliseconds: the machine may be busy
LOCALES = {"en": "en-GB", "fr": "fr-FR"}
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1440, "height": 900}
_TELL_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (e) =>
  console.error(`CSP: ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`));
"""
_IS_LIVE = "() => window.did_handshake && window.ap"
_LOGIN = re.compile(r"/login(\?|$)")
_kept: dict[tuple[str, str], StorageState] = {}


class Person:
    """Somebody at a browser of their own."""

    def __init__(
        self, site: Site, name: str, context: BrowserContext, page: Page, url: str
    ) -> None:
        self.site = site
        self.url = url
        self.name = name
        self.context = context
        self.page = page
        self.frames: list[str] = []  # what the server sent over the socket
        self._problems: list[str] = []
        self._pardoned: list[str] = []
        context.on("console", self._heard)
        context.on("weberror", lambda error: self._problems.append(f"page: {error.error}"))
        context.on("request", self._asked)
        context.on("response", self._answered)
        page.on("websocket", self._listened)

    def pardon(self, pattern: str) -> None:
        """Do not mind these problems: the test causes them."""
        self._pardoned.append(pattern)

    @property
    def problems(self) -> list[str]:
        """What went wrong in the browser, except for what was pardoned."""
        return [p for p in self._problems if not any(re.search(x, p) for x in self._pardoned)]

    async def is_sent_away(self) -> None:
        """Wait for the sign-in page, on whichever way: told to leave, or reloaded."""
        await expect(self.page).to_have_url(_LOGIN)

    async def open(self, path: str) -> Page:
        """Open an address and wait until the page is live."""
        await self.page.goto(f"{self.url}{path}")
        await self.live()
        return self.page

    async def live(self) -> None:
        """Wait until the page is connected to its process."""
        await self.page.wait_for_function(_IS_LIVE)

    async def sign_in(self, path: str = "", password: str = sites.PASSWORD) -> None:
        """Sign in through the form, on the way to an address or to the home page."""
        await self.page.goto(f"{self.url}{path or '/login'}")
        await self.page.locator("#email").fill(f"{self.name}@exemple.fr")
        await self.page.locator("#password").fill(password)
        await self.page.locator("button[type=submit]").click()

    async def number(self) -> int:
        """Wait until a ticket is open and return its number."""
        await expect(self.page).to_have_url(re.compile(r"/tickets/\d+$"))
        return int(self.page.url.rsplit("/", 1)[1])

    async def signed_in(self) -> None:
        """Sign in, with the cookie of last time where there is one."""
        key = (self.url, self.name)
        if key not in _kept:
            await self.sign_in()
            await self.live()
            _kept[key] = await self.context.storage_state()
        await self.context.add_cookies(_kept[key]["cookies"])  # type: ignore[arg-type]

    def get(self, test_id: str) -> Locator:
        """Find an element by its test id."""
        return self.page.get_by_test_id(test_id)

    def row(self, number: int) -> Locator:
        """Find a ticket in a list."""
        return self.page.locator(f"#tickets > li[data-key='{number}']")

    async def says(self, text: str, *, internal: bool = False) -> None:
        """Send a message on the open ticket."""
        if internal:
            await self.get("internal").click()
        await self.composer.fill(text)
        await self.get("send").click()
        await expect(self.composer).to_have_value("")

    @property
    def composer(self) -> Locator:
        """Where one types a message."""
        return self.get("composer")

    @property
    def status(self) -> Locator:
        """The status of the open ticket."""
        return self.page.locator(".ticket-top").get_by_test_id("status")

    @property
    def dialog(self) -> Locator:
        """The open dialog."""
        return self.page.locator(".q-dialog .dialog")

    @property
    def thread(self) -> Locator:
        """The conversation of the open ticket."""
        return self.page.locator("#thread")

    async def agree(self, **fields: str) -> None:
        """Fill in the open dialog and press its button; it closes."""
        for name, text in fields.items():
            await self.dialog.get_by_test_id(name.replace("_", "-")).fill(text)
        await self.dialog.get_by_test_id("dialog-ok").click()
        await expect(self.dialog).to_be_hidden()

    async def choose_person(self, name: str) -> None:
        """Choose somebody in the dialog that searches for people."""
        await self.dialog.get_by_test_id("person-search").fill(name)
        await self.dialog.locator(".pick").filter(has_text=name).click()
        await expect(self.dialog).to_be_hidden()

    async def attaches(self, name: str, content: bytes) -> None:
        """Choose a file with the button."""
        await self.picks(FilePayload(name=name, mimeType="text/plain", buffer=content))

    async def picks(self, file: FilePayload | Path) -> None:
        """Choose a file, one on disk when it is large: it would travel to the browser first."""
        async with self.page.expect_file_chooser() as chosen:
            await self.get("pick-files").click()
        await (await chosen.value).set_files(file)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._problems.append(f"console: {message.text} ({message.location['url']})")

    def _asked(self, request: Request) -> None:
        is_local = request.url.startswith(("data:", "blob:"))
        if not is_local and urlsplit(request.url).netloc != urlsplit(self.url).netloc:
            self._problems.append(f"left the host: {request.url}")

    def _answered(self, response: Response) -> None:
        if response.status >= 500:
            self._problems.append(f"{response.status}: {response.url}")

    def _listened(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._received)

    def _received(self, payload: str | bytes) -> None:
        self.frames.append(
            payload if isinstance(payload, str) else payload.decode(errors="replace")
        )


class House:
    """Where people come in with their browsers."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._people: list[Person] = []

    async def arrive(
        self,
        site: Site,
        name: str,
        *,
        language: str = "en",
        viewport: dict[str, int] | None = None,
        is_phone: bool = False,
        node: str = "",
    ) -> Person:
        """Open a browser for somebody who is not signed in yet; `node` is the process to reach."""
        size = viewport or (PHONE if is_phone else DESKTOP)
        context = await self._browser.new_context(
            locale=LOCALES[language],
            viewport=size,  # type: ignore[arg-type] # a plain dict is what it takes
            has_touch=is_phone,
            is_mobile=is_phone,
            reduced_motion="reduce",
        )
        context.set_default_timeout(SOON)
        await context.add_init_script(_TELL_VIOLATIONS)
        person = Person(
            site, name, context, await context.new_page(), site.doors.get(node, site.url)
        )
        self._people.append(person)
        return person

    async def enter(self, site: Site, name: str, path: str = "", **how: object) -> Person:
        """Open a browser for somebody, signed in, at an address."""
        person = await self.arrive(site, name, **how)  # type: ignore[arg-type]
        await person.signed_in()
        if path:
            await person.open(path)
        return person

    async def close(self) -> list[str]:
        """Close all browsers; return what went wrong in them."""
        found = [f"{p.name}: {problem}" for p in self._people for problem in p.problems]
        sites = {id(person.site): person.site for person in self._people}
        for person in self._people:
            await person.context.close()
        return found + [line for site in sites.values() for line in site.mistakes()]
