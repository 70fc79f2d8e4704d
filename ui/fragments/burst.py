"""A burst of similar tickets, drawn: above lists, and on the page of each of its tickets."""

from collections.abc import Iterable
from urllib.parse import urlencode

from htpy import Element, a, b, button, div, span

from services import bursts
from services.bursts import Sight
from services.words import _, ngettext
from ui.theme import icon


def told(sight: Sight) -> str:
    """Return how many came how fast, and what they say, as a sentence."""
    many = ngettext(
        "{n} similar tickets within {minutes} minute: “{name}”",
        "{n} similar tickets within {minutes} minutes: “{name}”",
        sight.minutes,
    )
    return many.format(n=sight.tickets, minutes=sight.minutes, name=sight.name)


def banners(some: Iterable[Sight]) -> str:
    """Draw what is said of bursts that go on, each with the way to its tickets and one to hide it.

    Inside something that is read out when it changes.
    """
    return str(div(".bursts", role="status")[[_banner(sight) for sight in some]])


def line(sight: Sight | None) -> Element | None:
    """Draw on a ticket that it belongs to a burst."""
    if sight is None:
        return None
    text = _("Part of a burst of {n} similar tickets").format(n=sight.tickets)
    about = ",".join(str(number) for number, _title in sight.first)
    new = f"/tickets/new?{urlencode({'title': sight.name, 'about': about})}"
    return div(".burst-line")[
        icon("alarm"),
        a(href=bursts.address(sight.id), data_testid="burst-line")[text],
        a(href=new, data_testid="burst-about")[_("Open a ticket about it")],
    ]


def _banner(sight: Sight) -> Element:
    link = bursts.address(sight.id)
    return div(".burst", data_testid="burst")[
        icon("alarm"),
        b(".burst-said")[told(sight)],
        span(".burst-acts")[
            a(".button.small", href=link, data_testid="burst-tickets")[_("See these tickets")],
            button(
                ".button.small",
                type="button",
                data_action="hide-burst",
                data_value=str(sight.id),
                data_testid="hide-burst",
                aria_label=_("Hide: {text}").format(text=sight.name),
            )[_("Hide")],
        ],
    ]
