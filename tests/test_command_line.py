"""`python main.py COMMAND`: exit code 0 done, 1 failed with one clear line, 2 wrong usage."""

import io
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import create_engine, delete, select, text
from sqlalchemy.orm import Session

import main
from data import db, schema
from data.models import Role, Ticket, TicketText, User
from services import passwords
from tests import servers
from tests.conftest import CHEAP
from tests.loads import TICKET, ticket, write

COMMANDS = [
    *("serve", "worker", "migrate", "demo", "create-admin", "load"),
    *("recount", "reindex", "doctor"),
]
GOOD = "une girafe lit le journal"

Capture = pytest.CaptureFixture[str]
Run = Callable[..., int]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Runs a command on a fresh embedded installation; keywords are settings, `stdin` is typed."""
    for name in [name for name in os.environ if name.startswith("APPTICKET_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)  # no .env here
    monkeypatch.setenv("APPTICKET_DATA_DIR", str(tmp_path / "var"))
    passwords.configure(CHEAP)

    def command(*arguments: str, stdin: str = "", **settings: str) -> int:
        for name, value in settings.items():
            monkeypatch.setenv(f"APPTICKET_{name.upper()}", value)
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        try:
            return main.main(list(arguments))
        except SystemExit as leaving:  # argparse
            return int(leaving.code or 0)

    yield command
    with suppress(RuntimeError):  # the command came to no database
        db.engine().dispose()


def create_admin(run: Run, password: str, email: str = "zoe@exemple.org", **settings: str) -> int:
    return run(
        "create-admin", "--email", email, "--password-stdin", stdin=f"{password}\n", **settings
    )


def told(capsys: Capture) -> str:
    """The one line that a failure says."""
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert line.startswith("main.py: ")
    return line


@pytest.mark.parametrize("arguments", [[], *([name] for name in COMMANDS)])
def test_every_command_tells_what_it_does(run: Run, capsys: Capture, arguments: list[str]) -> None:
    assert run(*arguments, "--help") == 0

    help_ = capsys.readouterr().out
    assert help_.startswith("usage: main.py")
    assert all(name in help_ for name in arguments or COMMANDS)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["fly"],
        ["load"],
        ["load", "a", "b"],
        ["create-admin", "--password-stdin"],
        ["create-admin", "--email", "zoe@exemple.org"],
        ["demo", "--seed", "one"],
        ["migrate", "--now"],
    ],
)
def test_wrong_usage_is_two(run: Run, capsys: Capture, arguments: list[str]) -> None:
    assert run(*arguments) == 2

    assert "usage: main.py" in capsys.readouterr().err


def test_wrong_variables_are_named_all_at_once(run: Run, capsys: Capture) -> None:
    wrong = {
        "port": "70000",
        "language": "de",
        "timezone": "Mars/Olympus",
        "secret_key": "short",
        "database_url": "postgresql://localhost/x",
        "base_url": "ftp://exemple.org",
        "log_level": "LOUD",
    }

    assert run("migrate", **wrong) == 1

    said = capsys.readouterr().err
    assert all(f"APPTICKET_{name.upper()} must" in said for name in wrong)
    assert "short" not in said.replace("too short", "")


def test_a_secret_file_that_is_missing_is_named(run: Run, capsys: Capture) -> None:
    assert run("migrate", secret_key_file="/nowhere/key") == 1

    assert "APPTICKET_SECRET_KEY_FILE cannot be read: No such file" in told(capsys)


def test_migrate_brings_the_database_to_the_newest_tables(run: Run, capsys: Capture) -> None:
    assert run("migrate") == 0
    assert run("migrate") == 0

    head = schema.head()
    assert capsys.readouterr().out.splitlines() == [
        f"The database is at {head} (was: empty).",
        f"The database is at {head} (was: {head}).",
    ]


def test_an_administrator_is_created_at_the_terminal(run: Run, capsys: Capture) -> None:
    assert create_admin(run, GOOD, "Zoe@Exemple.org") == 0

    assert capsys.readouterr().out == "Zoe@Exemple.org is an administrator.\n"
    with Session(db.engine()) as s:
        user = s.scalars(select(User)).one()
    assert (user.email, user.name, user.role) == ("zoe@exemple.org", "Zoe", Role.ADMIN)
    assert passwords.matches(GOOD, user.password_hash)


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("", "password: At least 15 characters"),
        ("short", "password: At least 15 characters"),
        ("x" * 129, "password: At most 128 characters"),
        ("azertyuiop123456789", "password: This password is easy to guess"),
        ("zoe exemple zoe exemple", "password: This password is easy to guess"),
    ],
)
def test_a_bad_password_is_refused_in_one_english_line(
    run: Run, capsys: Capture, password: str, reason: str
) -> None:
    assert create_admin(run, password, language="fr") == 1

    assert reason in told(capsys)
    with Session(db.engine()) as s:
        assert s.scalars(select(User)).all() == []


def test_an_address_that_is_none_is_refused(run: Run, capsys: Capture) -> None:
    assert create_admin(run, GOOD, "zoe") == 1

    assert "email: Enter an e-mail address" in told(capsys)


def test_tickets_are_loaded_and_a_wrong_line_is_told(
    run: Run, capsys: Capture, tmp_path: Path
) -> None:
    write(tmp_path, ticket(1), ticket(2))

    assert run("load", str(tmp_path)) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "Loaded 2 tickets."
    assert "stopped" in said[1]

    write(tmp_path, ticket(1), ticket(2), "{")
    assert run("load", str(tmp_path)) == 1
    assert "tickets.jsonl line 3: not JSON" in told(capsys)


def test_dates_without_a_zone_are_of_the_organisation(run: Run, tmp_path: Path) -> None:
    write(tmp_path, TICKET)

    assert run("load", str(tmp_path), timezone="Indian/Reunion") == 0

    with Session(db.engine()) as s:
        created_at = s.scalars(select(Ticket.created_at)).one()
    assert created_at.isoformat() == "2026-03-02T05:00:00+00:00"


def test_a_folder_that_is_missing_is_told(run: Run, capsys: Capture) -> None:
    assert run("load", "nowhere") == 1

    assert "nowhere/meta.json cannot be read: No such file" in told(capsys)


def test_a_worker_without_redis_says_who_does_its_work(run: Run, capsys: Capture) -> None:
    assert run("worker") == 1

    assert "APPTICKET_REDIS_URL" in told(capsys)


def test_doctor_is_well_or_says_how_many_checks_are_not(run: Run, capsys: Capture) -> None:
    assert run("doctor") == 0
    assert "MEND" not in capsys.readouterr().out

    assert run("doctor", base_url="http://aide.exemple.org") == 1
    said = capsys.readouterr()
    assert said.out.startswith("MEND  address: http://aide.exemple.org sends passwords in clear")
    assert said.err.startswith("main.py: 1 of ")


@pytest.mark.parametrize("command", ["migrate", "serve"])
def test_a_database_that_does_not_answer_is_one_line(
    run: Run, capsys: Capture, command: str
) -> None:
    url = f"mysql+pymysql://appticket:hidden@127.0.0.1:{servers.free_port()}/appticket"

    assert run(command, database_url=url) == 1

    line = told(capsys)
    assert "The database does not answer" in line
    assert "hidden" not in line


def test_a_data_folder_that_cannot_be_is_one_line(
    run: Run, capsys: Capture, tmp_path: Path
) -> None:
    (tmp_path / "occupied").write_text("a file")

    assert run("migrate", data_dir=str(tmp_path / "occupied")) == 1

    assert "occupied" in told(capsys)


@pytest.mark.mariadb
@pytest.mark.parametrize("arguments", [["serve"], ["load", "."]])
def test_a_server_with_old_tables_is_refused_and_migrate_named(
    run: Run, capsys: Capture, mariadb_url: str, arguments: list[str]
) -> None:
    assert run(*arguments, database_url=mariadb_url) == 1

    assert "needs `python main.py migrate` before" in told(capsys)
    assert schema.current() is None


@pytest.mark.mariadb
def test_a_migration_that_runs_elsewhere_is_told(
    run: Run, capsys: Capture, mariadb_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "_LOCK_SECONDS", 0)
    elsewhere = create_engine(mariadb_url)
    with elsewhere.connect() as connection:
        connection.exec_driver_sql(f"SELECT GET_LOCK('{schema._LOCK}', 0)")

        assert run("migrate", database_url=mariadb_url) == 1

    elsewhere.dispose()
    assert "Another process is migrating this database" in told(capsys)


@pytest.mark.slow
@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_the_demonstration_opens_and_leaves_nothing(tmp_path: Path, stop: signal.Signals) -> None:
    port = servers.free_port()
    command = [sys.executable, "main.py", "demo"]
    env = {**os.environ, "APPTICKET_PORT": str(port), "TMPDIR": str(tmp_path)}
    with (tmp_path / "output").open("wb") as output:
        process = subprocess.Popen(
            command, cwd=Path(main.__file__).parent, env=env, stdout=output, stderr=output
        )
    try:
        servers.wait_until(lambda: answers(port) or process.poll() is not None, 180)
        while_open = list(tmp_path.glob("appticket-demo-*"))
        process.send_signal(stop)
        code = process.wait(30)
    finally:
        process.kill()

    said = (tmp_path / "output").read_text(encoding="utf-8")
    assert len(while_open) == 1
    assert "  administrator  " in said
    assert f"AppTicket on http://127.0.0.1:{port}" in said
    assert (code, list(tmp_path.glob("appticket-demo-*"))) == (0, [])


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/login", timeout=5) as page:
            return bool(page.status == 200)
    except OSError:
        return False


def test_recount_says_how_many_tallies_were_wrong(
    run: Run, capsys: Capture, tmp_path: Path
) -> None:
    assert run("load", str(write(tmp_path, ticket()))) == 0
    with db.engine().begin() as connection:
        connection.execute(text("UPDATE ticket_tally SET number_of_tickets = 9"))

    assert run("recount") == 0

    assert "Counted again: 1 tallies were wrong." in capsys.readouterr().out


def test_what_the_search_looks_through_is_worked_out_again(
    run: Run, capsys: Capture, tmp_path: Path
) -> None:
    write(tmp_path, ticket())
    assert run("load", str(tmp_path)) == 0
    with db.engine().begin() as connection:
        connection.execute(delete(TicketText))
    capsys.readouterr()

    assert run("reindex") == 0

    assert capsys.readouterr().out == "1 tickets can be searched.\n"
    with db.engine().begin() as connection:
        assert "ecran noir" in (connection.scalar(select(TicketText.public)) or "")
        assert connection.exec_driver_sql("SELECT count(*) FROM sqlite_stat1").scalar()
