"""`doctor` says what is wrong with an installation, and how to mend it."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from data import config, db, schema
from data.config import Settings
from data.models import Event, Setting
from integrations import checkup
from services import channels, deliveries, sealing, upkeep
from services.deliveries import Outcome
from tests import mail_sinks, servers


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A fresh embedded installation."""
    return Settings(
        data_dir=tmp_path,
        database_url=f"sqlite:///{tmp_path}/appticket.db",
        base_url="http://localhost:8080",
    )


@pytest.fixture(scope="module")
def mariadb() -> Iterator[servers.MariaDB]:
    with servers.mariadb() as database:
        yield database


@pytest.fixture
def migrated(settings: Settings, mariadb: servers.MariaDB) -> Iterator[tuple[Settings, Engine]]:
    """The same on a MariaDB of its own with every table."""
    engine = db.configure(mariadb.url)
    schema.upgrade()
    yield replace(settings, database_url=mariadb.url), engine
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM event"))
    engine.dispose()


def wrong(settings: Settings) -> dict[str, str]:
    """What needs mending, by subject."""
    return {f.subject: f.text for f in checkup.findings(settings) if not f.is_good}


def good(settings: Settings) -> dict[str, str]:
    return {f.subject: f.text for f in checkup.findings(settings) if f.is_good}


def test_messages_that_were_given_up_are_told_until_they_are_sent_again(
    settings: Settings,
) -> None:
    engine = db.configure(settings.database_url)
    schema.upgrade()
    with Session(engine) as s:
        event = Event(kind="ticket.created")
        s.add(event)
        s.flush()
        deliveries.plan(s, event, "webhook", "1")
        s.commit()
        assert "messages" in good(settings)
        (parcel,) = deliveries.claim(s, 1)
        deliveries.settle(s, parcel, Outcome("gone", 410, is_final=True))
        s.commit()
    engine.dispose()

    assert wrong(settings)["messages"].startswith("1 given up in 7 days")


def test_a_fresh_clone_is_well_and_stays_untouched(settings: Settings, tmp_path: Path) -> None:
    settings = replace(settings, data_dir=tmp_path / "var")

    assert wrong(settings) == {}
    assert list(tmp_path.iterdir()) == []


def test_an_embedded_installation_is_well(settings: Settings) -> None:
    config.keep_secret_key(settings)
    db.configure(settings.database_url)
    schema.upgrade()
    db.engine().dispose()

    assert wrong(settings) == {}
    assert good(settings)["tables"] == f"at {schema.head()}."
    assert good(settings)["database"].startswith("sqlite 3.")


def test_a_finding_says_at_its_beginning_what_to_do(settings: Settings) -> None:
    lines = [str(f) for f in checkup.findings(replace(settings, node="a"))]

    assert lines[0].startswith("good  address: people open http://localhost:8080")
    assert any(line.startswith("MEND  Redis: several processes tell each other") for line in lines)


@pytest.mark.parametrize(
    ("host", "base_url", "told"),
    [
        ("0.0.0.0", "http://localhost:8080", "set it to the address people type"),  # noqa: S104
        ("192.0.2.1", "http://127.0.0.1:8080", "set it to the address people type"),
        ("127.0.0.1", "http://aide.exemple.org", "sends passwords in clear"),
        ("0.0.0.0", "http://192.0.2.1:8080", "sends passwords in clear"),  # noqa: S104
        ("127.0.0.1", "https://aide.exemple.org", None),
        ("0.0.0.0", "https://aide.exemple.org", None),  # noqa: S104
        ("localhost", "http://[::1]:8080", None),
    ],
)
def test_the_address_people_type_must_fit(
    settings: Settings, host: str, base_url: str, told: str | None
) -> None:
    found = wrong(replace(settings, host=host, base_url=base_url))

    assert set(found) == ({"address"} if told else set())
    assert (told or "") in found.get("address", "")


def test_a_data_folder_that_is_a_file_cannot_be_written(settings: Settings) -> None:
    occupied = settings.data_dir / "var"
    occupied.write_text("not a folder")

    found = wrong(replace(settings, data_dir=occupied))

    assert "cannot be written (Not a directory)" in found["data folder"]


def test_a_nearly_full_disk_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(settings.data_dir)._replace(free=2**30)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)

    assert wrong(settings) == {
        "room": "1.0 GiB free: below 2 GiB attachments are refused; make room."
    }


def test_a_secret_key_that_others_may_read_is_told(settings: Settings) -> None:
    config.keep_secret_key(settings)
    kept = settings.data_dir / "secret_key"
    kept.chmod(0o640)

    assert wrong(settings)["secret key"].endswith(f"chmod 600 {kept}")
    assert wrong(replace(settings, secret_key="k" * 32)) == {}


def test_a_damaged_secret_key_is_told(settings: Settings) -> None:
    (settings.data_dir / "secret_key").write_text("short")

    assert "is damaged" in wrong(settings)["secret key"]


def test_old_tables_are_brought_up_by_the_next_start_of_the_embedded_default(
    settings: Settings,
) -> None:
    with db.configure(settings.database_url).begin() as connection:
        connection.execute(text("CREATE TABLE early (id INTEGER)"))
    db.engine().dispose()

    assert wrong(settings) == {}
    assert "the next start brings them there" in good(settings)["tables"]


def test_a_file_that_is_no_database_is_told(settings: Settings) -> None:
    (settings.data_dir / "appticket.db").write_bytes(b"no database, only words " * 100)

    assert "file is not a database" in wrong(settings)["database"]


def test_several_processes_need_a_server_and_a_bus(settings: Settings) -> None:
    found = wrong(replace(settings, node="a"))

    assert set(found) == {"database", "Redis"}


@pytest.mark.mariadb
def test_a_migrated_mariadb_is_well(migrated: tuple[Settings, Engine]) -> None:
    settings, _engine = migrated

    assert wrong(settings) == {}
    told = good(settings)
    assert told["isolation"] == "READ COMMITTED."
    assert told["characters"] == "utf8mb4, utf8mb4_bin."
    assert told["clock of the database"] == "agrees with this machine's."
    assert told["database"].startswith("mariadb 1")
    assert servers.MariaDB.PASSWORD + "@" not in told["database"]


@pytest.mark.mariadb
def test_an_empty_mariadb_needs_migrate(settings: Settings, mariadb: servers.MariaDB) -> None:
    url = mariadb.url_of("appticket_empty")
    with db.configure(mariadb.url).begin() as connection:
        connection.execute(text("CREATE DATABASE appticket_empty"))
    db.engine().dispose()

    found = wrong(replace(settings, database_url=url))

    assert set(found) == {"tables"}
    assert "run `python main.py migrate`" in found["tables"]


@pytest.mark.mariadb
def test_tables_that_compare_differently_are_named(migrated: tuple[Settings, Engine]) -> None:
    settings, engine = migrated
    change = "ALTER TABLE draft CONVERT TO CHARACTER SET utf8mb4 COLLATE {}"
    with engine.begin() as connection:
        connection.execute(text(change.format("utf8mb4_unicode_ci")))

    found = wrong(settings)

    with engine.begin() as connection:
        connection.execute(text(change.format("utf8mb4_bin")))
    assert set(found) == {"characters"}
    assert found["characters"].startswith("draft: ALTER TABLE")


@pytest.mark.mariadb
def test_a_clock_that_was_turned_back_is_told(migrated: tuple[Settings, Engine]) -> None:
    settings, engine = migrated
    with Session(engine) as s:
        s.add(Event(kind="ticket.created", created_at=datetime(2999, 1, 1, tzinfo=UTC)))
        s.commit()

    assert "2999-01-01 00:00 UTC" in wrong(settings)["past"]


def test_a_database_that_does_not_answer_is_told_without_its_password(settings: Settings) -> None:
    url = f"mysql+pymysql://appticket:hidden@127.0.0.1:{servers.free_port()}/appticket"

    found = wrong(replace(settings, database_url=url))

    assert set(found) == {"database"}
    assert "does not answer" in found["database"]
    assert "hidden" not in found["database"]


def test_redis_is_asked_when_it_is_configured(settings: Settings) -> None:
    with servers.redis() as redis:
        settings = replace(settings, redis_url=redis.url, node="a")
        assert "Redis" in good(settings)

    assert "does not answer" in wrong(settings)["Redis"]


@pytest.mark.parametrize("zone", ["Europe/Paris", "Indian/Reunion"])
def test_the_clock_is_shown_in_the_zone_of_the_organisation(settings: Settings, zone: str) -> None:
    told = good(replace(settings, timezone=ZoneInfo(zone)))["clock"]

    assert f"in {zone}" in told


def test_counters_that_are_not_what_the_tickets_say_are_told(settings: Settings) -> None:
    engine = db.configure(settings.database_url)
    schema.upgrade()
    assert "counters" in good(settings)

    with engine.begin() as connection:
        connection.execute(text("INSERT INTO ticket_tally VALUES (1, 0, 0, 0, 3)"))

    assert "main.py recount" in wrong(settings)["counters"]
    engine.dispose()


def test_statistics_that_were_wrong_and_made_again_are_told(settings: Settings) -> None:
    engine = db.configure(settings.database_url)
    schema.upgrade()
    with Session(engine) as s:
        told = {"number": 3, "first": 1}
        s.add(Event(kind=upkeep.MENDED, subject="statistics", details=told))
        s.commit()

    assert "Statistics of 3 tickets were wrong" in good(settings)["counters"]
    engine.dispose()


def test_mail_is_tried_as_far_as_signing_in(settings: Settings, tmp_path: Path) -> None:
    db.configure(settings.database_url)
    schema.upgrade()
    assert "switched off" in good(settings)["mail"]
    with mail_sinks.mail_sink(tmp_path / "m", "--user", "appticket", "--password", "yes") as sink:
        mailed = replace(
            settings,
            smtp_host="localhost",
            smtp_port=str(sink.port),
            smtp_tls="none",
            smtp_user="appticket",
            smtp_password="canary",
            smtp_from="support@exemple.fr",
        )

        refused = wrong(mailed)["mail"]
        taken = good(replace(mailed, smtp_password="yes"))["mail"]
        gone = wrong(replace(mailed, smtp_port="1"))["mail"]
        plain = wrong(replace(mailed, smtp_tls="starttls"))["mail"]

        assert "refused the user or the password" in refused
        assert "correct user and password" in refused
        assert "canary" not in refused
        assert "signed in as appticket" in taken
        assert "cannot be reached" in gone
        assert "check encryption" in plain
        assert sink.received == []
    channels.configure({})


def test_a_password_sealed_with_another_key_is_told(settings: Settings) -> None:
    engine = db.configure(settings.database_url)
    schema.upgrade()
    sealing.configure("one key of thirty-two characters")
    kept = {"mode": "on", "host": "smtp.exemple.fr", "sender": "a@exemple.fr"}
    kept["sealed_password"] = sealing.seal("x", "channel:email")
    with Session(engine) as s, s.begin():
        s.add(Setting(name="channel_email", value=kept))

    told = wrong(replace(settings, secret_key="another key of thirty-two chars."))["mail"]

    assert "sealed with another secret key" in told
    engine.dispose()


@pytest.mark.parametrize(
    ("allow", "token", "told"),
    [
        (("127.0.0.0/8", "::1"), "", None),
        (("10.1.0.0/16", "fd00:1::/48"), "m" * 32, None),
        ((), "m" * 40, None),
        ((), "m" * 20, "less than 32 characters"),
        (("0.0.0.0/0",), "", "0.0.0.0/0 may read /metrics"),
        (("::/0",), "m" * 32, "is not your own network"),
        (("8.8.8.0/24", "127.0.0.1"), "", "8.8.8.0/24 may read /metrics"),
    ],
)
def test_who_may_read_the_metrics_is_looked_at(
    settings: Settings, allow: tuple[str, ...], token: str, told: str | None
) -> None:
    found = wrong(replace(settings, metrics_allow=allow, metrics_token=token))

    assert ("metrics" in found) == bool(told)
    assert (told or "") in found.get("metrics", "")
    assert "mmmm" not in str(found)
