"""How fast one moves between pages: a click inside the frame, against loading the page whole.

`python -m tests.bench.navigation [--rounds 25]`

The promise (architecture.md 9): 100 ms at most, median, from the click to the new page painted,
warm, in Chromium. Both are measured in turn in the same run, by the browser’s own clock: a page is
painted in the second frame after its heading is there.
"""

import argparse
import shutil
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.bench.live import World, free_port, populate, start, until_it_listens
from tests.browser.people import FLAGS

LIMIT_MS = 100
# Resolves with the milliseconds until an element is there, drawn, and the frame after it began.
_PAINTED = """
([selector, begin]) => new Promise((done) => {
  const begun = begin ? performance.now() : 0;
  const look = () => {
    if (!document.querySelector(selector)) return requestAnimationFrame(look);
    requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - begun)));
  };
  if (begin) document.querySelector(begin).click();
  look();
})
"""
# From where, what is clicked, what the new page shows, its address.
_MOVES = {
    "queue → ticket": ("/queue", "a[href='/tickets/{n}']", ".thread", "/tickets/{n}"),
    "ticket → queue": ("/tickets/{n}", ".rail a[href='/queue']", "#tickets", "/queue"),
    "queue → new ticket": ("/queue", "a.create", "[data-testid=submit]", "/tickets/new"),
    "queue → my profile": ("/queue", "a.me", "[data-testid=save-profile]", "/profile"),
}


def measure(page: Page, base: str, number: int, rounds: int) -> dict[str, tuple[float, float]]:
    """Return for each move the medians of a click and of a whole load, in milliseconds."""
    found = {}
    for name, (start_at, *rest) in _MOVES.items():
        click, shown, address = (text.format(n=number) for text in rest)
        inside, whole = [], []
        for _round in range(rounds + 2):
            page.goto(base + start_at.format(n=number))
            page.wait_for_selector(click, state="attached")
            page.wait_for_function("window.socket?.connected")
            inside.append(page.evaluate(_PAINTED, [shown, click]))
            page.goto(base + address, wait_until="commit")
            whole.append(page.evaluate(_PAINTED, [shown, ""]))
        found[name] = statistics.median(inside[2:]), statistics.median(whole[2:])
    return found


def main() -> int:
    """Measure, show, and fail when the promise is broken."""
    parser = argparse.ArgumentParser(description="Measure navigation.")
    parser.add_argument("--rounds", type=int, default=25)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder, ExitStack() as running:
        world = populate(Path(folder))
        found = _in_browser(running, world, rounds)
    for name, (inside, whole) in found.items():
        sys.stdout.write(f"{name:>22}  {inside:6.0f} ms   whole load {whole:6.0f} ms\n")
    return 0 if all(inside <= LIMIT_MS for inside, _whole in found.values()) else 1


def _in_browser(running: ExitStack, world: World, rounds: int) -> dict[str, tuple[float, float]]:
    port = free_port()
    base = f"http://localhost:{port}"
    serve = (sys.executable, "-m", "tests.bench.server", world.url, str(port))
    start(running, *serve, str(world.admin_id))
    until_it_listens(port)
    browsers = running.enter_context(sync_playwright())
    chromium = browsers.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
    running.callback(chromium.close)
    context = chromium.new_context(locale="fr-FR", viewport={"width": 1440, "height": 900})
    context.add_cookies([{"name": "appticket", "value": world.tokens[0], "url": base}])
    return measure(context.new_page(), base, world.numbers[-1], rounds)


if __name__ == "__main__":
    sys.exit(main())
