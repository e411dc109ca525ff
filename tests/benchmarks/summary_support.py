"""Whether stored summaries say what their cited words do: `python -m tests.benchmarks.summary_support DATABASE`.

Takes each sentence that the writer wrote and its cited words from the database (`muniment verify` holds those in the
document's own words), and looks for every number, amount, date, drug and party of it among them, by a reading of its own
that shares nothing with the guard. Amounts are numbers with what they count: `$5`, `10 mg`, `30 days`. Drugs are known by the
drug dictionary and the document's own medications, parties by the document's own parties and runs of capitals. Prints each
fault and the counts by kind; ends with 1 where there is a fault.
"""

import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from domain_models.medical.ingredients import ingredient
from flows.stages.database import connect

WRITTEN = """
SELECT d.domain, d.document_id, s.ordinal, s.sentence,
    list_transform(s.citations, lambda c: substring(d.text, c.char_start + 1, c.char_end - c.char_start)) AS cited,
    (SELECT list(DISTINCT f.quote) FROM core.findings f WHERE f.document_id = d.document_id
        AND f.field IN ('parties', 'medication')) AS names
FROM core.summaries s JOIN core.documents d USING (document_id) WHERE s.origin IN ('written', 'rewritten') ORDER BY ALL
"""
COPIED = "SELECT count(*) FROM core.summaries WHERE origin NOT IN ('written', 'rewritten')"
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
SPELT = {
    "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
    "ten": "10", "eleven": "11", "twelve": "12", "fifteen": "15", "twenty": "20", "thirty": "30", "forty": "40",
    "fifty": "50", "sixty": "60", "ninety": "90", "hundred": "100",
}  # fmt: skip
NUMBER = r"\d+(?:[.,:/]\d+)*"
AMOUNT = re.compile(rf"([$€£])\s*({NUMBER})|({NUMBER})(?:\s*\(\d+\)|\))?[\s-]*(%|[a-zµ]+)", re.IGNORECASE)
DATE = re.compile(
    rf"\b({'|'.join(MONTHS)})[a-z]*\.?\s+(\d{{1,2}})?(?:st|nd|rd|th)?,?\s*((?:19|20)\d\d)?\b"
    rf"|\b(\d{{1,2}})(?:st|nd|rd|th)?\s+(?:day\s+of\s+)?({'|'.join(MONTHS)})[a-z]*\.?,?\s*((?:19|20)\d\d)?\b",
    re.IGNORECASE,
)
CAPITALS = re.compile(r"\b[A-Z][\w&'’-]*(?:[ ,.]+[A-Z][\w&'’-]*)+")
MEASURES = frozenset(
    ("mg", "mcg", "g", "kg", "ml", "cc", "units", "unit", "meq", "cm", "mm", "mmhg", "%", "percent", "dollars", "tablet", "tablets",
     "hour", "hours", "day", "days", "week", "weeks", "month", "months", "year", "years", "business", "calendar", "times")
)  # fmt: skip


@dataclass(frozen=True)
class Claim:
    """Something of a sentence that has to stand in its cited words, and whether it does."""

    kind: str
    words: str
    is_cited: bool


def claims(sentence: str, cited: str, names: Sequence[str] = ()) -> Iterator[Claim]:
    """Every number, amount, date, drug and name of the sentence."""
    cited = " ".join(cited.split())
    have = numbers(cited)
    for number in numbers(sentence):
        yield Claim("number", number, number in have)
    for amount in amounts(sentence):
        yield Claim("amount", " ".join(amount), amount in amounts(cited))
    for date in dates(sentence):
        yield Claim("date", " ".join(filter(None, date)), any(is_part(date, other) for other in dates(cited)))
    for drug in drugs(sentence):
        yield Claim("drug", drug, drug in drugs(cited))
    for name in told_names(sentence, names):
        yield Claim("name", name, plain(name) in plain(cited))


def numbers(text: str) -> set[str]:
    """Every number in digits; a spelt one is one too, and `1,000.50` is `1000.5`."""
    digits = {bare(number) for number in re.findall(NUMBER, text)}
    return digits | {SPELT[word] for word in re.findall(r"[a-z]+", text.lower()) if word in SPELT}


def bare(number: str) -> str:
    number = re.sub(r",(?=\d{3}\b)", "", number)
    return re.sub(r"\.?0+$", "", number) if re.fullmatch(r"\d+\.\d+", number) else number


def amounts(text: str) -> set[tuple[str, str]]:
    """Each number with its currency, or with what it counts where that is a measure."""
    spelt = re.sub(r"[A-Za-z]+", lambda word: SPELT.get(word[0].lower(), word[0]), text)
    found = set()
    for sign, money, number, counted in AMOUNT.findall(spelt):
        if sign:
            found.add((sign, bare(money)))
        elif counted.lower() in MEASURES:
            found.add((bare(number), {"%": "percent"}.get(counted, counted.lower()).removesuffix("s")))
    return found


def dates(text: str) -> set[tuple[str, str, str]]:
    """Year, month and day of each date that names its month; what it lacks is empty."""
    found = set()
    for month, day, year, day_first, month_after, year_after in DATE.findall(text):
        told = (year or year_after, (month or month_after).lower(), (day or day_first).lstrip("0"))
        if told[0] or told[2]:  # "may" alone is no month
            found.add(told)
    return found


def is_part(date: tuple[str, str, str], whole: tuple[str, str, str]) -> bool:
    return all(not part or part == other for part, other in zip(date, whole, strict=True))


def drugs(text: str) -> set[str]:
    """The ingredients that single words of the text name."""
    return {drug for word in re.findall(r"[A-Za-z][\w-]{3,}", text) if (drug := ingredient(word))}


def told_names(sentence: str, names: Sequence[str]) -> list[str]:
    """Those of the document's own names that the sentence has, and each run of words with capitals."""
    own = [name for name in names if len(name) > 3 and f" {plain(name)} " in f" {plain(sentence)} "]
    return [*own, *(run[0] for run in CAPITALS.finditer(sentence) if run.start())]


def plain(text: str) -> str:
    """The words of a text in small letters."""
    return " ".join(re.findall(r"\w+", text.lower()))


def main(database: Path) -> int:
    counted, faults = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    sentences = Counter[str]()
    with closing(connect(database)) as connection:
        copied = connection.execute(COPIED).fetchall()[0][0]
        written = connection.execute(WRITTEN).fetchall()
    for domain, key, ordinal, sentence, cited, names in written:
        sentences[domain] += 1
        for claim in claims(sentence, " ".join(cited), names or ()):
            counted[domain, claim.kind] += 1
            if not claim.is_cited:
                faults[domain, claim.kind] += 1
                print(f"{key[:12]}:{ordinal} {claim.kind} {claim.words!r}: {sentence!r} cites {cited!r}")
    print(f"{sentences.total()} written sentences {dict(sentences)}, {copied} word for word")
    for domain, kind in sorted(counted):
        print(f"{domain} {kind}: {faults[domain, kind]} unsupported of {counted[domain, kind]}")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
