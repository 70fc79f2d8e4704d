"""Files: who may open them, how much one may send, and what they claim to be (R-1, R-13)."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from data import files
from data.models import Attachment, Status, Ticket
from services import attachments, comments, creation, observers, ticket_view, transitions, trash
from services.creation import DRAFT, NewTicket
from services.errors import Closed, Invalid, NotFound
from services.permissions import Actor
from tests.conftest import Clock, People

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
HEADS = {
    "a.png": PNG,
    "a.JPG": b"\xff\xd8\xff\xe0",
    "a.gif": b"GIF89a",
    "a.webp": b"RIFF\x24\0\0\0WEBPVP8 ",
    "a.pdf": b"%PDF-1.7",
}


def stored(content: bytes = PNG, name: str = "écran.png") -> files.Stored:
    intake = files.Intake()
    intake.write(content)
    return intake.finish(name)


def fake(size_bytes: int) -> files.Stored:
    return files.Stored("0" * 64, size_bytes, "big.bin", files.OPAQUE)


def test_the_files_of_a_draft_go_with_the_ticket(s: Session, people: People) -> None:
    file = attachments.add(s, people.alice, DRAFT, stored())
    attachments.add(s, people.driss, DRAFT, stored())

    ticket = creation.create(s, people.alice, NewTicket(title="Écran"))

    s.commit()
    assert [f.id for f in ticket_view.load(s, people.alice, ticket.number).files] == [file.id]
    assert attachments.drafted(s, people.alice, DRAFT) == []
    assert len(attachments.drafted(s, people.driss, DRAFT)) == 1


def test_files_alone_are_an_answer(s: Session, people: People, ticket: Ticket) -> None:
    file = attachments.add(s, people.alice, comments.draft_of(ticket.number), stored())

    comment = comments.post(s, people.alice, ticket.number, "")

    s.commit()
    message = ticket_view.load(s, people.bruno, ticket.number).messages[0]
    assert (message.comment.id, [f.id for f in message.files]) == (comment.id, [file.id])
    with pytest.raises(Invalid):
        comments.post(s, people.alice, ticket.number, "")


def opens(s: Session, by: Actor, attachment_id: int) -> bool:
    try:
        attachments.get(s, by, attachment_id)
    except NotFound:
        return False
    return True


def test_a_file_is_opened_by_who_sees_what_it_hangs_on(
    s: Session, people: People, ticket: Ticket
) -> None:
    context = comments.draft_of(ticket.number)
    drafted = attachments.add(s, people.alice, DRAFT, stored()).id
    said = attachments.add(s, people.alice, context, stored()).id
    comment = comments.post(s, people.alice, ticket.number, "Voici")
    noted = attachments.add(s, people.bruno, context, stored()).id
    comments.post(s, people.bruno, ticket.number, "Note", internal=True)
    everybody = ("alice", "bruno", "chloe", "diane", "driss")

    def who_opens(attachment_id: int) -> str:
        return " ".join(w for w in everybody if opens(s, getattr(people, w), attachment_id))

    assert who_opens(drafted) == "alice"
    assert who_opens(said) == "alice bruno chloe diane"
    assert who_opens(noted) == "bruno chloe diane"
    assert who_opens(10**6) == ""
    observers.add(s, people.bruno, ticket.number, people.driss.id)
    assert who_opens(said) == "alice bruno chloe diane driss"
    comments.delete(s, people.alice, comment.id)
    s.flush()
    assert who_opens(said) == ""
    trash.delete(s, people.bruno, ticket.number)
    assert who_opens(noted) == ""


def test_a_file_is_drafted_where_one_may_answer(s: Session, people: People, ticket: Ticket) -> None:
    context = comments.draft_of(ticket.number)

    for wrong in (context, "comment:99", "comment:x", "comment:" + "9" * 30, "", "ticket:1", "²"):
        with pytest.raises(NotFound):
            attachments.add(s, people.driss, wrong, stored())
    transitions.move(s, people.bruno, ticket.number, Status.RESOLVED)
    transitions.move(s, people.bruno, ticket.number, Status.CLOSED)
    with pytest.raises(Closed):
        attachments.add(s, people.alice, context, stored())


def test_one_discards_ones_own_draft_and_nothing_else(
    s: Session, people: People, ticket: Ticket
) -> None:
    mine = attachments.add(s, people.alice, DRAFT, stored()).id
    sent = attachments.add(s, people.alice, comments.draft_of(ticket.number), stored()).id
    comments.post(s, people.alice, ticket.number, "")

    for by, attachment_id in ((people.bruno, mine), (people.alice, sent), (people.alice, 10**6)):
        with pytest.raises(NotFound):
            attachments.discard(s, by, attachment_id)
    attachments.discard(s, people.alice, mine)

    s.commit()
    assert s.get(Attachment, mine) is None


@pytest.mark.parametrize(
    "too_much",
    [
        lambda s, by: [attachments.add(s, by, DRAFT, stored()) for _ in range(21)],
        lambda s, by: [attachments.add(s, by, DRAFT, fake(17 * 2**20)) for _ in range(3)],
        lambda s, by: [
            attachments.add(s, by, f"comment:{n}", fake(25 * 2**20))
            for n in [creation.create(s, by, NewTicket(title="x")).number for _ in range(21)]
        ],
    ],
)
def test_what_one_may_send_has_limits(
    s: Session, people: People, too_much: Callable[[Session, Actor], object]
) -> None:
    with pytest.raises(Invalid) as refused:
        too_much(s, people.alice)

    assert set(refused.value.by_field()) == {"file"}


def test_the_daily_limit_is_over_a_day_later(s: Session, people: People, time: Clock) -> None:
    for n in range(20):
        number = creation.create(s, people.alice, NewTicket(title=str(n))).number
        attachments.add(s, people.alice, f"comment:{number}", fake(25 * 2**20))
    with pytest.raises(Invalid):
        attachments.add(s, people.alice, DRAFT, fake(1))

    time.pass_by(hours=24)

    assert attachments.add(s, people.alice, DRAFT, fake(1)).id


@pytest.mark.parametrize("name", HEADS)
def test_a_picture_is_known_by_its_bytes_and_its_name(s: Session, name: str) -> None:
    whole = stored(HEADS[name], name)
    renamed = stored(HEADS[name], "a.html")

    assert whole.content_type in files.SHOWN_INLINE
    assert renamed.content_type == files.OPAQUE


@pytest.mark.parametrize("name", ["a.png", "A.PDF", "a.pdf.jpeg"])
@pytest.mark.parametrize("content", [b"<script>", b"MZ\x90", b"", b"<svg/>"])
def test_a_file_that_lies_is_refused_and_leaves_nothing(
    s: Session, tmp_path: Path, name: str, content: bytes
) -> None:
    with pytest.raises(files.Lying):
        stored(content, name)

    assert [p for p in (tmp_path / "files").rglob("*") if p.is_file()] == []


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\écran.txt", "écran.txt"),
        ("\u202etxt.exe", "txt.exe"),
        ("a\x00b\u200b.txt", "ab.txt"),
        ("", "file"),
        ("...", "file"),
        ("/", "file"),
        ("x" * 500 + ".docx", "x" * 195 + ".docx"),
        ("x" * 500, "x" * 200),
        ("ＦＵＬＬ．txt", "FULL.txt"),
        ("<img src=x onerror=alert(1)>.txt", "<img src=x onerror=alert(1)>.txt"),
    ],
)
def test_a_name_is_only_a_name(s: Session, name: str, shown: str) -> None:
    kept = stored(b"text", name)

    assert kept.name == shown
    assert files.clean_name(kept.name) == kept.name
    assert files.path_of(kept.digest).read_bytes() == b"text"


def test_the_same_bytes_are_kept_once(s: Session, tmp_path: Path) -> None:
    digests = {stored(b"same", f"{n}.txt").digest for n in range(3)}

    assert len(digests) == 1
    assert len([p for p in (tmp_path / "files").rglob("*") if p.is_file()]) == 1


def test_a_file_that_is_too_large_leaves_nothing(s: Session, tmp_path: Path) -> None:
    intake = files.Intake()
    for _ in range(25):
        intake.write(bytes(2**20))

    with pytest.raises(files.TooLarge):
        intake.write(b"!")
    intake.abort()

    assert [p for p in (tmp_path / "files").rglob("*") if p.is_file()] == []


def test_a_disk_that_is_nearly_full_takes_nothing(
    s: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MIN_FREE_BYTES", 2**62)

    with pytest.raises(files.NoRoom):
        files.Intake()


@pytest.mark.parametrize("digest", ["", "../" * 22, "0" * 63, "G" * 64, "0" * 62 + "/."])
def test_only_a_digest_is_a_path(s: Session, digest: str) -> None:
    with pytest.raises(ValueError, match="not a digest"):
        files.path_of(digest)
