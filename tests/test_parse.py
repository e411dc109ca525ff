"""Awkward files, each with the state and the text that it must end with."""

import io
import os
import re
import signal
import subprocess
import sys
import threading
import time
import zipfile
import zlib
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from made_pdfs import encrypted, form_pdf, lines_pdf, one_page, picture, scan_pdf, table_pdf

from flows.stages.ingest import discover
from flows.stages.parse import Limits, parse_file, parse_files
from flows.stages.reading.cleaning import clean
from flows.stages.reading.ocr import find_engine
from flows.stages.reading.passwords import load_passwords
from flows.stages.reading.quality import is_garbled
from flows.stages.worker_pool import worker_pool
from schemas.document import PAGE_BREAK, ParsedDocument
from schemas.errors import BadInput, DocumentError
from schemas.run import Failure

EDGE = Path(__file__).parents[1].parent / "shared" / "data" / "pdf_edge"
needs_ocr = pytest.mark.skipif(find_engine() is None, reason="neither tesseract nor rapidocr is installed")
needs_edge = pytest.mark.skipif(not EDGE.is_dir(), reason="the edge PDFs are not at ../shared/data/pdf_edge")

PROSE = "This agreement is made between the Supplier and the Customer and governs every order."
TWO_PAGES = lines_pdf([["SUPPLY AGREEMENT", PROSE], ["Signed by both parties."]])


def _parse(folder: Path, content: bytes, name: str = "document.pdf") -> ParsedDocument:
    (folder / name).write_bytes(content)
    (file,) = discover([folder / name]).files
    return parse_file(file)


def _readers(document: ParsedDocument) -> list[str]:
    return [page.reader for page in document.pages]


def _states(paths: list[Path], limits: Limits) -> dict[str, str]:
    files = discover(paths).files
    states = {}
    for file, outcome in zip(files, parse_files(files, limits), strict=True):
        if isinstance(outcome, Failure):
            assert (outcome.path, outcome.document_id) == (str(file.path), file.sha256)
            states[file.path.name] = outcome.reason
        else:
            assert outcome.id == file.sha256
            states[file.path.name] = " ".join(_readers(outcome))
    return states


def test_pages_are_joined_by_a_form_feed_and_know_their_place(tmp_path: Path) -> None:
    document = _parse(tmp_path, TWO_PAGES)
    assert document.text == f"SUPPLY AGREEMENT\n{PROSE}{PAGE_BREAK}Signed by both parties."
    pages = [document.text[page.char_start : page.char_end] for page in document.pages]
    assert pages == document.text.split(PAGE_BREAK)


def test_rows_stay_on_a_line_with_their_cells_apart(tmp_path: Path) -> None:
    rows = [
        ("Test", "Result", "Reference"),
        ("Hemoglobin", "11.2 g/dL", "12.0 - 16.0"),
        ("Sodium", "138 mmol/L", "135 - 145"),
    ]
    document = _parse(tmp_path, table_pdf(rows, "Counts of 10<super>9</super> cells per litre."))
    assert document.text.split("\n") == ["\t".join(row) for row in rows] + ["Counts of 109 cells per litre."]


@pytest.mark.parametrize(
    ("drawn", "text"),
    [
        ("[(0) -3000 (17) -4000 (250 mg)] TJ", "0\t17\t250 mg"),
        ("[(12) -6000 (345)] TJ", "12\t345"),
        ("[(W) -60 (i) -60 (d) -60 (e)] TJ", "Wide"),
    ],
)
def test_cells_drawn_without_a_space_are_not_one_number(tmp_path: Path, drawn: str, text: str) -> None:
    document = _parse(tmp_path, one_page(f"BT /F 12 Tf 72 700 Td {drawn} ET".encode()))
    assert document.text == text


def test_values_of_form_fields_are_text(tmp_path: Path) -> None:
    document = _parse(tmp_path, form_pdf("Patient name", "Rosalind Ortega"))
    assert re.search(r"Patient name\s+Rosalind Ortega", document.text)


def test_a_blank_page_is_read_and_empty(tmp_path: Path) -> None:
    document = _parse(tmp_path, lines_pdf([[PROSE], [], ["The end."]]))
    assert document.text == f"{PROSE}{PAGE_BREAK}{PAGE_BREAK}The end."
    assert _readers(document) == ["pdfium"] * 3


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (encrypted(TWO_PAGES, "secret"), "encrypted"),
        (TWO_PAGES[:200], "corrupt"),
        (b"%PDF-1.7\n" + bytes(5000), "corrupt"),
        (one_page(b""), "no readable page"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "corrupt"),
    ],
    ids=["user password", "truncated", "zeros", "blank", "broken picture"],
)
def test_what_cannot_be_read_says_why(tmp_path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(DocumentError) as caught:
        _parse(tmp_path, content)
    assert caught.value.reason == reason


def test_an_empty_user_password_opens(tmp_path: Path) -> None:
    assert PROSE in _parse(tmp_path, encrypted(TWO_PAGES, "")).text


def test_a_passwords_file_opens_what_it_names(tmp_path: Path) -> None:
    for name in ("lease 1.pdf", "other.pdf"):
        (tmp_path / name).write_bytes(encrypted(lines_pdf([[PROSE, name]]), "two words"))
    (tmp_path / "passwords").write_text('# for the leases\n"lease *.pdf" "wrong one"\n"lease *.pdf" "two words"\n')
    files = discover([tmp_path / "*.pdf"]).files
    first, second = parse_files(files, Limits(workers=1), load_passwords(tmp_path / "passwords"))
    assert isinstance(first, ParsedDocument) and PROSE in first.text
    assert isinstance(second, Failure) and second.reason == "encrypted"


@pytest.mark.parametrize("line", ["only-a-glob", "*.pdf two words", '*.pdf "open'])
def test_a_bad_passwords_file_is_named_without_its_passwords(tmp_path: Path, line: str) -> None:
    (tmp_path / "passwords").write_text(f"*.pdf fine\n{line}\n")
    with pytest.raises(BadInput, match=r"passwords:2: (?!.*(words two|open\b))"):
        load_passwords(tmp_path / "passwords")


def test_a_file_that_changed_is_not_read_under_its_old_id(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(TWO_PAGES)
    (file,) = discover([tmp_path]).files
    (tmp_path / "a.pdf").write_bytes(lines_pdf([["Another text altogether."]]))
    with pytest.raises(DocumentError, match="changed since it was found"):
        parse_file(file)


def test_a_member_of_an_archive_is_read_in_place(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "deeds.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("2021/lease.pdf", TWO_PAGES)
    (file,) = discover([tmp_path]).files
    assert PROSE in parse_file(file).text


@needs_ocr
def test_scanned_pages_are_read_by_ocr_and_others_are_not(tmp_path: Path) -> None:
    scan = picture(["LEASE AGREEMENT", "Each month costs 1,200 dollars."])
    document = _parse(tmp_path, scan_pdf([scan, scan.rotate(180)], text_page=PROSE))
    assert _readers(document) == ["ocr", "ocr", "pdfium"]
    first, turned, _ = document.text.split(PAGE_BREAK)
    assert first == turned == "LEASE AGREEMENT\nEach month costs 1,200 dollars."


@needs_ocr
def test_an_image_file_is_a_scan_with_a_page_for_each_frame(tmp_path: Path) -> None:
    made = io.BytesIO()
    picture(["LEASE AGREEMENT"]).save(made, "TIFF", save_all=True, append_images=[picture(["SECOND PAGE"])])
    document = _parse(tmp_path, made.getvalue(), "scan.tiff")
    assert (document.text, _readers(document)) == (f"LEASE AGREEMENT{PAGE_BREAK}SECOND PAGE", ["ocr", "ocr"])


@needs_ocr
@needs_edge
@pytest.mark.timeout(900)
def test_every_edge_file_ends_in_its_state() -> None:
    assert _states([EDGE], Limits(workers=2, seconds_per_scan=300)) == {
        "habibi-rotated.pdf": "pdfium pdfium pdfium pdfium",
        "imagemagick-CCITTFaxDecode.pdf": "no readable page",  # ten by ten pixels
        "invalid-pdf-structure-pdfminer-one-page.pdf": "pdfium pdfium",
        "libreoffice-writer-password.pdf": "encrypted",
        "loremipsum-flat.pdf": "ocr",
        "malformed-from-issue-932.pdf": "ocr",  # nine characters of text over a scan
        "multicolumn.pdf": "pdfium pdfium pdfium",
        "nics-background-checks-2015-11-rotated.pdf": "pdfium",
        "ocr_test.pdf": "ocr",
        "ocr_test_rotated_180.pdf": "ocr",
        "ocr_test_rotated_270.pdf": "ocr",
        "ocr_test_rotated_90.pdf": "ocr",
        "password.pdf": "encrypted",
        "pdflatex-forms.pdf": "pdfium",
        "sample_with_rotation_mismatch.pdf": "ocr",
        "unreadablemetadata.pdf": "corrupt",
    }


@pytest.fixture(scope="module")
def hard_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("hard")
    packer = zlib.compressobj(1)
    bomb = b"".join(packer.compress(b" " * (1 << 20)) for _ in range(400)) + packer.flush()
    (folder / "a good.pdf").write_bytes(TWO_PAGES)
    (folder / "bomb.pdf").write_bytes(one_page(b"", compressed=bomb))
    (folder / "endless.pdf").write_bytes(one_page(b"BT /F 12 Tf 72 700 Td " + b"(x) Tj 1 0 Td " * 1_000_000 + b"ET"))
    (folder / "z good.pdf").write_bytes(lines_pdf([[PROSE]]))
    yield folder


def test_bombs_end_as_failures_and_the_batch_goes_on(hard_folder: Path) -> None:
    states = _states([hard_folder], Limits(seconds=4, memory_bytes=700 << 20, workers=1))
    assert states["a good.pdf"] == "pdfium pdfium" and states["z good.pdf"] == "pdfium"
    limited = {"timed out", "too large in memory", "parser crashed"}
    assert {states["bomb.pdf"], states["endless.pdf"]} <= limited


@pytest.mark.parametrize(("kills", "state"), [(1, "pdfium"), (2, "parser crashed")])
def test_a_worker_killed_from_outside_costs_no_document_unless_it_happens_again(
    kills: int, state: str, tmp_path: Path
) -> None:
    slow = b"BT /F 12 Tf 72 700 Td " + b"(x) Tj 1 0 Td " * 100_000 + b"ET"
    (tmp_path / "slow.pdf").write_bytes(one_page(slow))
    killed: set[int] = set()

    def kill() -> None:
        while len(killed) < kills:
            time.sleep(0.01)
            for child in psutil.Process().children(recursive=True):
                # the fork server itself is this process's child, its workers are the server's
                with suppress(psutil.NoSuchProcess):
                    if child.ppid() != os.getpid() and child.pid not in killed and child.cpu_times().user > 0.05:
                        child.kill()
                        killed.add(child.pid)

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    assert _states([tmp_path], Limits(seconds=60, workers=1)) == {"slow.pdf": state}
    killer.join()


def test_a_worker_killed_while_it_has_nothing_to_do_costs_no_task() -> None:
    with worker_pool(1, 1 << 30) as pool:
        for _ in range(3):
            idle = pool.start(os.getpid, 30)()
            os.kill(idle, signal.SIGKILL)
            assert pool.start(os.getpid, 30)() != idle


def test_a_task_of_a_stopped_pool_is_not_waited_for() -> None:
    with worker_pool(1, 1 << 30) as pool:
        finish = pool.start(time.sleep, 60, 50)
    begun = time.monotonic()
    with pytest.raises(CancelledError):
        finish()
    assert time.monotonic() - begun < 5


def test_interrupting_stops_the_workers(heeded: None, hard_folder: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from flows.stages.ingest import discover\n"
        "from flows.stages.parse import Limits, parse_files\n"
        "if __name__ == '__main__':\n"
        "    for outcome in parse_files(discover([Path(sys.argv[1])]).files, Limits(seconds=60, workers=1)):\n"
        "        print('one', flush=True)\n"
    )
    root = Path(__file__).parents[1]
    command = [sys.executable, "-c", program, str(hard_folder)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=root, start_new_session=True, **pipes) as run:
        assert run.stdout is not None and run.stdout.readline() == b"one\n"
        os.killpg(run.pid, signal.SIGINT)
        begun = time.monotonic()
        try:
            run.wait(timeout=30)
        finally:
            run.kill()
    assert run.returncode != 0 and time.monotonic() - begun < 10
    with pytest.raises(ProcessLookupError):
        for _ in range(40):
            os.killpg(run.pid, 0)
            time.sleep(0.25)


def test_workers_import_nothing_heavy() -> None:
    program = (
        "import sys, flows.stages.reading.worker\n"
        "print(sorted({'torch', 'prefect', 'transformers', 'rapidocr'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=Path(__file__).parents[1], capture_output=True, check=True
    )
    assert done.stdout.strip() == b"[]"


@pytest.mark.parametrize(
    ("read", "kept"),
    [
        ("the agree\ufffement of the parties", "the agreement of the parties"),
        ("the agree-\nment of the parties", "the agreement of the parties"),
        ("a non\ufffeexclusive licence", "a non-exclusive licence"),
        ("in-office/placed\ufffebased, placed, based", "in-office/placed-based, placed, based"),
        ("the end-\nof-term fee", "the end-of-term fee"),
        ("Rule 24b\ufffe2 and T\ufffeMobile", "Rule 24b-2 and T-Mobile"),
        ("wide-spread; wide\ufffespread", "wide-spread; wide-spread"),
        ("over\x02all", "overall"),
        ("soft\xad\nware and not\xadfor\xadprofit By\xadLaws", "software and not-for-profit By-Laws"),
        ("A\xa0 B\r\n C \r\n\r\n\r\n D\x0cE", "A B\nC\n\nD\nE"),
        ("a\x00b \ud800 \ufb01nal of\ufb01ce\u200b", "ab \ufffd final office"),
        ("1.DEFINITIONS.\n1.1“Affiliate” means", "1. DEFINITIONS.\n1.1 “Affiliate” means"),
        ("give 2.5 mg\n2.5mg of it", "give 2.5 mg\n2.5mg of it"),
    ],
)
def test_text_is_cleaned_and_words_are_whole(read: str, kept: str) -> None:
    assert clean([read]) == [kept]
    kept.encode("utf-8")


@pytest.mark.parametrize(
    ("text", "garbled"),
    [
        (PROSE * 3, False),
        ("Hgb 11.2 Hct 34 WBC 7.4 PLT 210 MCV 88 RDW 13 BUN 18 Cr 1.1 Na 138 K 4.2 Cl 102 CO2 24 " * 3, False),
        ("1. Definitions ........................... 4\n2. Term ........................... 9\n" * 5, False),
        ("Договор заключен между сторонами и действует до конца года. " * 3, False),
        ("\ufffd\ufffd\ufffd \ufffd\ufffd agreement", True),
        ("\ue001\ue002\ue003\ue004 \ue005\ue006", True),
        ("(cid:12)(cid:45)(cid:3)(cid:88)", True),
        ("7KLV DJUHHPHQW LV PDGH EHWZHHQ WKH 6XSSOLHU DQG WKH &XVWRPHU " * 3, True),
        ("!\"#$ %&'( )*+, -./! \"#$% &'()* +,-." * 5, True),
    ],
)
def test_debris_is_told_from_text(text: str, garbled: bool) -> None:
    assert is_garbled(text) is garbled
