"""What a search found, as rows of a page and as choices while one types."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from htpy import Element, Node, a, button, li, mark, p, span

from data.text_search import Phrase
from services import extracts
from services.mentions import Offer
from services.search import Found, Hit
from services.words import _
from ui import dates
from ui.fragments import marks
from ui.theme import icon


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of the palette: an address to go to, or something to do."""

    title: str
    kind: str
    icon: str
    address: str = ""
    action: str = ""
    about: str = ""


def address(hit: Hit) -> str:
    """Return where a hit leads: a ticket’s page, or the tickets somebody asked for."""
    if hit.kind == "ticket":
        return f"/tickets/{hit.number}"
    return f"/queue?{urlencode({'view': 'all', 'requester': str(hit.id)})}"


def row(hit: Hit, phrases: Sequence[Phrase], zone: str) -> tuple[str, str]:
    """Draw a hit as an item of the results page, after its key."""
    key = f"{hit.kind}-{hit.number or hit.id}"
    return key, str(
        li(".hit", data_key=key, data_testid="hit")[
            a(".hit-title", id=id_of(key), href=address(hit))[_title(hit, phrases)],
            marks.status_chip(hit.status) if hit.status else None,
            span(".hit-age")[dates.age(hit.updated_at, zone)] if hit.updated_at else None,
            bool(hit.excerpt) and p(".hit-excerpt")[marked(hit.excerpt, phrases)],
        ]
    )


def id_of(key: str) -> str:
    """Return the id of the link in the row of a key."""
    return f"hit-{key}"


def pick(hit: Hit, phrases: Sequence[Phrase]) -> tuple[str, str]:
    """Draw a ticket as a choice of a picker, after its key."""
    key = f"ticket-{hit.number}"
    return key, str(
        li(data_key=key)[
            button(
                ".pick",
                type="button",
                data_action="choose",
                data_value=str(hit.number),
                data_testid="ticket-hit",
            )[span[_title(hit, phrases)], hit.status and marks.status_chip(hit.status)]
        ]
    )


def options(pages: Sequence[Option], found: Found, *, everywhere: Option | None) -> str:
    """Draw the choices of the palette: pages and actions, what was found, and all the rest."""
    phrases = found.terms.wanted
    drawn = [(choice, marked(choice.title, phrases)) for choice in pages]
    drawn += [(_of(hit), _title(hit, phrases)) for hit in found.hits]
    if everywhere:
        drawn.append((everywhere, everywhere.title))
    return "".join(str(_option(at, *choice)) for at, choice in enumerate(drawn))


def offers(found: Sequence[Offer]) -> str:
    """Draw people whom one may call, as choices under a text."""
    return "".join(
        str(
            button(
                ".option",
                id=f"call-{place}",
                type="button",
                role="option",
                aria_selected="false",
                tabindex="-1",
                data_call=each.call,
            )[
                marks.avatar(each.name, hue=each.id),
                span(".option-title")[each.name],
                bool(each.about) and span(".option-about")[each.about],
            ]
        )
        for place, each in enumerate(found)
    )


def marked(text: str, phrases: Sequence[Phrase]) -> Node:
    """Return a text with the words that were looked for marked; all of it is escaped."""
    return [
        mark[piece] if is_found else piece for piece, is_found in extracts.pieces(text, phrases)
    ]


def _title(hit: Hit, phrases: Sequence[Phrase]) -> Node:
    if hit.kind == "user":
        return [marks.avatar(hit.title, hue=hit.id or 0), " ", marked(hit.title, phrases)]
    return [span(".number")[f"#{hit.number}"], " ", marked(hit.title, phrases)]


def _of(hit: Hit) -> Option:
    if hit.kind == "user":
        return Option(hit.title, _("Person"), "person", address(hit), about=hit.excerpt)
    status = marks.status_word(hit.status) if hit.status else ""
    return Option(hit.title, _("Ticket"), "ticket", address(hit), about=status)


def _option(place: int, choice: Option, title: Node) -> Element:
    content = [
        icon(choice.icon),
        span(".option-title")[title],
        bool(choice.about) and span(".option-about")[choice.about],
        span(".option-kind")[choice.kind],
    ]
    shared = {
        "id": f"palette-{place}",
        "role": "option",
        "aria-selected": "false",
        "tabindex": "-1",
    }
    if choice.address:
        return a(".option", shared, href=choice.address)[content]
    return button(".option", shared, type="button", data_action=choice.action)[content]
