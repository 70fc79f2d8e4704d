"""Configuration: read once, every wrong variable named together, secrets never shown (5)."""

import stat
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from data import config
from data.config import ConfigError, Settings

NOWHERE = Path("/nonexistent/.env")


def read(**values: str) -> Settings:
    return config.read({f"APPTICKET_{name}": value for name, value in values.items()}, NOWHERE)


def test_nothing_has_to_be_set() -> None:
    found = read()

    assert found == Settings(
        database_url="sqlite:///var/appticket.db", base_url="http://localhost:8080"
    )
    assert found.is_embedded
    assert not found.is_https
    assert found.files_dir == Path("var/files")


def test_everything_can_be_set() -> None:
    found = read(
        HOST="192.0.2.1",
        PORT="443",
        DATA_DIR="/srv/data",
        DATABASE_URL="mysql+pymysql://u:p@db/appticket",
        REDIS_URL="rediss://redis:6380/1",
        SECRET_KEY="s" * 32,
        BASE_URL="https://aide.exemple.fr/",
        LANGUAGE="en",
        TIMEZONE="Indian/Reunion",
        NODE="a-1",
        FORWARDED_ALLOW_IPS="10.0.0.1",
        LOG_LEVEL="DEBUG",
    )

    assert (found.host, found.port, found.data_dir) == ("192.0.2.1", 443, Path("/srv/data"))
    assert (found.is_embedded, found.is_https) == (False, True)
    assert found.base_url == "https://aide.exemple.fr"
    assert found.timezone == ZoneInfo("Indian/Reunion")
    assert (found.node, found.language, found.log_level) == ("a-1", "en", "DEBUG")


def test_every_wrong_variable_is_named_at_once() -> None:
    wrong = {
        "PORT": "http",
        "DATABASE_URL": "postgresql://db",
        "REDIS_URL": "http://redis",
        "SECRET_KEY": "short",
        "BASE_URL": "aide.exemple.fr",
        "LANGUAGE": "de",
        "TIMEZONE": "Paris",
        "NODE": "Node_1",
        "LOG_LEVEL": "LOUD",
        "WEBHOOK_ALLOW": "10.0.0.0/33, https://example.org/",
        "HOST_FILE": "/nonexistent/host",
    }

    with pytest.raises(ConfigError) as refused:
        read(**wrong)

    lines = str(refused.value).splitlines()
    assert {line.split()[0] for line in lines} == {f"APPTICKET_{name}" for name in wrong}
    assert "short" not in str(refused.value)


@pytest.mark.parametrize("port", ["0", "-1", "65536", "８０８０x", "", " "])
def test_a_port_is_a_port(port: str) -> None:
    if port.strip():
        with pytest.raises(ConfigError, match="APPTICKET_PORT"):
            read(PORT=port)
    else:
        assert read(PORT=port).port == 8080


def test_hosts_and_networks_are_listed_with_commas() -> None:
    found = read(WEBHOOK_ALLOW=" Intranet.example.org,10.20.0.0/16, ::1,")

    assert found.webhook_allow == ("intranet.example.org", "10.20.0.0/16", "::1")


@pytest.mark.parametrize("entry", ["10.0.0.999", "a b", "http://a", "*", "a..b", "-a"])
def test_what_is_neither_host_nor_network_is_refused(entry: str) -> None:
    with pytest.raises(ConfigError, match="APPTICKET_WEBHOOK_ALLOW"):
        read(WEBHOOK_ALLOW=entry)


def test_who_may_read_the_metrics_is_listed_with_commas() -> None:
    assert read().metrics_allow == ("127.0.0.0/8", "::1")
    assert read(METRICS_ALLOW="10.20.0.0/16 ,::1,").metrics_allow == ("10.20.0.0/16", "::1")
    assert read(METRICS_ALLOW="none").metrics_allow == ()


@pytest.mark.parametrize("entry", ["prometheus", "*", "10.0.0.999", "none, ::1"])
def test_only_addresses_may_read_the_metrics(entry: str) -> None:
    with pytest.raises(ConfigError, match="APPTICKET_METRICS_ALLOW"):
        read(METRICS_ALLOW=entry)


def test_a_token_that_can_be_guessed_is_refused_and_none_is_shown() -> None:
    with pytest.raises(ConfigError, match="APPTICKET_METRICS_TOKEN") as refused:
        read(METRICS_TOKEN="hunter2")

    assert "hunter2" not in str(refused.value)
    assert "m" * 16 not in repr(read(METRICS_TOKEN="m" * 16))


def test_a_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("f" * 40 + "\n")

    found = read(SECRET_KEY_FILE=str(secret))

    assert found.secret_key == "f" * 40
    assert "f" * 40 not in repr(found)


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text("APPTICKET_PORT=9000\nAPPTICKET_LANGUAGE=en\nOTHER=x\n")

    found = config.read({"APPTICKET_PORT": "9001"}, dotenv)

    assert (found.port, found.language) == (9001, "en")


def test_a_secret_key_is_made_once_and_only_for_its_owner(tmp_path: Path) -> None:
    settings = replace(read(), data_dir=tmp_path / "new")

    first = config.keep_secret_key(settings)
    again = config.keep_secret_key(settings)
    given = config.keep_secret_key(replace(settings, secret_key="g" * 32))

    assert first == again
    assert len(first) >= 32
    assert given == "g" * 32
    mode = (tmp_path / "new" / "secret_key").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["secret_key"]
