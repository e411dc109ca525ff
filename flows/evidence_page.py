"""One document's evidence as one HTML file that needs nothing else: pages on one side, what was found on the other.

Whatever comes from the document goes in as escaped text. The page's policy allows our own style and script by their
hashes, pictures that it carries within, and nothing else. Knows neither the database nor the document's file.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from flows.stages.evidence import Evidence
from flows.stages.page_pictures import DPI, Picture, Pictures
from flows.stages.review_queue import Waiting

TEMPLATES = Path(__file__).with_name("templates")

COLOURS = 12
"""As many as evidence.css has (`.c0` and on); fields beyond have them again with another border (`.r1` and on)."""

POINTS_PER_INCH = 72

REVIEW_SOURCES = "img-src 'self'; connect-src 'self'"

READERS = {"pdfium": "text layer", "pypdf": "text layer, places unknown", "ocr": "OCR", "unreadable": "unreadable"}

# what HTML cannot hold or a browser would drop, such as NUL: one sign for each, so that text keeps its length
CONTROLS = dict.fromkeys([*range(9), 11, 12, *range(14, 32), *range(127, 160)], "\N{REPLACEMENT CHARACTER}")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page's picture: where a browser gets it, and its sides in pixels."""

    source: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Reviewing:
    """What a page on which findings are decided needs to know: the server's `root`, and what to say at the top."""

    root: str
    notice: str = ""


def evidence_page(evidence: Evidence, drawn: Pictures) -> str:
    """The HTML of this evidence, complete in itself; a page without a picture shows its stored text."""
    sheets = [None if p is None else Sheet(_data_uri(p), p.width, p.height) for p in drawn.pages]
    return _rendered(evidence, sheets, drawn.missing, None)


def review_page(evidence: Evidence, missing: str, reviewing: Reviewing) -> str:
    """The same with what decides about findings; each page's picture is asked for when it comes into view."""
    root = f"{reviewing.root}/documents/{evidence.document_id}"
    sheets = [
        None if missing else Sheet(f"{root}/pages/{one.page.number}", *_pixels(one.width, one.height))
        for one in evidence.pages
    ]
    return _rendered(evidence, sheets, missing, reviewing)


def queue_page(queue: Sequence[Waiting], reviewing: Reviewing) -> str:
    """The HTML of the queue of documents."""
    style, script = asset("evidence.css") + asset("review.css"), asset("sending.js")
    policy = _policy(style, script, REVIEW_SOURCES)
    named = {"queue": queue, "review": reviewing, "style": style, "script": script, "policy": policy}
    return page_environment().get_template("queue.html.jinja").render(**named).translate(CONTROLS)


def _rendered(evidence: Evidence, sheets: Sequence[Sheet | None], missing: str, reviewing: Reviewing | None) -> str:
    sizes = list(dict.fromkeys((sheet.width, sheet.height) for sheet in sheets if sheet is not None))
    style = asset("evidence.css") + _size_rules(sizes)
    script = asset("evidence.js")
    if reviewing:
        style, script = style + asset("review.css"), script + asset("sending.js") + asset("review.js")
    return (
        page_environment()
        .get_template("evidence.html.jinja")
        .render(
            evidence=evidence,
            pages=list(zip(evidence.pages, sheets, strict=True)),
            missing=missing,
            review=reviewing,
            sizes=sizes,
            colours=COLOURS,
            names=_names(evidence),
            readers=READERS,
            style=style,
            script=script,
            policy=_policy(style, script, REVIEW_SOURCES if reviewing else "img-src data:"),
        )
        .translate(CONTROLS)
    )


def _names(evidence: Evidence) -> dict[str, str]:
    """What a screen reader says of each finding's highlight."""
    return {
        shown.finding.id: f"{field.label.replace('_', ' ')}, {number} of {len(field.findings)}"
        for field in evidence.fields
        for number, shown in enumerate(field.findings, start=1)
    }


def page_environment() -> Environment:
    """Where our pages' templates lie: everything that goes in is escaped, and a name that is not there is an error."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = _percent
    return environment


def _pixels(width: float, height: float) -> tuple[int, int]:
    """A page's sides as it will be drawn; those of a letter where they are not known before."""
    points = (width, height) if width and height else (612.0, 792.0)
    across, down = (max(1, round(side * DPI / POINTS_PER_INCH)) for side in points)
    return across, down


def asset(name: str) -> str:
    """The text of a style or script of ours."""
    return (TEMPLATES / name).read_text(encoding="utf-8")


def _size_rules(sizes: Sequence[tuple[int, int]]) -> str:
    """A class for each size of page: what is not drawn yet holds its room, and nothing jumps."""
    return "".join(f".s{at}{{aspect-ratio:{width}/{height}}}\n" for at, (width, height) in enumerate(sizes))


def _policy(style: str, script: str, sources: str) -> str:
    allowed = f"style-src {source_hash(style)}; script-src {source_hash(script)}"
    return f"default-src 'none'; {sources}; {allowed}; base-uri 'none'; form-action 'none'"


def source_hash(block: str) -> str:
    """A block's hash as Content-Security-Policy names it (W3C CSP3, section 2.3.1)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(block.encode()).digest()).decode()}'"


def _percent(probability: float) -> str:
    """Rounded down, so that nothing uncertain reads as 100 %."""
    return f"{int(probability * 1000) / 10:g} %"


def _data_uri(picture: Picture) -> str:
    return f"data:{picture.media_type};base64,{base64.b64encode(picture.content).decode()}"
