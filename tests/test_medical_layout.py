"""Rows of tables and lists by their labels: each text beside the rows that it states, and no row where it is ambiguous."""

from collections.abc import Sequence

import pytest

from domain_models.medical.stated import read_stated, stated_spans

_LABS = "Test\tResult\tFlag\tReference range\tUnit\n"
_DRUGS = "Medication\tDose\tRoute\tFrequency\tStatus\n"

_TABLES: list[tuple[str, list[dict[str, str]]]] = [
    (  # empty cells leave no mark: what a cell can be tells its column
        _LABS + "Sodium\t138\t135 - 145\tmmol/L\nPotassium\t6.3\tHH\t3.5 - 5.1\tmmol/L\nNitrite\tnegative\tnegative\n",
        [
            {"test": "Sodium", "value": "138", "reference_range": "135 - 145", "unit": "mmol/L"},
            {"test": "Potassium", "value": "6.3", "flag": "HH", "reference_range": "3.5 - 5.1", "unit": "mmol/L"},
            {"test": "Nitrite", "value": "negative", "reference_range": "negative"},
        ],
    ),
    (
        _DRUGS
        + "Torsemide\t40 mg\toral\tonce daily\tNEW, in place of\nfurosemide\nMetformin\t500 mg\toral\ttwice daily\tunchanged\n",
        [
            {"drug": "Torsemide", "dose": "40 mg", "route": "oral", "frequency": "once daily", "status": "NEW"},
            {"drug": "Metformin", "dose": "500 mg", "route": "oral", "frequency": "twice daily", "status": "unchanged"},
        ],
    ),
    (  # a name that was wrapped over the line above it
        "Test\tValue\tDate\nMean corpuscular hemoglobin\nconcentration in red cells\t33.9\t2019-04-02\nTSH\t2.1\t2019-04-02\n",
        [
            {"test": "Mean corpuscular hemoglobin\nconcentration in red cells", "value": "33.9", "date": "2019-04-02"},
            {"test": "TSH", "value": "2.1", "date": "2019-04-02"},
        ],
    ),
    (  # a heading between rows had room for the next word: it is no part of a name
        "Test\tValue\tUnit\nCreatinine in serum\t1.2\tmg/dL\nHormones\nTSH\t2.1\tmIU/L\n",
        [{"test": "Creatinine in serum", "value": "1.2", "unit": "mg/dL"}],
    ),
    (
        "Test\t10/06/2024\t10/09/2024 Unit\nSodium\t131\t134 mmol/L\nFerritin\t14\t- ng/mL\n",
        [
            {"test": "Sodium", "value": "131", "unit": "mmol/L", "date": "10/06/2024"},
            {"test": "Sodium", "value": "134", "unit": "mmol/L", "date": "10/09/2024"},
            {"test": "Ferritin", "value": "14", "unit": "ng/mL", "date": "10/06/2024"},
        ],
    ),
    (
        "Date\tBlood pressure\tWeight (kg)\n2024-05-01\t148/92 mmHg\t91.4\n",
        [
            {"test": "Blood pressure", "value": "148/92 mmHg", "date": "2024-05-01"},
            {"test": "Weight", "value": "91.4", "date": "2024-05-01", "unit": "kg"},
        ],
    ),
    (
        "Allergen\tReaction\tSeverity\nPenicillin\trash\tmild\nLatex\tsevere\n",
        [{"allergy": "Penicillin", "reaction": "rash", "severity": "mild"}, {"allergy": "Latex"}],
    ),
    (
        "Relative\tCondition\tSince\nMother\tstroke\t2004\n",
        [{"problem": "stroke", "date": "2004", "relative": "Mother"}],
    ),
    # a table that goes on behind a page's edge, with its furniture between
    (
        "Clinic of the North\nTest\tValue\tUnit\nSodium\t138\tmmol/L\nA. Hill\tPage 1 of 2\fClinic of the North\nUrea\t5.1\tmmol/L\n",
        [{"test": "Sodium", "value": "138", "unit": "mmol/L"}, {"test": "Urea", "value": "5.1", "unit": "mmol/L"}],
    ),
    # what follows a table is not in it
    (
        "Drug\tDose\nAspirin\t81 mg\nSigned electronically\nA. Hill\tcc: B. Dale\n",
        [{"drug": "Aspirin", "dose": "81 mg"}],
    ),
    # cells that stand too close to be parted by the reader, in the head row and beneath it
    (
        "Test\tResult Reference Units\nSodium\t132 (L) 135-145\tmmol/L\nPotassium 7.2 H\t3.5-5.1\tmmol/L\n",
        [
            {"test": "Sodium", "value": "132", "flag": "L", "reference_range": "135-145", "unit": "mmol/L"},
            {"test": "Potassium", "value": "7.2", "flag": "H", "reference_range": "3.5-5.1", "unit": "mmol/L"},
        ],
    ),
    (  # a line without any gap is a row where its words fill every column
        "Test\tResult\tReference\nLeukocyte esterase Negative Negative\nSpecific gravity\t1.018\t1.005-1.030\n",
        [
            {"test": "Leukocyte esterase", "value": "Negative", "reference_range": "Negative"},
            {"test": "Specific gravity", "value": "1.018", "reference_range": "1.005-1.030"},
        ],
    ),
    (  # results of several days, their units and ranges before them
        "Test\tUnits\tRef range 14/03/2024 18/03/2024\nHaemoglobin g/L\t115-165\t98 L\t121\nPlatelets\t10^9/L 150-400\t188\t-\n",
        [
            {
                "test": "Haemoglobin",
                "value": "98",
                "flag": "L",
                "unit": "g/L",
                "reference_range": "115-165",
                "date": "14/03/2024",
            },
            {"test": "Haemoglobin", "value": "121", "unit": "g/L", "reference_range": "115-165", "date": "18/03/2024"},
            {"test": "Platelets", "value": "188", "unit": "10^9/L", "reference_range": "150-400", "date": "14/03/2024"},
        ],
    ),
    (  # a column that we know to say nothing still parts its neighbours
        "Medication\tDose\tRoute Frequency\tLast taken Status\nWarfarin\t2.5 mg\tPO\tNightly\t05/05/2024 Hold\n"
        "Levothyroxine\t75 mcg\tPO\tDaily before breakfast 05/06/2024 Continue\n",
        [
            {"drug": "Warfarin", "dose": "2.5 mg", "route": "PO", "frequency": "Nightly", "status": "Hold"},
            {
                "drug": "Levothyroxine",
                "dose": "75 mcg",
                "route": "PO",
                "frequency": "Daily before breakfast",
                "status": "Continue",
            },
        ],
    ),
    (  # a pressure is two numbers, a time of day is no temperature; where a sign is missing only what is sure is taken
        "Time Temp (C) HR BP\tRR\n20:00 37.2\t82 128/80\t16\n04:00 36.8\t122/72\t16\n",
        [
            {"test": "Temp", "value": "37.2", "unit": "C"},
            {"test": "HR", "value": "82"},
            {"test": "BP", "value": "128/80"},
            {"test": "RR", "value": "16"},
            {"test": "BP", "value": "122/72"},
            {"test": "RR", "value": "16"},
        ],
    ),
    # labels that say nothing, or only one thing, give nothing
    ("Item\tRecord\nBlood loss\t25 mL\n", []),
    ("Test\tOrdered by\nTSH\tA. Hill\n", []),
    ("Appointment\tWith\tWhen\nHeart clinic\tA. Hill\t10/20/2024\n", []),
]

_LISTS: list[tuple[str, list[dict[str, str]]]] = [
    (
        "DIAGNOSES\n1. Gout, since May 26, 1991\n2. Acute bronchitis, since May 2, 2015, resolved May 9, 2015\n3. Cough and fever.\n"
        "4. Head injury with no fracture, since June 3, 2016\n5. No asthma, May 2016\n6. Metabolic syndrome X (disorder), since May 2, 2015\n",
        [
            {"problem": "Gout", "date": "May 26, 1991"},
            {"problem": "Acute bronchitis", "date": "May 2, 2015", "status": "resolved", "resolved_on": "May 9, 2015"},
            {"problem": "Head injury with no fracture", "date": "June 3, 2016"},
            {"problem": "Metabolic syndrome X (disorder)", "date": "May 2, 2015"},
        ],
    ),
    (
        "MEDICATIONS:\n1. Digoxin 0.125 MG Oral Tablet, started May 2, 2015\n2. Start prednisone 40 mg PO daily\n3. She takes no aspirin.\nPLAN\n4. Aspirin\n",
        [
            {
                "drug": "Digoxin",
                "dose": "0.125 MG",
                "route": "Oral Tablet",
                "status": "started",
                "started_on": "May 2, 2015",
            },
            {"drug": "prednisone", "dose": "40 mg", "route": "PO", "frequency": "daily", "status": "Start"},
        ],
    ),
    (
        "Allergies: Penicillin (rash), latex (hives, severe). No known food allergies.\n",
        [
            {"allergy": "Penicillin", "reaction": "rash"},
            {"allergy": "latex", "reaction": "hives", "severity": "severe"},
            {"allergy": "No known food allergies"},
        ],
    ),
    ("ALLERGIES\nPenicillin - rash, hives\n", [{"allergy": "Penicillin", "reaction": "rash"}]),
    (
        "LABORATORY RESULTS\nMay 2, 2015: Sodium 138 mmol/L; Calcium, adjusted\n2.18 mmol/L; Urine is clear.\n",
        [
            {"test": "Sodium", "value": "138 mmol/L", "date": "May 2, 2015"},
            {"test": "Calcium, adjusted", "value": "2.18 mmol/L", "date": "May 2, 2015"},
        ],
    ),
    (
        "VITALS\nBlood Pressure: 123/84 mm[Hg] (2015-05-02)\nOxygen saturation: 97\n% (2015-05-02)\nSeen by nurse 3 times\n",
        [
            {"test": "Blood Pressure", "value": "123/84 mm[Hg]", "date": "2015-05-02"},
            {"test": "Oxygen saturation", "value": "97\n%", "date": "2015-05-02"},
        ],
    ),
    (
        "PROCEDURES PERFORMED\n1.\tLaparoscopic cholecystectomy with cholangiogram.\nINDICATIONS\nPain.\n",
        [{"procedure": "Laparoscopic cholecystectomy"}, {"procedure": "cholangiogram"}],
    ),
    (
        "DRUG ALLERGIES\n- Iodinated contrast -> hives, severe, 2016\n- Morphine causes itching\n- Environmental: dust mites, ragweed (rhinitis)\n",
        [
            {"allergy": "Iodinated contrast", "reaction": "hives", "severity": "severe", "date": "2016"},
            {"allergy": "Morphine", "reaction": "itching"},
            {"allergy": "dust mites"},
            {"allergy": "ragweed", "reaction": "rhinitis"},
        ],
    ),
    (  # a plain item is a problem where the code tables know it
        "PAST MEDICAL HISTORY\n1. Gout\n2. Pneumonia in 2019\n3. Wears two hats\nESTIMATED WEIGHT: 71 kg\n",
        [{"problem": "Gout"}, {"problem": "Pneumonia", "date": "2019"}],
    ),
    (
        "PAST SURGICAL HISTORY\n1. Cholecystectomy (1998)\n2. Right total knee replacement 2011\n3. Noncontributory\n",
        [
            {"procedure": "Cholecystectomy", "date": "1998"},
            {"procedure": "Right total knee replacement", "date": "2011"},
        ],
    ),
    (
        "MEDICATIONS\n1. Potassium chloride 20 mEq by mouth daily for 7 days (NEW)\n",
        [
            {
                "drug": "Potassium chloride",
                "dose": "20 mEq",
                "route": "by mouth",
                "frequency": "daily",
                "duration": "7 days",
                "status": "NEW",
            }
        ],
    ),
    (  # a result behind another result is not named by it
        "RESULTS\nPT 13.1 sec INR 1.1\nA1C 6.9 H % <5.7\n",
        [{"test": "PT", "value": "13.1 sec"}, {"test": "INR", "value": "1.1"}],
    ),
    (
        "BP 132/84, HR 88, RR 18, T 98.6 F, SpO2 97% on 2L NC, Wt 81.2 kg, Ht 5'10\", pain 3/10",
        [
            {"test": "BP", "value": "132/84"},
            {"test": "HR", "value": "88"},
            {"test": "RR", "value": "18"},
            {"test": "T", "value": "98.6 F"},
            {"test": "SpO2", "value": "97%"},
            {"test": "Wt", "value": "81.2 kg"},
        ],
    ),
    (
        "T 36.8 P 98 R 20 BP 118/70",
        [
            {"test": "T", "value": "36.8"},
            {"test": "P", "value": "98"},
            {"test": "R", "value": "20"},
            {"test": "BP", "value": "118/70"},
        ],
    ),
    ("P 3.4, T cells 40, R 12.", []),
    (  # pressures of both arms or of several positions: each is a row
        "BP 142/88 R arm, 138/84 L arm, HR 72",
        [
            {"test": "BP", "value": "142/88", "body_site": "R arm"},
            {"test": "BP", "value": "138/84", "body_site": "L arm"},
            {"test": "HR", "value": "72"},
        ],
    ),
    (
        "Orthostatics: lying 130/80, standing 110/70",
        [
            {"test": "Orthostatics", "value": "130/80", "detail": "lying"},
            {"test": "Orthostatics", "value": "110/70", "detail": "standing"},
        ],
    ),
    (
        "BP was 142/88 in the right arm and 138/84 in the left arm.",
        [
            {"test": "BP", "value": "142/88", "body_site": "right arm"},
            {"test": "BP", "value": "138/84", "body_site": "left arm"},
        ],
    ),
    (
        "Blood pressure was 170/100 on arrival, repeat 150/88.",
        [{"test": "Blood pressure", "value": "170/100"}, {"test": "Blood pressure", "value": "150/88"}],
    ),
    ("BP 150/90, repeat 140/85", [{"test": "BP", "value": "150/90"}, {"test": "BP", "value": "140/85"}]),
    ("BP 142/88, 130/80 goal\nBP 142/88 (baseline 120/80)", []),
    ("BP 142/88 on 10/12/2023\nBP 140/90-150/95\nBP 142/88, 20/40 vision", []),
    ("BP 110-132/60-78, HR 60-85, Wt 180 pounds.", []),
    (
        "Na 137, K 4.2, Cr 2.1 (1.8 yesterday), Glu 142 (H), WBC 18.4 -> 16.1, troponin <0.01, K 4.l",
        [
            {"test": "Na", "value": "137"},
            {"test": "K", "value": "4.2"},
            {"test": "Glu", "value": "142", "flag": "H"},
            {"test": "troponin", "value": "<0.01"},
        ],
    ),
    ("Potassium chloride 20 mEq, vitamin K 10 mg, glucose 5% 500 mL.", []),
    ("Her father died of a stroke at 71.", [{"problem": "stroke", "relative": "father"}]),
    ("Her sister has a cat.", []),
    (  # lines without bullets that begin in lower case: each that names a drug or a problem is an item
        "Home meds:\nfurosemide 40 mg daily\nwarfarin\npotassium chloride 20 mEq daily\n",
        [
            {"drug": "furosemide", "dose": "40 mg", "frequency": "daily"},
            {"drug": "warfarin"},
            {"drug": "potassium chloride", "dose": "20 mEq", "frequency": "daily"},
        ],
    ),
    (
        "Medications\nlevetiracetam extended release 500 mg daily at bedtime for seizures\nmetformin 500 mg daily\n",
        [{"drug": "metformin", "dose": "500 mg", "frequency": "daily"}],
    ),
    (
        "PMH:\ncoronary artery disease s/p stent\ndepression\nanxiety\n",
        [{"problem": "depression"}, {"problem": "anxiety"}],
    ),
    (
        "Problem list\ndiverticulosis of the sigmoid colon seen on colonoscopy with diabetic\nneuropathy\n",
        [],
    ),
]


def _rows(text: str) -> Sequence[dict[str, str]]:
    return [{c.role: text[c.char_start : c.char_end] for c in row.cells} for row, _ in read_stated(text).rows]


@pytest.mark.parametrize(("text", "rows"), [*_TABLES, *_LISTS])
def test_rows_are_what_the_labels_say(text: str, rows: list[dict[str, str]]) -> None:
    assert _rows(text) == rows


def test_a_short_row_that_fits_in_several_ways_gives_only_what_is_sure() -> None:
    text = "Allergen\tReaction\tRecorded\tSeverity\nLatex\tlow\n"
    assert [row for row in _rows(text) if "reaction" in row or "severity" in row] == []


def test_the_cells_of_a_row_are_spans_of_their_columns_fields() -> None:
    text = "Drug\tDose\nAspirin\t81 mg\nWarfarin was stopped."
    spans = {(span.field, text[span.char_start : span.char_end]) for span in stated_spans(text)}
    assert spans == {("medication", "Aspirin"), ("dosage", "81 mg"), ("medication_status", "stopped")}
