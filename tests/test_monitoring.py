"""What is shipped for Prometheus and Grafana fits what there is to be read."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from data import db, schema
from data.clock import now
from data.config import Settings
from data.models import Role, Schedule, User
from integrations.bus import Bus
from integrations.metrics import Metrics
from services import creation, schedule
from services.creation import NewTicket
from services.permissions import Actor
from services.tasks import TASKS
from tests import servers
from tests.conftest import People

ROOT = Path(__file__).parent.parent
DOCKER = ROOT / "docker"
BOARDS = sorted((DOCKER / "grafana" / "dashboards").glob("*.json"))
GUIDE = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
NAME = re.compile(r"\b(?:appticket|process|python)_\w+")
_SUFFIXES = ("_bucket", "_count", "_sum", "_total", "_info")
# What an editor of dashboards leaves in a file, and what only one installation has.
JUNK = {"iteration", "version", "gnetId", "pluginVersion", "__inputs", "__requires", "__elements"}


def panels(board: Path) -> list[dict[str, Any]]:
    """Return what a dashboard shows."""
    found: list[dict[str, Any]] = json.loads(board.read_text(encoding="utf-8"))["panels"]
    return [panel for panel in found if panel["type"] != "row"]


def targets(kind: str) -> Iterator[dict[str, Any]]:
    for board in BOARDS:
        for panel in panels(board):
            yield from (t for t in panel["targets"] if t["datasource"]["type"] == kind)


def rules() -> list[dict[str, Any]]:
    """Return the alerts."""
    groups = yaml.safe_load((DOCKER / "prometheus" / "alerts.yml").read_text(encoding="utf-8"))
    return [rule for group in groups["groups"] for rule in group["rules"]]


def expressions() -> list[str]:
    return [t["expr"] for t in targets("prometheus")] + [rule["expr"] for rule in rules()]


def statements() -> list[str]:
    """Return the SQL of all panels, its macros written out as Grafana does for MySQL."""
    return [_written_out(target["rawSql"]) for target in targets("mysql")]


def _written_out(sql: str) -> str:
    begin, end = "FROM_UNIXTIME(1600000000)", "FROM_UNIXTIME(2000000000)"
    sql = re.sub(r"\$__timeFilter\(([\w.]+)\)", rf"\1 BETWEEN {begin} AND {end}", sql)
    seconds = {"1d": 86400, "7d": 604800}

    def grouped(found: re.Match[str]) -> str:
        step = seconds[found[2]]
        return f'UNIX_TIMESTAMP({found[1]}) DIV {step} * {step} AS "time"'

    return re.sub(r"\$__timeGroupAlias\(([\w.]+), '(\w+)'(?:, 0)?\)", grouped, sql)


@pytest.fixture
def told(s: Session, engine: Engine, people: People, tmp_path: Path) -> dict[str, set[str]]:
    """The labels of each metric that a process on Redis tells."""
    schedule.sow(s, TASKS)
    s.flush()
    ran = s.get_one(Schedule, "ring")
    ran.finished_at, ran.milliseconds = now(), 10
    s.commit()
    metrics = Metrics(Settings(data_dir=tmp_path), engine, see_workers=list)
    metrics.beside()
    metrics.around(_nothing, lambda: (0, 0), Bus("redis://localhost:1"))
    body = metrics.tell("127.0.0.1", {}).body.decode()
    metrics.close()
    found = {"appticket_http_request_duration_seconds": {"le", "method", "route", "status"}}
    for family in text_string_to_metric_families(body):
        labels = {label for sample in family.samples for label in sample.labels}
        found.setdefault(family.name, set()).update(labels)
    return found


async def _nothing(*_asgi: object) -> None:
    raise AssertionError


def _family(name: str, known: dict[str, set[str]]) -> str:
    """Return the family of a name as queries write it."""
    bare = next((name.removesuffix(x) for x in _SUFFIXES if name.removesuffix(x) in known), name)
    return name if name in known else bare


def test_every_metric_is_explained_and_none_that_is_not_there(told: dict[str, set[str]]) -> None:
    rows = re.findall(r"^\| `(appticket_\w+)` \|(?: `([\w, ]+)`)? ?\|", GUIDE, re.M)

    explained = {
        _family(name, told): set(filter(None, labels.split(", "))) for name, labels in rows
    }

    ours = {name: labels - {"le"} for name, labels in told.items() if name.startswith("appticket_")}
    assert explained == ours


def test_every_metric_of_dashboards_and_alerts_is_there(told: dict[str, set[str]]) -> None:
    used = {name for expression in expressions() for name in NAME.findall(expression)}

    assert len(used) > 30
    assert {name for name in used if _family(name, told) not in told} == set()


def test_every_label_of_dashboards_and_alerts_is_there(told: dict[str, set[str]]) -> None:
    of_prometheus = {"instance", "job"}

    for expression in expressions():
        known = {label for name in NAME.findall(expression) for label in told[_family(name, told)]}
        grouped = re.findall(r"\bby \(([\w, ]+)\)", expression)
        asked = {label for group in grouped for label in group.split(", ")}
        asked |= set(re.findall(r"[{,](\w+)(?:=|!=|=~|!~)\"", expression))
        assert asked <= known | of_prometheus, expression


def test_alerts_are_complete_and_explained() -> None:
    rows = re.findall(r"^\| `(AppTicket\w+)` \|", GUIDE, re.M)

    assert [rule["alert"] for rule in rules()] == rows
    for rule in rules():
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"].endswith(".")


@pytest.mark.parametrize("board", BOARDS, ids=lambda path: str(path.stem))
def test_dashboards_hold_what_is_shown_and_nothing_else(board: Path) -> None:
    whole = json.loads(board.read_text(encoding="utf-8"))
    provisioned = yaml.safe_load(
        (DOCKER / "grafana/provisioning/datasources/appticket.yml").read_text(encoding="utf-8")
    )
    known = {(source["type"], source["uid"]) for source in provisioned["datasources"]}

    assert not _keys(whole) & JUNK
    assert "id" not in whole
    ids = [panel["id"] for panel in whole["panels"]]
    assert len(set(ids)) == len(ids)
    for panel in panels(board):
        assert panel["title"]
        assert panel["description"].endswith(".")
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        for target in panel["targets"]:
            assert (target["datasource"]["type"], target["datasource"]["uid"]) in known
    assert not _overlapping([panel["gridPos"] for panel in whole["panels"]])


def _keys(node: Any) -> set[str]:
    if isinstance(node, dict):
        return set(node) | {key for value in node.values() for key in _keys(value)}
    return {key for each in node for key in _keys(each)} if isinstance(node, list) else set()


def _overlapping(places: list[dict[str, int]]) -> list[tuple[int, int]]:
    cells = [
        (x, y)
        for place in places
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    return [cell for cell in set(cells) if cells.count(cell) > 1]


def test_the_guide_gives_the_reader_what_docker_gives() -> None:
    written = (DOCKER / "grafana" / "reader.sql").read_text(encoding="utf-8")

    assert _rights() in written
    assert written.startswith("-- ")


def _rights() -> str:
    found = re.search(r"```sql\n(.+?)```", GUIDE, re.S)
    assert found is not None
    return found[1]


@pytest.mark.mariadb
def test_every_sql_panel_runs_with_the_rights_that_the_guide_gives_and_no_more() -> None:
    asked = statements()
    with servers.mariadb() as server:
        _fill(server)
        root = create_engine(server.root_url)
        with root.begin() as connection:
            for _twice in range(2):  # as each start of the monitoring does
                for statement in filter(str.strip, _rights().split(";\n")):
                    connection.exec_driver_sql(statement.replace("%", "%%"))
        url = server.url.replace("appticket:appticket@", "appticket_reader:another-long-password@")
        reader = create_engine(url)
        with reader.connect() as connection:
            found = [connection.exec_driver_sql(statement).all() for statement in asked]
            for forbidden in ("title FROM ticket", "email FROM user", "details FROM event"):
                with pytest.raises(OperationalError, match="denied"):
                    connection.execute(text(f"SELECT {forbidden}"))
        for engine in (root, reader):
            engine.dispose()

    assert len(asked) >= 10
    assert all(found)


def _fill(server: servers.MariaDB) -> None:
    """Make the tables, and a ticket with everything that panels look for."""
    before = db.engine()
    engine = db.configure(server.url)
    schema.upgrade()
    with Session(engine) as s:
        diane = User(name="Diane", email="diane@exemple.fr", role=Role.ADMIN)
        s.add(diane)
        s.commit()
        ticket = creation.create(s, Actor(diane.id, Role.ADMIN), NewTicket(title="Souris"))
        ticket.first_response_at = ticket.resolved_at = ticket.created_at
        ticket.resolve_due_at = ticket.created_at
        s.commit()
    engine.dispose()
    db.use(before)
