"""Every file that is seen ends in exactly one of files, skips and failures."""

import hashlib
import os
import zipfile
from email.message import EmailMessage
from pathlib import Path

import pytest

from flows.stages.ingest import Discovery, discover
from flows.stages.reading.containers import read_bytes
from schemas.errors import BadInput

PDF = b"%PDF-1.7\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n and so on"


def _states(discovery: Discovery, root: Path) -> dict[str, str]:
    states = {file.path.relative_to(root).as_posix(): "file" for file in discovery.files}
    for one in (*discovery.skips, *discovery.failures):
        states[Path(one.path).relative_to(root).as_posix()] = f"{type(one).__name__.lower()}: {one.reason}"
    assert len(states) == discovery.seen, "a file stands in two lists"
    return states


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    contents = {
        "b.pdf": PDF,
        "a/lease.PDF": PDF + b"lease",
        "a/copy of b.pdf": PDF,
        "a/late header.pdf": b"\n" * 1000 + PDF,
        "a/too late header.pdf": b"\n" * 1100 + PDF,
        "a/no extension": PDF + b"no extension",
        "a/scan.png": PNG,
        "a/scan.jpg": b"no JPEG at all",
        "a/letter.docx": b"PK\x03\x04 words",
        "a/notes.txt": b"notes",
        "a/__init__.py": b"",
        "a/empty.pdf": b"",
        ".hidden.pdf": PDF + b"hidden",
        ".git/objects/x.pdf": PDF + b"git",
    }
    for name, content in contents.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    return tmp_path


EXPECTED = {
    "b.pdf": "skip: same bytes as another file",
    "a/lease.PDF": "file",
    "a/copy of b.pdf": "file",
    "a/late header.pdf": "file",
    "a/too late header.pdf": "failure: not a PDF",
    "a/no extension": "file",
    "a/scan.png": "file",
    "a/scan.jpg": "failure: not a PDF",
    "a/letter.docx": "skip: not a PDF",
    "a/notes.txt": "skip: not a PDF",
    "a/__init__.py": "skip: not a PDF",
    "a/empty.pdf": "failure: empty file",
}


def test_every_file_of_a_folder_ends_in_exactly_one_list(folder: Path) -> None:
    discovery = discover([folder])
    assert _states(discovery, folder) == EXPECTED
    assert [file.path for file in discovery.files] == sorted(file.path for file in discovery.files)


def test_the_same_file_named_twice_is_seen_once(folder: Path) -> None:
    twice = discover([folder / "a", folder, folder / "b.pdf", folder / "*.pdf"])
    assert _states(twice, folder) == EXPECTED


def test_an_id_is_the_sha256_of_the_bytes(folder: Path) -> None:
    (file,) = discover([folder / "b.pdf"]).files
    assert (file.sha256, file.size) == (hashlib.sha256(PDF).hexdigest(), len(PDF))


@pytest.mark.parametrize(
    ("name", "state"),
    [("a/notes.txt", "failure: not a PDF"), ("a/__init__.py", "failure: empty file"), ("a/lease.PDF", "file")],
)
def test_a_file_given_by_name_must_be_a_document(folder: Path, name: str, state: str) -> None:
    assert _states(discover([folder / name]), folder) == {name: state}


def test_a_glob_takes_what_it_matches(folder: Path) -> None:
    assert set(_states(discover([folder / "**" / "*.PDF"]), folder)) == {"a/lease.PDF"}


@pytest.mark.parametrize("missing", ["nowhere", "nowhere/*.pdf", "file.pdf/nowhere"])
def test_a_path_that_is_not_there_is_named(tmp_path: Path, missing: str) -> None:
    (tmp_path / "file.pdf").write_bytes(PDF)
    with pytest.raises(BadInput, match="nowhere"):
        discover([tmp_path / missing])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "locked.pdf").write_bytes(PDF)
    (tmp_path / "locked.pdf").chmod(0)
    assert _states(discover([tmp_path]), tmp_path) == {"locked.pdf": "failure: unreadable: permission denied"}


def test_a_dangling_link_and_a_pipe_do_not_stop_the_walk(tmp_path: Path) -> None:
    (tmp_path / "gone.pdf").symlink_to(tmp_path / "nowhere.pdf")
    os.mkfifo(tmp_path / "pipe.pdf")
    assert _states(discover([tmp_path]), tmp_path) == {
        "gone.pdf": "failure: unreadable: no such file or directory",
        "pipe.pdf": "skip: not a regular file",
    }


def test_an_archive_is_seen_as_its_members(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "deeds.zip", "w") as archive:
        archive.writestr("2021/lease.pdf", PDF)
        archive.writestr("../../escape.pdf", PDF + b"2")
        archive.writestr("readme.txt", b"text")
        archive.writestr("more.zip", b"PK\x03\x04")
        archive.writestr("__MACOSX/._lease.pdf", b"junk")
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 no directory")
    discovery = discover([tmp_path])
    assert _states(discovery, tmp_path) == {
        "deeds.zip/2021/lease.pdf": "file",
        "deeds.zip/escape.pdf": "file",
        "deeds.zip/readme.txt": "skip: not a PDF",
        "deeds.zip/more.zip": "skip: an archive within an archive",
        "broken.zip": "failure: corrupt archive",
    }
    assert [hashlib.sha256(read_bytes(file.path)).hexdigest() for file in discovery.files] == [
        file.sha256 for file in discovery.files
    ]


def test_an_email_is_seen_as_its_attachments(tmp_path: Path) -> None:
    message = EmailMessage()
    message["Subject"] = "The lease"
    message.set_content("Please find attached.")
    for content in (PDF, PDF + b"2"):
        message.add_attachment(content, maintype="application", subtype="pdf", filename="lease.pdf")
    (tmp_path / "mail.eml").write_bytes(message.as_bytes())
    discovery = discover([tmp_path])
    assert [file.path.name for file in discovery.files] == ["4-lease.pdf", "lease.pdf"]
    assert read_bytes(discovery.files[1].path) == PDF
