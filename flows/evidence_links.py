"""What a run leaves of evidence beside the database, where the settings say so: a page for each document it worked on,
in a folder, and links to them in Prefect's UI. Names of documents go neither into files nor links; pictures of pages go
into Prefect only where that is allowed by a setting of its own.
"""

import base64
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw
from prefect.artifacts import create_markdown_artifact

from flows.evidence_folder import write_evidence
from flows.settings import settings
from flows.stages.audit import record
from flows.stages.evidence import Evidence, Mark, ShownField, gather_evidence
from flows.stages.page_pictures import Picture
from flows.stages.painter import Painter, painter
from flows.stages.reading.passwords import Passwords
from flows.worker import reading_limits

MOST_LINKS = 200
MOST_PICTURES = 5
"""Pictures of pages in one artifact; each is some 100 KB."""

HIGHLIGHT = (255, 221, 87)


@dataclass(frozen=True, slots=True)
class Doubt:
    """A document's least certain finding: its field, its id and the page (from 1) on which it begins."""

    field: str
    finding_id: str
    page: int


def leave_evidence(database: Path, ids: Sequence[str], passwords: Passwords, run_id: str) -> None:
    """Write the evidence pages of these documents and leave links to them; nothing where no folder is set."""
    folder = settings().evidence
    if folder is None or not ids:
        return
    files = {key: f"{key[:12]}.evidence.html" for key in dict.fromkeys(ids)}
    record(database, "report", run_id)
    with painter(reading_limits(), passwords) as drawing:
        write_evidence(database, folder, files, drawing, lambda done, total: None)
        shown = [gather_evidence(database, key) for key in list(files)[:MOST_LINKS]]
        pictures = list(doubtful_pages(shown, drawing)) if settings().prefect_pictures else []
    address = (settings().evidence_url or folder.resolve().as_uri()).rstrip("/")
    links = [link_row(evidence, f"{address}/{files[evidence.document_id]}") for evidence in shown]
    create_markdown_artifact(
        "\n".join([*LINKS_HEAD, *links, *more(len(files)), *pictures]),
        key="evidence",
        description="What proves it, by id",
    )


LINKS_HEAD = ("| document | domain | fields found | abstained | to look at |", "|---|---|---|---|---|")


def link_row(evidence: Evidence, address: str) -> str:
    """A document's line: a link to its page, and how much there is to look at."""
    verdicts = [field.verdict for field in evidence.fields]
    doubtful = sum(finding.needs_review for field in evidence.fields for finding in field.findings)
    counts = f"{verdicts.count('found')} | {verdicts.count('abstained')} | {doubtful}"
    return f"| [{evidence.document_id[:12]}]({address}) | {evidence.domain} | {counts} |"


def more(count: int) -> tuple[str, ...]:
    """What is said of documents beyond the most that are listed."""
    return (f"\n{count - MOST_LINKS} more are in the folder.",) if count > MOST_LINKS else ()


def doubtful_pages(shown: Sequence[Evidence], drawing: Painter) -> Iterator[str]:
    """Pictures of the pages with the least certain findings, highlighted; none of a de-identified document."""
    for evidence in [one for one in shown if one.allowed is None][:MOST_PICTURES]:
        doubt = least_certain(evidence.fields)
        if doubt is None:
            continue
        drawn = drawing.draw(evidence.path, evidence.document_id, [doubt.page - 1]).pages[0]
        if drawn is not None:
            marks = [mark for mark in evidence.pages[doubt.page - 1].marks if mark.place.key == doubt.finding_id]
            content = base64.b64encode(highlighted(drawn, marks)).decode()
            said = f"{evidence.document_id[:12]}, page {doubt.page}: {doubt.field}"
            yield f"\n**{said}**\n\n![{said}](data:image/png;base64,{content})"


def least_certain(fields: Sequence[ShownField]) -> Doubt | None:
    """The finding with the lowest probability; None where there is none."""
    findings = [(shown.finding, field.name) for field in fields for shown in field.findings]
    if not findings:
        return None
    finding, name = min(findings, key=lambda pair: (pair[0].probability, pair[0].id))
    return Doubt(name, finding.id, finding.page_start)


def highlighted(picture: Picture, marks: Sequence[Mark]) -> bytes:
    """The picture as PNG with its marks in colour, the words still dark on them."""
    with Image.open(io.BytesIO(picture.content)) as opened:
        page = opened.convert("RGB")
    over = Image.new("RGB", page.size, "white")
    pen = ImageDraw.Draw(over)
    width, height = page.width / 100, page.height / 100
    for mark in marks:
        corner = (mark.left * width, mark.top * height)
        pen.rectangle((*corner, corner[0] + mark.width * width, corner[1] + mark.height * height), fill=HIGHLIGHT)
    made = io.BytesIO()
    ImageChops.multiply(page, over).quantize(32).save(made, "PNG")
    return made.getvalue()
