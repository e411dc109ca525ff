"""Three ways in which records are printed, each a whole PDF of one chart.

`letter`: a summary in prose-like paragraphs and labelled lists. `tables`: ruled tables with head rows. `export`: two
narrow columns with an item a line.
"""

import io
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from itertools import groupby
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, LETTER
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    PageTemplate,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)

from tests.benchmarks.synthea_charts import Chart, Condition, Medication, Observation

_SERIF = ParagraphStyle("serif", fontName="Times-Roman", fontSize=11, leading=14, spaceAfter=5)
_SERIF_HEAD = ParagraphStyle("serif head", _SERIF, fontName="Times-Bold", spaceBefore=8, keepWithNext=1)
_SANS = ParagraphStyle("sans", fontName="Helvetica", fontSize=9, leading=11)
_SANS_HEAD = ParagraphStyle("sans head", _SANS, fontName="Helvetica-Bold", fontSize=11, spaceBefore=8, spaceAfter=4)
_SMALL = ParagraphStyle("small", fontName="Helvetica", fontSize=8, leading=10)
_SMALL_HEAD = ParagraphStyle("small head", _SMALL, fontName="Helvetica-Bold", spaceBefore=6, spaceAfter=2)


def letter(chart: Chart) -> bytes:
    """Justified serif text; lists are numbered, results stand in paragraphs."""
    made = io.BytesIO()
    SimpleDocTemplate(made, pagesize=LETTER, leftMargin=72, rightMargin=72, invariant=1).build(
        [Paragraph(escape(text), _SERIF_HEAD if is_head else _SERIF) for is_head, text in _letter(chart)]
    )
    return made.getvalue()


def _letter(chart: Chart) -> Iterator[tuple[bool, str]]:
    yield True, "CLINICAL SUMMARY"
    yield False, f"Patient: {chart.name}"
    yield False, f"MRN: {chart.mrn}"
    yield False, f"Date of birth: {_long(chart.born)}"
    yield False, f"Sex: {chart.sex}"
    yield False, "This summary was prepared from the practice's record at the patient's request."
    yield True, "DIAGNOSES"
    for number, one in enumerate(chart.conditions, start=1):
        end = f", resolved {_long(one.end)}" if one.end else ""
        yield False, f"{number}. {one.name}, since {_long(one.onset)}{end}"
    if not chart.conditions:
        yield False, "None recorded."
    yield True, "ALLERGIES"
    known = "; ".join(f"{one.substance} ({one.severity})" for one in chart.allergies)
    yield False, f"{known}." if known else "No known allergies."
    yield True, "MEDICATIONS"
    for number, drug in enumerate(chart.medications, start=1):
        needed = " as needed" if drug.as_needed else ""
        yield False, f"{number}. {drug.text}{needed}, {_course(drug)} {_long(drug.started)}"
    yield True, "SOCIAL HISTORY"
    yield False, f"Smoking: {chart.smoking or 'not recorded'}."
    for title, vital in (("VITAL SIGNS", True), ("LABORATORY RESULTS", False)):
        yield True, title
        for taken, results in _by_day(chart, vital):
            yield False, f"{_long(taken)}: " + "; ".join(_result(one, " ", False) for one in results) + "."


def tables(chart: Chart) -> bytes:
    """Sans serif; each list is a ruled table with a head row that is repeated on every page."""
    made = io.BytesIO()
    story: list[Flowable] = [Paragraph("Patient Record Summary", _SANS_HEAD)]
    story += [
        _grid([["Patient name", "MRN", "Date of birth", "Sex"], [chart.name, chart.mrn, str(chart.born), chart.sex]])
    ]
    for title, rows in _tables(chart).items():
        story.append(Paragraph(title, _SANS_HEAD))
        story.append(_grid(rows) if len(rows) > 1 else Paragraph("None recorded", _SANS))
    SimpleDocTemplate(made, pagesize=A4, leftMargin=50, rightMargin=50, invariant=1).build(story)
    return made.getvalue()


def _tables(chart: Chart) -> Mapping[str, list[list[str]]]:
    conditions = [[c.name, str(c.onset), "Resolved" if c.end else "Active"] for c in chart.conditions]
    drugs = [
        [m.text, "as needed" if m.as_needed else "", str(m.started), m.status.capitalize()] for m in chart.medications
    ]
    allergies = [[a.substance, a.severity, str(a.noted)] for a in chart.allergies]
    return {
        "Problems": [["Condition", "Onset", "Status"], *conditions],
        "Allergies": [["Allergen", "Severity", "Recorded"], *allergies],
        "Medications": [["Medication", "Frequency", "Start", "Status"], *drugs],
        "Vital signs": [["Measurement", "Value", "Unit", "Date"], *_result_rows(chart, True)],
        "Laboratory results": [["Test", "Result", "Units", "Collected"], *_result_rows(chart, False)],
        "Social history": [["Topic", "Finding"], ["Smoking", chart.smoking or "not recorded"]],
    }


def _result_rows(chart: Chart, vital: bool) -> list[list[str]]:
    results = [one for one in chart.observations if one.is_vital is vital]
    return [[one.name, one.value, one.printed_unit(False), str(one.taken)] for one in results]


def _grid(rows: list[list[str]]) -> Flowable:
    widths = [240.0, *[255.0 / (len(rows[0]) - 1)] * (len(rows[0]) - 1)]
    cells = [[Paragraph(escape(cell), _SANS) for cell in row] for row in rows]
    ruled = [("GRID", (0, 0), (-1, -1), 0.4, colors.grey), ("BACKGROUND", (0, 0), (-1, 0), colors.lightgrey)]
    return Table(cells, widths, repeatRows=1, style=TableStyle([*ruled, ("VALIGN", (0, 0), (-1, -1), "MIDDLE")]))


def export(chart: Chart) -> bytes:
    """Two columns of small type; an item a line, units as codes."""
    made = io.BytesIO()
    document = BaseDocTemplate(made, pagesize=LETTER, invariant=1)
    frames = [Frame(left, 40, 260, 710) for left in (40, 312)]
    document.addPageTemplates(PageTemplate("columns", frames))
    lines = [Paragraph(escape(text), _SMALL_HEAD if is_head else _SMALL) for is_head, text in _export(chart)]
    document.build([*lines, Spacer(1, 6)])
    return made.getvalue()


def _export(chart: Chart) -> Iterator[tuple[bool, str]]:
    yield True, "PATIENT"
    yield False, f"Name: {chart.name}"
    yield False, f"MRN: {chart.mrn}"
    yield False, f"DOB: {chart.born}"
    yield False, f"Sex: {chart.sex}"
    yield True, "PROBLEM LIST"
    for one in chart.conditions:
        yield False, f"{one.name} ({_span(one)})"
    yield True, "ALLERGY LIST"
    for allergy in chart.allergies:
        yield False, f"{allergy.substance} - {allergy.severity}"
    yield True, "MEDICATION LIST"
    for drug in chart.medications:
        needed = " PRN" if drug.as_needed else ""
        yield False, f"{drug.text}{needed} | {drug.started} | {drug.status}"
    yield True, "SOCIAL HISTORY"
    yield False, f"Tobacco: {chart.smoking or 'not recorded'}"
    for title, vital in (("VITALS", True), ("RESULTS", False)):
        yield True, title
        for taken, results in _by_day(chart, vital):
            yield from ((False, f"{_result(result, ': ', True)} ({taken})") for result in results)


def _by_day(chart: Chart, vital: bool) -> Iterator[tuple[date, list[Observation]]]:
    results = sorted((one for one in chart.observations if one.is_vital is vital), key=lambda one: one.taken)
    for taken, group in groupby(results, key=lambda one: one.taken):
        yield taken, list(group)


def _result(one: Observation, joint: str, as_code: bool) -> str:
    return f"{one.name}{joint}{one.value} {one.printed_unit(as_code)}".rstrip()


def _course(drug: Medication) -> str:
    return "started" if drug.status == "active" else "stopped, first given"


def _span(condition: Condition) -> str:
    return f"{condition.onset} to {condition.end or 'present'}"


def _long(day: date) -> str:
    return f"{day:%B} {day.day}, {day.year}"


LAYOUTS: Mapping[str, Callable[[Chart], bytes]] = {"letter": letter, "tables": tables, "export": export}
