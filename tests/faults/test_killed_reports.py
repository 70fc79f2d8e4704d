"""Monday at 10:00 with two processes, kills in between, and no mail server (F1, F20, C11)."""

import random
from collections import Counter
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.clock import now
from data.models import Event, Report, ReportPlan, ReportState, Schedule, Setting
from services import report_plans, reports
from tests import mail_sinks, sites
from tests.faults.test_killed_senders import with_workers
from tests.faults.test_mail import errors, expire, hurry, left
from tests.mail_sinks import MailSink
from tests.servers import wait_until
from tests.sites import Site

pytestmark = pytest.mark.faults

READERS = ["chloe@exemple.fr", "diane@exemple.fr"]
SLOTS = 2


def plan(site: Site) -> None:
    """Plan a weekly report to all who steer, and the task that makes it."""
    by = site.actor("chloe")
    site.write(lambda s: s.merge(Setting(name=report_plans.BEGUN, value=True)))
    wait_until(lambda: site.read(lambda s: s.get(Schedule, reports.TASK)), 30)
    site.write(lambda s: report_plans.create(s, by, kind="weekly", to_all=True).id)


def strike_ten(site: Site) -> None:
    """Let the slot of each plan have come, as if the week had passed."""

    def move(s: Session) -> None:
        for row in s.scalars(select(ReportPlan)):
            row.last_at, row.next_at = None, now() - timedelta(seconds=1)
        s.get_one(Schedule, reports.TASK).next_at = now()

    site.write(move)


def count(site: Site, state: ReportState) -> int:
    query = select(func.count()).select_from(Report).where(Report.state == state)
    return site.read(lambda s: s.scalar(query) or 0)


def check(site: Site, sink: MailSink, made: int) -> None:
    """Each report told once, each mail once to each reader: what came twice is the same mail."""
    told = site.read(lambda s: s.scalars(select(Event).where(Event.kind == reports.MADE)).all())
    assert len({event.subject for event in told}) == len(told) == made
    ids = {(mail.recipients[0], mail.id) for mail in sink.received}
    assert Counter(who for who, _id in ids) == dict.fromkeys(READERS, made)
    for mail in sink.received:
        files = [file.get_filename() for file in mail.message.iter_attachments()]
        assert len(files) == 2


def test_without_a_mail_server_the_report_is_sent_later_once(tmp_path: Path) -> None:
    sink = MailSink(tmp_path / "sink")
    with sites.embedded(tmp_path / "site", **sink.settings) as site, ExitStack() as running:
        plan(site)
        strike_ten(site)
        wait_until(lambda: count(site, ReportState.DONE) == 1, 60)
        wait_until(lambda: errors(site) == {"smtp_host"}, 60)
        site.nodes[0].kill()  # between the making and the mail
        sink.start()
        running.callback(sink.stop)
        site.nodes[0].start()

        hurry(site)
        wait_until(lambda: left(site) == 0, 60)

        check(site, sink, made=1)
        assert len(sink.received) == len(READERS)


@pytest.mark.mariadb
def test_two_processes_that_die_at_ten_make_one_report_and_send_each_once(tmp_path: Path) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    dice = random.Random(seed)
    with mail_sinks.mail_sink(tmp_path / "sink") as sink, ExitStack() as running:
        site, workers = running.enter_context(with_workers(tmp_path, **sink.settings))
        plan(site)
        for slot in range(1, SLOTS + 1):
            strike_ten(site)
            wait_until(partial(is_begun, site, slot), 60)
            victim = dice.choice(workers)
            victim.kill()
            victim.start()
            wait_until(partial(is_made, site, slot), 90)
        expire(site)
        wait_until(lambda: left(site) == 0, 60)

        assert site.read(lambda s: s.scalar(select(func.count()).select_from(Report))) == SLOTS
        check(site, sink, made=SLOTS)


def is_begun(site: Site, many: int) -> bool:
    """Tell whether there are so many reports, made or not."""
    return sum(count(site, state) for state in ReportState) >= many


def is_made(site: Site, many: int) -> bool:
    """Tell whether so many reports are made."""
    return count(site, ReportState.DONE) >= many
