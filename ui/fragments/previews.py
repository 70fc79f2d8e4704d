"""A message as somebody would get it: as HTML mail, as a text, as an SMS."""

from htpy import Element, div, figcaption, figure, iframe, pre, span

from services import gsm
from services.templates import Rendered
from services.words import _, ngettext


def preview(email: Rendered, sms: Rendered) -> str:
    """Draw the three forms of one message."""
    room = gsm.length(sms.text)
    said = ngettext("{n} character", "{n} characters", room).format(n=room)
    return str(
        div(".previews")[
            _form(
                _("E-mail"),
                # It runs nothing and leads nowhere: what stands in it may be anybody’s.
                iframe(
                    sandbox="",
                    srcdoc=email.html,
                    title=_("The e-mail as mail programs show it"),
                    data_testid="preview-html",
                ),
                email.subject,
            ),
            _form(
                _("The same as plain text"),
                pre(tabindex="0", data_testid="preview-text")[email.text],
            ),
            _form(_("SMS"), div(".sms-bubble", data_testid="preview-sms")[sms.text], said),
        ]
    )


def _form(title: str, drawn: Element, about: str = "") -> Element:
    return figure(".preview")[
        figcaption[span(".preview-title")[title], about and span(".muted")[about]], drawn
    ]
