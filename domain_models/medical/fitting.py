"""Whether a value can be that of a test or drug: what its number, its unit and the words before it rule out."""

import regex

from domain_models.medical.analytes import is_analyte
from domain_models.medical.cells import DATE, layout, reads
from domain_models.medical.ingredients import is_drug
from domain_models.medical.vitals import CODE_SYSTEM as VITAL_SIGN
from domain_models.medical.vitals import vital_of_code
from schemas.finding import Finding

_OTHER_TEST = regex.compile(r"\d\S*\s+(?!(?:FEV|OD|OS)\b)\p{Lu}\p{L}*\s+\S*\d")
_PROBLEMS = frozenset({"disease_disorder", "sign_symptom"})
_CLOCK = regex.compile(r"[0-2]?\d:?[0-5]\d(?:\s*(?:h|hrs?|hours))?")
_AT = regex.compile(r"(?i)\bat\s+$")
_WORD = regex.compile(r"\p{L}{3,}")
_WORD_BEFORE = regex.compile(r"(?P<word>\p{L}[\p{L}-]{3,})\s+$")


def fits(head: Finding, attribute: Finding) -> bool:
    """Whether a value can be the head's: an oxygen saturation has no kilograms, "134 K 4" holds another test's."""
    vital = vital_of_code(head.value.code) if head.value and head.value.code_system == VITAL_SIGN else None
    if attribute.field == "administration":
        return attribute.quote.lower() not in layout()["words"]["no_route"]
    if attribute.field != "lab_value":
        return True
    if _names_another(head.quote, attribute.quote):
        return False
    value = attribute.value
    if value is None or value.number is None:
        is_told = vital is None or (value is not None and value.code is not None) or "/" in attribute.quote
        return is_told and _OTHER_TEST.search(attribute.quote) is None
    if vital is None:
        return True
    low, high = vital.bounds or (value.number, value.number)
    return (value.unit is None or value.unit in vital.units) and low <= value.number <= high


def _names_another(test: str, result: str) -> bool:
    """Whether the result says of what else it is: "89 polys" of a white count, "2+ ketones" of a specific gravity."""
    if test.lower() in layout()["words"]["panels"]:
        return False
    own = {word.rstrip("s") for word in _WORD.findall(test.lower())}
    words = (word for word in _WORD.findall(result.lower()) if word.rstrip("s") not in own)
    return any(word in layout()["words"]["counted"] or (len(word) > 3 and is_analyte(word)) for word in words)


def is_no_result(text: str, finding: Finding) -> bool:
    """Whether what was taken for a result is a day, a time ("at 1130") or a drug's strength ("dextrose 50%")."""
    if finding.field != "lab_value":
        return False
    before = text[max(0, finding.char_start - 40) : finding.char_start]
    named = _WORD_BEFORE.search(before) if finding.quote.endswith("%") else None
    if regex.fullmatch(DATE, finding.quote) and regex.search(r"\D", finding.quote):
        return True
    is_time = _AT.search(before) is not None and _CLOCK.fullmatch(finding.quote) is not None
    return is_time or (named is not None and is_drug(named["word"]))


def is_no_head(head: Finding) -> bool:
    """Whether the words label a part of the record, or are to a tagger a problem, drug or procedure that is none: "PMH", "alert", "BID"."""
    words = " ".join(head.quote.lower().split()).strip(" :.")
    if words in layout()["words"]["labels"]:
        return True
    tables, last = layout()["words"], words.rpartition(" ")[2]
    if head.field in _PROBLEMS:
        return words in tables["no_problem"]
    if head.field == "therapeutic_procedure":
        return words in tables["no_procedure"] or last in tables["no_procedure"]
    if head.field != "medication":
        return False
    is_way = any(reads("medication", role, words) for role in ("frequency", "route"))
    return is_way or words in tables["no_drug"] or words in tables["measured"] or last in tables["last_words"]
