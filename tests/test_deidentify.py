"""What is masked in real sentences and what must stay; surrogates, moved dates, and the map between the texts."""

import itertools
import json
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain_models.deidentify.evaluate import evaluate_file
from domain_models.deidentify.identify import identify
from domain_models.deidentify.surrogates import LEAST_WEEKS, MOST_WEEKS, mask, random_days

TODAY = date(2026, 3, 1)
WEEKS_BACK = 10
TABLES = tomllib.loads((Path(__file__).parent / "deidentified.toml").read_text(encoding="utf-8"))

MASKED = [
    ("Dr. Brown saw her.", "Dr. [NAME-1] saw her."),
    ("Patient: Rose May", "Patient: [NAME-1]"),
    ("SMITH, JOHN was seen.", "[NAME-1] was seen."),
    ("Attending: Walker, James MD", "Attending: [NAME-1]"),
    ("Mr. Parkinson has Parkinson disease.", "Mr. [NAME-1] has Parkinson disease."),
    ("I spoke with Siobhán O'Keefe.", "I spoke with [NAME-1]."),
    ("Seen with J. R. Kowalczyk.", "Seen with [NAME-1]."),
    ("Maria Alvarez, RN, called.", "[NAME-1], RN, called."),
    ("Her mother, Jerlene Shields, came.", "Her mother, [NAME-1], came."),
    ("Mark Hill fell. Mr. Hill is well.", "[NAME-1] fell. Mr. [NAME-1] is well."),
    ("Nora Lindqvist and Per Lindqvist met.", "[NAME-1] and [NAME-2] met."),
    ("My name is rubija", "My name is rubija"),
    ("MRN: 00482-19", "MRN: [ID-1]"),
    ("SSN 123-45-6789.", "SSN [ID-1]."),
    ("Passport Number X39499066X", "Passport Number [ID-1]"),
    ("VIN 1HGCM82633A004352", "VIN [ID-1]"),
    ("Serial number: PM-4471023", "Serial number: [ID-1]"),
    ("card 4111 1111 1111 1111", "card [ID-1]"),
    ("id fa470b46-b649-4f03-a9e5-c2e3f483524c", "id [ID-1]"),
    ("Phone: 555-222-8465", "Phone: [PHONE-1]"),
    ("Fax (617) 665-2300.", "Fax [PHONE-1]."),
    ("call +44 20 7946 0958", "call [PHONE-1]"),
    ("Write to rosa.ortega@clinic.example.org.", "Write to [EMAIL-1]."),
    ("See https://portal.example.org/p/77 soon", "See [URL-1] soon"),
    ("From 192.168.10.4.", "From [IP-1]."),
    ("He lives at 656 Connelly Bridge Unit 95.", "He lives at [ADDRESS-1]."),
    ("Somerville, MA 02138", "[ADDRESS-1]"),
    ("He was seen at 14 Harrowgate Lane, Kettlebury, LE16 9QT.", "He was seen at [ADDRESS-1]."),
    ("He lives at Dorpsweg 12, 3456 KL Zwolsen.", "He lives at [ADDRESS-1]."),
    ("Moved to Kossuth lajos utca 18. last week.", "Moved to [ADDRESS-1]. last week."),
    ("He lives at Praça Duarte de Lemos, 367.", "He lives at [ADDRESS-1]."),
    ("Her shop is in rue de Vauquelin.", "Her shop is in [ADDRESS-1]."),
    ("Flat 7 31 Thornbury Footway", "[ADDRESS-1]"),
    ("Sent to 1500 NE Alder Street, Kettlebury, OR 97301.", "Sent to [ADDRESS-1]."),
    ("He was seen at Dorpsweg 12, 3456KL Zwolsen.", "He was seen at [ADDRESS-1]."),
    ("the keys are at kastelstraße 14, 90402 zwolsen", "the keys are at [ADDRESS-1]"),
    ("Sent to 12 Larkspur Mews, Paphos, Cyprus (Greek) 13475.", "Sent to [ADDRESS-1]."),
    ("Sent to Kuuse tee 87, Apt. 9.", "Sent to [ADDRESS-1]."),
    ("ZIP: 02138", "ZIP: [ADDRESS-1]"),
    ("Sent to P.O. Box 118.", "Sent to [ADDRESS-1]."),
    ("A 95-year-old man", "A 90+-year-old man"),
    ("Age: 101", "Age: 90+"),
    ("a ninety-two-year-old woman", "a 90+-year-old woman"),
    ("Seen 03/15/2024.", "Seen 01/05/2024."),
    ("He was seen on 3/5.", "He was seen on 12/26."),
    ("Seen 2024-03-15T09:30:00Z.", "Seen 2024-01-05T09:30:00Z."),
    ("on March 15, 2024", "on January 5, 2024"),
    ("on the 15th of March 2024", "on the 5th of January 2024"),
    ("since Mar 2024", "since Jan 2024"),
    ("MI in 2004", "MI in 2004"),
    ("On 15.03.2024 and 01.02.2024", "On 05.01.2024 and 23.11.2023"),
    ("DOB: 04/02/1931", "DOB: [DATE-1]"),
    ("on 13/45/2024", "on [DATE-1]"),
]

STAYS = [
    "She has Parkinson disease and Hodgkin lymphoma.",
    "Foley catheter placed; Babinski sign absent; Crohn's disease.",
    "Bell's palsy, Graves' disease and Murphy's sign.",
    "Lasix 40 mg PO daily, Coumadin 5 mg, Lisinopril 10 mg.",
    "He may walk. Patient will rest.",
    "May repeat in two weeks.",
    "BP 120/80, pulse 72, temperature 98.6, O2 97%.",
    "Strength 5/5 in all extremities, 2/6 systolic murmur.",
    "A 67-year-old man with a 2000 mL bag.",
    "Glucose 101 mg/dL, WBC 10.4, ratio 1:128.",
    "PAST MEDICAL HISTORY: hypertension, type 2 diabetes.",
    "Give 1990 mg over 24 hours.",
    "Escherichia coli and Staphylococcus aureus grew.",
    "CT abdomen with contrast on the left side.",
    "The patient denies chest pain on Monday.",
    "He worked in France and in Massachusetts.",
    "Amoxicillin 500 MG Oral Tablet",
    "Fed via PEG 1200 ML a day; Na 138, K 4.1, B12 5MG.",
    "Level 2 trauma centre, room air 95.",
    "Stage IIIA, T2 N1 M0, C5-C6 fusion.",
]


@pytest.mark.parametrize(("text", "expected"), MASKED)
def test_what_identifies_somebody_is_replaced(text: str, expected: str) -> None:
    assert mask(text, -7 * WEEKS_BACK, TODAY).text == expected


@pytest.mark.parametrize("text", STAYS)
def test_medicine_and_ordinary_words_stay(text: str) -> None:
    assert mask(text, -7 * WEEKS_BACK, TODAY).text == text


@pytest.mark.parametrize(
    "case",
    [one for name, rows in TABLES.items() if not name.endswith("stays") for one in rows],
    ids=str,
)
def test_no_identifier_of_a_header_or_letter_is_left(case: Mapping[str, str | Sequence[str]]) -> None:
    masked = mask(case["text"], -7 * WEEKS_BACK, TODAY).text
    assert [one for one in case["hides"] if one in masked] == []
    assert [one for one in case.get("keeps", []) if one not in masked] == []


@pytest.mark.parametrize("text", [text for name, rows in TABLES.items() if name.endswith("stays") for text in rows])
def test_what_measures_counts_or_names_a_version_stays(text: str) -> None:
    assert mask(text, -7 * WEEKS_BACK, TODAY).text == text


MOVED = [
    ("ill since 2004-05", "ill since 2004-03"),
    ("seen 11-2003, well", "seen 09-2003, well"),
    ("On 15.3.24 and 1.2.24", "On 5.1.24 and 23.11.23"),
    ("Stay from 3.12. to 14.12.2023", "Stay from 24.9. to 05.10.2023"),
]


@pytest.mark.parametrize(("text", "expected"), MOVED)
def test_a_month_and_a_dotted_day_move_in_their_form(text: str, expected: str) -> None:
    assert mask(text, -7 * WEEKS_BACK, TODAY).text == expected


def test_dates_keep_order_distance_and_weekday() -> None:
    days = [date(1999, 12, 31), date(2000, 2, 29), date(2012, 5, 6), date(2026, 1, 1)]
    masked = mask("; ".join(f"on {day.isoformat()}" for day in days), -7 * 33, TODAY)
    moved = [date.fromisoformat(masked.text[m.char_start : m.char_end]) for m in masked.masks]
    assert [(after - before).days for before, after in zip(days, moved, strict=True)] == [-231] * 4
    assert [day.weekday() for day in moved] == [day.weekday() for day in days]


def test_days_to_move_are_whole_weeks_and_never_told_twice() -> None:
    drawn = [random_days() for _ in range(300)]
    assert all(day % 7 == 0 and LEAST_WEEKS * 7 <= -day <= MOST_WEEKS * 7 for day in drawn) and len(set(drawn)) > 100


WORDS = st.sampled_from(
    [
        "Dr. Brown",
        "Conroy",
        "Blair Conroy",
        "03/15/2024",
        "pain",
        "MRN: 448812",
        "a@b.org",
        "\f",
        "\n",
        "95-year-old",
        "Lasix",
        "é\u0301",
    ]
)


@settings(max_examples=80, deadline=None)
@given(st.lists(WORDS, max_size=14).map(" ".join))
def test_the_map_joins_both_texts(text: str) -> None:
    """What is not masked is the same on both sides; every place of the original has one in the masked text, in order."""
    masked = mask(text, -70, TODAY)
    kept, at = [], 0
    for one in masked.masks:
        kept.append((at, one.source_start))
        at = one.source_end
    for start, end in [*kept, (at, len(text))]:
        first, last = masked.interval(start, end)
        assert start == end or masked.text[first:last] == text[start:end]
    places = [masked.place(n) for n in range(len(text) + 1)]
    assert places == sorted(places) and places[-1] == len(masked.text)
    assert masked.text.count("\f") == text.count("\f")
    for one in masked.masks:
        assert masked.interval(one.source_start, one.source_end) == (one.char_start, one.char_end)


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="ABCabc 0123/.-:@\n\f,'é[]()+", max_size=60))
def test_any_text_can_be_masked(text: str) -> None:
    found = identify(text)
    assert all(one.char_start < one.char_end <= len(text) for one in found)
    assert all(one.char_end <= other.char_start for one, other in itertools.pairwise(found))
    mask(text, -70, TODAY)


def test_recall_counts_whole_identifiers_and_what_must_stay(tmp_path: Path) -> None:
    rows = [
        {"text": "Dr. Brown came.", "spans": [[4, 9, "PERSON"]]},
        {"text": "He came home.", "spans": []},
        {"text": "Mr. Hill came.", "spans": [[4, 8, "PERSON"]]},
        {"text": "He came home with pain.", "spans": [[18, 22, "PERSON"]]},
    ]
    data = tmp_path / "rows.jsonl"
    data.write_text("\n".join(map(json.dumps, rows)))
    measures = evaluate_file(data)
    assert measures["recall"]["names"] == {"share": 2 / 3, "masked": 2, "labelled": 3} and measures["precision"] == 1.0
    assert measures["recall_of_tuned_rows"]["names"] == {"share": 1.0, "masked": 2, "labelled": 2}
    assert measures["recall_of_untuned_rows"]["names"] == {"share": 0.0, "masked": 0, "labelled": 1}
    data.write_text(json.dumps({"tokens": ["Mr.", "Lasix", "helps"], "tags": ["O", "B-Chemical", "O"]}))
    assert evaluate_file(data)["masked_of_what_must_stay"]["Chemical"]["share"] == 1.0
