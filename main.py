"""Compose the application and offer it on the command line; logic lives elsewhere."""

import argparse
import logging
import os
import sys
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from data import config, courtesy, db, files, schema
from data.config import ConfigError, Settings
from services import (
    accounts,
    channel_fields,
    channels,
    destinations,
    postmarks,
    sealing,
    sessions,
    tokens,
    words,
    workers,
)
from services.errors import DomainError, Invalid

log = logging.getLogger("appticket")
_GIVES_WAY = 10  # on a machine that serves pages as well: `nice`
_AWAITED = "awaited"  # the file in the data folder that shows a worker who waits


class Failed(Exception):
    """A command could not do its work; the text is the one clear line people read."""


def main(argv: list[str] | None = None) -> int:
    """Run a command: 0 done, 1 failed with one clear line, 2 wrong usage."""
    options = parser().parse_args(argv)
    try:
        settings = config.read()
        logging.basicConfig(
            level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s"
        )
        logging.getLogger("alembic").setLevel(logging.WARNING)  # `migrate` says what it did
        words.speak("en")  # the language of the terminal; pages speak each person's
        run: Callable[[Settings, argparse.Namespace], None] = options.run
        run(settings, options)
    except (ConfigError, Failed, schema.Busy, DomainError, SQLAlchemyError, OSError) as error:
        print(f"main.py: {_reason(error)}", file=sys.stderr)
        return 1
    return 0


def parser() -> argparse.ArgumentParser:
    """Return what the command line offers."""
    top = argparse.ArgumentParser(prog="main.py", description="AppTicket, a self-hosted helpdesk.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, run: Callable[..., None], about: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=about, description=about)
        made.set_defaults(run=run)
        return made

    command("serve", serve, "Serve the pages (embedded default: SQLite in the data folder).")
    command("worker", worker, "Send messages beside the processes that serve (needs Redis).")
    command("migrate", migrate, "Bring the database to the tables this version needs.")
    demo_ = command(
        "demo", demo, "Serve a filled demonstration organisation in a throw-away folder."
    )
    demo_.add_argument("--seed", type=int, default=1, help="another number, another organisation")
    admin = command("create-admin", create_admin, "Create an administrator, or make one of a user.")
    admin.add_argument("--email", required=True, help="the address to sign in with")
    admin.add_argument("--name", default="", help="what people read; the address without it")
    admin.add_argument(
        "--password-stdin", action="store_true", required=True, help="read it as one line"
    )
    token_ = command("token", token, "Make a token of the API and print it on the last line.")
    token_.add_argument("--user", required=True, metavar="EMAIL")
    token_.add_argument(
        "--scope", required=True, action="append", help="may be repeated; `all` exists"
    )
    token_.add_argument("--name", default="main.py token", help="what the token is recognised by")
    token_.add_argument("--days", type=int, default=tokens.DEFAULT_DAYS, help="how long it lives")
    load_ = command("load", load, "Load tickets in bulk from meta.json and tickets.jsonl in DIR.")
    load_.add_argument("dir", metavar="DIR", type=Path)
    import_ = command("import", import_from, "Import tickets of another system.")
    import_.add_argument("kind", choices=["servicenow"], metavar="KIND", help="servicenow")
    import_.add_argument("file", metavar="FILE", type=Path)
    import_.add_argument("--dry-run", action="store_true", help="only tell what would be done")
    command("recount", recount, "Count the tickets again for the counters that pages show.")
    command("reindex", reindex, "Work out again what the full-text search looks through.")
    command("doctor", doctor, "Check configuration, database and Redis, and say what to mend.")
    return top


def prepare(settings: Settings) -> Settings:
    """Open the data folder and the database; return the settings with their secret key."""
    from dataclasses import replace  # noqa: PLC0415

    settings = replace(settings, secret_key=config.keep_secret_key(settings))
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    files.configure(settings.files_dir)
    db.configure(settings.database_url)
    sessions.configure(timezone=settings.timezone.key, language=settings.language)
    sealing.configure(settings.secret_key)
    destinations.configure(settings.webhook_allow)
    postmarks.configure(settings.secret_key, settings.base_url)
    channels.configure(channel_fields.given(settings))
    return settings


def serve(settings: Settings, _options: argparse.Namespace) -> None:
    """Serve the pages until stopped."""
    settings = prepare(settings)
    _bring_up_to_date(settings)
    run_server(settings)


def run_server(settings: Settings) -> None:
    """Run the site on the configured address."""
    import uvicorn  # noqa: PLC0415 - only for who serves

    from integrations import api, chores, sender  # noqa: PLC0415
    from integrations.bus import Bus  # noqa: PLC0415
    from integrations.metrics import Metrics  # noqa: PLC0415
    from ui import feed, sockets  # noqa: PLC0415
    from ui.start import Site  # noqa: PLC0415

    words.speak(settings.language)
    bus = Bus(settings.redis_url) if settings.redis_url else None
    background = _with_workers(settings) if bus else [sender.run, chores.run]
    if bus:
        courtesy.show(settings.data_dir / _AWAITED)
    metrics = Metrics(settings, db.engine(), see_workers=workers.seen if bus else None)
    site = Site(
        settings,
        publish=bus.publish if bus else None,
        listen=bus.run if bus else None,
        beside=[metrics.beside(), feed.keep_samples, *background],
        mounts={"/api": api.create(settings)},
        answers={"/metrics": metrics.answer},
    )
    if db.read(accounts.needs_setup):
        _tell(f"First start: open {settings.base_url}/setup — code {site.gate.setup_code}")
    _tell(f"AppTicket on http://{settings.host}:{settings.port}")
    uvicorn.run(
        metrics.around(site.asgi, sockets.census, bus),
        host=settings.host,
        port=settings.port,
        log_level="warning",  # on INFO it writes the addresses of sockets, which name pages
        access_log=False,
        ws_per_message_deflate=False,
        ws_max_size=2**20,
        timeout_graceful_shutdown=10,
        proxy_headers=True,
        forwarded_allow_ips=settings.forwarded_allow_ips,
        server_header=False,
    )


def _with_workers(settings: Settings) -> list[Callable[[], Coroutine[Any, Any, None]]]:
    from integrations import jobs, standby  # noqa: PLC0415 - rq only where there is Redis

    jobs.configure(settings.redis_url)
    workers.configure(jobs.seen)
    return [jobs.wake_workers, standby.run]


def worker(settings: Settings, _options: argparse.Namespace) -> None:
    """Send messages until stopped."""
    if not settings.redis_url:
        raise Failed("Without APPTICKET_REDIS_URL the process that serves does this work itself.")
    from integrations import jobs  # noqa: PLC0415
    from integrations.metrics import Listener, Metrics  # noqa: PLC0415

    os.nice(_GIVES_WAY)
    settings = prepare(settings)
    courtesy.watch(settings.data_dir / _AWAITED)
    courtesy.between_statements(db.engine())
    _bring_up_to_date(settings)
    jobs.configure(settings.redis_url)
    if settings.metrics_port:
        metrics = Metrics(settings, db.engine(), role="worker")
        Listener(metrics, settings.host, int(settings.metrics_port)).start()
    jobs.work(lambda: _tell("AppTicket's worker waits for work."))


def migrate(settings: Settings, _options: argparse.Namespace) -> None:
    """Bring the database to the newest tables."""
    prepare(settings)
    before = schema.current()
    schema.upgrade()
    _tell(f"The database is at {schema.current()} (was: {before or 'empty'}).")


def create_admin(settings: Settings, options: argparse.Namespace) -> None:
    """Create an administrator with the password read from standard input."""
    _bring_up_to_date(prepare(settings))
    password = sys.stdin.readline().rstrip("\r\n")
    name = options.name or options.email.split("@")[0]
    db.write(
        lambda s: accounts.create_admin(s, name=name, email=options.email, password=password).id
    )
    _tell(f"{options.email} is an administrator.")


def token(settings: Settings, options: argparse.Namespace) -> None:
    """Make a token; it is shown this once."""
    _bring_up_to_date(prepare(settings))
    wish = tokens.Wish(name=options.name, scopes=options.scope, days=options.days)
    row, secret = db.write(lambda s: tokens.issue(s, options.user, wish))
    _tell(f"A token of {options.user} until {row.expires_at:%Y-%m-%d}, shown this once:")
    _tell(secret)


def load(settings: Settings, options: argparse.Namespace) -> None:
    """Load tickets in bulk."""
    from integrations import bulk, intake  # noqa: PLC0415

    _bring_up_to_date(prepare(settings))
    try:
        loaded = bulk.load(options.dir, zone=settings.timezone)
    except bulk.Rejected as refusal:
        intake.finish()  # of what was loaded before that line
        raise Failed(str(refusal)) from None
    _tell(loaded.sentence())
    _tell("Computing deadlines and statistics; what is left when this is stopped, the server does.")
    intake.finish()


def import_from(settings: Settings, options: argparse.Namespace) -> None:
    """Import tickets of another system; can be repeated."""
    import json  # noqa: PLC0415

    from integrations import importers, intake  # noqa: PLC0415

    _bring_up_to_date(prepare(settings))
    run = importers.KINDS[options.kind]
    try:
        report = run(options.file, settings.timezone, is_dry=options.dry_run)
    except importers.Unreadable as unreadable:
        raise Failed(str(unreadable)) from None
    if not options.dry_run:
        intake.finish()
    for line in (*report.rejections, *report.notes):
        _tell(str(line))
    _tell(json.dumps(report.summary()))


def recount(settings: Settings, _options: argparse.Namespace) -> None:
    """Set the counters to what the tickets say; others may work meanwhile."""
    from data.models import tallies  # noqa: PLC0415
    from services import fact_store  # noqa: PLC0415

    _bring_up_to_date(prepare(settings))
    wrong = db.write(tallies.recount)
    _tell(f"Counted again: {wrong} tallies were wrong.")
    db.write(lambda s: fact_store.begin_again(s).id)
    while db.write(partial(fact_store.keep, at_once=True)):
        pass
    _tell("What statistics are computed from was made again.")


def reindex(settings: Settings, _options: argparse.Namespace) -> None:
    """Renew what the search looks through, a few tickets at a time: others go on working."""
    from services import indexing  # noqa: PLC0415

    _bring_up_to_date(prepare(settings))
    number, count = 0, 0
    while renewed := db.write(partial(indexing.renew_after, number=number)):
        number = renewed[-1]
        count += len(renewed)
    schema.analyse()
    _tell(f"{count} tickets can be searched.")


def demo(settings: Settings, options: argparse.Namespace) -> None:
    """Fill a throw-away folder with a demonstration organisation and serve it."""
    import signal  # noqa: PLC0415
    import tempfile  # noqa: PLC0415
    from dataclasses import replace  # noqa: PLC0415

    from integrations import demo as demonstration  # noqa: PLC0415
    from integrations import demo_reports  # noqa: PLC0415

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # leave through the door: clean up
    with tempfile.TemporaryDirectory(prefix="appticket-demo-") as folder:
        settings = prepare(
            replace(
                settings,
                data_dir=Path(folder),
                database_url=f"sqlite:///{folder}/appticket.db",
                redis_url="",
                node="",
            )
        )
        schema.upgrade()
        for line in demonstration.fill(options.seed):
            _tell(line)
        demo_reports.look_back()
        run_server(settings)


def doctor(settings: Settings, _options: argparse.Namespace) -> None:
    """Check what the application stands on."""
    from integrations import checkup  # noqa: PLC0415

    findings = checkup.findings(settings)
    for finding in findings:
        _tell(str(finding))
    wrong = [finding for finding in findings if not finding.is_good]
    if wrong:
        raise Failed(f"{len(wrong)} of {len(findings)} checks need mending.")


def _bring_up_to_date(settings: Settings) -> None:
    """Migrate the embedded default by itself; elsewhere, name the command."""
    if schema.current() == schema.head():
        return
    if not settings.is_embedded:
        raise Failed("The database needs `python main.py migrate` before this version can start.")
    schema.keep_copy()
    schema.upgrade()


def _tell(line: str) -> None:
    print(line, flush=True)


def _reason(error: Exception) -> str:
    match error:
        case Invalid():
            return "; ".join(f"{field}: {why}" for field, why in error.by_field().items())
        case schema.Busy():
            return "Another process is migrating this database: try again when it is done."
        case SQLAlchemyError():
            return f"The database does not answer: {getattr(error, 'orig', None) or error}"
        case OSError():
            return f"{error.filename or 'The machine'}: {error.strerror or error}"
    return str(error)


if __name__ == "__main__":
    sys.exit(main())
