"""What stands around the words of a mail: the ticket, one button, why one gets it, how to stop.

Written for the mail programs there are: tables and styles on the spot for Outlook, no picture from
outside, colours for dark screens, and as wide as a phone.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import groupby

from htpy import (
    Element,
    a,
    body,
    div,
    h1,
    head,
    html,
    meta,
    p,
    span,
    style,
    table,
    td,
    tr,
)
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
    rows = [
        _brand(page),
        page.intro and _line("head").around(_TITLE.around(page.subject)),
        page.intro and _line("words").around(_said(page.intro)),
        *(row for group in page.groups for row in _group(page, group)),
        *(report_mail.rows(page.report) if page.report else ()),
        page.untold and _line("more").around(page.untold),
        _line("action").around(_button(page.action, page.link)),
        _line("foot", "foot").around(_foot(page)),
    ]
    return str(_whole(spoken()).around(page.subject, _preview(page), _joined(rows)))


class _Mould:
    """Elements that are the same in all mails but for what fills their gaps, drawn once.

    Drawing every element of each mail took a third of the time of sending it.
    """

    _GAP = "\x00"  # in no mail: see `data.text`

    def __init__(self, draw: Callable[[str], Element]) -> None:
        drawn = str(draw(self._GAP))
        self._parts = [Markup(part) for part in drawn.split(self._GAP)]  # noqa: S704 - drawn here

    def around(self, *content: str | Element) -> Markup:
        """Return the elements with a content in each gap; a text is escaped."""
        after = zip(content, self._parts[1:], strict=True)
        return _joined([self._parts[0], *(part for pair in after for part in pair)])


def _joined(parts: Iterable[str | Element]) -> Markup:
    return Markup("").join(parts)


@cache
def _whole(language: str) -> _Mould:
    """Return all that stands around: gaps for the subject, what lists show, and the rows."""
    return _Mould(
        lambda gap: html(lang=language, xmlns="http://www.w3.org/1999/xhtml")[
            _head(gap),
            body(".back", style=STYLES["back"])[
                div(style=STYLES["preview"])[gap],
                _table(".back", width="100%", style=STYLES["outer"])[
                    tr[
                        td(align="center", class_="edge", style=STYLES["edge"])[
                            _table(".card", width=str(WIDTH), style=STYLES["card"])[gap]
                        ]
                    ]
                ],
            ],
        ]
    )


def _table(name: str, **how: str) -> Element:
    """Return a table that only lays out."""
    return table(
        name, role="presentation", cellpadding="0", cellspacing="0", border="0", **how
    )  # fmt: skip


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


@cache
def _line(look: str, name: str = "") -> _Mould:
    """Return a row of the one column."""
    return _Mould(lambda gap: tr[td(class_=name or None, style=STYLES[look])[gap]])


_TITLE = _Mould(lambda gap: h1(".text", style=STYLES["title"])[gap])
_ABOUT = _Mould(lambda gap: span(".muted", style=STYLES["about"])["\u00a0\u00a0·\u00a0\u00a0", gap])
_AT = _Mould(lambda gap: p(".muted", style=STYLES["at"])[gap])
_FACTS = _Mould(lambda gap: _table(".facts", width="100%", style=STYLES["table"])[gap])
_FACT = _Mould(
    lambda gap: tr[
        td(class_="muted", width="35%", style=STYLES["fact"])[gap],
        td(class_="text", style=STYLES["value"])[gap],
    ]
)
_HEADING = _Mould(lambda gap: a(".link", href=gap, style=STYLES["ticket"])[gap])
_BUTTON = _Mould(lambda gap: a(".button", href=gap, style=STYLES["button"])[gap])
_LINK = _Mould(lambda gap: a(".muted", href=gap, style=STYLES["small"])[gap])
_WHY = _Mould(lambda gap: p(style=STYLES["why"])[gap])
_WAYS = _Mould(lambda gap: p(style=STYLES["ways"])[gap])
_NAME = _Mould(lambda _gap: span(".brand", style=STYLES["name"])["AppTicket"])


def _brand(page: Page) -> Markup:
    ticket = None if page.letter.is_digest else page.letter.items[-1].ticket
    about = _ABOUT.around(f"#{ticket.number}") if ticket is not None else ""
    return _line("brand", "line").around(_NAME.around() + about)


def _group(page: Page, group: list[Told]) -> Iterator[Markup]:
    """Draw what is told of one ticket, or of none."""
    ticket = group[0].item.ticket
    if ticket is not None:
        yield _line("head").around(_heading(page, ticket.number, ticket.title))
    elif not page.letter.is_digest:
        yield _line("head").around(_TITLE.around(page.subject))
    is_one_of_many = len(page.told) > 1
    for each in group:
        said = _said(each.markdown)
        if is_one_of_many:
            at = letter_values.moment(each.item.event.created_at, page.letter.timezone)
            said = _AT.around(at) + said
        yield _line("words").around(said)
    if ticket is None:
        return
    if page.letter.is_digest:
        yield _line("rule", "line").around(_mute_link(page, ticket.number))
    else:
        facts = letter_values.facts(ticket, page.letter.timezone)
        yield _line("facts").around(_FACTS.around(_joined(_FACT.around(*fact) for fact in facts)))


def _heading(page: Page, number: int, title: str) -> Markup:
    if not page.letter.is_digest:
        return _TITLE.around(title)
    return _HEADING.around(postmarks.url(_path(number)), f"#{number}\u00a0\u00a0{title}")


@lru_cache(maxsize=500)
def _said(markdown: str) -> Markup:
    """Return words as HTML in which every tag has its style and dark screens find their class.

    What is told goes to several people: its words are read once.
    """
    said = str(rich.styled(markdown, mail_styles.OF_TAGS))
    # Of the tags that pass the sanitiser, whose text holds no tag, one gets a class.
    said = said.replace("<blockquote ", '<blockquote class="quote" ')
    return Markup(said)  # noqa: S704 - sanitised


def _button(text: str, link: str) -> Markup:
    """Draw a button that Outlook draws as well, as a shape of its own."""
    width = 48 + 9 * len(text)
    shape = mail_styles.SHAPE.format(link=link, width=width, text=text)
    button = _BUTTON.around(link, text)
    return shape + mail_styles.NOT_OUTLOOK + button + mail_styles.TO_HERE


def _foot(page: Page) -> Markup:
    why = letter_values.reason(page.letter)
    ways = [_LINK.around(postmarks.url("/profile"), _("Change what I am told"))]
    ticket = None if page.letter.is_digest else page.letter.items[-1].ticket
    if ticket is not None:
        ways.append(_mute_link(page, ticket.number))
    between = Markup(" \u00a0·\u00a0 ")
    return (_WHY.around(why) if why else Markup()) + _WAYS.around(between.join(ways))


def _mute_link(page: Page, number: int) -> Markup:
    link = postmarks.mute_url(page.letter.user.id, number)
    return _LINK.around(link, _("No more of this ticket"))


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
