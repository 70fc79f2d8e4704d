"""The words that messages come with, until an administrator chooses others.

Each is a template: `{{ title }}` stands for the title of the ticket, `{% if lead %}` for a choice.
"""

from dataclasses import dataclass

from services.occasions import KINDS
from services.words import N_


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one kind of message, in English; the catalogue has the French ones."""

    body: str
    sms: str
    subject: str = N_("[#{{ number }}] {{ title }}")
    action: str = N_("Open the ticket")  # what the button says


DIGEST, TEST, PASSWORD = "digest", "test", "password"
_REPLY = N_("Read and answer")

WORDS: dict[str, Words] = {
    "created": Words(
        N_(
            "**{{ actor }}** created this ticket"
            "{% if not requester == actor %} for {{ requester }}{% endif %}.\n\n{{ description }}"
        ),
        N_("AppTicket: ticket #{{ number }} was created. {{ link }}"),
    ),
    "taken": Words(
        N_("**{{ actor }}** is now taking care of this ticket."),
        N_("AppTicket: somebody is taking care of ticket #{{ number }}. {{ link }}"),
    ),
    "assigned": Words(
        N_(
            "**{{ actor }}** assigned this ticket"
            "{% if lead %} to **{{ lead }}**{% elif team %} to the team **{{ team }}**{% endif %}."
        ),
        N_("AppTicket: ticket #{{ number }} was assigned. {{ link }}"),
    ),
    "asked": Words(
        N_("**{{ actor }}** needs something from you to go on.\n\n{{ comment }}"),
        N_("AppTicket: we need your answer on ticket #{{ number }}. {{ link }}"),
        action=_REPLY,
    ),
    "comment": Words(
        N_("**{{ actor }}** wrote:\n\n{{ comment }}"),
        N_("AppTicket: new message on ticket #{{ number }}. {{ link }}"),
        action=_REPLY,
    ),
    "mention": Words(
        N_("**{{ actor }}** mentioned you:\n\n{{ comment }}"),
        N_("AppTicket: you are mentioned on ticket #{{ number }}. {{ link }}"),
        action=_REPLY,
    ),
    "status": Words(
        N_("**{{ actor }}** changed the status of this ticket: **{{ status }}**."),
        N_("AppTicket: ticket #{{ number }} is now: {{ status }}. {{ link }}"),
    ),
    "resolved": Words(
        N_(
            "**{{ actor }}** resolved this ticket.\n\nDoes the problem remain?"
            " Answer on the ticket, and it is opened again."
        ),
        N_("AppTicket: ticket #{{ number }} is resolved. {{ link }}"),
    ),
    "closed": Words(
        N_(
            "This ticket is closed: nothing on it changes any more. If the problem comes back,"
            " create a new ticket."
        ),
        N_("AppTicket: ticket #{{ number }} is closed. {{ link }}"),
    ),
    "reopened": Words(
        N_("**{{ actor }}** opened this ticket again."),
        N_("AppTicket: ticket #{{ number }} was opened again. {{ link }}"),
    ),
    "deadline_near": Words(
        N_("A deadline of this ticket is near. {{ deadline }}: **{{ due }}**."),
        N_("AppTicket: ticket #{{ number }} is due on {{ due }}. {{ link }}"),
    ),
    "deadline_missed": Words(
        N_("A deadline of this ticket is over. {{ deadline }}: **{{ due }}**."),
        N_("AppTicket: ticket #{{ number }} is late, it was due on {{ due }}. {{ link }}"),
    ),
    "returned": Words(
        N_(
            "This ticket was not accepted: it is back in the queue."
            "{% if explanation %}\n\nReason: {{ explanation }}{% endif %}"
        ),
        N_("AppTicket: ticket #{{ number }} is back in the queue. {{ link }}"),
    ),
    "untreated": Words(
        N_("Nobody has taken this ticket yet. It was created on {{ created }}."),
        N_("AppTicket: ticket #{{ number }} still waits for somebody. {{ link }}"),
    ),
    "closing_soon": Words(
        N_(
            "This ticket is resolved and will be closed soon. Does the problem remain?"
            " Answer on the ticket, and it is opened again."
        ),
        N_("AppTicket: ticket #{{ number }} will be closed soon. {{ link }}"),
    ),
    "burst": Words(
        N_(
            "**{{ tickets }} similar tickets** were created within {{ minutes }} min: something may"
            " have broken down.\n\n{{ description }}"
        ),
        N_("AppTicket: {{ tickets }} similar tickets within {{ minutes }} min. {{ link }}"),
        N_("{{ tickets }} similar tickets: {{ title }}"),
        N_("See these tickets"),
    ),
    "report": Words(
        "{{ description }}",
        N_("AppTicket: a report is ready. {{ link }}"),
        "{{ title }}",
        N_("Open the report"),
    ),
    PASSWORD: Words(
        N_(
            "The password of your account was changed on {{ when }}.\n\nIf neither you nor your"
            " administrator did this, tell your administrator at once."
        ),
        N_("AppTicket: the password of your account was changed. {{ link }}"),
        N_("Your password was changed"),
        N_("Look at my account"),
    ),
    DIGEST: Words(
        N_("Here is what happened on the tickets you follow."),
        N_("AppTicket: there is news on your tickets. {{ link }}"),
        N_("News on your tickets"),
        N_("See my tickets"),
    ),
    TEST: Words(
        N_("This message was sent to try things out. It arrived: people can be told this way."),
        N_("AppTicket: this message was sent to try things out. It arrived."),
        N_("AppTicket: a message to try things out"),
        N_("Open AppTicket"),
    ),
}
LABELS: dict[str, str] = {
    **{kind: KINDS[kind].label for kind in KINDS},
    DIGEST: N_("Digest of several tickets"),
    TEST: N_("Message of a test"),
}
VARIABLES: dict[str, str] = {
    "number": N_("Number of the ticket"),
    "title": N_("Title of the ticket"),
    "description": N_("Description of the ticket"),
    "requester": N_("Requester"),
    "lead": N_("Lead, empty without one"),
    "team": N_("Team, empty without one"),
    "category": N_("Category, empty without one"),
    "status": N_("Status"),
    "priority": N_("Priority"),
    "created": N_("When the ticket was created"),
    "due": N_("The deadline, empty without one"),
    "deadline": N_("Which deadline it is"),
    "actor": N_("Who did it"),
    "when": N_("When it was done"),
    "comment": N_("The message that was written, empty without one"),
    "explanation": N_("The reason that was given, empty without one"),
    "recipient": N_("Who gets the message"),
    "count": N_("How many things the message tells"),
    "tickets": N_("How many similar tickets there are, empty otherwise"),
    "minutes": N_("Within how many minutes they came, empty otherwise"),
    "link": N_("Address of the ticket"),
}
SMS_VARIABLES = (  # nothing personal
    *("number", "status", "priority", "due", "count", "tickets", "minutes", "link"),
)
