"""What the guard believes and what it refuses, as pairs of a written sentence and the text that it cites."""

import tomllib
from pathlib import Path

import pytest

from domain_models.guard.figures import figures
from domain_models.guard.support import supported, unsupported
from domain_models.guard.words import stem

AGREEMENT = (
    "This Services Agreement is made as of March 3, 2021 between Acme Widgets, Inc., a Delaware corporation "
    '("Supplier"), and Borealis Foods LLC ("Customer"). Customer shall pay $1,500,000 '
    "within thirty (30) days of the invoice."
)
TERM = (
    "The term shall commence on the Effective Date and continue for three (3) years. It renews automatically for "
    "successive one (1) year terms unless either party gives ninety (90) days' written notice. "
    "Neither party shall assign this Agreement. If Customer defaults, Supplier may terminate this Agreement."
)
NOTE = (
    "The patient is a 54-year-old male with hypertension who presented with substernal chest pain for two hours. "
    "He denies shortness of breath, fever or cough. There is no evidence of pneumonia. Possible gastritis. "
    "His mother had breast cancer. He was given aspirin 81 mg and metoprolol 25 mg. Troponin was 0.04. "
    "Pulmonary embolism was ruled out. Follow-up on 4/15/2022."
)

BELIEVED = [
    (
        "Urinalysis showed 30 mg of protein.",
        "Urinalysis showed glucose, 30 mg/dL of protein.",
    ),
    ("It is governed by the laws of Delaware.", "It is governed by the laws of the State of Delaware."),
    ("Buyer accepts the terms of the lease.", "Buyer accepts the terms and conditions of the lease."),
    ("He takes a supply of tablets.", "He takes a supply (for one week) of tablets."),
    ("Buyer pays the royalty.", "Buyer shall pay the royalty."),
    ("Supplier hereby grants a licence.", "Supplier hereby grants a licence that may be used in Spain."),
    ("She tolerated the procedure.", "She tolerated the procedure and was sent home."),
    ("Buyer's agent may inspect the mill.", "Buyer's sole agent may inspect the mill of Seller."),
    ("Seller gives at least 30 days of notice.", "Seller gives at least thirty (30) days of notice to Buyer."),
    ("It was signed on June 2, 2018 in Spain.", "It was signed June 2, 2018 in Spain."),
    ("On June 2, 2018 Acme signed the lease.", "Acme signed the lease on June 2, 2018."),
    ("It runs from June 2, 2018 and expires on May 1, 2021.", "It runs from June 2, 2018 and expiring May 1, 2021."),
    ("She was seen for gout.", "She was seen by the registrar for gout of the toe."),
    ("There is no sign of fever.", "There is no sign of fever."),
    ("Notice is due within 30 days of receipt.", "Notice is due within thirty (30) days of receipt by Buyer."),
    ("Buyer pays 5% of Net Sales.", "Buyer pays five percent (5%) of Net Sales each year."),
    ("Protein was found.", "30 mg/dL of protein. Protein was found."),
    ("Supplier must pay the Customer.", "Supplier shall pay Customer."),
    ("The agreement is between Acme Widgets, Inc. and Borealis Foods LLC.", AGREEMENT),
    ("It is dated 3 March 2021.", AGREEMENT),
    ("It was made in March 2021.", AGREEMENT),
    ("The agreement was made in 2021.", AGREEMENT),
    ("Customer must pay $1.5 million within 30 days.", AGREEMENT),
    ("CUSTOMER SHALL PAY $1500000 WITHIN 30 DAYS.", AGREEMENT),
    ("Acme Widgets is a Delaware corporation.", AGREEMENT),
    ("The term continues for 3 years.", TERM),
    ("It renews automatically for successive 1-year terms unless either party gives notice.", TERM),
    ("It renews for 1-year terms.", "It renews for one-year terms. Either party may end it only by notice."),
    ("Renewal is automatic unless either party gives 90 days notice.", TERM),
    ("Neither party shall assign the contract.", TERM),
    ("If Customer defaults, Supplier may terminate.", TERM),
    ("A 54-year-old male presented with chest pain for 2 hours.", NOTE),
    ("The patient denies fever and cough.", NOTE),
    ("He does not have shortness of breath.", NOTE),
    ("He was given aspirin 81 mg.", NOTE),
    ("There is no pneumonia.", NOTE),
    ("Possible gastritis is noted.", NOTE),
    ("His mother had breast cancer.", NOTE),
    ("Pulmonary embolism was ruled out.", NOTE),
    ("Follow-up is on 4/15/2022.", NOTE),
    ("Follow-up is on April 15, 2022.", NOTE),
    ("Troponin was 0.04.", NOTE),
    ("The fee rises by five percent each year.", "The fee rises by 5% each year."),
    ("Blood pressure was 120/80.", "Her blood pressure was 120/80 today."),
    ("She has COVID-19.", "She tested positive for COVID-19 and has mild symptoms."),
]

REFUSED = [
    ("The agreement is between Acme Widgets, Inc. and Zephyr Foods LLC.", AGREEMENT, "zephyr foods llc"),
    ("Acme Foods shall pay.", AGREEMENT, "acme foods"),
    ("It is dated March 4, 2021.", AGREEMENT, "march 4, 2021"),
    ("It is dated 3/3/2020.", AGREEMENT, "3/3/2020"),
    ("Customer shall pay $2 million within 30 days.", AGREEMENT, "$2 million"),
    ("Customer shall pay $1,500,000 within 30 months.", AGREEMENT, "30"),
    ("Customer shall pay 3 invoices.", AGREEMENT, "3"),
    ("Customer may pay the invoice.", AGREEMENT, "may"),
    ("The Supplier is a Nevada corporation.", AGREEMENT, "nevada"),
    ("The term continues for three months.", TERM, "three"),
    ("The term continues for four years.", TERM, "four"),
    ("It renews manually for successive terms.", TERM, "manually"),
    ("Either party shall assign this Agreement.", TERM, "assign"),
    ("Supplier may terminate this Agreement immediately.", TERM, "immediately"),
    ("Customer defaults.", TERM, "defaults"),
    ("It does not renew automatically.", TERM, "renew"),
    ("The patient has fever.", NOTE, "fever"),
    ("The patient reports cough and chest pain.", NOTE, "cough"),
    ("He has pneumonia.", NOTE, "pneumonia"),
    ("He has gastritis.", NOTE, "gastritis"),
    ("He has breast cancer.", NOTE, "breast"),
    ("He denies chest pain.", NOTE, "chest"),
    ("Pulmonary embolism was found.", NOTE, "pulmonary"),
    ("He was given aspirin 325 mg.", NOTE, "325"),
    ("He was given aspirin 81 mcg.", NOTE, "81"),
    ("He was given atenolol 25 mg.", NOTE, "atenolol"),
    ("She was given aspirin 81 mg.", NOTE, "she"),
    ("A 45-year-old male presented with chest pain.", NOTE, "45"),
    ("Chest pain lasted two days.", NOTE, "two"),
    ("He has subcutaneous chest pain.", NOTE, "subcutaneous"),
    ("Troponin was 0.4.", NOTE, "0.4"),
    ("Blood pressure was 120/90.", "Her blood pressure was 120/80 today.", "120/90"),
    ("She has COVID-20.", "She tested positive for COVID-19 and has mild symptoms.", "COVID-20"),
    ("She takes vitamin B6.", "She takes vitamin B12.", "B6"),
    ("It is dated April 5, 2021.", "It is dated 4/5/2021.", "april 5, 2021"),
    ("The right knee is swollen.", "The left knee is swollen.", "right"),
    ("He was prescribed prednisolone.", "He was prescribed prednisone.", "prednisolone"),
    ("The diagnosis was asthma.", "The diagnosis is unclear. Mild asthma was known.", "diagnosis asthma"),
    ("He has chills.", "He denies fever,\nnausea, vomiting or\nchills.", "chills"),
    (
        "Bilirubin was 9.18 and calcium 6.84.",
        "Bilirubin was 6.84 and calcium was 9.18.",
        "bilirubin 9.18 calcium 6.84",
    ),
    ("Customer shall pay Supplier.", "Supplier shall pay Customer.", "customer pay supplier"),
    ("customer shall pay supplier.", "Supplier shall pay Customer. Customer is a firm.", "customer pay supplier"),
    ("It renews automatically for successive 1-year terms.", TERM, "unless"),
    ("Supplier may terminate this Agreement.", TERM, "if"),
    ("Staff shall not compete.", "During the Term, Staff shall not compete.", "during"),
    ("Liability is capped at $5.", "Subject to clause 3, liability is capped at $5.", "subject to"),
    (
        "It ends on the date of payment.",
        "It ends on the earliest to occur of the date of payment and May 1.",
        "earliest to occur",
    ),
    ("We must keep the insurance.", "You must keep the insurance that we choose.", "we keep insurance"),
    ("He takes Xanax 10 mg daily.", "He takes Xanax 0.25 mg p.r.n., Uroxatral 10 mg daily.", "takes xanax 10 daily"),
    ("He takes Xanax daily.", "He takes Xanax 0.25 mg p.r.n., Uroxatral 10 mg daily.", "takes xanax daily"),
    ("She was seen for strep and rests.", "She was seen for strep, which was negative, and rests.", "seen strep rests"),
    (
        "Urinalysis showed negative glucose, ketones and protein.",
        "Urinalysis showed negative glucose, ketones and blood, 30 mg/dL of protein.",
        "urinalysis negative glucose ketones protein",
    ),
    ("Buyer pays Net Sales.", "Buyer pays 5% of Net Sales.", "buyer pays net sales"),
    (
        "Buyer bears the duties unless Seller has sent it a waiver.",
        "Buyer bears the duties unless Buyer shall have sent Seller a waiver.",
        "it",
    ),
    (
        "Distributor undertakes not to sell pumps in Spain.",
        "Distributor undertakes not to sell pumps on its own account in Spain.",
        "own account",
    ),
    (
        "Seller pays the carrier as set out in Annex C.",
        "Seller pays the carrier as set out in Annex B for spare hoses and fittings listed in Annex C.",
        "seller pays carrier out annex c",
    ),
    (
        "She was given cefazolin and compression stockings.",
        "She was given cefazolin and gentamicin promptly as antibiotic prophylaxis and compression stockings against clots.",
        "cefazolin compression stockings",
    ),
    (
        "The fees are $3 million.",
        "The fees are: (1) for advice, $3 million, (2) for funding, $1 million.",
        "fees 3000000",
    ),
    ("Buyer plans for the specified quarter.", "Buyer plans for the current quarter.", "specified"),
    ("Buyer bears profits.", "Buyer bears loss of the profits.", "buyer bears profits"),
    ("Buyer may inspect the mill.", "Buyer's agent may inspect the mill.", "buyer inspect mill"),
    ("Her right ankle is swollen.", "Her right hip hurts and the left ankle is swollen.", "right ankle swollen"),
    ("Seller gives 30 days of notice.", "Seller gives at least 30 days of notice.", "least"),
    ("Rent is $500.", "Rent is $500 per month.", "per month"),
    ("The fee rises by five percent.", "The fee rises by 5% each year.", "each year"),
    ("The fee rises by up to five percent.", "The fee rises by 5%.", "up"),
    ("Buyer and Seller may end the lease.", "Buyer or Seller may end the lease.", "and"),
    ("Buyer pays duties or freight.", "Buyer pays duties and freight.", "or"),
    ("Seller must ask both parties.", "Seller must ask either party.", "both"),
    ("Buyer assigns the lease.", "Buyer may assign the lease.", "may"),
    ("The lease was ended by Buyer.", "The lease will be ended by Buyer.", "was"),
    ("A royalty of 5% on sales.", "Buyer shall pay a royalty of 5% on sales.", "shall"),
    ("The pumps that are sold in Spain.", "The pumps that are sold in Spain shall be repaired.", "shall"),
    ("Buyer agrees that during the Term.", "Buyer agrees that during the Term it shall not compete.", "shall"),
    ("Buyer agrees that it shall not.", "Buyer agrees that it shall not compete.", "not"),
    ("Buyer shall act to complete it.", "Buyer shall act, with best efforts, to complete it.", "efforts"),
    ("Buyer pays on March 1, 2021.", "Buyer shall pay no later than March 1, 2021.", "later than"),
    ("She has diabetes.", "She has a history of diabetes.", "diabetes"),
    ("He has gout on the left.", "He has gout on the right and a cyst on the left.", "gout left"),
    (
        "The change to the lease dated June 2, 2018 between Acme and Borealis is made.",
        "The change to the lease dated April 1, 2017 between Acme and Borealis is made on June 2, 2018.",
        "june 2, 2018",
    ),
    ("The change is to the lease dated June 2, 2018.", "The change of June 2, 2018 is to the lease.", "june 2, 2018"),
    ("The nail was coated with wax.", "The nail was coated with oil on a bed with wax.", "nail coated wax"),
    ("Dresses were changed.", "Dressings were changed.", "dresses"),
    ("He followed a pause.", "Followed by a pause, he was draped.", "followed pause"),
    ("Her exam is normal.", "Her exam, neurologically, is normal.", "neurologically"),
    ("The patient is a patient.", "The patient has gout.", "The patient is a patient."),
    ("Discharge home today.", "Discharge home today when she is comfortable.", "when"),
    ("", NOTE, ""),
    ("The fee is due.", "$500 30%", "fee"),
]


TWISTED = tomllib.loads(Path(__file__).with_name("twisted.toml").read_text(encoding="utf-8"))["sentences"]


@pytest.mark.parametrize(("written", "cited"), BELIEVED)
def test_what_the_cited_text_says_is_believed(written: str, cited: str) -> None:
    assert unsupported(written, cited) == ()
    assert supported(written, cited)


@pytest.mark.parametrize(("written", "cited", "why"), REFUSED)
def test_what_the_cited_text_does_not_say_is_refused(written: str, cited: str, why: str) -> None:
    assert why in unsupported(written, cited)
    assert not supported(written, cited)


@pytest.mark.parametrize(("written", "cited"), TWISTED)
def test_true_words_that_say_something_else_are_refused(written: str, cited: str) -> None:
    assert not supported(written, cited)
    assert supported(cited, cited)


FIGURES = [
    ("thirty (30) days", [("number", "30", "day"), ("number", "30", "day")]),
    ("$1.5 million", [("number", "1500000", "usd")]),
    ("1,234,567.50 dollars", [("number", "1234567.5", "usd")]),
    ("one hundred and twenty-five mg", [("number", "125", "mg")]),
    ("one of the parties", []),
    ("the 3rd day of March, 2021", [("date", "2021-03-03", None)]),
    ("2021-03-03", [("date", "2021-03-03", None)]),
    ("May 5", [("date", "--05-05", None)]),
    ("13/02/2021", [("date", "2021-02-13", None)]),
    ("Section 4.2.1", [("number", "4.2.1", None)]),
    ("B12 and L4-L5", [("code", "b12", None), ("code", "l4-l5", None)]),
    ("Seller may 30 days later", [("number", "30", "day")]),
]


@pytest.mark.parametrize(("text", "expected"), FIGURES)
def test_figures_are_read_with_their_units(text: str, expected: list[tuple[str, str, str | None]]) -> None:
    assert [(figure.kind, figure.value, figure.unit) for figure in figures(text)] == expected


STEMS = [
    ("renewal", "renews", True),
    ("renewed", "renewal", True),
    ("terminate", "termination", True),
    ("terminated", "terminating", True),
    ("agreement", "agrees", True),
    ("denies", "denied", True),
    ("payment", "pays", True),
    ("commences", "commencing", True),
    ("hypertension", "hypertensive", True),
    ("hypertension", "hypotension", False),
    ("prednisone", "prednisolone", False),
    ("hydroxyzine", "hydralazine", False),
    ("licensee", "licensor", False),
]


@pytest.mark.parametrize(("one", "other", "same"), STEMS)
def test_stems_join_forms_of_a_word_and_keep_drugs_apart(one: str, other: str, same: bool) -> None:
    assert (stem(one) == stem(other)) is same
