"""Whether what identifies a patient speaks of one person: names in any order, numbers and dates of birth as they read."""

from collections.abc import Sequence
from itertools import combinations

import regex

from schemas.finding import Finding

IDENTITIES = frozenset({"patient_name", "medical_record_number", "date_of_birth"})


def are_several(field: str, findings: Sequence[Finding]) -> bool:
    """Whether the findings of one of the IDENTITIES cannot all be of one patient."""
    pairs = combinations({_key(field, finding) for finding in findings}, 2)
    if field == "patient_name":  # "Okafor, Maria" may be Maria L. Okafor
        return any(not (one <= other or other <= one) for one, other in pairs)
    return next(pairs, None) is not None


def _key(field: str, finding: Finding) -> frozenset[str]:
    if field == "date_of_birth" and finding.value and finding.value.date:
        return frozenset({finding.value.date.isoformat()})
    if field == "patient_name":
        return frozenset(word for word in regex.findall(r"[\p{L}'’-]+", finding.quote.lower()) if len(word) > 1)
    return frozenset({regex.sub(r"[\W_]", "", finding.quote.lower())})
