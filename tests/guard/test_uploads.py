"""A file’s name is never a path, and its bytes do nothing but lie there (R-13; T-13)."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from data.models import Attachment
from tests.sites import Site

NAMES = (
    *("../../etc/passwd", "..\\..\\boot.ini", "/etc/passwd", "C:\\x", "....//....//x", "%2e%2e/x"),
    *("\u200b.htaccess", ".htaccess", "CON", "nul.txt", "a\0.txt", "a\r\nX: y", 'a"; b="c', "a;b"),
    *("\u202egnp.exe", "é" * 300, "x" * 300 + ".txt", " ", ".", "..", "-rf", "~/x", "<img src=x>"),
    *("{{7*7}}", "a/b/c.txt", "a\\b\\c.txt", "\uff0e\uff0e\uff0fx", "\ufeffx", "x\x7f", "🦒.txt"),
)


@pytest.fixture
def alice(site: Site) -> Iterator[httpx.Client]:
    """Alice’s browser."""
    cookies = {"appticket": site.session_of("alice")}
    with httpx.Client(base_url=site.url, cookies=cookies, headers={"Origin": site.url}) as client:
        yield client


def files_of(site: Site) -> set[Path]:
    """Return all files in the installation’s folder, whatever they are."""
    root = site.nodes[0].folder
    return {path.relative_to(root) for path in root.rglob("*") if path.is_file()}


def send(client: httpx.Client, name: str, content: bytes, context: str = "new") -> httpx.Response:
    """Send a form with a name as nasty as it is."""
    quoted = name.replace('"', "%22").encode("utf-8", "replace")
    body = (
        b'--edge\r\nContent-Disposition: form-data; name="file"; filename="'
        + quoted.replace(b"\r", b"%0D").replace(b"\n", b"%0A")
        + b'"\r\n\r\n'
        + content
        + b"\r\n--edge--\r\n"
    )
    kind = {"Content-Type": "multipart/form-data; boundary=edge"}
    return client.post(f"/uploads/{context}", content=body, headers=kind)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_never_says_where_a_file_lies(site: Site, alice: httpx.Client, name: str) -> None:
    before = files_of(site)

    answer = send(alice, name, name.encode("utf-8", "replace"))

    assert answer.status_code == 201
    new = {
        str(path) for path in files_of(site) - before if path.suffix not in (".db-wal", ".db-shm")
    }
    assert all(re.fullmatch(r"var/files/../../[0-9a-f]{64}", path) for path in new), new
    kept = site.read(lambda s: s.get_one(Attachment, answer.json()["id"]))
    assert 1 <= len(kept.name) <= 200
    assert not re.search(r"[\x00-\x1f\x7f/\\\u200b\u202e\ufeff]", kept.name)
    assert not kept.name.startswith(".")
    got = alice.get(f"/files/{kept.id}")
    assert got.headers["content-disposition"].startswith("attachment; ")
    assert got.headers["content-type"].startswith("application/octet-stream")
    assert "sandbox" in got.headers["content-security-policy"]
    site.write(lambda s: s.delete(s.get_one(Attachment, kept.id)))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.html", b"<script>alert(1)</script>"),
        ("dessin.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("page.xml", b"<?xml version='1.0'?><x/>"),
        ("sans-nom", b"\x89PNG\r\n\x1a\n"),
        ("photo.txt", b"\xff\xd8\xff\xe0"),
    ],
)
def test_only_what_is_a_picture_by_name_and_bytes_is_shown(
    alice: httpx.Client, name: str, content: bytes
) -> None:
    number = send(alice, name, content).json()["id"]

    got = alice.get(f"/files/{number}")

    assert got.headers["content-type"].startswith("application/octet-stream")
    assert got.headers["content-disposition"].startswith("attachment")
    assert got.headers["x-content-type-options"] == "nosniff"
    assert alice.get(f"/files/{number}/preview").status_code == 404


def test_a_file_that_lies_leaves_nothing_behind(site: Site, alice: httpx.Client) -> None:
    before = files_of(site)

    answer = send(alice, "photo.png", b"MZ\x90\x00")

    assert answer.status_code == 422
    assert answer.json()["detail"]
    assert {p for p in files_of(site) - before if "files" in p.parts} == set()


@pytest.mark.parametrize("context", ["comment:999999", "comment:1e3", "other", "NEW", "comment:"])
def test_a_file_goes_only_into_a_draft_of_one_s_own(alice: httpx.Client, context: str) -> None:
    assert send(alice, "x.txt", b"x", context).status_code == 404


def test_somebody_else_s_file_is_not_there(site: Site, alice: httpx.Client) -> None:
    number = send(alice, "secret.txt", b"secret").json()["id"]
    cookies = {"appticket": site.session_of("driss")}

    for path in (f"/files/{number}", f"/files/{number}/preview", "/files/999999999999"):
        answer = httpx.get(f"{site.url}{path}", cookies=cookies)
        assert answer.status_code == 404
        assert "secret" not in answer.text
    assert alice.get(f"/files/{number}").content == b"secret"


@pytest.mark.parametrize(
    "body", [b"", b"--edge--\r\n", b"x" * 100, b"--edge\r\n\r\n\r\n--edge--\r\n"]
)
def test_a_form_without_a_file_is_refused(site: Site, alice: httpx.Client, body: bytes) -> None:
    site.mistakes()
    kind = {"Content-Type": "multipart/form-data; boundary=edge"}

    assert alice.post("/uploads/new", content=body, headers=kind).status_code == 422
    assert alice.post("/uploads/new", content=body).status_code == 422
    assert site.mistakes() == []


def test_what_was_sent_is_given_back_byte_for_byte(site: Site, alice: httpx.Client) -> None:
    content = bytes(range(256)) * 1000
    number = send(alice, "tout.bin", content).json()["id"]

    assert alice.get(f"/files/{number}").content == content
    kept = site.read(lambda s: s.scalars(select(Attachment).where(Attachment.id == number)).one())
    assert kept.size_bytes == len(content)
