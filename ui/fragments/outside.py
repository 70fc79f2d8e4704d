"""What is told outside, as rows: the webhooks, and the log of their messages."""

from htpy import Element, a, button, li, span

from data.models import Delivery, DeliveryState, Webhook
from services import channels, deliveries, webhooks
from services.words import N_, _, ngettext
from ui import dates
from ui.fragments import marks
from ui.theme import icon

_STATES: dict[DeliveryState, tuple[str, str, str]] = {  # word, icon, colour
    DeliveryState.PENDING: (N_("Waiting to be sent"), "clock", "waits"),
    DeliveryState.LEASED: (N_("Being sent"), "play", "waits"),
    DeliveryState.DONE: (N_("Delivered"), "check", "good"),
    DeliveryState.SKIPPED: (N_("No longer wanted"), "cross", ""),
    DeliveryState.DEAD: (N_("Given up"), "cross", "bad"),
}
_ENDED = (DeliveryState.DONE, DeliveryState.DEAD)


def states() -> list[tuple[DeliveryState, str]]:
    """Return how far a message may be, and what that is called."""
    return [(state, _(word)) for state, (word, _icon, _colour) in _STATES.items()]


def hook(webhook: Webhook) -> tuple[str, str]:
    """Draw a webhook, with what can be done to it."""
    key = f"webhook-{webhook.id}"
    many = ngettext("{n} kind of event", "{n} kinds of events", len(webhook.kinds))
    drawn = li(
        class_=["row", {"inactive": not webhook.is_active}], data_key=key, data_testid="webhook"
    )[
        span(".row-main")[
            span(".row-title")[webhook.name],
            span(".row-context")[
                span(".address")[webhook.url],
                span[many.format(n=len(webhook.kinds))],
                webhook.with_internal and span[_("with internal notes")],
            ],
        ],
        _switch_chip(webhook),
        span(".row-actions")[
            marks.row_button("test", webhook.id, _("Test"), webhook.name),
            marks.row_button("edit", webhook.id, _("Edit"), webhook.name),
            marks.row_button(
                "activity",
                webhook.id,
                _("Switch off") if webhook.is_active else _("Switch on"),
                webhook.name,
            ),
            marks.row_button("secret", webhook.id, _("New secret"), webhook.name),
            marks.row_button("delete", webhook.id, _("Delete"), webhook.name),
        ],
    ]
    return key, str(drawn)


def message(delivery: Delivery, names: dict[str, str], zone: str) -> tuple[str, str]:
    """Draw one message of the log: what about, to whom, how it ended."""
    key = f"delivery-{delivery.id}"
    word, drawn_as, colour = _STATES[delivery.state]
    name = names.get(delivery.recipient, "")
    drawn = li(".row", data_key=key, data_testid="delivery")[
        span(".row-main")[
            span(".row-title")[_about(delivery)],
            span(".row-context")[
                span[name],
                span[dates.stamp(delivery.created_at, zone)],
                delivery.attempts > 0 and span[_attempts(delivery.attempts)],
                span[_told(delivery)] if _told(delivery) else None,
                _next(delivery, zone),
            ],
        ],
        span(f".chip.{colour}" if colour else ".chip", data_testid="delivery-state")[
            icon(drawn_as), _(word)
        ],
        span(".row-actions")[
            delivery.state in _ENDED
            and button(
                ".button.small",
                type="button",
                data_action="resend",
                data_value=str(delivery.id),
                aria_label=f"{_('Send again')}: {_kind(delivery)}, {name}",
            )[_("Send again")]
        ],
    ]
    return key, str(drawn)


def _switch_chip(webhook: Webhook) -> Element:
    if webhook.disabled_reason:
        return span(".chip.bad", title=_(deliveries.ERRORS[webhook.disabled_reason]))[
            icon("cross"), _("Gone: switched off")
        ]
    if webhook.is_active:
        return span(".chip.good")[icon("check"), _("Switched on")]
    return span(".chip")[icon("pause"), _("Switched off")]


def _about(delivery: Delivery) -> list[Element | str | None]:
    number = delivery.event.ticket_number
    link = a(href=f"/tickets/{number}")[f"#{number}"] if number is not None else None
    return [_kind(delivery), " " if link else None, link]


def _kind(delivery: Delivery) -> str:
    kind = delivery.event.kind
    return (
        _("Test message")
        if kind in (webhooks.TESTED, channels.TESTED)
        else _(webhooks.KINDS.get(kind, kind))
    )


def _attempts(count: int) -> str:
    return ngettext("{n} attempt", "{n} attempts", count).format(n=count)


def _told(delivery: Delivery) -> str:
    """Return how the last attempt ended: our sentence, their status, how their answer begins."""
    ours = _(channels.why(delivery.error)) if delivery.error else ""
    status = _("Answer {status}").format(status=delivery.status) if delivery.status else ""
    return " · ".join(part for part in (ours, status, delivery.answer[:120]) if part)


def _next(delivery: Delivery, zone: str) -> Element | None:
    if delivery.state is not DeliveryState.PENDING or not delivery.attempts:
        return None
    return span[_("next attempt"), " ", dates.age(delivery.next_at, zone)]
