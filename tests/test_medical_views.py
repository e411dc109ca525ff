"""The typed views of a medical document, on the core tables as they are migrated."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from domain_models.medical import DOMAIN
from domain_models.medical.frequencies import parse_frequency
from schemas.finding import Value
from schemas.migrate import apply_views, migrate
from tests.stored_contract import FINDING, MEMBER

_FINDINGS = [  # id, field, quote, start, page, probability, text, date, number, unit, code, system
    ("f1", "medication", "Metformin", 0, 1, 0.9, "metformin", None, None, None, None, None),
    ("f2", "dosage", "twice daily", 10, 1, 0.9, None, None, None, None, "twice daily", "frequency"),
    ("f3", "dosage", "500 mg", 22, 1, 0.7, None, None, "500", "mg", None, None),
    ("f4", "administration", "PO", 30, 1, 0.9, "oral", None, None, None, None, None),
    ("f5", "disease_disorder", "fracture", 40, 2, 0.8, "fracture", None, None, None, "S72", "ICD-10-CM"),
    ("f6", "diagnostic_procedure", "Calcium", 60, 2, 0.9, "Calcium", None, None, None, None, None),
    ("f7", "lab_value", "9.1", 70, 2, 0.9, None, None, "9.1", None, None, None),
    ("f8", "result_unit", "mg/dL", 80, 2, 0.9, None, None, None, None, "mg/dL", "UCUM"),
    ("f9", "date_of_birth", "04/25/1957", 90, 3, 0.9, None, date(1957, 4, 25), None, None, None, None),
    ("f10", "sex", "F", 99, 3, 0.6, None, None, None, None, "female", "administrative-gender"),
]
_DOCUMENTS = [("1", "medical", "processed"), ("2", "medical", "parsed"), ("3", "legal", "processed")]
_RECORDS = [
    ("m", "medication", [("drug", "f1"), ("dose", "f2"), ("dose", "f3"), ("route", "f4")]),
    ("p", "problem", [("problem", "f5"), ("assertion_negated", "f5")]),
    ("t", "test", [("test", "f6"), ("value", "f7"), ("unit", "f8")]),
    ("x", "patient", [("date_of_birth", "f9"), ("sex", "f10")]),
]


@pytest.fixture
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        migrate(connection)
        _apply_views(connection)
        _fill(connection)
        yield connection


def _apply_views(connection: duckdb.DuckDBPyConnection) -> None:
    apply_views(connection, DOMAIN.name, (DOMAIN.folder / "views.sql").read_text(encoding="utf-8"))


def _fill(connection: duckdb.DuckDBPyConnection) -> None:
    for number, domain, state in _DOCUMENTS:
        _store(connection, number, _FINDINGS, _RECORDS, domain, state)


def _store(
    connection: duckdb.DuckDBPyConnection,
    number: str,
    findings: Sequence[tuple[Any, ...]],
    records: Sequence[tuple[str, str, list[tuple[str, str]]]],
    *state: str,
) -> None:
    connection.execute(
        "INSERT INTO core.documents (document_id, name, path, size_bytes, page_count, char_count, text, domain, "
        "state, parser, run_id, stored_at) VALUES (?, ?, '', 1, 3, 1, '', ?, ?, 'p', 'r', now())",
        [f"d{number}", f"{number}.pdf", *(state or ("medical", "processed"))],
    )
    _insert(connection, number, findings, records)


def _head(connection: duckdb.DuckDBPyConnection, document_id: str, headings: Sequence[tuple[str, int, int]]) -> None:
    for ordinal, (title, start, end) in enumerate(headings):
        section = [document_id, ordinal, title, [title], start, end]
        connection.execute("INSERT INTO core.sections VALUES (?, ?, ?, 1, ?, ?, ?)", section)


def _insert(
    connection: duckdb.DuckDBPyConnection,
    number: str,
    findings: Sequence[tuple[Any, ...]],
    records: Sequence[tuple[str, str, list[tuple[str, str]]]],
) -> None:
    for name, field, quote, start, page, chance, *value in findings:
        place = [start, start + len(quote), page, page, chance, "tagger"]
        row = [f"{name}-{number}", f"d{number}", field, quote, *place]
        connection.execute(f"INSERT INTO core.findings ({FINDING}) VALUES ({', '.join('?' * 16)})", row + value)
    for record, kind, members in records:
        for role, finding in members:
            row = [f"{record}-{number}", f"d{number}", kind, 0, role, f"{finding}-{number}"]
            connection.execute(f"INSERT INTO core.records ({MEMBER}) VALUES (?, ?, ?, ?, ?, ?)", row)


@pytest.mark.parametrize(
    ("query", "row"),
    [
        (
            "SELECT drug, dose, unit, route, frequency, probability, page, quote FROM medical.medications",
            ("metformin", Decimal("500.000000"), "mg", "oral", "twice daily", 0.7, 1, "Metformin"),
        ),
        (
            "SELECT problem, icd10_code, assertion, page, finding_id FROM medical.problems",
            ("fracture", "S72", "negated", 2, "f5-1"),
        ),
        (
            "SELECT name, value, value_number, unit FROM medical.tests",
            ("Calcium", "9.1", Decimal("9.100000"), "mg/dL"),
        ),
        ("SELECT name, date_of_birth, sex FROM medical.patients", (None, date(1957, 4, 25), "female")),
    ],
)
def test_each_processed_medical_record_is_one_typed_row(
    database: duckdb.DuckDBPyConnection, query: str, row: tuple[object, ...]
) -> None:
    assert database.execute(query).fetchall() == [row]


@pytest.mark.parametrize(
    ("roles", "warnings"),
    [
        ([("name", "f1")], []),
        ([("sex", "f10")], ["no patient named"]),
        ([("nobody", "f5")], ["about no patient", "no patient named"]),
        ([("conflicting_name", "f1"), ("conflicting_name", "f6")], ["several patient names"]),
    ],
)
def test_a_patient_row_warns_of_whom_it_may_not_be(
    database: duckdb.DuckDBPyConnection, roles: list[tuple[str, str]], warnings: list[str]
) -> None:
    _store(database, "4", _FINDINGS, [("y", "patient", roles)])
    query = "SELECT warnings FROM medical.patients WHERE document_id = 'd4'"
    assert database.execute(query).fetchall() == [(warnings,)]


_STAY = [  # as _FINDINGS: the same drug before and after a stay, under its brand and its own name, and dated events
    ("g1", "medication", "Lasix", 200, 1, 0.9, "lasix", None, None, None, "furosemide", "ingredient"),
    ("g2", "dosage", "20 mg", 206, 1, 0.9, None, None, "20", "mg", None, None),
    ("g3", "medication", "furosemide", 400, 2, 0.8, "furosemide", None, None, None, "furosemide", "ingredient"),
    ("g4", "dosage", "40 mg", 411, 2, 0.9, None, None, "40", "mg", None, None),
    ("g5", "medication", "aspirin", 230, 1, 0.9, "aspirin", None, None, None, "aspirin", "ingredient"),
    ("g6", "dosage", "81 mg", 240, 1, 0.9, None, None, "81", "mg", None, None),
    ("g7", "medication", "Aspirin", 430, 2, 0.9, "aspirin", None, None, None, "aspirin", "ingredient"),
    ("g8", "dosage", "81 mg", 440, 2, 0.9, None, None, "81", "mg", None, None),
    ("g9", "diagnostic_procedure", "BP", 500, 3, 0.9, "BP", None, None, None, "blood_pressure", "vital-sign"),
    ("g10", "lab_value", "118/70 mmHg", 503, 3, 0.9, "118/70 mmHg", None, None, None, None, None),
    ("g11", "disease_disorder", "stroke", 520, 3, 0.9, "stroke", None, None, None, None, None),
    ("g12", "date", "March 2019", 530, 3, 0.7, "2019-03", None, None, None, None, None),
    ("g14", "detailed_description", "Standing", 515, 3, 0.9, None, None, None, None, None, None),
    ("g13", "admission_date", "10/28/2024", 560, 3, 0.9, None, date(2024, 10, 28), None, None, None, None),
]
_STAY_RECORDS = [
    ("h1", "medication", [("drug", "g1"), ("dose", "g2")]),
    ("h2", "medication", [("drug", "g3"), ("dose", "g4")]),
    ("h3", "medication", [("drug", "g5"), ("dose", "g6")]),
    ("h4", "medication", [("drug", "g7"), ("dose", "g8")]),
    ("h5", "test", [("test", "g9"), ("value", "g10"), ("detail", "g14")]),
    ("h6", "problem", [("problem", "g11"), ("date", "g12")]),
    ("h7", "patient", [("admission_date", "g13")]),
]


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        (
            "SELECT drug, admission_doses, discharge_doses, probability FROM medical.conflicts",
            [("furosemide", ["20.0 mg"], ["40.0 mg"], 0.8)],
        ),
        (
            "SELECT happened_on, known_to, kind, event, probability FROM medical.timeline",
            [
                (date(2019, 3, 1), "month", "problem", "stroke", 0.7),
                (date(2024, 10, 28), "day", "admission_date", None, 0.9),
            ],
        ),
        (
            "SELECT vital, systolic, diastolic, body_site, detail FROM medical.vitals",
            [("blood_pressure", 118, 70, None, "standing")],
        ),
        ("SELECT class, started_on, ended_on FROM medical.encounters", [("inpatient", date(2024, 10, 28), None)]),
    ],
)
def test_a_stay_reads_as_conflicts_events_and_vitals(
    database: duckdb.DuckDBPyConnection, query: str, rows: list[tuple[object, ...]]
) -> None:
    database.execute("DELETE FROM core.records")
    database.execute("DELETE FROM core.findings")
    _insert(database, "1", _STAY, _STAY_RECORDS)
    headings = [("HOME MEDICATIONS", 190, 300), ("HOSPITAL COURSE", 300, 390), ("DISCHARGE MEDICATIONS", 390, 480)]
    _head(database, "d1", headings)
    assert database.execute(query).fetchall() == rows


_HEADINGS = [("HOME MEDICATIONS", 0, 100), ("DISCHARGE MEDICATIONS", 100, 200)]
_PAIRS = [  # what a drug is given as before, what after, and what differs
    ("metformin 1 g oral twice daily", "metformin 1000 mg oral twice daily", None),
    ("metformin 500 mg oral twice daily", "metformin 0.5 g oral twice daily", None),
    ("digoxin 125 mcg oral once daily", "digoxin 0.125 mg oral once daily", None),
    ("Tylenol 650 mg oral every 6 hours", "acetaminophen 650 mg by mouth q6h", None),
    ("Tylenol 325 mg oral every 6 hours", "acetaminophen 650 mg oral every 6 hours", ["dose"]),
    ("metoprolol 25 mg oral once daily", "metoprolol 25 mg oral twice daily", ["frequency"]),
    ("furosemide 20 mg oral once daily", "furosemide 40 mg oral twice daily", ["dose", "frequency"]),
    ("furosemide 40 mg oral once daily", "furosemide 40 mg intravenous once daily", ["route"]),
    ("atorvastatin 40 mg oral once daily", "atorvastatin 40 mg oral at bedtime", None),
    ("oxycodone 5 mg oral every 6 hours", "oxycodone 5 mg oral every 6 hours as needed", ["frequency"]),
    ("oxycodone 5 mg oral as needed", "oxycodone 5 mg oral every 6 hours as needed", None),
    ("aspirin 81 mg oral once daily", "aspirin 1 tablet oral once daily", None),
    ("insulin glargine 10 units subcutaneous at bedtime", "insulin glargine 10 mL subcutaneous at bedtime", ["unit"]),
    ("heparin 5000 units subcutaneous three times daily", "heparin 5,000 IU sc every 8 hours", None),
    ("Norco 5/325 mg oral every 6 hours", "hydrocodone-acetaminophen 10/325 mg oral every 6 hours", ["dose"]),
    ("Norco 5/325 mg oral every 6 hours", "hydrocodone-acetaminophen 5/325 mg oral every 6 hours", None),
    ("prednisone 10 mg oral once daily", "prednisone 10 mg oral every other day", ["frequency"]),
    ("albuterol 90 mcg inhaled every 4-6 hours", "albuterol 90 mcg inhaled every 4 hours", ["frequency"]),
    # not looked at when the view was written
    ("levothyroxine 0.1 mg oral every morning", "Synthroid 100 mcg po daily", None),
    ("potassium chloride 20 mEq oral once daily", "KCl 20 meq oral every 12 hours", ["frequency"]),
    (
        "morphine 4 mg intravenous every 4 hours as needed",
        "morphine 4 mg intravenous every 6 hours as needed",
        ["frequency"],
    ),
    ("ondansetron 4 mg oral as needed", "Zofran 4 mg oral every 8 hours", ["frequency"]),
    ("methotrexate 10 mg oral once weekly", "methotrexate 10 mg oral once daily", ["frequency"]),
    ("vancomycin 1,250 mg iv q12h", "vancomycin 1.25 g intravenous twice daily", None),
    ("ASA 325 mg oral daily", "aspirin 81 mg oral daily", ["dose"]),
    ("Bactrim 800/160 mg oral twice daily", "TMP-SMX 800/160 mg oral bid", None),
    ("fentanyl 25 mcg/h transdermal every 3 days", "fentanyl 50 mcg/h transdermal every 3 days", ["dose"]),
    ("gabapentin 300 mg oral at bedtime", "gabapentin 300 mg oral three times daily", ["frequency"]),
    ("lorazepam 1 mg sublingual at bedtime", "lorazepam 1 mg oral at bedtime", ["route"]),
    ("prednisone 2 tablets oral daily", "prednisone 3 tablets oral daily", ["dose"]),
    ("insulin lispro 5 units subcutaneous with meals", "insulin lispro 5 units sc three times daily", None),
]


def _listed(name: str, start: int, words: str) -> tuple[list[tuple[Any, ...]], tuple[str, str, list[tuple[str, str]]]]:
    """The findings and the record of one line of a list, its drug, dose, route and frequency by their values."""
    drug, dose, rest = _LINE.fullmatch(words).groups()  # type: ignore[union-attr]
    route = next(w for w in (rest, *(rest.rsplit(" ", n)[0] for n in range(1, 6))) if _value("administration", w))
    quotes = [("medication", drug), ("dosage", dose), ("administration", route), ("frequency", rest[len(route) :])]
    roles = ("drug", "dose", "route", "frequency")
    findings, members = [], []
    for at, ((field, quote), role) in enumerate(zip(quotes, roles, strict=True)):
        quote = quote.strip()
        value = _value(field, quote) if quote else None
        if value:
            cells = (value.text, value.date, value.number, value.unit, value.code, value.code_system)
            findings.append((f"{name}{at}", field, quote, start + at, 1, 0.9, *cells))
            members.append((role, f"{name}{at}"))
    return findings, (name, "medication", members)


_LINE = re.compile(r"(\D+?) ([\d,./]+ [\w/]+) (.+)")


def _value(field: str, quote: str) -> Value | None:
    return DOMAIN.normalise(DOMAIN.fields_by_name[field], quote)


def test_lists_conflict_where_dose_frequency_or_route_surely_differ(database: duckdb.DuckDBPyConnection) -> None:
    for number, (before, after, _) in enumerate(_PAIRS, 10):
        listed = [_listed("b", 10, before), _listed("a", 110, after)]
        _store(database, str(number), [one for findings, _ in listed for one in findings], [one for _, one in listed])
        _head(database, f"d{number}", _HEADINGS)
    told = dict(database.execute("SELECT document_id, differs FROM medical.conflicts").fetchall())
    found = [(before, after, told.get(f"d{number}")) for number, (before, after, _) in enumerate(_PAIRS, 10)]
    assert found == _PAIRS


def test_every_wording_of_a_frequency_has_its_number_in_the_views(database: duckdb.DuckDBPyConnection) -> None:
    words = [
        "every 8 hours",
        "every 2 weeks",
        "every 3 days",
        "every hour",
        "6 times per day",
        "twice daily with meals",
    ]
    words += [wording for table in _frequencies() for wording in table["words"]]
    read = {known.wording: known.per_day for word in words if (known := parse_frequency(word))}
    rows = [(f"w{n}", "frequency", word, n, 1, 0.9, word, None, None, None, None, None) for n, word in enumerate(read)]
    _insert(database, "1", rows, [(f"r{n}", "medication", [("frequency", f"w{n}")]) for n in range(len(rows))])
    told = dict(database.execute("SELECT wording, times_per_day FROM medical.frequencies").fetchall())
    assert {word: told[word] for word in read} == {
        word: number and number.quantize(_SIX) for word, number in read.items()
    }


_SIX = Decimal("0.000001")


def _frequencies() -> list[dict[str, list[str]]]:
    tables: list[dict[str, list[str]]] = tomllib.loads(
        (DOMAIN.folder / "frequencies.toml").read_text(encoding="utf-8")
    )["frequency"]
    return tables


def test_the_codes_near_a_problem_are_listed_also_where_none_is_given(database: duckdb.DuckDBPyConnection) -> None:
    near = [{"code": "S72.009", "description": "Fracture of neck of femur", "score": 1.0}]
    database.execute(
        "UPDATE core.findings SET value_code = NULL, value_candidates = ? WHERE finding_id = 'f5-1'", [near]
    )
    query = "SELECT icd10_code, icd10_candidates FROM medical.problems"
    assert database.execute(query).fetchall() == [(None, near)]
    unnested = "SELECT problem, c.code, c.score FROM medical.problems, unnest(icd10_candidates) AS u(c)"
    assert database.execute(unnested).fetchall() == [("fracture", "S72.009", 1.0)]


def test_a_frequency_that_stands_with_the_dose_has_its_number(database: duckdb.DuckDBPyConnection) -> None:
    assert database.execute("SELECT frequency, times_per_day FROM medical.medications").fetchall() == [
        ("twice daily", Decimal(2))
    ]


def test_a_frequency_is_not_taken_from_another_dose(database: duckdb.DuckDBPyConnection) -> None:
    findings = [
        ("i1", "medication", "Gabapentin", 200, 1, 0.9, "gabapentin", None, None, None, None, None),
        ("i2", "dosage", "300 mg", 211, 1, 0.9, None, None, "300", "mg", None, None),
        ("i3", "dosage", "600 mg at bedtime", 240, 1, 0.9, None, None, "600", "mg", "at bedtime", "frequency"),
    ]
    _store(database, "9", findings, [("i", "medication", [("drug", "i1"), ("dose", "i2"), ("dose", "i3")])])
    query = "SELECT dose, frequency, times_per_day FROM medical.medications WHERE document_id = 'd9'"
    assert database.execute(query).fetchall() == [(Decimal(300), None, None)]


_SAID = [  # as _FINDINGS: drugs, a procedure and a problem of which each is said something else, all with one date
    ("k1", "medication", "aspirin", 10, 1, 0.9, "aspirin", None, None, None, None, None),
    ("k2", "medication", "warfarin", 20, 1, 0.9, "warfarin", None, None, None, None, None),
    ("k3", "medication", "insulin", 30, 1, 0.9, "insulin", None, None, None, None, None),
    ("k4", "medication_status", "stopped", 40, 1, 0.9, None, None, None, None, "stopped", "medication-status"),
    ("k5", "therapeutic_procedure", "bypass", 50, 1, 0.9, "bypass", None, None, None, None, None),
    ("k6", "disease_disorder", "hives", 60, 1, 0.9, "hives", None, None, None, None, None),
    ("k7", "date", "May 2, 2024", 70, 1, 0.9, None, date(2024, 5, 2), None, None, None, None),
    ("k8", "medication", "digoxin", 90, 1, 0.9, "digoxin", None, None, None, None, None),
    ("k9", "medication", "prednisone", 100, 1, 0.9, "prednisone", None, None, None, None, None),
    ("k10", "dosage", "40 mg", 111, 1, 0.9, None, None, "40", "mg", None, None),
    ("k11", "medication_status", "Start", 118, 1, 0.9, None, None, None, None, "started", "medication-status"),
    ("k12", "medication", "losartan", 130, 1, 0.9, "losartan", None, None, None, None, None),
]
_SAID_RECORDS = [
    ("n1", "medication", [("drug", "k1"), ("date", "k7")]),
    ("n2", "medication", [("drug", "k2"), ("date", "k7"), ("assertion_family", "k2")]),
    ("n3", "medication", [("drug", "k3"), ("date", "k7"), ("assertion_conditional", "k3")]),
    ("n4", "medication", [("drug", "k8"), ("status", "k4")]),
    ("n7", "medication", [("drug", "k9"), ("dose", "k10"), ("status", "k11"), ("assertion_hypothetical", "k9")]),
    ("n8", "medication", [("drug", "k12"), ("assertion_hypothetical", "k12")]),
    ("n5", "procedure", [("procedure", "k5"), ("date", "k7"), ("assertion_hypothetical", "k5")]),
    ("n6", "problem", [("problem", "k6"), ("date", "k7"), ("assertion_conditional", "k6")]),
]


def test_what_is_planned_denied_or_of_the_family_is_neither_current_nor_an_event(
    database: duckdb.DuckDBPyConnection,
) -> None:
    database.execute("DELETE FROM core.records")
    database.execute("DELETE FROM core.findings")
    _insert(database, "1", _SAID, _SAID_RECORDS)
    current = (DOMAIN.folder / "queries" / "current_medications.sql").read_text(encoding="utf-8")
    assert [row[1] for row in database.execute(current).fetchall()] == ["aspirin"]
    by_patient = (DOMAIN.folder / "queries" / "drugs_by_patient.sql").read_text(encoding="utf-8")
    given = [(row[2], row[4]) for row in database.execute(by_patient).fetchall()]
    assert given == [("aspirin", "present"), ("digoxin", "present"), ("prednisone", "hypothetical")]
    said = dict(database.execute("SELECT drug, assertion FROM medical.medications").fetchall())
    assert (said["warfarin"], said["insulin"], said["losartan"]) == ("family", "conditional", "hypothetical")
    assert database.execute("SELECT assertion FROM medical.procedures").fetchall() == [("hypothetical",)]
    events = database.execute("SELECT event FROM medical.timeline").fetchall()
    assert sorted(events) == [("aspirin",), ("hives",)]


def test_a_processed_document_without_records_still_has_its_patient_row(database: duckdb.DuckDBPyConnection) -> None:
    database.execute("DELETE FROM core.records")
    assert database.execute("SELECT document_name, record_id FROM medical.patients").fetchall() == [("1.pdf", None)]
    assert database.execute("SELECT count(*) FROM medical.procedures").fetchall() == [(0,)]


def test_every_view_and_column_says_what_it_is(database: duckdb.DuckDBPyConnection) -> None:
    silent = database.execute(
        "SELECT table_name, column_name FROM duckdb_columns() WHERE schema_name = 'medical' AND comment IS NULL "
        "UNION ALL SELECT view_name, '' FROM duckdb_views() WHERE schema_name = 'medical' AND comment IS NULL"
    ).fetchall()
    assert silent == []
    views = database.execute("SELECT count(*) FROM duckdb_views() WHERE schema_name = 'medical'").fetchone()
    assert views == (15,)


def test_the_views_can_be_replaced_in_place(database: duckdb.DuckDBPyConnection) -> None:
    _apply_views(database)
    assert database.execute("SELECT count(*) FROM medical.medications").fetchall() == [(1,)]
