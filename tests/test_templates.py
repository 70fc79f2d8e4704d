"""What messages say: words put together safely, whatever people wrote (R-21, T-21, T-5)."""

from html.parser import HTMLParser

import pytest
from sqlalchemy.orm import Session

from data.models import Template
from services import channels, gsm, postmarks, sandbox, templates, wordings
from services.channels import EMAIL, SMS
from services.errors import Invalid, NotAllowed, NotFound
from services.letters import Letter
from services.sandbox import Unusable
from services.template_words import DIGEST, LABELS, SMS_VARIABLES, VARIABLES, WORDS
from services.templates import Rendered
from services.words import LANGUAGES, speaking
from tests.conftest import People
from tests.letters import item, letter, person, ticket

HOSTILE = (
    "{{7*7}}",
    "{{ ''.__class__ }}",
    "{% for i in x %}",
    "<script>window.__pwn=1</script>",
    "<img src=x onerror=window.__pwn=1>",
    "**fort** [clic](https://evil.example) `code` ![i](https://evil.example/i.png)",
    "# titre\u2028> citation",
    "&lt;b&gt; &amp; \"'",
    "-----",
    "<https://evil.example>",
    "]]>--><![endif]-->",
)
REFUSED = (
    "{{ ''.__class__ }}", "{{ cycler }}", "{% for i in range(10**9) %}x{% endfor %}",
    "{ticket.__init__}", "{{ title.__class__ }}", "{{ title|attr('__class__') }}",
    "{{ 'x' * 10**9 }}", "{{ 10**10**10 }}", "{{ title[0] }}", "{% set a = 1 %}", "{{ title() }}",
    "{% macro x() %}{% endmacro %}", "{{ self }}", "{% include 'x' %}", "{% import 'x' as y %}",
    "{% extends 'x' %}", "{{ title", "{% if title %}", "{{ nothing }}", "{{ lipsum }}", "{number}",
    "{{ title|format(1) }}", "{{ [title] }}", "{{ {'a': title} }}",
    "{% filter upper %}{% endfilter %}",
    "{{ title|truncate(length=9**9**9) }}", "{{ title is defined }}", "{{ title % 2 }}",
    "{{" * 20_000, "{{ " + "(" * 5000 + "title" + ")" * 5000 + " }}", "{% if title %}" * 500,
    "{% if title %}" * 300 + "{% endif %}" * 300, "a" * 70_000, "{{ title }}" * 6_000 + "x" * 9_000,
    "",
)  # fmt: skip


class Tags(HTMLParser):
    """Collects what a page consists of."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return "".join(self.texts)


def put(told: Letter, channel: str = EMAIL) -> Rendered:
    return templates.put(told, channel, {})


@pytest.mark.parametrize("field", ["subject", "body", "sms"])
def test_a_template_that_does_more_than_put_values_in_is_refused_beside_its_field(
    s: Session, people: People, field: str
) -> None:
    for source in REFUSED:
        words = {"subject": "Sujet", "body": "Texte", "sms": "Court", field: source}
        with pytest.raises(Invalid) as refusal:
            wordings.save(s, people.diane, "comment", "fr", **words)

        assert list(refusal.value.by_field()) == [field], source[:50]
        assert refusal.value.by_field()[field]
    assert wordings.own(s, people.diane) == set()


def test_the_line_and_the_name_are_told() -> None:
    with speaking("en"), pytest.raises(Invalid) as refusal:
        sandbox.check("body", "a\n\n{{ tilte }}", {"title": "x"})

    told = refusal.value.by_field()["body"]
    assert told == "Line 3: “tilte” is not one of the names that can be used here."


def test_an_sms_takes_nothing_personal(s: Session, people: People) -> None:
    for name in set(VARIABLES) - set(SMS_VARIABLES):
        words = {"subject": "Sujet", "body": "Texte", "sms": "{{ " + name + " }}"}
        with pytest.raises(Invalid) as refusal:
            wordings.save(s, people.diane, "comment", "fr", **words)
        assert list(refusal.value.problems) == ["sms"]


def test_what_outgrows_its_values_is_stopped_while_it_is_filled_in() -> None:
    with pytest.raises(Unusable):
        sandbox.fill("{{ body }}" * 100, {"body": "x" * 4000})


@pytest.mark.parametrize("text", HOSTILE)
def test_what_people_wrote_arrives_as_they_wrote_it(text: str) -> None:
    about = ticket(text, requester=person(text))
    told = letter(item("comment", "Bonjour", ticket=about, actor=text), user=person(text))

    mail, short = put(told), put(told, SMS)

    assert mail.subject == f"[#42] {' '.join(text.split())}"
    assert f"#42 {text}" in mail.text
    assert f"{text} wrote:" in mail.text
    page = Tags(mail.html)
    assert text in page.text
    assert " ".join(text.split()) in " ".join(page.text.split("wrote:")[0].split())
    assert {tag for tag, _ in page.tags} <= ALLOWED
    links = [str(a.get("href")) for t, a in page.tags if t == "a"]
    assert all(link.startswith("https://aide.exemple.fr/") for link in links)
    assert text not in short.text


ALLOWED = {
    "html", "head", "meta", "title", "style", "body", "div", "table", "tbody", "tr", "td", "span",
    "h1", "p", "a", "strong", "blockquote", "br",
}  # fmt: skip


@pytest.mark.parametrize("body", HOSTILE)
def test_a_message_keeps_its_markdown_and_nothing_else(body: str) -> None:
    mail = put(letter(item("comment", body + "\n\n<b>x</b>\n\n- un\n- deux")))

    page = Tags(mail.html)
    assert {t for t, _ in page.tags} <= ALLOWED | {"ul", "li", "code", "h3", "hr"}
    links = [a["href"] for t, a in page.tags if t == "a"]
    assert all(str(link).startswith("https://") for link in links)
    assert "> - un\n> - deux" in mail.text
    assert not any("onerror" in attributes for _tag, attributes in page.tags)


def test_nothing_in_a_quotation_ends_it() -> None:
    body = "```\nsans fin\n\n</blockquote>\n\n> > profond\n"

    mail = put(letter(item("comment", body)))

    quoted = mail.html.partition("<blockquote")[2].partition("</blockquote>")
    assert "sans fin" in quoted[0]
    assert "Status" in quoted[2]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", WORDS)
def test_every_kind_has_words_in_both_languages(
    s: Session, people: People, kind: str, language: str
) -> None:
    words = wordings.get(s, people.diane, kind, language)
    found = wordings.preview(
        s, people.diane, kind, language,
        subject=words.subject, body=words.body, sms=words.sms,
    )  # fmt: skip

    mail, short = found.email, found.sms.text
    assert mail.subject
    assert "{" not in mail.subject + mail.text + short
    assert not words.own
    assert gsm.is_gsm(short)
    assert gsm.length(short) <= gsm.LONGEST
    assert "Alice" not in short
    assert "Bruno" not in short
    page = Tags(mail.html)
    assert page.tags[0][1]["lang"] == language
    assert kind in LABELS
    why = {"fr": "Vous recevez", "en": "You get this"}[language]
    assert why in mail.text
    assert why in page.text
    assert postmarks.url("/profile") in mail.text
    assert not [a for t, a in page.tags if t in ("img", "link", "script")]


def test_several_things_of_one_ticket_are_one_mail_in_their_order() -> None:
    told = letter(item("taken"), item("comment", "Première"), item("resolved"))

    mail = put(told)

    assert mail.text.index("taking care") < mail.text.index("Première")
    assert mail.text.index("Première") < mail.text.index("resolved this ticket")
    assert mail.text.count("#42 Imprimante muette") == 1


def test_a_digest_lists_its_tickets_each_with_a_link_and_a_way_out() -> None:
    first, second = ticket("Un", 41), ticket("Deux", 42)
    told = letter(
        item("comment", "A", ticket=first),
        item("comment", "B", ticket=second),
        item("resolved", ticket=first),
        is_digest=True,
    )

    mail = put(told)

    assert mail.subject == "News on your tickets"
    assert mail.text.index("#41 Un") < mail.text.index("resolved") < mail.text.index("#42 Deux")
    links = [a.get("href") for t, a in Tags(mail.html).tags if t == "a"]
    for number in (41, 42):
        assert postmarks.url(f"/tickets/{number}") in links
        assert postmarks.mute_url(7, number) in links


def test_a_digest_of_too_much_says_how_much_more_there_is() -> None:
    told = letter(*(item("comment", "x" * 5000) for _ in range(60)), is_digest=True)

    mail = put(told)

    assert "And 20 more things." in mail.text
    assert len(mail.html) < 400_000


def test_own_words_are_used_until_they_are_taken_back(s: Session, people: People) -> None:
    own = {
        "subject": "Ticket {{ number }}",
        "body": "Salut **{{ recipient }}**, voyez [ici]({{ link }}).\n\n{{ comment }}",
        "sms": "Ticket {{ number }}",
    }
    wordings.save(s, people.diane, "comment", "fr", **own)
    told = letter(item("comment", "Bonjour"), language="fr")

    mail = templates.render(s, told, EMAIL)
    short = templates.render(s, told, SMS)

    assert mail.subject == "Ticket 42"
    assert mail.text.startswith(
        "Salut Alice, voyez ici (https://aide.exemple.fr/tickets/42).\n\n> Bonjour"
    )
    assert "<strong>Alice</strong>" in mail.html
    assert short.text == "Ticket 42"
    assert templates.render(s, letter(language="en"), EMAIL).subject == "[#42] Imprimante muette"
    assert wordings.own(s, people.diane) == {("comment", "fr")}

    wordings.reset(s, people.diane, "comment", "fr")

    assert templates.render(s, told, EMAIL).subject == "[#42] Imprimante muette"
    assert wordings.own(s, people.diane) == set()


def test_original_words_that_are_saved_are_not_own_ones(s: Session, people: People) -> None:
    words = wordings.get(s, people.diane, "comment", "fr")

    kept = wordings.save(
        s, people.diane, "comment", "fr", subject=words.subject, body=words.body, sms="Court"
    )

    assert kept.own == {SMS}


def test_words_of_another_version_give_way_to_the_original_ones(
    s: Session, people: People, caplog: pytest.LogCaptureFixture
) -> None:
    row = Template(kind="comment", channel=EMAIL, language="en", changed_by_id=people.diane.id)
    row.subject, row.body = "{{ gone }}", "{{ ''.__class__ }}"
    s.add(row)
    s.flush()

    mail = templates.render(s, letter(), EMAIL)

    assert mail.subject == "[#42] Imprimante muette"
    assert "Bruno wrote:" in mail.text
    assert "cannot be used" in caplog.text


@pytest.mark.parametrize("name", ["alice", "bruno", "chloe"])
def test_only_administrators_choose_words(s: Session, people: People, name: str) -> None:
    by = getattr(people, name)
    words = {"subject": "a", "body": "b", "sms": "c"}
    for work in (
        lambda: wordings.get(s, by, "comment", "fr"),
        lambda: wordings.own(s, by),
        lambda: wordings.save(s, by, "comment", "fr", **words),
        lambda: wordings.reset(s, by, "comment", "fr"),
        lambda: wordings.preview(s, by, "comment", "fr", **words),
    ):
        with pytest.raises(NotAllowed):
            work()


@pytest.mark.parametrize(("kind", "language"), [("x", "fr"), ("comment", "de"), ("", "")])
def test_there_are_words_of_known_kinds_and_languages_only(
    s: Session, people: People, kind: str, language: str
) -> None:
    with pytest.raises(NotFound):
        wordings.get(s, people.diane, kind, language)


def test_a_deadline_is_told_in_the_zone_of_the_reader() -> None:
    details = {"target": "accept", "due_at": "2026-07-14T12:00:00+00:00"}

    mail = put(letter(item("deadline_near", details=details), language="en"))

    assert "To be accepted by: Tuesday 14 July at 14:00." in mail.text


def test_the_words_that_come_with_the_program_pass_their_own_checks() -> None:
    for kind, words in WORDS.items():
        sandbox.check("body", words.body, dict.fromkeys(VARIABLES, "x"))
        sandbox.check("sms", words.sms, dict.fromkeys(SMS_VARIABLES, "x"))
        assert kind in LABELS
    assert DIGEST in WORDS
    assert channels.CHANNELS == (EMAIL, SMS)
