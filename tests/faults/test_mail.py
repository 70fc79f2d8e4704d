"""The mail server is away, slow, undecided, or dies with a message in its hands (F20, F21, F22).

A ledger of what was written against what arrived: nothing is lost, and what arrives twice bears the
same Message-ID.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from data.clock import now
from data.models import Delivery, DeliveryState, Event, Setting, User
from services import deliveries, destinations, sealing, webhooks
from services.channels import EMAIL
from tests import mail_sinks, sinks, sites
from tests.mail_sinks import MailSink
from tests.servers import LOOPBACK, wait_until
from tests.sites import Site

pytestmark = pytest.mark.faults

MESSAGES = 40
KILLS = 3
_OPEN = (DeliveryState.PENDING, DeliveryState.LEASED)


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[MailSink]:
    """A mail server that the test starts."""
    sink = MailSink(tmp_path / "sink")
    yield sink
    sink.stop()


@contextmanager
def installed(folder: Path, sink: MailSink) -> Iterator[Site]:
    """One process that serves and sends mail to the sink, each message at once."""
    with sites.embedded(folder / "site", WEBHOOK_ALLOW=LOOPBACK, **sink.settings) as site:
        site.write(lambda s: s.merge(Setting(name="gather_seconds", value=0)))
        yield site


def hurry(site: Site) -> None:
    """Let all pauses and leases be over, and the process look."""
    expire(site)
    site.wake()


def expire(site: Site) -> None:
    """Let all pauses and leases be over, as if their time had passed."""
    waiting = update(Delivery).where(Delivery.state == DeliveryState.PENDING)
    leased = update(Delivery).where(Delivery.state == DeliveryState.LEASED)
    site.write(lambda s: s.execute(leased.values(state=DeliveryState.PENDING)))
    site.write(lambda s: s.execute(waiting.values(next_at=now())))


def left(site: Site) -> int:
    """Return how much is to be relayed or sent."""
    unrelayed = select(func.count()).select_from(Event).where(Event.relayed_at.is_(None))
    unsent = select(func.count()).select_from(Delivery).where(Delivery.state.in_(_OPEN))
    return site.read(lambda s: (s.scalar(unrelayed) or 0) + (s.scalar(unsent) or 0))


def errors(site: Site) -> set[str]:
    """Return how the last attempts of what waits ended."""
    query = select(Delivery.error).where(Delivery.channel == EMAIL)
    return set(site.read(lambda s: s.scalars(query).all()))


def to_alice(sink: MailSink) -> list[mail_sinks.Received]:
    return [mail for mail in sink.received if mail.recipients == ["alice@exemple.fr"]]


def check(sink: MailSink, said: list[str]) -> int:
    """Compare what was written with what arrived; return how much arrived twice."""
    found = to_alice(sink)
    for text in said:
        ids = {mail.id for mail in found if text in mail.part("plain")}
        assert len(ids) == 1, (text, ids)
    for mail in found:
        same = [m for m in found if m.id == mail.id]
        assert {m.part("plain") for m in same} == {mail.part("plain")}
    return len(found) - len({mail.id for mail in found})


def test_what_a_server_that_is_away_did_not_take_arrives_once_in_order(
    tmp_path: Path, sink: MailSink
) -> None:
    with installed(tmp_path, sink) as site:
        number = site.ticket("Imprimante")
        said = [f"Message {n:02}." for n in range(5)]
        for text in said:
            site.comment(number, text, "bruno")
            site.wake()
        wait_until(lambda: errors(site) == {"smtp_host"}, 30)

        sink.start()
        hurry(site)
        wait_until(lambda: left(site) == 0, 30)

        assert check(sink, said) == 0
        whole = "".join(mail.part("plain") for mail in to_alice(sink))
        assert [whole.index(text) for text in said] == sorted(whole.index(t) for t in said)
        assert site.mistakes() == []


def test_a_server_that_sends_away_or_dies_over_messages_gets_each_once_or_the_same_twice(
    tmp_path: Path, sink: MailSink
) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    dice = random.Random(seed)
    sink.start()
    ways = ["", "", "", "die", "421 4.3.2 Closing", "451 4.3.0 Later", "452 4.2.2 Full"]
    with installed(tmp_path, sink) as site:
        said = [f"Message {n:02}." for n in range(MESSAGES)]
        sink.behave(data=[dice.choice(ways) for _ in range(2 * MESSAGES)])
        for place, text in enumerate(said):
            site.comment(site.ticket(f"Ticket {place}"), text, "bruno")
        deaths = 0
        for _round in range(60):
            if not left(site):
                break
            if deaths < KILLS:
                deaths += 1
                site.nodes[0].kill()
                site.nodes[0].start()
            hurry(site)
            wait_until(lambda: left(site) == 0 or _is_calm(site), 30)
        site.mistakes()
        again = site.read(_doubtful)
        sink.behave()
        for delivery_id in again:  # given up after the second doubt: an administrator sends it
            _resend(site, delivery_id)
        hurry(site)
        wait_until(lambda: left(site) == 0, 30)

        twice = check(sink, said)

    print(f"{MESSAGES} messages, {deaths} kills, {twice} arrived twice, {len(again)} sent by hand")


def _is_calm(site: Site) -> bool:
    """Tell whether nothing is in the hands of a sender."""
    query = select(func.count()).where(Delivery.state == DeliveryState.LEASED)
    return not site.read(lambda s: s.scalar(query))


def _doubtful(s: Session) -> list[int]:
    """Return one delivery of each message that was given up."""
    message = func.coalesce(Delivery.message_key, Delivery.key)
    query = select(func.min(Delivery.id)).where(Delivery.state == DeliveryState.DEAD)
    return list(s.scalars(query.group_by(message)))


def _resend(site: Site, delivery_id: int) -> None:
    by = site.actor("diane")
    site.write(lambda s: deliveries.resend(s, by, delivery_id))


def test_a_mailbox_that_is_no_more_costs_nobody_else_anything(
    tmp_path: Path, sink: MailSink
) -> None:
    sink.start()
    sink.behave(rcpt={"driss@exemple.fr": "550 5.1.1 No such mailbox"})
    with installed(tmp_path, sink) as site:
        for by in ("alice", "driss"):
            site.comment(site.ticket(f"De {by}", by=by), f"Pour {by}.", "bruno")
        site.wake()
        wait_until(lambda: left(site) == 0, 30)
        site.comment(site.ticket("Encore", by="driss"), "Encore.", "bruno")
        site.wake()
        wait_until(lambda: left(site) == 0, 30)

        assert check(sink, ["Pour alice."]) == 0
        assert sink.seen.count("driss@exemple.fr") == 1
        driss = site.read(lambda s: s.get_one(User, site.ids["driss"]))
        assert driss.email_refused_at is not None


def test_a_server_that_says_nothing_holds_back_neither_pages_nor_webhooks(
    tmp_path: Path, sink: MailSink
) -> None:
    sink.start()
    sink.behave(data=["stall"] * 50)
    sealing.configure(sites._SECRET)
    destinations.configure([LOOPBACK])
    with sinks.sink() as hooked, installed(tmp_path, sink) as site:
        by = site.actor("diane")
        values = {"name": "x", "url": hooked.url, "allows_http": True, "kinds": ["comment.posted"]}
        site.write(lambda s: webhooks.create(s, by, **values)[0].id)
        for n in range(20):
            site.comment(site.ticket(f"Ticket {n}"), f"Message {n}.", "bruno")
        site.wake()
        wait_until(lambda: sink.seen, 30)

        wait_until(lambda: len(hooked.received) == 20, 30)

        site.wake()
        for node in site.nodes:
            node.kill()  # it would wait for the server that says nothing
    destinations.configure(())
