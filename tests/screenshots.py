"""`python -m tests.screenshots`: takes the pictures of docs/screenshots from the demonstration."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.bench.live import free_port
from tests.browser.people import FLAGS

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "screenshots"
DESKTOP, PHONE = (1440, 900), (390, 844)
CHARTS = "/stats?period=days_90"
REPORT = "REPORT"
# File, who looks, size, colours, address (ROW: that of the first row of the queue,
# REPORT: the newest report).
PICTURES = (
    ("queue.png", "technician", DESKTOP, "light", "/queue"),
    ("queue-dark.png", "technician", DESKTOP, "dark", "/queue"),
    ("ticket.png", "technician", DESKTOP, "light", "ROW"),
    ("home.png", "requester", DESKTOP, "light", "/"),
    ("users.png", "administrator", DESKTOP, "light", "/admin/users"),
    ("statistics.png", "manager", DESKTOP, "light", CHARTS),
    ("recurring.png", "manager", DESKTOP, "light", "/stats/recurring"),
    ("report.png", "manager", DESKTOP, "light", REPORT),
    ("report-phone.png", "manager", PHONE, "dark", REPORT),
    ("queue-phone.png", "technician", PHONE, "light", "/queue"),
    ("ticket-phone.png", "technician", PHONE, "light", "ROW"),
    ("new-ticket-phone.png", "requester", PHONE, "light", "/tickets/new"),
)


def main() -> None:
    """Start the demonstration, look at it as each role, stop it."""
    FOLDER.mkdir(exist_ok=True)
    port = free_port()
    command = [sys.executable, str(ROOT / "main.py"), "demo"]
    env = {**os.environ, "APPTICKET_PORT": str(port)}
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as demo:
        try:
            password, logins = _told(demo)
            with sync_playwright() as started:
                chromium = started.chromium.launch(
                    executable_path=shutil.which("chromium"), args=FLAGS
                )
                for name, role, size, colours, address in PICTURES:
                    page = _opened(chromium, size, colours)
                    _sign_in(page, f"http://localhost:{port}", logins[role], password)
                    _take(page, f"http://localhost:{port}", address, FOLDER / name)
        finally:
            demo.terminate()


def _told(demo: "subprocess.Popen[str]") -> tuple[str, dict[str, str]]:
    """Read the password and the logins that the demonstration prints before it answers."""
    password, logins = "", {}
    for line in demo.stdout or ():
        if found := re.search("“(.+)”", line):
            password = found[1]
        if found := re.fullmatch(r"\s+(\w+)\s+(\S+@\S+)\s*", line):
            logins[found[1]] = found[2]
        if "http://" in line:
            break
    return password, logins


def _opened(chromium: Browser, size: tuple[int, int], colours: str) -> Page:
    width, height = size
    context = chromium.new_context(
        viewport={"width": width, "height": height},
        locale="fr-FR",
        color_scheme="dark" if colours == "dark" else "light",
        has_touch=size == PHONE,
    )
    return context.new_page()


def _sign_in(page: Page, base: str, email: str, password: str) -> None:
    for _attempt in range(100):  # the server answers a moment after it said so
        try:
            page.goto(f"{base}/login")
            break
        except Exception:
            page.wait_for_timeout(100)
    page.fill("#email", email)
    page.fill("#password", password)
    page.click("button[type=submit]")
    page.wait_for_url(f"{base}/")


def _take(page: Page, base: str, address: str, file: Path) -> None:
    if address == "ROW":
        page.goto(f"{base}/queue?view=answered")
        address = page.locator("#tickets a").nth(1).get_attribute("href") or "/queue"
    if address == REPORT:
        page.goto(f"{base}/reports")
        address = page.locator("#reports a").first.get_attribute("href") or "/reports"
    page.goto(base + address)
    page.wait_for_selector("#page-title")
    if address == CHARTS:
        page.wait_for_selector(".main-svg")
    page.wait_for_function("window.did_handshake")
    page.wait_for_timeout(500)  # pictures and fonts
    page.screenshot(path=file)
    with Image.open(file) as picture:
        picture.convert("RGB").quantize(256).save(file, optimize=True)


if __name__ == "__main__":
    main()
