"""One document's evidence as one HTML file that needs nothing else: pages on one side, what was found on the other.

Whatever comes from the document goes in as escaped text. The page's policy allows our own style and script by their
hashes, pictures that it carries within, and nothing else. Knows neither the database nor the document's file.
"""

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from flows.stages.evidence import Evidence
from flows.stages.page_pictures import Picture, Pictures

TEMPLATES = Path(__file__).with_name("templates")

COLOURS = 12
"""As many as evidence.css has (`.c0` and on); fields beyond begin anew."""

READERS = {"pdfium": "text layer", "pypdf": "text layer, places unknown", "ocr": "OCR", "unreadable": "unreadable"}

# what HTML cannot hold or a browser would drop, such as NUL: one sign for each, so that text keeps its length
CONTROLS = dict.fromkeys([*range(9), 11, 12, *range(14, 32), *range(127, 160)], "\N{REPLACEMENT CHARACTER}")


def evidence_page(evidence: Evidence, drawn: Pictures) -> str:
    """The HTML of this evidence; a page without a picture shows its stored text."""
    environment = page_environment()
    environment.filters["percent"] = _percent
    environment.filters["data_uri"] = _data_uri
    sizes = list(dict.fromkeys((p.width, p.height) for p in drawn.pages if p is not None))
    style = asset("evidence.css") + _size_rules(sizes)
    script = asset("evidence.js")
    html = environment.get_template("evidence.html.jinja").render(
        evidence=evidence,
        pages=list(zip(evidence.pages, drawn.pages, strict=True)),
        missing=drawn.missing,
        sizes=sizes,
        colours=COLOURS,
        readers=READERS,
        style=style,
        script=script,
        policy=_policy(style, script),
    )
    return html.translate(CONTROLS)


def page_environment() -> Environment:
    """Where our pages' templates lie: everything that goes in is escaped, and a name that is not there is an error."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def asset(name: str) -> str:
    """The text of a style or script of ours."""
    return (TEMPLATES / name).read_text(encoding="utf-8")


def _size_rules(sizes: Sequence[tuple[int, int]]) -> str:
    """A class for each size of page: what is not drawn yet holds its room, and nothing jumps."""
    return "".join(f".s{at}{{aspect-ratio:{width}/{height}}}\n" for at, (width, height) in enumerate(sizes))


def _policy(style: str, script: str) -> str:
    allowed = f"style-src {source_hash(style)}; script-src {source_hash(script)}"
    return f"default-src 'none'; img-src data:; {allowed}; base-uri 'none'; form-action 'none'"


def source_hash(block: str) -> str:
    """A block's hash as Content-Security-Policy names it (W3C CSP3, section 2.3.1)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(block.encode()).digest()).decode()}'"


def _percent(probability: float) -> str:
    """Rounded down, so that nothing uncertain reads as 100 %."""
    return f"{int(probability * 1000) / 10:g} %"


def _data_uri(picture: Picture) -> str:
    return f"data:{picture.media_type};base64,{base64.b64encode(picture.content).decode()}"
