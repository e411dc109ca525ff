"""Documents inside other files: the entries of a .zip and the attachments of an .eml, each with a path of its own.

A member's path is its container's path with the member's name below it (`deeds.zip/2021/lease.pdf`). Containers are
read, never unpacked to disk. Containers inside containers are not opened.
"""

import lzma
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.parser import BytesParser
from pathlib import Path, PurePosixPath

from schemas.errors import DocumentError

SUFFIXES = frozenset({".zip", ".eml"})
# what zipfile and the decompressors under it raise; they share no base
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, NotImplementedError, EOFError, OSError, ValueError, RuntimeError,
)  # fmt: skip

MEMBER_BYTES = 1 << 30
"""The most that one member may hold once unpacked; a zip can promise far more than it weighs."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file inside a container. `content` is None where it cannot be had, and `reason` says why."""

    path: Path
    content: bytes | None
    reason: str = ""


def is_container(path: Path) -> bool:
    """Whether the name is that of a container we open (a .docx is a zip too, but no container of documents)."""
    return path.suffix.lower() in SUFFIXES


def members(container: Path, only: Path | None = None) -> Iterator[Member]:
    """Each file inside, in the order of names; hidden files and folders left out. `only` unpacks that one alone.

    Raises DocumentError `corrupt archive`.
    """
    if container.suffix.lower() == ".zip":
        yield from _zip_members(container, only)
    else:
        yield from _mail_members(container)


def read_bytes(path: Path) -> bytes:
    """The bytes of a file or of a container's member. Raises OSError, or DocumentError where a container fails it."""
    container = next((folder for folder in path.parents if is_container(folder) and folder.is_file()), None)
    if container is None:
        return path.read_bytes()
    for member in members(container, only=path):
        if member.path == path and member.content is not None:
            return member.content
    raise DocumentError("no longer in its archive")


def _zip_members(container: Path, only: Path | None) -> Iterator[Member]:
    try:
        with zipfile.ZipFile(container) as archive:
            for entry in sorted(archive.infolist(), key=lambda entry: entry.filename):
                name = PurePosixPath(entry.filename)
                path = container.joinpath(*_inside(name))
                if not entry.is_dir() and not _is_hidden(name) and only in (None, path):
                    yield _zip_member(archive, entry, path)
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError) as error:
        raise DocumentError("corrupt archive") from error


def _zip_member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path) -> Member:
    if entry.flag_bits & 0x1:
        return Member(path, None, "encrypted")
    try:
        with archive.open(entry) as stream:
            content = stream.read(MEMBER_BYTES + 1)
    except _DAMAGED:
        return Member(path, None, "corrupt archive")
    return Member(path, content) if len(content) <= MEMBER_BYTES else Member(path, None, "too large in memory")


def _mail_members(container: Path) -> Iterator[Member]:
    message = BytesParser(policy=policy.default).parsebytes(container.read_bytes())
    taken: set[str] = set()
    for number, part in enumerate(message.walk(), start=1):
        if part.is_multipart() or not (part.get_filename() or part.get_content_type() == "application/pdf"):
            continue
        name = PurePosixPath(part.get_filename() or "attachment.pdf").name or "attachment"
        name = f"{number}-{name}" if name in taken else name
        taken.add(name)
        content = part.get_payload(decode=True)
        yield Member(container / name, content if isinstance(content, bytes) else b"")


def _inside(name: PurePosixPath) -> tuple[str, ...]:
    # "../../etc/passwd" and "/etc/passwd" are legal entry names; nothing is written, but a path must stay below its zip
    return tuple(part for part in name.parts if part not in {"..", "/", "."})


def _is_hidden(name: PurePosixPath) -> bool:
    return any((part.startswith(".") and part != "..") or part == "__MACOSX" for part in name.parts)
