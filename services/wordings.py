"""What administrators make of the words of messages: looked at, tried, kept, taken back."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Template
from services import channels, checks, events, letter_samples, sandbox, templates
from services.channels import EMAIL, SMS
from services.errors import NotFound
from services.permissions import Action, Actor, require
from services.template_words import SMS_VARIABLES, VARIABLES, WORDS
from services.templates import MAX_SUBJECT, Chosen, Rendered
from services.words import LANGUAGES

MAX_SMS = 500  # characters of a template


@dataclass(frozen=True, slots=True)
class Wording:
    """How one kind of message reads in one language; `own` are the channels with own words."""

    subject: str
    body: str
    sms: str
    own: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Preview:
    """A message that somebody might get."""

    email: Rendered
    sms: Rendered


def get(s: Session, by: Actor, kind: str, language: str) -> Wording:
    """Return the words in use.

    Raises:
        NotFound: no such kind or language.
    """
    require(by, Action.CHANNEL_MANAGE)
    _require_known(kind, language)
    mail, short = (templates.chosen_words(s, [kind], c, language)[kind] for c in (EMAIL, SMS))
    own = {c for c, words in ((EMAIL, mail), (SMS, short)) if words.is_own}
    return Wording(mail.subject, mail.body, short.body, frozenset(own))


def own(s: Session, by: Actor) -> set[tuple[str, str]]:
    """Return the kinds and languages that an administrator wrote words for."""
    require(by, Action.CHANNEL_MANAGE)
    rows = s.execute(select(Template.kind, Template.language))
    return {(row.kind, row.language) for row in rows}


def save(
    s: Session, by: Actor, kind: str, language: str, /, *, subject: str, body: str, sms: str
) -> Wording:
    """Keep an administrator's words; those that are the original ones again are not kept.

    Raises:
        Invalid: for `subject`, `body` or `sms`, with the line and what to mend.
        NotFound: no such kind or language.
    """
    require(by, Action.CHANNEL_MANAGE)
    _require_known(kind, language)
    words = _checked(subject, body, sms)
    _keep(s, by, (kind, EMAIL, language), Chosen(words.subject, words.body))
    _keep(s, by, (kind, SMS, language), Chosen("", words.sms))
    return get(s, by, kind, language)


def reset(s: Session, by: Actor, kind: str, language: str) -> Wording:
    """Go back to the words that come with the program."""
    require(by, Action.CHANNEL_MANAGE)
    _require_known(kind, language)
    for channel in channels.CHANNELS:
        _forget(s, by, (kind, channel, language))
    s.flush()
    return get(s, by, kind, language)


def preview(
    _s: Session, by: Actor, kind: str, language: str, /, *, subject: str, body: str, sms: str
) -> Preview:
    """Return what somebody would get with these words.

    Raises:
        Invalid: for `subject`, `body` or `sms`, with the line and what to mend.
        NotFound: no such kind or language.
    """
    require(by, Action.CHANNEL_MANAGE)
    _require_known(kind, language)
    words = _checked(subject, body, sms)
    letter = letter_samples.letter(kind, language, by.timezone)
    mail = templates.put(letter, EMAIL, {kind: Chosen(words.subject, words.body)})
    return Preview(mail, templates.put(letter, SMS, {kind: Chosen("", words.sms)}))


def _checked(subject: str, body: str, sms: str) -> Wording:
    problems = checks.Problems()
    names = dict.fromkeys(VARIABLES, "x")
    with problems.collected():
        subject = checks.line("subject", subject, at_most=MAX_SUBJECT, required=True)
        sandbox.check("subject", subject, names)
    with problems.collected():
        body = checks.prose("body", body, at_most=sandbox.LONGEST, required=True)
        sandbox.check("body", body, names)
    with problems.collected():
        sms = checks.prose("sms", sms, at_most=MAX_SMS, required=True)
        sandbox.check("sms", sms, dict.fromkeys(SMS_VARIABLES, "x"))
    problems.raise_any()
    return Wording(subject, body, sms)


def _keep(s: Session, by: Actor, key: tuple[str, str, str], words: Chosen) -> None:
    if words == templates.original(*key):
        _forget(s, by, key)
        return
    row = s.get(Template, key, with_for_update=True, populate_existing=True)
    if row is None:
        row = Template(kind=key[0], channel=key[1], language=key[2])
        s.add(row)
    if (row.subject, row.body) != (words.subject, words.body):
        row.subject, row.body, row.changed_by_id = words.subject, words.body, by.id
        events.record(s, by, None, "template.edited", subject=_subject(key))
        s.flush()


def _forget(s: Session, by: Actor, key: tuple[str, str, str]) -> None:
    if row := s.get(Template, key, with_for_update=True, populate_existing=True):
        s.delete(row)
        events.record(s, by, None, "template.reset", subject=_subject(key))


def _subject(key: tuple[str, str, str]) -> str:
    return f"template:{':'.join(key)}"


def _require_known(kind: str, language: str) -> None:
    if kind not in WORDS or language not in LANGUAGES:
        raise NotFound
