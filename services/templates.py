"""What messages say: words that come with the program or an administrator's, filled in.

What people wrote is only ever a value: it is put in its place, and never read as a template.
"""

import logging
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Template
from data.text import clean_line
from services import channels, gsm, letter_values, mail_frame, sandbox
from services.letter_values import Prose
from services.letters import Item, Letter
from services.sandbox import Unusable
from services.template_words import DIGEST, SMS_VARIABLES, WORDS
from services.words import _, speaking

log = logging.getLogger(__name__)

MAX_SUBJECT = 300


@dataclass(frozen=True, slots=True)
class Chosen:
    """The words of one kind, channel and language; `is_own` when an administrator wrote them."""

    subject: str
    body: str
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message in words; short messages have neither subject nor HTML."""

    subject: str
    text: str
    html: str = ""


def original(kind: str, channel: str, language: str) -> Chosen:
    """Return the words that come with the program."""
    words = WORDS[kind]
    with speaking(language):
        if channel == channels.SMS:
            return Chosen("", _(words.sms))
        return Chosen(_(words.subject), _(words.body))


class Book:
    """The words of one channel that administrators chose, read at once for many letters."""

    def __init__(self, s: Session, channel: str) -> None:
        self._channel = channel
        self._chosen: dict[str, dict[str, Chosen]] = {}
        for row in s.scalars(select(Template).where(Template.channel == channel)):
            of_language = self._chosen.setdefault(row.language, {})
            of_language[row.kind] = Chosen(row.subject, row.body, is_own=True)

    def render(self, letter: Letter) -> Rendered:
        """Put a letter in words, in the language of its reader."""
        return put(letter, self._channel, self._chosen.get(letter.language, {}))


def render(s: Session, letter: Letter, channel: str) -> Rendered:
    """Put one letter in words, in the language of its reader."""
    return Book(s, channel).render(letter)


def put(letter: Letter, channel: str, chosen: Mapping[str, Chosen]) -> Rendered:
    """Put a letter in the words that were chosen for the kinds it tells."""
    with speaking(letter.language):
        if channel == channels.SMS:
            return Rendered("", _sms(letter, chosen))
        return _mail(letter, chosen)


def _mail(letter: Letter, chosen: Mapping[str, Chosen]) -> Rendered:
    last = letter.items[-1]
    head = DIGEST if letter.is_digest else last.kind
    count = len(letter.items)
    values = letter_values.of(last, letter, count=count)
    subject = clean_line(_filled(head, chosen, letter.language, values, is_subject=True))
    told = [_told(item, letter, chosen) for item in letter.items]
    intro = ""
    if letter.is_digest:
        intro = _filled(DIGEST, chosen, letter.language, values, finish=markdown)
    page = mail_frame.Page(letter, subject, told, intro, action=_(WORDS[head].action))
    return Rendered(subject[:MAX_SUBJECT], mail_frame.as_text(page), mail_frame.as_html(page))


def _told(item: Item, letter: Letter, chosen: Mapping[str, Chosen]) -> mail_frame.Told:
    values = letter_values.of(item, letter)
    text = _filled(item.kind, chosen, letter.language, values, finish=plain)
    source = _filled(item.kind, chosen, letter.language, values, finish=markdown)
    return mail_frame.Told(item, text, source)


def _sms(letter: Letter, chosen: Mapping[str, Chosen]) -> str:
    last = letter.items[-1]
    head = DIGEST if letter.is_digest else last.kind
    values = letter_values.of(last, letter, count=len(letter.items))
    allowed = {name: values[name] for name in SMS_VARIABLES}
    return gsm.fitting(clean_line(_filled(head, chosen, letter.language, allowed, is_sms=True)))


def _filled(
    kind: str,
    chosen: Mapping[str, Chosen],
    language: str,
    values: Mapping[str, str],
    *,
    finish: sandbox.Finish = str,
    is_subject: bool = False,
    is_sms: bool = False,
) -> str:
    """Fill words in; those of another version that no longer fit give way to the original ones."""
    channel = channels.SMS if is_sms else channels.EMAIL
    first = original(kind, channel, language)
    for words in (chosen.get(kind, first), first):
        source = words.subject if is_subject else words.body
        if finish is plain:
            source = _without_marks(source)
        try:
            return sandbox.fill(source, values, finish).strip()
        except Unusable:
            log.warning("the words of %s in %s cannot be used", kind, language)
    return ""


def plain(value: object) -> str:
    """Return a value as a text shows it: the prose of people as a quotation."""
    return mail_frame.quoted(value) if isinstance(value, Prose) else str(value)


def markdown(value: object) -> str:
    """Return a value as Markdown that shows it as it is; the prose of people keeps its own."""
    if isinstance(value, Prose):
        return f"\n\n{mail_frame.quoted(value)}\n\n"
    escaped = re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", str(value))
    return "\n".join(line.strip() for line in escaped.splitlines())


def _without_marks(source: str) -> str:
    """Return a template whose own Markdown is told by words: a text has neither bold nor links."""
    bare = re.sub(r"\*\*|__", "", source)
    return re.sub(r"\[([^]\n]+)\]\(([^)\n]+)\)", r"\1 (\2)", bare)


def chosen_words(
    s: Session, kinds: Collection[str], channel: str, language: str
) -> dict[str, Chosen]:
    """Return the words in use for some kinds, in one query."""
    theirs = (Template.kind.in_(sorted(kinds)), Template.channel == channel)
    query = select(Template).where(*theirs, Template.language == language)
    found = {kind: original(kind, channel, language) for kind in kinds}
    for row in s.scalars(query):
        found[row.kind] = Chosen(row.subject, row.body, is_own=True)
    return found
