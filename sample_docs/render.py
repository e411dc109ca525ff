"""The sample documents from their sources: `python sample_docs/render.py [--output FOLDER]`.

Reads `sources/<domain>/*.txt` and writes `<domain>/*.pdf`, the same bytes each time. (An encrypted file's keys are
random, so one that already says the same is left as it is.) Knows paper and markup; what a document means stands in its
`.expected.json`, written by hand.

A source starts with its settings (TOML between two `+++` lines). Blocks are parted by blank lines:

    # title    ## heading    ### sub-heading    > centred line    === page break    - bullet (one a line)
    1.1 text   (a) text      a clause with its number hanging; two spaces of indent make it one level deeper
    @table 60l 40r           a table: column widths in percent and alignment, then a row a line, cells parted by |
    @fields                  a boxed grid of "Label: value" cells        @sign   signature columns, kept together
"""

import argparse
import io
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pypdf
import pypdfium2
from PIL import Image
from reportlab.lib import colors, pagesizes
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY, TA_LEFT, TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    HRFlowable,
    KeepTogether,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

HERE = Path(__file__).parent
FONTS = {"serif": ("Times-Roman", "Times-Bold"), "sans": ("Helvetica", "Helvetica-Bold")}
PAPER = {"letter": pagesizes.LETTER, "a4": pagesizes.A4}
ALIGNMENT = {"l": TA_LEFT, "r": TA_RIGHT, "c": TA_CENTER}
SCAN_DPI = 150
MARKER = re.compile(
    r"(?P<indent> *)(?P<marker>\d+(?:\.\d+)*\.?|\((?:[a-z]+|[A-Z]|\d)\)|[A-Z]\.) (?P<text>.*)", re.DOTALL
)


@dataclass(frozen=True)
class Look:
    """A document's settings. Texts of header and footer may hold `{page}` and `{pages}`; sizes are in points."""

    title: str
    author: str
    paper: str = "letter"
    font: str = "serif"
    size: float = 11.0
    margin: float = 72.0
    justified: bool = True
    header_left: str = ""
    header_right: str = ""
    header_from_page: int = 1
    footer_left: str = ""
    footer_right: str = "Page {page} of {pages}"
    form: str = "plain"  # how the file is made awkward: `scan`, `encrypted` or `damaged`

    def style(self, **changes: object) -> ParagraphStyle:
        """The body style, with these of its attributes changed."""
        body: dict[str, object] = {
            "fontName": FONTS[self.font][0],
            "fontSize": self.size,
            "leading": self.size * 1.32,
            "spaceAfter": self.size * 0.62,
            "alignment": TA_JUSTIFY if self.justified else TA_LEFT,
        }
        return ParagraphStyle("style", **(body | changes))

    @property
    def bullet(self) -> dict[str, object]:
        """What sets a number or bullet in the face and size of its text."""
        return {"bulletFontName": FONTS[self.font][0], "bulletFontSize": self.size}

    @property
    def bold(self) -> str:
        """The name of the bold face."""
        return FONTS[self.font][1]

    @property
    def page_size(self) -> tuple[float, float]:
        """Width and height in points."""
        width, height = PAPER[self.paper]
        return width, height

    @property
    def text_width(self) -> float:
        """Points between the margins."""
        return self.page_size[0] - 2 * self.margin


def read_source(source: str) -> tuple[Look, list[str]]:
    """A source's settings and its blocks in order."""
    _, settings, body = source.split("+++\n", 2)
    return Look(**tomllib.loads(settings)), [block for block in re.split(r"\n\s*\n", body) if block.strip()]


def flowables(look: Look, blocks: list[str]) -> Iterator[Flowable]:
    """What platypus lays out, in order."""
    for block in blocks:
        lines = block.strip("\n").split("\n")
        first = lines[0]
        if first.strip() == "===":
            yield PageBreak()
        elif first.startswith("@table"):
            yield from table(look, first.split()[1:], [line.split("|") for line in lines[1:]])
        elif first.startswith("@fields"):
            yield from fields(look, [line.split("|") for line in lines[1:]])
        elif first.startswith("@sign"):
            yield signatures(look, [line.split("|") for line in lines[1:]])
        elif first.startswith("- "):
            yield from (bullet(look, line[2:]) for line in lines)
        else:
            yield paragraph(look, lines)


def paragraph(look: Look, lines: list[str]) -> Flowable:
    """A heading, a centred line, a numbered clause or plain running text."""
    text = " ".join(line.strip() for line in lines)
    if text.startswith("#"):
        return heading(look, text)
    if text.startswith("> "):
        return Paragraph(inline(text[2:]), look.style(alignment=TA_CENTER))
    clause = MARKER.fullmatch("\n".join(lines))
    if clause is None:
        return Paragraph(inline(text), look.style())
    left = 12.0 * len(clause["indent"]) + (32 if clause["marker"][0].isdigit() else 26)
    style = look.style(leftIndent=left, bulletIndent=12.0 * len(clause["indent"]), **look.bullet)
    return Paragraph(inline(" ".join(clause["text"].split())), style, bulletText=clause["marker"])


def heading(look: Look, text: str) -> Flowable:
    """A title (`#`) or a heading that stays with what follows it (`##`, `###`)."""
    marks, words = text.split(" ", 1)
    if marks == "#":
        style = look.style(fontName=look.bold, fontSize=look.size + 4, leading=look.size * 1.9, alignment=TA_CENTER)
        return Paragraph(inline(words), style)
    size = look.size + (1 if marks == "##" else 0)
    style = look.style(fontName=look.bold, fontSize=size, spaceBefore=8, keepWithNext=1, alignment=TA_LEFT)
    return Paragraph(inline(words), style)


def bullet(look: Look, text: str) -> Flowable:
    """One bullet point."""
    return Paragraph(
        inline(text), look.style(leftIndent=16, bulletIndent=4, spaceAfter=2, **look.bullet), bulletText="•"
    )


def inline(text: str) -> str:
    """Reportlab's markup for `**bold**`, `_italic_` at word borders and plain text."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    bold = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", escaped)
    return re.sub(r"(?<!\w)_([^_]+)_(?!\w)", r"<i>\1</i>", bold)


def table(look: Look, columns: list[str], rows: list[list[str]]) -> Iterator[Flowable]:
    """A ruled table whose first row is its header, repeated on every page that it reaches."""
    widths = [look.text_width * int(column[:-1]) / 100 for column in columns]
    small: dict[str, object] = {"fontSize": look.size - 1.5, "leading": look.size * 1.15, "spaceAfter": 0}
    faces = [look.bold, *[FONTS[look.font][0]] * (len(rows) - 1)]
    cells = [
        [
            Paragraph(inline(cell.strip()), look.style(**small, fontName=face, alignment=ALIGNMENT[column[-1]]))
            for cell, column in zip(row, columns, strict=True)
        ]
        for row, face in zip(rows, faces, strict=True)
    ]
    ruled = [("GRID", (0, 0), (-1, -1), 0.4, colors.grey), ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke)]
    yield Table(cells, widths, repeatRows=1, style=TableStyle([*ruled, ("VALIGN", (0, 0), (-1, -1), "TOP")]))
    yield Spacer(1, look.size)


def fields(look: Look, rows: list[list[str]]) -> Iterator[Flowable]:
    """A boxed grid of labels and values, as at the head of a form."""
    style = look.style(fontSize=look.size - 1, leading=look.size * 1.2, spaceAfter=0, alignment=TA_LEFT)
    cells = [[Paragraph(labelled(cell), style) for cell in row] for row in rows]
    boxed = [("BOX", (0, 0), (-1, -1), 0.8, colors.black), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    width = look.text_width / len(rows[0])
    yield Table(cells, [width] * len(rows[0]), style=TableStyle(boxed))
    yield Spacer(1, look.size)


def labelled(cell: str) -> str:
    """`Label: value` with a bold label."""
    label, colon, value = cell.strip().partition(":")
    return f"<b>{inline(label)}{colon}</b>{inline(value)}" if colon else inline(label)


def signatures(look: Look, rows: list[list[str]]) -> Flowable:
    """Signature columns side by side, never parted by a page's end; `____` draws a line to sign on."""
    style = look.style(alignment=TA_LEFT, spaceAfter=2)
    cells = [[signature_cell(cell.strip(), style) for cell in row] for row in rows]
    width = look.text_width / len(rows[0])
    at_top = TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP")])
    return KeepTogether([Spacer(1, look.size), Table(cells, [width] * len(rows[0]), style=at_top)])


def signature_cell(text: str, style: ParagraphStyle) -> list[Flowable]:
    """A line of a signature block."""
    if text == "____":
        return [Spacer(1, 24), HRFlowable(width="85%", thickness=0.6, color=colors.black, hAlign="LEFT")]
    return [Paragraph(inline(text), style)]


def lay_out(look: Look, blocks: list[str], page_count: int) -> tuple[bytes, int]:
    """The document's bytes and its number of pages; `page_count` is what the footers say."""
    buffer = io.BytesIO()
    document = BaseDocTemplate(buffer, pagesize=look.page_size, title=look.title, author=look.author, invariant=1)
    width, height = look.page_size
    frame = Frame(look.margin - 6, look.margin - 6, width - 2 * look.margin + 12, height - 2 * look.margin + 12)

    def header(canvas: Canvas, layout: BaseDocTemplate) -> None:
        draw_header(look, canvas, layout.page)

    def footer(canvas: Canvas, layout: BaseDocTemplate) -> None:
        draw_footer(look, canvas, {"page": layout.page, "pages": page_count})

    document.addPageTemplates(PageTemplate("page", [frame], onPage=header, onPageEnd=footer))
    document.build(list(flowables(look, blocks)))
    return buffer.getvalue(), document.page


def draw_header(look: Look, canvas: Canvas, page: int) -> None:
    """The running header and its rule, before the page's text."""
    if page < look.header_from_page or not (look.header_left or look.header_right):
        return
    width, height = look.page_size
    top = height - look.margin * 0.6
    canvas.setFont(FONTS[look.font][0], 8.5)
    canvas.drawString(look.margin, top, look.header_left)
    canvas.drawRightString(width - look.margin, top, look.header_right)
    canvas.line(look.margin, top - 4, width - look.margin, top - 4)


def draw_footer(look: Look, canvas: Canvas, numbers: dict[str, int]) -> None:
    """The running footer, after the page's text."""
    bottom = look.margin * 0.5
    canvas.setFont(FONTS[look.font][0], 8.5)
    canvas.drawString(look.margin, bottom, look.footer_left.format(**numbers))
    canvas.drawRightString(look.page_size[0] - look.margin, bottom, look.footer_right.format(**numbers))


def plain(look: Look, blocks: list[str]) -> bytes:
    """Laid out twice: the first time tells how many pages there are."""
    _, page_count = lay_out(look, blocks, 0)
    return lay_out(look, blocks, page_count)[0]


def scanned(content: bytes) -> bytes:
    """The same pages as a slightly tilted grey scan: one JPEG each and no text."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, invariant=1)
    with pypdfium2.PdfDocument(content) as document:
        for number, page in enumerate(document):
            canvas.setPageSize(page.get_size())
            picture = photocopy(page.render(scale=SCAN_DPI / 72, grayscale=True).to_pil(), 0.5 - 0.8 * number)
            canvas.drawImage(ImageReader(picture), 0, 0, *page.get_size())
            canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def photocopy(image: Image.Image, degrees: float) -> io.BytesIO:
    """A JPEG of the page as a worn copier gives it: tilted, on greyish paper, with faded ink."""
    tilted = image.convert("L").rotate(degrees, resample=Image.Resampling.BICUBIC, fillcolor=255)
    buffer = io.BytesIO()
    tilted.point([round(38 + level * 0.82) for level in range(256)]).save(buffer, "JPEG", quality=55, optimize=True)
    buffer.seek(0)
    return buffer


def encrypted(content: bytes) -> bytes:
    """AES-256 with an empty user password: any reader opens it, but its strings must be deciphered."""
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(content))
    writer.encrypt(user_password="", owner_password="registry-office", algorithm="AES-256")
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def damaged(content: bytes) -> bytes:
    """As an interrupted copy leaves a file: the first third, then zeros; the catalogue and page tree are gone."""
    kept = content[: len(content) // 3].replace(b"/Catalog", bytes(8)).replace(b"/Pages", bytes(6))
    return kept + bytes(len(content) - len(kept))


FORMS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "scan": scanned,
    "encrypted": encrypted,
    "damaged": damaged,
}


def render(source: Path) -> bytes:
    """The PDF of one source, in the form that its settings ask for."""
    look, blocks = read_source(source.read_text(encoding="utf-8"))
    return FORMS[look.form](plain(look, blocks))


def same_content(old: bytes, new: bytes) -> bool:
    """Whether two encrypted files draw the same pages."""
    streams = ([page.get_contents() for page in pypdf.PdfReader(io.BytesIO(content)).pages] for content in (old, new))
    old_pages, new_pages = ([stream.get_data() for stream in pages if stream is not None] for pages in streams)
    return old_pages == new_pages


def write(target: Path, content: bytes) -> None:
    """Puts the PDF in its place, unless an encrypted one there says the same."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists() and b"/Encrypt" in content and same_content(target.read_bytes(), content):
        return
    target.write_bytes(content)


def render_all(output: Path) -> list[Path]:
    """Every source's PDF under `output/<domain>/`, in the order of their names."""
    written = []
    for source in sorted((HERE / "sources").glob("*/*.txt")):
        target = output / source.parent.name / f"{source.stem}.pdf"
        write(target, render(source))
        written.append(target)
    return written


def main() -> None:
    """Renders all and prints what was written."""
    parser = argparse.ArgumentParser(description="Render the sample documents from their sources.")
    parser.add_argument("--output", type=Path, default=HERE, help="folder to write into (default: beside this file)")
    for path in render_all(parser.parse_args().output):
        print(f"{path.parent.name}/{path.name}  {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
