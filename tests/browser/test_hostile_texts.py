"""Whatever people write is shown as they wrote it, and runs nowhere (R-5; T-5)."""

import pytest
from playwright.async_api import expect

from data.files import Stored
from services import assignment, attachments, categories, comments, creation, links, tags, teams
from services.errors import Invalid
from tests.browser.people import House
from tests.sites import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

RUN = "window.__pwn=1"
CORPUS = (
    f"<script>{RUN}</script>",
    f"</script><script>{RUN}</script>",
    f"<SCRIPT SRC=data:text/javascript,{RUN}></SCRIPT>",
    f"<scr<script>ipt>{RUN}</scr</script>ipt>",
    f'"><script>{RUN}</script>',
    f"'><script>{RUN}</script>",
    f"</title><script>{RUN}</script>",
    f"</textarea><script>{RUN}</script>",
    f"</style><script>{RUN}</script>",
    f"--><script>{RUN}</script>",
    f"]]><script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f"<img src=x onerror='{RUN}'//",
    f'<img """><script>{RUN}</script>">',
    f"<img src=x:x onerror\t=\t{RUN}>",
    f"<image src=x onerror={RUN}>",
    f"<svg onload={RUN}>",
    f"<svg><script>{RUN}</script></svg>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    f"<svg><a xlink:href='javascript:{RUN}'><text x=1 y=9>x</text></a></svg>",
    f"<math><mtext><table><mglyph><style><img src=x onerror={RUN}>",
    f"<math href='javascript:{RUN}'>x</math>",
    "<form><math><mtext></form><form><mglyph><svg><mtext>"
    f"<style><path id='</style><img src=x onerror={RUN}>'>",
    f"<noscript><p title='</noscript><img src=x onerror={RUN}>'>",
    f"<body onload={RUN}>",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'></iframe>",
    f"<iframe src='javascript:parent.{RUN}'></iframe>",
    f"<object data='javascript:{RUN}'></object>",
    f"<embed src='javascript:{RUN}'>",
    f"<a href='javascript:{RUN}'>x</a>",
    f"<a href=' \x01javascript:{RUN}'>x</a>",
    f"<a href='java\tscript:{RUN}'>x</a>",
    f"<a href='vbscript:{RUN}'>x</a>",
    f"<a href='data:text/html,<script>opener.{RUN}</script>'>x</a>",
    f"<details open ontoggle={RUN}>x</details>",
    f"<video><source onerror={RUN}></video>",
    f"<audio src=x onerror={RUN}>",
    f"<input autofocus onfocus={RUN}>",
    f"<select autofocus onfocus={RUN}>",
    f"<textarea autofocus onfocus={RUN}>",
    f"<marquee onstart={RUN}>",
    f"<div style='background:url(javascript:{RUN})'>",
    f"<style>@import 'javascript:{RUN}';</style>",
    f"<link rel=stylesheet href='javascript:{RUN}'>",
    f"<meta http-equiv=refresh content='0;url=javascript:{RUN}'>",
    "<base href='https://evil.example/'>",
    f"<template><script>{RUN}</script></template>",
    f"<x onclick={RUN} data-action=take>x</x>",
    f"<button popovertarget=x onbeforetoggle={RUN}>x</button><div popover id=x>x</div>",
    f"[x](javascript:{RUN})",
    f"[x](JaVaScRiPt:{RUN})",
    f"[x](data:text/html;base64,PHNjcmlwdD4{RUN})",
    f"![x](javascript:{RUN})",
    f'![x](x "onerror={RUN}")',
    "![x](https://evil.example/x.png)",
    f"<javascript:{RUN}>",
    f"[x]: javascript:{RUN}\n[x]",
    f"`<img src=x onerror={RUN}>`",
    f"```html\n<script>{RUN}</script>\n```",
    f"{{{{constructor.constructor('{RUN}')()}}}}",
    f"{{{{ $el.ownerDocument.defaultView.eval('{RUN}') }}}}",
    f"${{{RUN}}}",
    f"`);{RUN}//",
    f'");{RUN}//',
    f"');{RUN}//",
    f'\\");{RUN}//',
    f"\u2028{RUN}\u2029",
    f"&lt;script&gt;{RUN}&lt;/script&gt;",
    f"&#x3C;img src=x onerror={RUN}&#x3E;",
    f"\uff1cscript\uff1e{RUN}\uff1c/script\uff1e",
    f"\u202e<script>{RUN}</script>",
    f"\x00<script>{RUN}</script>",
    f":innerHTML={RUN}",
    f"' v-html='{RUN}' :onclick='{RUN}",
)
_PAGES = ("/", "/tickets", "/queue?view=all", "/tickets/new")


def poison(site: Site, prefix: str) -> list[int]:
    """Put each text of the corpus wherever a person may write; return the tickets."""
    diane = site.actor("diane")
    numbers = [_ticket(site, f"{prefix}{at}", text) for at, text in enumerate(CORPUS)]
    site.write(lambda s: teams.create(s, diane, name=CORPUS[0][:80], description=CORPUS[11]))
    site.write(lambda s: categories.create(s, diane, name=CORPUS[11][:80]))
    site.ids["mallory"] = site.add(CORPUS[11], "mallory@exemple.fr", department=CORPUS[16])
    mallory = site.actor("mallory")
    new = creation.NewTicket(title=CORPUS[0], description="".join(CORPUS[:20]))
    number = site.write(lambda s: creation.create(s, mallory, new).number)
    site.write(lambda s: comments.post(s, mallory, number, "\n\n".join(CORPUS)))
    site.write(lambda s: assignment.take(s, diane, number))
    for at, text in enumerate(CORPUS):
        _hang_on(site, number, f"{at} {text}")
    return [number, *numbers[:1]]


def _ticket(site: Site, title: str, text: str) -> int:
    alice = site.actor("alice")
    new = creation.NewTicket(title=f"{title} {text}"[:200], description=text)
    return site.write(lambda s: creation.create(s, alice, new).number)


def _hang_on(site: Site, number: int, text: str) -> None:
    """Put a text into what hangs on a ticket, where the service takes it."""
    diane = site.actor("diane")
    stored = Stored("0" * 64, 1, text[:150] + ".txt", "application/octet-stream")
    for put in (
        lambda s: tags.add(s, diane, number, text[:30]),
        lambda s: links.add_external(s, diane, number, f"https://exemple.fr/{text}", text[:100]),
        lambda s: links.add_external(s, diane, number, text, text[:100]),
        lambda s: attachments.add(s, diane, comments.draft_of(number), stored),
    ):
        try:
            site.write(put)
        except Invalid:
            continue  # refused: it is shown nowhere


async def test_no_text_runs_anywhere_for_anybody(house: House, site: Site) -> None:
    numbers = poison(site, "Hostile ")
    tickets = tuple(f"/tickets/{number}" for number in numbers)
    settings = ("users", "teams", "categories", "tokens", "webhooks")
    admin = (*(f"/admin/{name}" for name in settings), "/profile")
    for name, paths in (
        ("diane", (*_PAGES, *tickets, *admin)),
        ("bruno", ("/queue?view=all&sort=title", *tickets)),
        ("mallory", ("/", *tickets[:1], "/profile")),
        ("alice", ("/tickets", *tickets[1:])),
    ):
        person = await house.enter(site, name)
        for path in paths:
            await person.open(path)
            await expect(person.page.get_by_role("heading", level=1)).to_be_visible()
            assert await person.page.evaluate("window.__pwn") is None, f"{name} {path}"
            assert await person.page.locator("[onerror], [onload], iframe, object").count() == 0
            hrefs = await person.page.eval_on_selector_all("a", "(all) => all.map((a) => a.href)")
            assert [x for x in hrefs if not x.startswith(("http", "mailto:", "tel:"))] == []


async def test_a_text_that_arrives_while_the_page_is_open_runs_neither(
    house: House, site: Site
) -> None:
    number = site.ticket("Vivant")
    bruno = await house.enter(site, "bruno", f"/tickets/{number}")
    diane = await house.enter(site, "diane", "/queue")

    for at in range(0, len(CORPUS), 8):
        site.comment(number, "\n\n".join(CORPUS[at : at + 8]), "alice")
    last = _ticket(site, "Dernier", CORPUS[11])
    site.comment(number, "C’est tout", "alice")

    await expect(bruno.thread).to_contain_text("C’est tout")
    await expect(diane.row(last)).to_contain_text(CORPUS[11])
    for person in (bruno, diane):
        assert await person.page.evaluate("window.__pwn") is None
