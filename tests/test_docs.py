"""The documents keep step with the code: settings, commands, events, shortcuts, links."""

import argparse
import ast
import dataclasses
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from sqlalchemy import create_engine

import main
from data.config import LANGUAGES, PREFIX, Settings
from integrations.api import problems
from services import deliveries
from services.occasions import KINDS, OCCASIONS
from services.tokens import Scope
from tests import servers
from ui.widgets import dialogs

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
KIND = re.compile(
    r"(burst|calendar|category|channel|comment|deadline|delivery|external_link|link|policy|report"
    r"|report_plan|schedule|session|settings|statistics|team|template|ticket"
    r"|token|user|webhook)"
    r"\.[a-z]+(_[a-z]+)*"
)
_TOLD = "notifications.md"
_OCCASIONS = ROOT / "services" / "occasions.py"  # which only names what others record
LINK = re.compile(r"(?<!!)\[[^]]*\]\(([^)\s]+)\)")
PICTURE = re.compile(r"!\[[^]]+\]\(([^)\s]+)\)")


@pytest.mark.parametrize("setting", [f.name for f in dataclasses.fields(Settings)])
def test_every_setting_is_explained(setting: str) -> None:
    variable = PREFIX + setting.upper()

    assert f"\n#{variable}=" in _text(ROOT / ".env.example")
    assert f"\n| `{variable}` |" in _text(DOCS / "configuration.md")


def test_no_setting_is_explained_that_does_not_exist() -> None:
    known = {PREFIX + field.name.upper() for field in dataclasses.fields(Settings)}

    assert _first_column(DOCS / "configuration.md") == known
    assert set(re.findall(r"^#?(APPTICKET_\w+)=", _text(ROOT / ".env.example"), re.M)) == known


def test_every_command_and_its_options_are_explained() -> None:
    commands = next(
        action
        for action in main.parser()._actions
        if isinstance(action, argparse._SubParsersAction)
    )
    text = _text(DOCS / "commands.md")

    assert _first_column(DOCS / "commands.md") == set(commands.choices)
    for name, command in commands.choices.items():
        line = next(line for line in text.splitlines() if line.startswith(f"| `{name}` |"))
        options = {o for action in command._actions for o in action.option_strings if o[1] == "-"}
        for option in options - {"--help"}:
            assert option in line


def test_every_kind_of_event_is_explained() -> None:
    of_record_edit = ("category", "report_plan", "schedule", "team", "user", "webhook")
    recorded = {f"{subject}.edited" for subject in of_record_edit}
    for folder in ("services", "integrations"):
        for path in {*(ROOT / folder).rglob("*.py")} - {_OCCASIONS}:
            constants = (n.value for n in ast.walk(_tree(path)) if isinstance(n, ast.Constant))
            recorded |= {c for c in constants if isinstance(c, str) and KIND.fullmatch(c)}

    assert _first_column(DOCS / "events.md") == recorded


def test_every_reason_why_a_message_fails_is_named() -> None:
    sentence = re.search(r"`error` is .+?\.", _text(DOCS / "webhooks.md"), re.S)

    assert sentence is not None
    assert re.findall(r"`(\w+)`", sentence[0])[1:] == list(deliveries.ERRORS)


def test_who_is_told_of_what_is_explained() -> None:
    rows = re.findall(r"^\| `([\w.]+)` \| (\w+) \| ([\w, ]+) \|", _text(DOCS / _TOLD), re.M)

    explained = {event: (kind, told.split(", ")) for event, kind, told in rows if "." in event}
    assert explained == {
        event: (occasion.kind, [circle.value for circle in occasion.circles])
        for event, occasion in OCCASIONS.items()
    }


def test_how_people_are_told_who_chose_nothing_is_explained() -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([\w ]+) \| ([\w ]+) \|", _text(DOCS / _TOLD), re.M)

    assert {kind: paces for kind, *paces in rows} == {
        name: [kind.default(channel).value.replace("_", " ") for channel in ("email", "sms")]
        for name, kind in KINDS.items()
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_manuals_list_the_shortcuts_that_the_pages_list(language: str) -> None:
    last = _text(DOCS / f"manual-{language}.md").rpartition("## ")[0].rpartition("## ")[2]

    assert re.findall(r"^\| `(.+?)` \|", last, re.M) == list(dialogs._SHORTCUTS)


@pytest.mark.parametrize(("language", "quotes"), [("fr", "«»"), ("en", "“”")])
def test_what_the_manuals_quote_is_on_the_pages(language: str, quotes: str) -> None:
    said = {_plain(text) for text in _catalogue(language)}

    text = _text(DOCS / f"manual-{language}.md")
    quoted = re.findall(f"{quotes[0]}([^{quotes[1]}]+){quotes[1]}", text)

    assert len(quoted) > 20
    assert [text for text in map(_plain, quoted) if text not in said] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(_text(page)):
        path, _sharp, part = target.partition("#")
        if ":" in path:
            continue
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        assert not part or part in _anchors(there), target


def test_every_picture_is_shown_somewhere() -> None:
    shown = {
        (page.parent / path).resolve() for page in PAGES for path in PICTURE.findall(_text(page))
    }

    assert shown == set((DOCS / "screenshots").iterdir())


def test_decisions_are_short_and_numbered() -> None:
    decisions = sorted((DOCS / "decisions").glob("*.md"))

    assert [int(path.name[:4]) for path in decisions] == list(range(1, len(decisions) + 1))
    for path in decisions:
        assert len(_text(path).splitlines()) <= 40
        assert "**We will know it was wrong when**" in _text(path)


@pytest.mark.mariadb
def test_the_rights_that_the_guide_gives_in_mariadb_are_enough(tmp_path: Path) -> None:
    statements = re.findall(r"```sql\n(.+?)```", _text(DOCS / "installation.md"), re.S)[0]
    with servers.mariadb() as server:
        engine = create_engine(server.root_url)
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP DATABASE appticket")
            for statement in filter(str.strip, statements.split(";\n")):
                connection.exec_driver_sql(statement)
        engine.dispose()
        url = server.url.replace("appticket:appticket@", "appticket:a-long-password@")
        for command in (["migrate"], ["migrate"], _CREATE_ADMIN):
            done = _run(command, {"APPTICKET_DATABASE_URL": url, "APPTICKET_DATA_DIR": tmp_path})
            assert done.returncode == 0, done.stderr


_CREATE_ADMIN = ["create-admin", "--email", "diane@exemple.fr", "--password-stdin"]


def _run(command: list[str], env: dict[str, object]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "main.py", *command],
        cwd=ROOT,
        env={**os.environ, **{name: str(value) for name, value in env.items()}},
        input="girafe violette au balcon\n",
        capture_output=True,
        text=True,
        check=False,
    )


def _catalogue(language: str) -> Iterator[str]:
    """Return every text of the pages in one language."""
    path = ROOT / "services" / "locale" / "fr" / "LC_MESSAGES" / "appticket.po"
    with path.open("rb") as file:
        messages = [message for message in read_po(file, locale="fr") if message.id]
    for message in messages:
        texts = message.string if language == "fr" else message.id
        yield from [texts] if isinstance(texts, str) else texts or ()


def _plain(text: str) -> str:
    return " ".join(text.split())


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _tree(path: Path) -> ast.Module:
    return ast.parse(_text(path))


def _first_column(path: Path) -> set[str]:
    return set(re.findall(r"^\| `([^`]+)` \|", _text(path), re.M))


def _anchors(path: Path) -> set[str]:
    """Return what GitHub and GitLab make of the headings."""
    headings = re.findall(r"^#+ (.+)$", _text(path), re.M)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


def test_every_code_of_a_refusal_and_every_scope_is_explained() -> None:
    text = _text(DOCS / "api.md")

    rows = re.findall(r"^\| `(\w+)` \| (\d+) \|", text, re.M)
    assert {code: int(status) for code, status in rows} == problems.STATUS
    scopes = re.findall(r"`([a-z:]+)`", text.partition("| scope |")[2].partition("```")[0])
    assert {scope.value for scope in Scope} <= set(scopes)
