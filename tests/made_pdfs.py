"""Small PDFs for the reading tests: from hand-written content streams, so that each flaw is exactly the one wanted."""

import io
import zlib
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont
from pypdf import PdfReader, PdfWriter
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table


def one_page(content: bytes, resources: bytes = b"/Font<</F 5 0 R>>", compressed: bytes | None = None) -> bytes:
    """A PDF of one page that draws this content stream; object 5 is Helvetica."""
    body = zlib.compress(content) if compressed is None else compressed
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<<" + resources + b">>>>",
        b"<</Length %d/Filter/FlateDecode>>stream\n" % len(body) + body + b"\nendstream",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    made, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, start=1):
        places.append(len(made))
        made += b"%d 0 obj" % number + one + b"endobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return made + b"xref\n0 6\n0000000000 65535 f \n%btrailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (
        table,
        len(made),
    )


def lines_pdf(pages: Sequence[Sequence[str]]) -> bytes:
    """One line below the other, page by page."""
    made = io.BytesIO()
    canvas = Canvas(made, pagesize=(612, 792))
    for lines in pages:
        for position, line in enumerate(lines):
            canvas.drawString(72, 720 - 16 * position, line)
        canvas.showPage()
    canvas.save()
    return made.getvalue()


def table_pdf(rows: Sequence[Sequence[str]], *paragraphs: str) -> bytes:
    """A table as reporting programs draw it, and paragraphs after it."""
    made = io.BytesIO()
    style = getSampleStyleSheet()["Normal"]
    table = Table([list(row) for row in rows], colWidths=[160] * len(rows[0]))
    SimpleDocTemplate(made).build([table, *(Paragraph(paragraph, style) for paragraph in paragraphs)])
    return made.getvalue()


def picture(lines: Sequence[str]) -> Image.Image:
    """The lines in black on white, large enough for OCR."""
    image = Image.new("L", (1000, 1000), 255)
    draw = ImageDraw.Draw(image)
    for position, line in enumerate(lines):
        draw.text((60, 60 + 60 * position), line, fill=0, font=ImageFont.load_default(34))
    return image


def scan_pdf(images: Sequence[Image.Image], text_page: str = "") -> bytes:
    """A page for each image, without a text layer; `text_page` adds one with."""
    made = io.BytesIO()
    canvas = Canvas(made, pagesize=(612, 792))
    for image in images:
        height = 612 * image.height / image.width
        canvas.drawImage(ImageReader(image), 0, 792 - height, 612, height)
        canvas.showPage()
    if text_page:
        canvas.drawString(72, 720, text_page)
        canvas.showPage()
    canvas.save()
    return made.getvalue()


def encrypted(content: bytes, user_password: str) -> bytes:
    """The same document behind a user password."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
    writer.encrypt(user_password, "owner", algorithm="AES-256")
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def form_pdf(label: str, value: str) -> bytes:
    """A form with one filled text field."""
    made = io.BytesIO()
    canvas = Canvas(made, pagesize=(612, 792))
    canvas.drawString(72, 720, label)
    canvas.acroForm.textfield(name="field", value=value, x=200, y=710, width=200, height=20)
    canvas.save()
    return made.getvalue()


def broken_words_pdf() -> bytes:
    """A word parted by a hyphen at the end of a line."""
    return lines_pdf([["This is the whole agree-", "ment of the parties."]])


def cropped_and_turned(content: bytes, turn: int) -> bytes:
    """The same pages with a crop box that does not begin at zero, shown turned clockwise."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
    for page in writer.pages:
        page.cropbox.lower_left = (40, 300)
        page.rotate(turn)
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()
