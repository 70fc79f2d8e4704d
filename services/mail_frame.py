"""What stands around the words of a mail: the ticket, one button, why one gets it, how to stop.

Written for the mail programs there are: tables and styles on the spot for Outlook, no picture from
outside, colours for dark screens, and as wide as a phone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from htpy import Element, Node, a, body, div, h1, head, html, meta, p, span, style, table, td, tr
from htpy import title as title_tag
from markupsafe import Markup

from services import letter_values, mail_styles, postmarks, report_mail, rich
from services.letter_values import Prose
from services.letters import Item, Letter
from services.mail_styles import STYLES
from services.report_document import Document
from services.template_words import TEST
from services.words import _, ngettext, spoken

MOST_TOLD = 40  # things one mail tells; the rest is on the tickets
WIDTH = 600
_PREVIEW = 140  # characters a list of mails shows beside the subject


@dataclass(frozen=True, slots=True)
class Told:
    """One thing in words: as a text, and as Markdown."""

    item: Item
    text: str
    markdown: str


@dataclass(frozen=True, slots=True)
class Page:
    """All that a mail shows."""

    letter: Letter
    subject: str
    told: list[Told]
    intro: str  # Markdown
    action: str  # what the button says

    @property
    def link(self) -> str:
        """Return where the button leads."""
        if self.letter.is_digest:
            return postmarks.url("/tickets")
        last = self.letter.items[-1]
        return postmarks.url("/") if last.kind == TEST else letter_values.link(last)

    @property
    def report(self) -> Document | None:
        """Return the report that it brings whole; a digest only tells that there is one."""
        return None if self.letter.is_digest else self.letter.items[-1].report

    @property
    def groups(self) -> list[list[Told]]:
        """Return what is told by ticket, in the order in which the tickets come first."""
        places: dict[int, int] = {}
        for each in self.told:
            places.setdefault(_number(each), len(places))
        ordered = sorted(self.told[:MOST_TOLD], key=lambda each: places[_number(each)])
        return [list(those) for _key, those in groupby(ordered, _number)]

    @property
    def untold(self) -> str:
        """Return a sentence on what there was no room for."""
        more = max(0, len(self.told) - MOST_TOLD)
        text = ngettext("And {n} more thing.", "And {n} more things.", more)
        return text.format(n=more) if more else ""


def quoted(prose: Prose) -> str:
    """Return the prose of a person as a quotation, which nothing in it can end."""
    return "\n".join(f"> {line}".rstrip() for line in prose.splitlines())


def as_text(page: Page) -> str:
    """Return a mail for those who read plain text."""
    parts = [rich_to_text(page.intro)] if page.intro else []
    for group in page.groups:
        ticket = group[0].item.ticket
        if ticket is not None and page.letter.is_digest:
            parts.append(f"#{ticket.number} {ticket.title}\n{postmarks.url(_path(ticket.number))}")
        parts += [each.text for each in group]
        if ticket is not None and not page.letter.is_digest:
            facts = letter_values.facts(ticket, page.letter.timezone)
            lines = [f"#{ticket.number} {ticket.title}", *(_fact(*fact) for fact in facts)]
            parts.append("\n".join(lines))
    if page.report:
        parts.append(report_mail.as_text(page.report))
    parts += [page.untold, f"{page.action}{_colon()} {page.link}", "-- ", _foot_text(page)]
    return "\n\n".join(part for part in parts if part).replace("-- \n\n", "-- \n") + "\n"


def rich_to_text(markdown: str) -> str:
    """Return words of ours without the signs of Markdown."""
    return markdown.replace("**", "").replace("\\", "")


def as_html(page: Page) -> str:
    """Return a mail as mail programs show it."""
    content = [
        _brand(page),
        page.intro
        and [
            _Line(STYLES["head"])[h1(".text", style=STYLES["title"])[page.subject]],
            _Line(STYLES["words"])[_said(page.intro)],
        ],
        [_group(page, group) for group in page.groups],
        report_mail.rows(page.report) if page.report else None,
        page.untold and _Line(STYLES["more"])[page.untold],
        _Line(STYLES["action"])[_button(page.action, page.link)],
        _Line(STYLES["foot"], "foot")[_foot(page)],
    ]
    card = table(
        ".card", role="presentation", width=str(WIDTH), cellpadding="0", cellspacing="0",
        border="0", style=STYLES["card"],
    )[content]  # fmt: skip
    whole = html(lang=spoken(), xmlns="http://www.w3.org/1999/xhtml")[
        _head(page.subject),
        body(".back", style=STYLES["back"])[
            div(style=STYLES["preview"])[_preview(page)],
            table(
                ".back", role="presentation", width="100%", cellpadding="0", cellspacing="0",
                border="0", style=STYLES["outer"],
            )[tr[td(align="center", class_="edge", style=STYLES["edge"])[card]]],
        ],
    ]  # fmt: skip
    return str(whole)


def _head(subject: str) -> Element:
    return head[
        meta(charset="utf-8"),
        meta(name="viewport", content="width=device-width, initial-scale=1"),
        meta(name="x-apple-disable-message-reformatting"),
        meta(name="format-detection", content="telephone=no,date=no,address=no,email=no"),
        meta(name="color-scheme", content="light dark"),
        meta(name="supported-color-schemes", content="light dark"),
        title_tag[subject],
        mail_styles.FOR_OUTLOOK,
        style[mail_styles.SHEET],
    ]


class _Line:
    """A row of the one column, which `[…]` fills."""

    def __init__(self, css: str, name: str = "") -> None:
        self._cell = td(class_=name or None, style=css)

    def __getitem__(self, content: Node) -> Element:
        return tr[self._cell[content]]


def _brand(page: Page) -> Element:
    ticket = None if page.letter.is_digest else page.letter.items[-1].ticket
    about = f"#{ticket.number}" if ticket is not None else ""
    return _Line(STYLES["brand"], "line")[
        span(".brand", style=STYLES["name"])["AppTicket"],
        about and span(".muted", style=STYLES["about"])["\u00a0\u00a0·\u00a0\u00a0", about],
    ]


def _group(page: Page, group: list[Told]) -> Iterator[Node]:
    """Draw what is told of one ticket, or of none."""
    ticket = group[0].item.ticket
    if ticket is not None:
        yield _Line(STYLES["head"])[_heading(page, ticket.number, ticket.title)]
    elif not page.letter.is_digest:
        yield _Line(STYLES["head"])[h1(".text", style=STYLES["title"])[page.subject]]
    is_one_of_many = len(page.told) > 1
    for each in group:
        at = letter_values.moment(each.item.event.created_at, page.letter.timezone)
        yield _Line(STYLES["words"])[
            is_one_of_many and p(".muted", style=STYLES["at"])[at], _said(each.markdown)
        ]
    if ticket is None:
        return
    if page.letter.is_digest:
        yield _Line(STYLES["rule"], "line")[_mute_link(page, ticket.number)]
    else:
        yield _Line(STYLES["facts"])[_facts(letter_values.facts(ticket, page.letter.timezone))]


def _heading(page: Page, number: int, title: str) -> Element:
    if not page.letter.is_digest:
        return h1(".text", style=STYLES["title"])[title]
    return a(".link", href=postmarks.url(_path(number)), style=STYLES["ticket"])[
        f"#{number}\u00a0\u00a0{title}"
    ]


def _said(markdown: str) -> Markup:
    """Return words as HTML in which every tag has its style and dark screens find their class."""
    said = str(rich.styled(markdown, mail_styles.OF_TAGS))
    # Of the tags that pass the sanitiser, whose text holds no tag, one gets a class.
    said = said.replace("<blockquote ", '<blockquote class="quote" ')
    return Markup(said)  # noqa: S704 - sanitised


def _facts(facts: list[tuple[str, str]]) -> Element:
    return table(
        ".facts", role="presentation", width="100%", cellpadding="0", cellspacing="0", border="0",
        style=STYLES["table"],
    )[
        [
            tr[
                td(class_="muted", width="35%", style=STYLES["fact"])[name],
                td(class_="text", style=STYLES["value"])[value],
            ]
            for name, value in facts
        ]
    ]  # fmt: skip


def _button(text: str, link: str) -> list[Node]:
    """Draw a button that Outlook draws as well, as a shape of its own."""
    width = 48 + 9 * len(text)
    shape = mail_styles.SHAPE.format(link=link, width=width, text=text)
    button = a(".button", href=link, style=STYLES["button"])[text]
    return [shape, mail_styles.NOT_OUTLOOK, button, mail_styles.TO_HERE]


def _foot(page: Page) -> list[Node]:
    profile = a(".muted", href=postmarks.url("/profile"), style=STYLES["small"])[
        _("Change what I am told")
    ]
    ticket = None if page.letter.is_digest else page.letter.items[-1].ticket
    mute = ticket is not None and [" \u00a0·\u00a0 ", _mute_link(page, ticket.number)]
    why = letter_values.reason(page.letter)
    return [why and p(style=STYLES["why"])[why], p(style=STYLES["ways"])[profile, mute]]


def _mute_link(page: Page, number: int) -> Element:
    link = postmarks.mute_url(page.letter.user.id, number)
    return a(".muted", href=link, style=STYLES["small"])[_("No more of this ticket")]


def _foot_text(page: Page) -> str:
    lines = [letter_values.reason(page.letter)]
    lines.append(f"{_('Change what I am told')}{_colon()} {postmarks.url('/profile')}")
    if not page.letter.is_digest and (ticket := page.letter.items[-1].ticket) is not None:
        link = postmarks.mute_url(page.letter.user.id, ticket.number)
        lines.append(f"{_('No more of this ticket')}{_colon()} {link}")
    return "\n".join(line for line in lines if line)


def _preview(page: Page) -> Markup:
    """Return what a list of mails shows beside the subject, and room that keeps the rest out."""
    text = " ".join(page.told[0].text.replace("\n> ", " ").split())[:_PREVIEW]
    return Markup("{}{}").format(text, mail_styles.ROOM)


def _number(told: Told) -> int:
    return told.item.ticket.number if told.item.ticket is not None else 0


def _path(number: int) -> str:
    return f"/tickets/{number}"


def _fact(name: str, value: str) -> str:
    return f"{name}{_colon()} {value}"


def _colon() -> str:
    return "\u00a0:" if spoken() == "fr" else ":"
