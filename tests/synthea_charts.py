"""Charts drawn from synthetic patients (Synthea FHIR bundles), and what in them identifies somebody.

Three layouts: labelled lines, a letter in prose, and tables. Each has the patient's name in its header, in its document
information, outline, form and attachment, and in its file's name.
"""

import gzip
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pypdf import PdfReader, PdfWriter
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

LAYOUTS = ("labels", "letter", "tables")
LINE, TOP, LEFT, BOTTOM = 14, 790, 60, 60


@dataclass(frozen=True)
class Person:
    """A bundle's patient: what identifies them and their practitioners, word for word as the charts have it."""

    name: str
    given: str
    family: str
    maiden: str
    born: str
    street: str
    town: str
    zip_code: str
    phone: str
    ids: tuple[tuple[str, str], ...]
    doctor: str

    @property
    def planted(self) -> set[str]:
        """Every string that must not be found."""
        whole = {self.name, self.family, self.born, self.street, self.phone, self.maiden, self.doctor}
        last = {self.doctor.split()[-1], self.maiden.split()[-1], self.given}
        return {one for one in whole | last | {value for _, value in self.ids} | {self.zip_code, self.town} if one}


def load_bundle(path: Path) -> tuple[Person, list[dict[str, Any]]]:
    """The patient and all resources of a bundle."""
    with gzip.open(path, "rt", encoding="utf-8") as packed:
        resources = [entry["resource"] for entry in json.load(packed)["entry"]]
    (patient,) = (r for r in resources if r["resourceType"] == "Patient")
    name, home = patient["name"][0], patient["address"][0]
    given = " ".join(name["given"])
    doctors = [r["name"][0] for r in resources if r["resourceType"] == "Practitioner"]
    ids = tuple((i["type"]["text"], i["value"]) for i in patient["identifier"] if "type" in i)
    maiden = next((e["valueString"] for e in patient["extension"] if e["url"].endswith("mothersMaidenName")), "")
    person = Person(
        f"{given} {name['family']}", given, name["family"], maiden, patient["birthDate"], home["line"][0], home["city"],
        home.get("postalCode", ""), patient["telecom"][0]["value"], ids,
        f"{doctors[0]['given'][0]} {doctors[0]['family']}" if doctors else "",
    )  # fmt: skip
    return person, resources


def facts(resources: list[dict[str, Any]]) -> dict[str, list[tuple[str, str]]]:
    """What a chart lists, with days: conditions, medications, allergies and results."""

    def listed(kind: str, concept: str, day: str) -> list[tuple[str, str]]:
        found = [
            (r[concept]["text"], str(r.get(day, ""))[:10])
            for r in resources
            if r["resourceType"] == kind and concept in r
        ]
        return list(dict.fromkeys(found))[:25]

    results = [
        (
            f"{r['code']['text']}: {r['valueQuantity']['value']:.1f} {r['valueQuantity']['unit']}",
            r["effectiveDateTime"][:10],
        )
        for r in resources
        if r["resourceType"] == "Observation" and "valueQuantity" in r
    ]
    return {
        "PROBLEMS": listed("Condition", "code", "onsetDateTime"),
        "MEDICATIONS": listed("MedicationRequest", "medicationCodeableConcept", "authoredOn"),
        "ALLERGIES": listed("AllergyIntolerance", "code", "recordedDate"),
        "RESULTS": results[:25],
    }


def chart_lines(person: Person, told: dict[str, list[tuple[str, str]]], layout: str) -> Iterator[str]:
    """The chart's lines in one of the layouts."""
    seen = next((day for entries in told.values() for _, day in entries if day), "2012-05-06")
    month, day, year = person.born[5:7], person.born[8:], person.born[:4]
    if layout == "labels":
        yield from ("DISCHARGE SUMMARY", f"Patient: {person.name}", f"DOB: {person.born}", f"Address: {person.street}")
        yield from (f"City: {person.town}", f"ZIP: {person.zip_code}", f"Phone: {person.phone}")
        yield from (f"{label}: {value}" for label, value in person.ids)
        yield from (
            f"Attending: Dr. {person.doctor}",
            f"Mother's maiden name: {person.maiden}",
            f"Date of admission: {seen}",
        )
    elif layout == "letter":
        yield from (
            f"{person.name}",
            person.street,
            f"{person.town}, MA {person.zip_code}",
            "",
            f"Dear Dr. {person.doctor},",
            "",
        )
        yield f"I saw {person.given} {person.family} (born {month}/{day}/{year}) in clinic on {seen}. Her mother, {person.maiden},"
        yield f"came with her. She can be reached at {person.phone}."
        yield from (f"Her {label.lower()} is {value}." for label, value in person.ids)
        yield f"{person.family} has no complaints today."
    else:
        yield from (f"{person.family.upper()}, {person.given.upper()}    {month}/{day}/{year}    {person.phone}",)
        yield from (f"{person.street}, {person.town}, Massachusetts {person.zip_code}",)
        yield from (f"{label}    {value}" for label, value in person.ids)
        yield f"Provider    {person.doctor}, MD"
        yield f"Mother's maiden name    {person.maiden}"
    for heading, entries in told.items():
        yield from ("", heading)
        for words, when in entries:
            yield f"{when}    {words}" if layout == "tables" else f"- {words} ({when})" if when else f"- {words}"
    yield from ("", f"Electronically signed by {person.doctor}, MD on {seen}")


def draw_chart(person: Person, told: dict[str, list[tuple[str, str]]], layout: str) -> bytes:
    """The chart as a PDF whose every part names the patient."""
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=A4)
    canvas.setTitle(f"Chart of {person.name}")
    canvas.setAuthor(person.doctor)
    lines = list(chart_lines(person, told, layout))
    per_page = (TOP - BOTTOM) // LINE
    for number, at in enumerate(range(0, len(lines), per_page), start=1):
        canvas.bookmarkPage(f"p{number}")
        canvas.addOutlineEntry(f"{person.name}, page {number}", f"p{number}")
        canvas.setFont("Helvetica", 9)
        canvas.drawString(LEFT, TOP + 20, f"{person.name}    Page {number}")
        for row, line in enumerate(lines[at : at + per_page]):
            canvas.drawString(LEFT, TOP - row * LINE, line)
        if number == 1:
            canvas.acroForm.textfield(name="next_of_kin", value=person.maiden, x=400, y=30, width=150, height=18)
        canvas.showPage()
    canvas.save()
    writer = PdfWriter(PdfReader(io.BytesIO(stream.getvalue())))
    writer.add_attachment(f"{person.name}.txt", b"see chart")
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def draw_charts(bundles: list[Path], folder: Path) -> set[str]:
    """A chart of each layout for each bundle, in files named after the patients; gives all that was planted."""
    planted = set[str]()
    for path in bundles:
        person, resources = load_bundle(path)
        planted |= person.planted
        for layout in LAYOUTS:
            name = f"{person.name} {layout}.pdf"
            (folder / name).write_bytes(draw_chart(person, facts(resources), layout))
    (folder / f"{person.name} broken.pdf").write_bytes(b"no PDF at all")
    (folder / f"{person.name} empty.pdf").write_bytes(b"%PDF-1.4\n%%EOF")
    (folder / f"{person.name} notes.txt").write_text("not read")
    (folder / f"{person.name} copy.pdf").write_bytes((folder / f"{person.name} letter.pdf").read_bytes())
    return planted
