"""Which files there are to read: folders walked, bytes identified, duplicates and strangers set aside with a reason.

Looks at names and first bytes only; whether a PDF can be opened is for parse to find out.
"""

import errno
import glob
import hashlib
import os
import stat
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from flows.stages.reading.containers import Member, is_container, members
from flows.stages.reading.signatures import HEAD_BYTES, IMAGE_HEADS, PDF_HEAD
from schemas.document import SourceFile
from schemas.errors import BadInput, DocumentError
from schemas.run import Failure, Skip

DOCUMENT_SUFFIXES = frozenset({".pdf", ".png", ".jpg", ".jpeg", ".tif", ".tiff"})

STILL_WRITTEN = "still being written"

Sorted = SourceFile | Skip | Failure


@dataclass(frozen=True, slots=True)
class Discovery:
    """Every file seen, in exactly one place. `files` are sorted by path and unique by sha256.

    `folders` were walked whole: a file that was below one of them before and is not among the seen is gone.
    """

    files: tuple[SourceFile, ...]
    skips: tuple[Skip, ...]
    failures: tuple[Failure, ...]
    folders: tuple[Path, ...] = ()

    @property
    def seen(self) -> int:
        """How many files were looked at; files inside an archive count in its place."""
        return len(self.files) + len(self.skips) + len(self.failures)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A file to look at. `named`: the user gave this very file, so that not being a document is an error."""

    path: Path
    named: bool
    reason: str = ""


def discover(paths: Sequence[Path], settle_seconds: float = 0.0) -> Discovery:
    """The documents under these folders, files and globs. Raises BadInput where a path is not there.

    A file that changed within the last `settle_seconds`, or while it was looked at, is skipped: it is still written.
    """
    looked = [outcome for candidate in _candidates(paths) for outcome in _look(candidate, settle_seconds)]
    files, duplicates = _unique(one for one in looked if isinstance(one, SourceFile))
    skips = [one for one in looked if isinstance(one, Skip)] + duplicates
    failures = [one for one in looked if isinstance(one, Failure)]
    folders = tuple(path.absolute() for path in paths if path.is_dir())
    return Discovery(files, tuple(sorted(skips, key=_path)), tuple(sorted(failures, key=_path)), folders)


def _path(outcome: Skip | Failure) -> str:
    return outcome.path


def _unique(found: Iterable[SourceFile]) -> tuple[tuple[SourceFile, ...], list[Skip]]:
    first: dict[str, SourceFile] = {}
    duplicates: list[Skip] = []
    for file in sorted(found, key=lambda file: file.path):
        if first.setdefault(file.sha256, file) is not file:
            duplicates.append(Skip(str(file.path), file.sha256, "same bytes as another file"))
    return tuple(first.values()), duplicates


def _candidates(paths: Sequence[Path]) -> list[_Candidate]:
    """Each file once, however often it is named; a file named by itself counts as named."""
    by_place: dict[Path, _Candidate] = {}
    for path in paths:
        for candidate in _expand(path):
            place = candidate.path.absolute()
            earlier = by_place.get(place)
            by_place[place] = candidate if earlier is None else replace(earlier, named=earlier.named or candidate.named)
    return sorted(by_place.values(), key=lambda candidate: candidate.path)


def _expand(path: Path) -> Iterator[_Candidate]:
    try:
        is_folder = stat.S_ISDIR(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        yield from _expand_glob(path)
        return
    except OSError as error:
        yield _Candidate(path, True, _why(error))
        return
    if is_folder:
        yield from _walk(path)
    else:
        yield _Candidate(path, named=True)


def _expand_glob(pattern: Path) -> Iterator[_Candidate]:
    # Path.glob has no absolute patterns
    matches = sorted(glob.glob(str(pattern), recursive=True)) if glob.has_magic(str(pattern)) else []  # noqa: PTH207
    if not matches:
        raise BadInput(f"no file or folder {str(pattern)!r}")
    for match in map(Path, matches):
        if match.is_dir():
            yield from _walk(match)
        else:
            yield _Candidate(match, named=False)


def _walk(folder: Path) -> Iterator[_Candidate]:
    unreadable: list[OSError] = []
    for root, subfolders, names in os.walk(folder, onerror=unreadable.append):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        yield from (_Candidate(Path(root, name), False) for name in sorted(names) if not name.startswith("."))
    yield from (_Candidate(Path(error.filename), False, _why(error)) for error in unreadable)


def _look(candidate: _Candidate, settle_seconds: float) -> Sequence[Sorted]:
    path = candidate.path
    if candidate.reason:
        return [_failure(path, candidate.reason)]
    try:
        before = path.stat()
        if not stat.S_ISREG(before.st_mode):  # opening a named pipe would wait for ever
            return [Skip(str(path), None, "not a regular file")]
        looked = [] if _changed_within(settle_seconds, before) else _look_at(candidate, before.st_size)
        after = path.stat()
    except OSError as error:
        return [_failure(path, _why(error))]
    is_same = (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)
    return looked if looked and is_same else [Skip(str(path), None, STILL_WRITTEN)]


def _changed_within(seconds: float, status: os.stat_result) -> bool:
    """Whether the file changed so lately. A copy may bear the time of its original, but not as the time of its entry.

    A time that lies ahead is another machine's clock; far ahead it says nothing, and the file is not kept waiting.
    """
    return any(abs(time.time() - moment) < seconds for moment in (status.st_mtime, status.st_ctime))


def _look_at(candidate: _Candidate, size: int) -> Sequence[Sorted]:
    is_archive = is_container(candidate.path) and size > 0
    return list(_look_inside(candidate.path)) if is_archive else [_look_at_file(candidate)]


def _look_at_file(candidate: _Candidate) -> Sorted:
    with candidate.path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
        refusal = _refusal(candidate.path, head, candidate.named)
        if refusal is not None:
            return refusal
        stream.seek(0)
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return SourceFile(candidate.path, digest, stream.tell())


def _look_inside(container: Path) -> Iterator[Sorted]:
    count = 0
    try:
        for count, member in enumerate(members(container), start=1):  # noqa: B007 (count is read after the loop)
            yield _look_at_member(member)
    except DocumentError as error:
        yield _failure(container, error.reason)
        return
    if not count:
        yield Skip(str(container), None, "no file inside")


def _look_at_member(member: Member) -> Sorted:
    if member.content is None:
        return _failure(member.path, member.reason)
    if is_container(member.path):
        return Skip(str(member.path), None, "an archive within an archive")
    refusal = _refusal(member.path, member.content[:HEAD_BYTES], named=False)
    return refusal or SourceFile(member.path, hashlib.sha256(member.content).hexdigest(), len(member.content))


def _refusal(path: Path, head: bytes, named: bool) -> Skip | Failure | None:
    """Why this is no document that we read, or None where it is one."""
    if PDF_HEAD in head or head.startswith(IMAGE_HEADS):
        return None
    expected = named or path.suffix.lower() in DOCUMENT_SUFFIXES or is_container(path)
    if expected:
        return _failure(path, "not a PDF" if head else "empty file")
    return Skip(str(path), None, "not a PDF")


def _failure(path: Path, reason: str) -> Failure:
    return Failure(str(path), None, "ingest", reason)


def _why(error: OSError) -> str:
    return f"unreadable: {os.strerror(error.errno or errno.EIO).lower()}"
