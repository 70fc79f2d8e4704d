"""What is shipped for Docker, as far as it can be tried without Docker."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from tests import bare_image, servers

ROOT = Path(__file__).parent.parent
DOCKER = ROOT / "docker"


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    """The services of compose.yml, their variables filled in."""
    text = (DOCKER / "compose.yml").read_text(encoding="utf-8")
    filled = re.sub(r"(?<!\$)\$\{(\w+)(?::[?-])?([^}]*)\}", r"\2", text)
    found: dict[str, Any] = yaml.safe_load(filled)["services"]
    return found


def test_the_image_holds_the_program_and_nothing_else() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    folders = ("ui/", "data/", "services/", "integrations/")
    wanted = {name for name in tracked if name.startswith(folders) and (ROOT / name).exists()}
    beside = {"main.py", "pyproject.toml", "requirements.txt"}
    beside |= {"docker/entrypoint.sh", "docker/wait.py"}

    rules = (ROOT / ".dockerignore").read_text(encoding="utf-8")
    there = [name for name in tracked if (ROOT / name).exists()]

    assert set(bare_image.chosen(there, rules)) == wanted | beside


def test_each_instruction_of_the_dockerfile_is_one_that_is_tried() -> None:
    text = (DOCKER / "Dockerfile").read_text(encoding="utf-8")

    words = [line.partition(" ")[0] for line in bare_image.instructions(text)]

    assert words.count("FROM") == 2
    assert all(bare_image.knows(word) for word in words)
    assert "--require-hashes" in text
    assert words.index("USER") > words.index("COPY")


def test_passwords_are_made_once_and_fit_together(tmp_path: Path) -> None:
    script = tmp_path / "secrets.sh"
    script.write_bytes((DOCKER / "secrets.sh").read_bytes())

    first, kept = _made_by(script), _made_by(script)

    assert kept == first
    assert f"appticket:{kept['database_password']}@database:3306/" in kept["database_url"]
    assert f":{kept['redis_password']}@redis:6379/" in kept["redis_url"]
    assert len(kept["secret_key"]) >= 32
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700


def test_every_service_finds_its_secrets_and_runs_without_needless_rights(
    services: dict[str, Any],
) -> None:
    made = set(re.findall(r"^keep (\w+)", (DOCKER / "secrets.sh").read_text(), re.MULTILINE))

    for name, service in services.items():
        assert set(service.get("secrets", [])) <= made
        assert "no-new-privileges:true" in service["security_opt"], name
        for variable, value in service.get("environment", {}).items():
            if variable.endswith("_FILE"):
                assert value.removeprefix("/run/secrets/") in service["secrets"]
    open_ones = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert set(open_ones) == {"nginx", "grafana"}
    assert open_ones["grafana"] == ["127.0.0.1:3000:3000"]
    assert services["a"]["environment"]["APPTICKET_NODE"] == "a"
    assert services["b"]["environment"]["APPTICKET_NODE"] == "b"
    assert services["a"]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"


def test_nginx_is_given_every_value_of_its_template(services: dict[str, Any]) -> None:
    template = servers.NGINX_TEMPLATE.read_text(encoding="utf-8")

    wanted = set(re.findall(r"\$\{(APPTICKET_\w+)\}", template))

    assert wanted <= set(services["nginx"]["environment"])


@pytest.mark.mariadb
def test_mariadb_understands_its_options_and_the_entrypoint_waits_for_it(
    services: dict[str, Any], tmp_path: Path
) -> None:
    with servers.mariadb(options=services["database"]["command"]) as database:
        env = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "APPTICKET_DATABASE_URL": database.url,
            "APPTICKET_DATA_DIR": str(tmp_path),
        }
        database.stop()
        with _wait(env) as process:
            assert process.stderr is not None
            assert "Waiting" in process.stderr.readline()
            database.start()
            assert process.wait(60) == 0

        wrong = database.url.replace("appticket:appticket@", "appticket:no@")
        with _wait({**env, "APPTICKET_DATABASE_URL": wrong}) as process:
            assert process.stderr is not None
            assert "Access denied" in process.stderr.read()
            assert process.wait(60) == 1


def test_redis_understands_its_options(services: dict[str, Any]) -> None:
    script = services["redis"]["command"][-1]
    options = script.partition("exec redis-server /tmp/redis.conf ")[2].split()
    del options[options.index("--dir") : options.index("--dir") + 2]

    with servers.redis(options=options) as redis:
        assert redis.process is not None
        assert redis.process.poll() is None


def _made_by(script: Path) -> dict[str, str]:
    subprocess.run(["sh", str(script)], check=True)
    folder = script.parent / "secrets"
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}


def _wait(env: dict[str, str]) -> subprocess.Popen[str]:
    command = [sys.executable, str(DOCKER / "wait.py")]
    return subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True)
