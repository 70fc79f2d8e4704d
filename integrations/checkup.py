"""What `doctor` looks at, from the configuration to the clock, and how each fault is mended."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import Connection, func, inspect, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from data import db, files, schema
from data.clock import now
from data.config import Settings
from data.models import Event, tallies
from integrations import checkup_mail, checkup_metrics
from services import deliveries, fact_store, upkeep

OLDEST = {"sqlite": (3, 35), "mariadb": (10, 6), "mysql": (8, 0)}  # RETURNING, SKIP LOCKED, JSON
TOLERATED_DRIFT = timedelta(seconds=5)
COLLATION = "utf8mb4_bin"
REDIS_PATIENCE = {"socket_connect_timeout": 3, "socket_timeout": 3}
LATELY = timedelta(days=7)
WORKER_SILENCE = timedelta(minutes=3)  # more than `jobs.ALIVE_SECONDS`
MIGRATE = "run `python main.py migrate`"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: how it is, or what to mend."""

    subject: str
    is_good: bool
    text: str

    def __str__(self) -> str:
        return f"{'good' if self.is_good else 'MEND'}  {self.subject}: {self.text}"


def findings(settings: Settings) -> list[Finding]:
    """Look at everything; nothing is changed, and nothing found stops the rest."""
    return [
        _address(settings),
        _folder(settings.data_dir),
        _room(settings.data_dir),
        _secret_key(settings),
        *_database(settings),
        _redis(settings),
        *_worker(settings),
        Finding("metrics", *checkup_metrics.finding(settings)),
        _clock(settings),
    ]


def _good(subject: str, told: str) -> Finding:
    return Finding(subject, is_good=True, text=told)


def _mend(subject: str, told: str) -> Finding:
    return Finding(subject, is_good=False, text=told)


def _address(settings: Settings) -> Finding:
    """Compare the address people type with the one that is listened on."""
    address = urlsplit(settings.base_url).hostname or ""
    if _is_here(address) and not _is_here(settings.host):
        return _mend(
            "address",
            f"{settings.host} is open to the network, but APPTICKET_BASE_URL is"
            f" {settings.base_url}: set it to the address people type.",
        )
    if not _is_here(address) and not settings.is_https:
        return _mend(
            "address",
            f"{settings.base_url} sends passwords in clear: put a proxy with a certificate in"
            " front (docker/nginx) and set APPTICKET_BASE_URL to its https:// address.",
        )
    told = f"people open {settings.base_url}; listening on {settings.host}:{settings.port}."
    return _good("address", told)


def _is_here(host: str) -> bool:
    """Tell whether only this machine can reach a host."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _folder(folder: Path) -> Finding:
    there = _nearest(folder)
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        told = f"{there} cannot be written ({error.strerror}): give this user the right to."
        return _mend("data folder", told)
    is_new = "" if there == folder else "; it is made at the first start"
    return _good("data folder", f"{folder} can be written{is_new}.")


def _room(folder: Path) -> Finding:
    free = shutil.disk_usage(_nearest(folder)).free
    told = f"{free / 2**30:.1f} GiB free"
    if free < files.MIN_FREE_BYTES:
        least = files.MIN_FREE_BYTES // 2**30
        return _mend("room", f"{told}: below {least} GiB attachments are refused; make room.")
    return _good("room", f"{told}.")


def _nearest(folder: Path) -> Path:
    """Return the folder, or the one above it that exists."""
    folder = folder.absolute()
    while not folder.exists():
        folder = folder.parent
    return folder


def _secret_key(settings: Settings) -> Finding:
    if settings.secret_key:
        return _good("secret key", "from the environment.")
    kept = settings.data_dir / "secret_key"
    if not kept.exists():
        return _good("secret key", f"made at the first start, in {kept}.")
    if not os.access(kept, os.R_OK):
        return _mend("secret key", f"{kept} cannot be read: give it to the user of this program.")
    if len(kept.read_bytes().strip()) < 32:
        told = f"{kept} is damaged: put it back from a backup, or delete it; open pages end then."
        return _mend("secret key", told)
    if stat.S_IMODE(kept.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
        return _mend("secret key", f"others may read {kept}: chmod 600 {kept}")
    return _good("secret key", f"{kept}, for this user alone.")


def _database(settings: Settings) -> Iterator[Finding]:
    engine = db.configure(settings.database_url)
    where = engine.url.render_as_string(hide_password=True)
    name = engine.url.database or ""
    if settings.is_embedded and settings.node:
        told = "several processes need MySQL or MariaDB: set APPTICKET_DATABASE_URL."
        yield _mend("database", told)
    if settings.is_embedded and not Path(name).exists():
        yield _good("database", f"none yet: the first start makes {name}.")
        return
    try:
        with engine.connect() as connection:
            yield _version(connection, where)
            if connection.dialect.name != "sqlite":
                yield _isolation(connection)
                yield _characters(connection)
                yield _server_clock(connection)
            yield _tables(settings)
            yield from _contents(settings, connection)
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error)
        yield _mend("database", f"{where} does not answer: {reason}. Set APPTICKET_DATABASE_URL.")
    finally:
        engine.dispose()


def _contents(settings: Settings, connection: Connection) -> Iterator[Finding]:
    """Look at what is in the tables that there are."""
    if inspect(connection).has_table("event"):
        yield _past(connection)
    if inspect(connection).has_table("ticket_tally"):
        yield _counters(connection)
    if inspect(connection).has_table("delivery"):
        yield _messages(connection)
    if mail := checkup_mail.findings(settings, connection):
        yield Finding("mail", *mail)


def _version(connection: Connection, where: str) -> Finding:
    dialect = connection.dialect
    kind = "mariadb" if getattr(dialect, "is_mariadb", False) else dialect.name
    found = dialect.server_version_info or (0,)
    told = f"{kind} {'.'.join(map(str, found[:3]))} at {where}"
    if tuple(found) < OLDEST[kind]:
        least = ".".join(map(str, OLDEST[kind]))
        return _mend("database", f"{told} is too old: {least} or newer is needed.")
    return _good("database", f"{told}.")


def _isolation(connection: Connection) -> Finding:
    level = connection.get_isolation_level()
    if level != "READ COMMITTED":
        told = f"{level} instead of READ COMMITTED: let the server accept what a session sets."
        return _mend("isolation", told)
    return _good("isolation", f"{level}.")


def _characters(connection: Connection) -> Finding:
    """Look at the connection and at each table: a copied database may have changed them."""
    spoken = connection.scalar(text("SELECT @@character_set_connection"))
    if spoken != "utf8mb4":
        told = f"the connection speaks {spoken}: add ?charset=utf8mb4 to APPTICKET_DATABASE_URL."
        return _mend("characters", told)
    ours = list(db.Base.metadata.tables)
    query = text(
        "SELECT table_name, table_collation FROM information_schema.tables"
        " WHERE table_schema = DATABASE() AND table_collation <> :collation"
    )
    rows = connection.execute(query, {"collation": COLLATION})
    wrong = sorted(name for name, _collation in rows if name in ours)
    if wrong:
        fix = f"ALTER TABLE … CONVERT TO CHARACTER SET utf8mb4 COLLATE {COLLATION}"
        return _mend("characters", f"{', '.join(wrong)}: {fix}")
    return _good("characters", f"utf8mb4, {COLLATION}.")


def _server_clock(connection: Connection) -> Finding:
    theirs = connection.scalar(text("SELECT UTC_TIMESTAMP(6)"))
    drift = abs(now() - theirs.replace(tzinfo=UTC)) if isinstance(theirs, datetime) else None
    if drift is None or drift > TOLERATED_DRIFT:
        told = f"the database's differs by {drift}: let both machines use NTP."
        return _mend("clock of the database", told)
    return _good("clock of the database", "agrees with this machine's.")


def _tables(settings: Settings) -> Finding:
    current, head = schema.current(), schema.head()
    if current == head:
        return _good("tables", f"at {head}.")
    told = f"at {current or 'nothing'}, this version needs {head}"
    if settings.is_embedded:
        return _good("tables", f"{told}: the next start brings them there, after a copy.")
    return _mend("tables", f"{told}: {MIGRATE}.")


def _past(connection: Connection) -> Finding:
    """Compare the clock with what was recorded last; it may have been turned back."""
    latest = connection.scalar(select(func.max(Event.created_at)))
    if latest is not None and latest > now() + TOLERATED_DRIFT:
        told = f"the last thing recorded happened at {latest:%Y-%m-%d %H:%M} UTC: set the clock."
        return _mend("past", told)
    return _good("past", "nothing recorded is in the future.")


def _counters(connection: Connection) -> Finding:
    """Compare the counters people see with the tickets there are."""
    with Session(connection) as s:
        wrong = tallies.differences(s)
        facts = fact_store.wrong_on_a_day(s)
        mended = upkeep.mended(s)
    if facts:
        told = (
            f"statistics of {len(facts)} tickets of a day are wrong: run `python main.py recount`."
        )
        return _mend("counters", told)
    if wrong:
        told = f"{len(wrong)} tallies are not what the tickets say: run `python main.py recount`."
        return _mend("counters", told)
    told = "each is what counting again gives."
    if mended:
        told += (
            f" Statistics of {mended.number} tickets were wrong, last {mended.at:%Y-%m-%d %H:%M}"
        )
        told += " UTC, and were made again by themselves."
    return _good("counters", told)


def _messages(connection: Connection) -> Finding:
    """Count what was given up lately and not sent again."""
    with Session(connection) as s:
        lost = deliveries.dead(s, now() - LATELY)
    if lost:
        days = LATELY.days
        told = f"{lost} given up in {days} days: see why in /admin/jobs, and send them again."
        return _mend("messages", told)
    return _good("messages", "none was given up lately.")


def _redis(settings: Settings) -> Finding:
    if not settings.redis_url and settings.node:
        told = (
            "several processes tell each other through one what changed: set APPTICKET_REDIS_URL."
        )
        return _mend("Redis", told)
    if not settings.redis_url:
        return _good("Redis", "none configured: one process does it all.")
    import redis  # noqa: PLC0415 - only for who uses it

    where = urlsplit(settings.redis_url)
    place = f"{where.hostname or where.path}:{where.port or 6379}"
    try:
        with redis.Redis.from_url(settings.redis_url, **REDIS_PATIENCE) as client:
            client.ping()
            version = client.info("server")["redis_version"]
    except (redis.RedisError, OSError) as error:
        return _mend("Redis", f"{place} does not answer: {error}. Set APPTICKET_REDIS_URL.")
    return _good("Redis", f"{version} at {place}.")


def _worker(settings: Settings) -> Iterator[Finding]:
    """Look for a worker where there is a Redis: the processes that serve count on one."""
    if not settings.redis_url:
        return
    import redis  # noqa: PLC0415 - only for who uses it

    from integrations import jobs  # noqa: PLC0415

    try:
        with redis.Redis.from_url(settings.redis_url, **REDIS_PATIENCE) as client:
            seen = len(jobs.workers_seen(client, now() - WORKER_SILENCE))
    except (redis.RedisError, OSError):
        return  # said already
    if seen:
        yield _good("worker", f"{seen} seen in the last {WORKER_SILENCE.seconds // 60} minutes.")
    else:
        yield _mend("worker", "none seen: who serves sends meanwhile. Start `main.py worker`.")


def _clock(settings: Settings) -> Finding:
    here = now().astimezone(settings.timezone)
    told = f"{here:%Y-%m-%d %H:%M} in {settings.timezone.key}; is it? If not, use NTP."
    return _good("clock", told)
