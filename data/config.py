"""Settings, read from the environment (and `.env`) once, by main.py."""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from dotenv import dotenv_values

PREFIX = "APPTICKET_"
LANGUAGES = ("fr", "en")
SMTP_TLS = ("starttls", "tls", "none")
LOOPBACK = ("127.0.0.0/8", "::1")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")

_SMTP_HOST = r"[A-Za-z0-9_.:-]{0,253}"
_ADDRESS = r"([^@\s<>()\",;:]{1,64}@[^@\s<>()\",;:]{1,189})?"
_SMS_SENDER = r"(\+?[1-9][0-9]{6,14}|[A-Za-z0-9 ]{1,11})?"


class ConfigError(Exception):
    """The environment does not describe a runnable application; one line per wrong variable."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """Everything that differs between two installations."""

    host: str = "127.0.0.1"
    port: int = 8080
    data_dir: Path = Path("var")
    database_url: str = ""
    redis_url: str = ""
    secret_key: str = field(default="", repr=False)
    base_url: str = ""
    language: str = "fr"
    timezone: ZoneInfo = ZoneInfo("Europe/Paris")
    node: str = ""
    forwarded_allow_ips: str = "127.0.0.1"
    log_level: str = "INFO"
    api_rate: int = 200
    webhook_allow: tuple[str, ...] = ()
    metrics_token: str = field(default="", repr=False)
    metrics_allow: tuple[str, ...] = LOOPBACK
    metrics_port: str = ""
    smtp_host: str = ""
    smtp_port: str = ""
    smtp_tls: str = ""
    smtp_user: str = ""
    smtp_password: str = field(default="", repr=False)
    smtp_from: str = ""
    smtp_from_name: str = ""
    smtp_reply_to: str = ""
    vonage_key: str = ""
    vonage_secret: str = field(default="", repr=False)
    vonage_from: str = ""

    @property
    def is_embedded(self) -> bool:
        """Tell whether this is the default installation: SQLite in the data folder."""
        return self.database_url.startswith("sqlite")

    @property
    def is_https(self) -> bool:
        """Tell whether people reach the application through TLS."""
        return self.base_url.startswith("https://")

    @property
    def files_dir(self) -> Path:
        """Return the folder of attachments."""
        return self.data_dir / "files"


def read(env: Mapping[str, str] | None = None, dotenv: Path = Path(".env")) -> Settings:
    """Build the settings from `env` (default: the process's) over the `.env` file.

    Raises:
        ConfigError: names every variable that is wrong, at once.
    """
    if env is None:
        env = os.environ
    known = {k: v for k, v in dotenv_values(dotenv).items() if v is not None}
    reader = _Reader({**known, **env})
    data_dir = Path(reader.text("DATA_DIR", "var"))
    port = reader.number("PORT", 8080, at_most=65535)
    settings = Settings(
        host=reader.text("HOST", "127.0.0.1"),
        port=port,
        data_dir=data_dir,
        database_url=reader.database_url(f"sqlite:///{data_dir / 'appticket.db'}"),
        redis_url=reader.url("REDIS_URL", "", {"redis", "rediss", "unix"}),
        secret_key=reader.secret("SECRET_KEY", at_least=32),
        base_url=reader.url("BASE_URL", f"http://localhost:{port}", {"http", "https"}).rstrip("/"),
        language=reader.one_of("LANGUAGE", "fr", LANGUAGES),
        timezone=reader.zone("TIMEZONE", "Europe/Paris"),
        node=reader.matching("NODE", "", r"[a-z0-9-]{0,20}"),
        forwarded_allow_ips=reader.text("FORWARDED_ALLOW_IPS", "127.0.0.1"),
        log_level=reader.one_of("LOG_LEVEL", "INFO", LOG_LEVELS),
        api_rate=reader.number("API_RATE", 200, at_most=100_000),
        webhook_allow=reader.hosts("WEBHOOK_ALLOW"),
        metrics_token=reader.secret("METRICS_TOKEN", at_least=16),
        metrics_allow=reader.networks("METRICS_ALLOW", LOOPBACK),
        metrics_port=reader.port_or_none("METRICS_PORT"),
        smtp_host=reader.matching("SMTP_HOST", "", _SMTP_HOST),
        smtp_port=reader.port_or_none("SMTP_PORT"),
        smtp_tls=reader.one_of("SMTP_TLS", "", ("", *SMTP_TLS)),
        smtp_user=reader.text("SMTP_USER", ""),
        smtp_password=reader.printable("SMTP_PASSWORD"),
        smtp_from=reader.matching("SMTP_FROM", "", _ADDRESS),
        smtp_from_name=reader.text("SMTP_FROM_NAME", ""),
        smtp_reply_to=reader.matching("SMTP_REPLY_TO", "", _ADDRESS),
        vonage_key=reader.matching("VONAGE_KEY", "", r"[A-Za-z0-9]{0,64}"),
        vonage_secret=reader.printable("VONAGE_SECRET"),
        vonage_from=reader.matching("VONAGE_FROM", "", _SMS_SENDER),
    )
    if reader.wrong:
        raise ConfigError("\n".join(reader.wrong))
    return settings


def keep_secret_key(settings: Settings) -> str:
    """Return the secret key; when the environment has none, one made once in the data folder."""
    if settings.secret_key:
        return settings.secret_key
    kept = settings.data_dir / "secret_key"
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return kept.read_text(encoding="ascii").strip()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        key = secrets.token_urlsafe(32)
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    return key


class _Reader:
    """Reads one variable after another and collects what is wrong with them."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self.wrong: list[str] = []

    def text(self, name: str, default: str) -> str:
        """Return the variable, or the contents of the file NAME_FILE points at (Docker secrets)."""
        if path := self._env.get(f"{PREFIX}{name}_FILE"):
            try:
                return Path(path).read_text(encoding="utf-8").strip()
            except OSError as error:
                self._refuse(f"{name}_FILE", f"cannot be read: {error.strerror}")
        return self._env.get(f"{PREFIX}{name}", "").strip() or default

    def number(self, name: str, default: int, *, at_most: int) -> int:
        value = self.text(name, str(default))
        if not value.isdecimal() or not 1 <= int(value) <= at_most:
            self._refuse(name, f"must be a whole number from 1 to {at_most}, not “{value}”")
            return default
        return int(value)

    def one_of(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        value = self.text(name, default)
        if value not in allowed:
            self._refuse(name, f"must be one of {', '.join(allowed)}, not “{value}”")
        return value

    def matching(self, name: str, default: str, pattern: str) -> str:
        value = self.text(name, default)
        if not re.fullmatch(pattern, value):
            self._refuse(name, f"must match {pattern}")
        return value

    def port_or_none(self, name: str) -> str:
        """Return a port as it was given; nothing for the usual one."""
        value = self.text(name, "")
        return str(self.number(name, 1, at_most=65535)) if value else ""

    def printable(self, name: str) -> str:
        """Return a secret that mail servers and HTTP can carry; it is not repeated when wrong."""
        value = self.text(name, "")
        if not value.isascii() or not (value.isprintable() and len(value) <= 255):
            self._refuse(name, "must be at most 255 letters without accents, digits and signs")
        return value

    def url(self, name: str, default: str, schemes: set[str]) -> str:
        value = self.text(name, default)
        parts = urlsplit(value)
        if value and (parts.scheme not in schemes or not (parts.netloc or parts.path)):
            self._refuse(name, f"must be an address like {min(schemes)}://host…")
        return value

    def database_url(self, default: str) -> str:
        value = self.text("DATABASE_URL", default)
        if not value.startswith(("sqlite:///", "mysql+pymysql://")):
            self._refuse("DATABASE_URL", "must begin with sqlite:/// or mysql+pymysql://")
        return value

    def hosts(self, name: str) -> tuple[str, ...]:
        """Return names of hosts, addresses and networks that are separated by commas."""
        entries = tuple(e.strip().lower() for e in self.text(name, "").split(",") if e.strip())
        for entry in entries:
            try:
                ip_network(entry, strict=False)
            except ValueError:
                if not re.fullmatch(r"(?=.*[a-z])[a-z0-9_][a-z0-9_-]*(\.[a-z0-9_-]+)*", entry):
                    self._refuse(name, f"must list hosts or networks, not “{entry}”")
        return entries

    def networks(self, name: str, default: tuple[str, ...]) -> tuple[str, ...]:
        """Return addresses and networks that are separated by commas; `none` is none at all."""
        value = self.text(name, ",".join(default))
        entries = tuple(e for e in (part.strip() for part in value.split(",")) if e)
        if value == "none":
            return ()
        for entry in entries:
            try:
                ip_network(entry, strict=False)
            except ValueError:
                self._refuse(name, f"must list addresses or networks, or be none, not “{entry}”")
        return entries

    def secret(self, name: str, *, at_least: int) -> str:
        value = self.text(name, "")
        if value and len(value) < at_least:
            self._refuse(name, f"must be at least {at_least} characters long")
        return value

    def zone(self, name: str, default: str) -> ZoneInfo:
        value = self.text(name, default)
        if value not in available_timezones():
            self._refuse(name, f"must be a time zone like Europe/Paris, not “{value}”")
            return ZoneInfo(default)
        return ZoneInfo(value)

    def _refuse(self, name: str, reason: str) -> None:
        self.wrong.append(f"{PREFIX}{name} {reason}.")
