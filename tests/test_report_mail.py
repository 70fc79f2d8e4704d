"""Reports in the mailbox: to whom, once, with their files, and with the rights of that moment."""

from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from data import db
from data.models import Delivery, DeliveryState, Notification, Pace, Report, Role, Setting, User
from integrations import mail_out
from services import (
    bundles,
    permissions,
    preferences,
    relay,
    report_making,
    report_plans,
    report_samples,
    reports,
    templates,
)
from services.bundles import Parcel
from services.deliveries import Outcome
from services.letters import Item, Letter
from services.parcels import letters
from services.words import speaking
from tests import reported
from tests.conftest import People
from tests.letters import item, letter, person


@pytest.fixture
def sent(s: Session, people: People) -> Report:
    """A report of a plan to Chloé and Diane, made and relayed; Diane reads French."""
    kept = {"mode": "console", "sender": "support@exemple.fr"}
    s.merge(Setting(name="channel_email", value=kept))
    s.get_one(User, people.diane.id).language = "fr"
    s.get_one(User, people.chloe.id).language = "en"
    plan = report_plans.create(s, people.chloe, kind="weekly", to_all=True)
    report_plans.send_now(s, people.chloe, plan.id)
    s.commit()
    for work in report_making.parts():
        db.write(work)
    while relay.relay(s) == relay.BATCH:
        pass
    s.commit()
    s.expire_all()
    return s.scalars(select(Report)).one()


def planned(s: Session) -> list[Delivery]:
    s.rollback()
    query = select(Delivery).where(Delivery.channel == "email").order_by(Delivery.id)
    return list(s.scalars(query.execution_options(populate_existing=True)))


def parcels(s: Session) -> list[Parcel]:
    found = bundles.claim(s, 10, channel="email")
    s.commit()
    return found


def told(s: Session) -> dict[int, Letter]:
    """What each person would be told now, by their id."""
    found = letters(s, claimed := parcels(s))
    return {int(p.recipient): found[p.id] for p in claimed if p.id in found}


def test_each_recipient_gets_one_mail_and_one_notice(
    s: Session, people: People, sent: Report
) -> None:
    expected = {str(people.chloe.id), str(people.diane.id)}
    assert {delivery.recipient for delivery in planned(s)} == expected
    notices = s.scalars(select(Notification).where(Notification.kind == "report")).all()
    assert {notice.user_id for notice in notices} == {people.chloe.id, people.diane.id}

    assert relay.relay(s) == 0
    assert len(planned(s)) == 2


def test_the_mail_says_it_in_the_language_of_its_reader_with_files(
    s: Session, people: People, sent: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    mails: dict[str, EmailMessage] = {}

    def keep(ready: mail_out.Ready) -> Outcome:
        mails[ready.email] = message_from_bytes(ready.message, policy=policy.default)
        return Outcome()

    monkeypatch.setattr(mail_out, "_sent", keep)
    assert [outcome for _parcel, outcome in mail_out.send(parcels(s))] == [Outcome(), Outcome()]
    english, french = mails["chloe@exemple.fr"], mails["diane@exemple.fr"]
    assert english["Subject"].startswith("Weekly report – ")
    assert french["Subject"].startswith("Rapport hebdomadaire – ")
    for mail, word in ((english, "weekly-report-"), (french, "rapport-hebdomadaire-")):
        files = {file.get_filename(): file.get_content() for file in mail.iter_attachments()}
        assert [str(name).partition(word)[0] for name in files] == ["", ""]
        pdf, xlsx = files.values()
        assert (pdf[:5], xlsx[:2]) == (b"%PDF-", b"PK")
        assert "Auto-Submitted" in mail
        html = mail.get_body(("html",))
        assert html is not None
        assert f"https://aide.exemple.fr/reports/{sent.id}" in html.get_content()
    plain = french.get_body(("plain",))
    assert plain is not None
    assert "Tickets créés\u00a0: 0 (±0, contre 0)" in plain.get_content()


@pytest.mark.parametrize("lost", ["role", "account", "report", "preference"])
def test_what_was_lost_meanwhile_is_not_told(
    s: Session, people: People, sent: Report, lost: str
) -> None:
    chloe = s.get_one(User, people.chloe.id)
    if lost == "role":
        chloe.role = Role.TECHNICIAN
    elif lost == "account":
        chloe.is_active = False
    elif lost == "preference":
        preferences.set(s, people.chloe, "report", "email", Pace.OFF)
    else:
        reports.delete(s, people.diane, sent.id)
    s.commit()

    assert people.chloe.id not in told(s)


def test_who_sees_some_teams_by_now_is_not_told_of_all(
    s: Session, people: People, sent: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_all = permissions.teams_counted
    is_chloe = people.chloe.id
    monkeypatch.setattr(
        permissions,
        "teams_counted",
        lambda by: frozenset({1}) if by.id == is_chloe else of_all(by),
    )

    assert told(s).keys() == {people.diane.id}


def test_a_repeat_is_the_same_mail(s: Session, people: People, sent: Report) -> None:
    first = told(s)
    for delivery in planned(s):
        delivery.state = DeliveryState.PENDING
    s.commit()
    again = told(s)

    for key, one in first.items():
        assert templates.render(s, again[key], "email") == templates.render(s, one, "email")


def report_item(language: str) -> Item:
    with speaking(language):
        made = item("report", reason="recipient", report=report_samples.document())
    return replace(made, ticket=None)


def test_a_digest_tells_that_there_is_one_without_the_whole(s: Session) -> None:
    found = letter(report_item("en"), item(body="Bonjour"), is_digest=True, user=person("Chloé"))

    rendered = templates.render(s, found, "email")

    assert "42 tickets were created, against 36 the week before." in rendered.text
    assert "Created and resolved" not in rendered.html


@pytest.mark.parametrize("language", ["fr", "en"])
def test_nothing_in_the_mail_comes_from_outside_or_acts(s: Session, language: str) -> None:
    found = letter(report_item(language), language=language, user=person("Chloé"))

    html = templates.render(s, found, "email").html

    for forbidden in ("<img", "<script", "src=", "url(", "<link", "<iframe", "javascript:"):
        assert forbidden not in html
    assert 'class="card"' in html


def test_what_has_no_room_is_told_in_one_sentence(s: Session) -> None:
    much = reported.in_words(reported.content(late=14), "en")
    found = letter(replace(report_item("en"), report=much), user=person("Chloé"))

    rendered = templates.render(s, found, "email")

    for text in (rendered.text, rendered.html):
        assert "4 more rows in the files, and 37 others." in text
