"""How right a contract's answers are, against the labellers' own answers in CUAD.

The labellers write dates month first with two-digit years, "[]" for a blank, several answers with ";" and spellings of
their own. What cannot be compared (blanks, answers nobody can parse) is left out and counted by reason.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from rapidfuzz import fuzz

from domain_models import get_domain
from domain_models.domain import Domain
from domain_models.labelled import LabelledDocument
from domain_models.legal.contract import ContractAnswers, contract_answers
from domain_models.legal.dates import find_dates
from domain_models.legal.durations import find_durations
from domain_models.legal.jurisdictions import codes_of
from domain_models.legal.parties import cleaned_name
from domain_models.legal.signers import party_key
from domain_models.legal.wording import plain
from schemas.finding import Finding, Value

# Labellers and documents spell names differently ("Kiromic", "Kriomic"): 88 of 100 characters alike is the same name.
SAME_NAME = 88

# A piece that says how the parties are called together, not who one is.
_ONLY_DEFINES = re.compile(
    r"^[^(\"]*(?:\band\b|,)[^(\"]*[(\"].*\bpart(?:y|ies)\b"
    r"|^\s*\(?(?:each|individually|sometimes|collectively)\b|^[^(\"]*\btogether with\b",
    re.IGNORECASE,
)

_BETWEEN_NAMES = re.compile(r"[;\n]|(?<=Corp\.|CORP\.),\s+(?=[A-Z])|(?<=Inc\.|INC\.|LTD\.|Ltd\.),\s+(?=[A-Z])")

Accepted = frozenset[object]
"""The comparable forms of a labeller's answer; an answer is right when its own form is among them."""


@dataclass(frozen=True)
class AnswerScore:
    """`accuracy` over `support` comparable answers (for parties and yes/no fields, F1 and the labellers' count).

    `excluded` counts labellers' answers left out, by reason; `unasked` our answers where the labellers gave none.
    `wrong` names the documents whose answer differs.
    """

    accuracy: float
    support: int
    excluded: Mapping[str, int] = field(default_factory=dict)
    unasked: int = 0
    wrong: tuple[str, ...] = ()


def answer_scores(
    domain: Domain, gold: Sequence[LabelledDocument], answers: Sequence[ContractAnswers]
) -> dict[str, AnswerScore]:
    """A score per answered field; `parties` is the F1 of names, `yes_no` the mean F1 over fields that ask yes or no."""
    scores = {name: _score_values(domain.fields_by_name[name].label, name, gold, answers) for name in _READ_ANSWER}
    scores["parties"] = _score_parties(gold, answers)
    asked = {name: domain.fields_by_name[name].label for name in domain.fields_by_name if name not in _NOT_YES_NO}
    yes_no = {name: _score_yes_no(name, label, gold, answers) for name, label in asked.items()}
    counted = [score.accuracy for score in yes_no.values() if score.support]
    scores["yes_no"] = AnswerScore(sum(counted) / max(1, len(counted)), sum(s.support for s in yes_no.values()))
    return scores | yes_no


def score_answers(
    gold: Sequence[LabelledDocument], read: Sequence[tuple[str, Sequence[Finding]]]
) -> dict[str, dict[str, float | int]]:
    """The scores of the answers that these texts' findings give, as figures by name (see `Domain.score_answers`)."""
    answers = [contract_answers(text, findings) for text, findings in read]
    scores = answer_scores(get_domain("legal"), gold, answers)
    return {
        name: {"accuracy": score.accuracy, "support": score.support, "excluded": sum(score.excluded.values())}
        for name, score in scores.items()
    }


def labelled_answers(domain: Domain, document: LabelledDocument) -> ContractAnswers:
    """The answers that the rules alone give when every span is found: the labellers' own spans, normalised."""
    by_label = {one.label: one for one in domain.fields}
    findings = []
    for span in document.spans:
        known, quote = by_label[span.label], document.text[span.char_start : span.char_end]
        value = domain.normalise(known, quote)
        place = (span.char_start, span.char_end, 1, 1)
        findings.append(Finding(document.name, known.name, quote, *place, 1.0, "labellers", value))
    return contract_answers(document.text, findings)


def _score_values(
    label: str, name: str, gold: Sequence[LabelledDocument], answers: Sequence[ContractAnswers]
) -> AnswerScore:
    excluded: Counter[str] = Counter()
    right, unasked, wrong = 0, 0, []
    for document, answer in zip(gold, answers, strict=True):
        given = answer.values.get(name)
        said = document.answers.get(label, "")
        accepted = _READ_ANSWER[name](said)
        reason = _why_excluded(said, accepted)
        if not said.strip():
            unasked += given is not None and _form(given, name) is not None
        elif reason:
            excluded[reason] += 1
        elif given is not None and _form(given, name) in accepted:
            right += 1
        else:
            wrong.append(document.name)
    support = right + len(wrong)
    return AnswerScore(right / max(1, support), support, dict(excluded), unasked, tuple(wrong))


def _why_excluded(said: str, accepted: Accepted) -> str | None:
    if re.search(r"\[\s*\]", said) or "__" in said:
        return "blank in the contract"
    return None if accepted or not said.strip() else "answer cannot be parsed"


def _form(value: Value, name: str) -> object:
    """A value in the form that labellers' answers are compared in; None where it has none."""
    if name.endswith("_date"):
        return value.date or ("perpetual" if value.text == "perpetual" else None)
    if name == "governing_law":
        return frozenset({value.code} if value.code else codes_of(value.text or ""))
    if value.text == "perpetual":
        return "perpetual"
    return next((found.length for found in find_durations(f"{value.number} {value.unit}")), None)


def _dates(said: str) -> Accepted:
    dates = {found.date for found in find_dates(plain(said))}
    return frozenset(dates | ({"perpetual"} if "perpetual" in said.lower() else set()))


def _lengths(said: str) -> Accepted:
    text = re.sub(r"^\s*(?:\d+\s+)?(?=succ?\w*ive|\d+\s+(?:year|month))", "", plain(said), flags=re.IGNORECASE)
    halves = {("0.5 year", (6, "month"))}
    lengths: set[object] = {form for words, form in halves if words in text}
    lengths |= {found.length for found in find_durations(text) if not lengths}
    return frozenset(lengths | ({"perpetual"} if "perpetual" in text.lower() else set()))


def _places(said: str) -> Accepted:
    """All the places together, or any one of them; England alone stands for England and Wales in the answers."""
    codes = codes_of(said)
    whole = {frozenset(codes), *(frozenset({code}) for code in codes)} if codes else set()
    if {"GB-ENG", "GB-EAW"} & set(codes):
        whole |= {frozenset({"GB-ENG"}), frozenset({"GB-EAW"})}
    return frozenset(whole)


_READ_ANSWER: Mapping[str, Callable[[str], Accepted]] = {
    "agreement_date": _dates,
    "effective_date": _dates,
    "expiration_date": _dates,
    "renewal_term": _lengths,
    "notice_period_to_terminate_renewal": _lengths,
    "governing_law": _places,
}
_NOT_YES_NO = frozenset({*_READ_ANSWER, "document_name", "parties"})


def _score_parties(gold: Sequence[LabelledDocument], answers: Sequence[ContractAnswers]) -> AnswerScore:
    matched = named = given = unnamed = 0
    wrong = []
    for document, answer in zip(gold, answers, strict=True):
        said = document.answers.get("Parties", "")
        names = _answer_names(said)
        unnamed += bool(said.strip()) and not names
        if not names:
            continue
        hits = sum(any(_same_name(name, other) for other in answer.parties) for name in names)
        kept = sum(any(_same_name(name, other) for name in names) for other in answer.parties)
        matched, named, given = matched + min(hits, kept), named + len(names), given + len(answer.parties)
        if hits < len(names) or kept < len(answer.parties):
            wrong.append(document.name)
    excluded = {"answer names nobody": unnamed} if unnamed else {}
    return AnswerScore(2 * matched / max(1, named + given), named, excluded, wrong=tuple(wrong))


def _answer_names(said: str) -> list[str]:
    """The names of a labellers' answer: no short names, no blanks, no `X and Y (the "Parties")` or `X together with Y`.

    Such a piece repeats names that have a piece of their own. "Its affiliates" are no name either.
    """
    text = re.sub(r"\s+and its affiliates\b", "", plain(said))
    pieces = [piece for piece in _BETWEEN_NAMES.split(text) if not _ONLY_DEFINES.search(piece)]
    names = (cleaned_name(re.sub(r"\s*\(?\"[^\"]*\".*$|\((?=[^)]*\").*$", "", piece.strip(" ("))) for piece in pieces)
    return [name for name in dict.fromkeys(names) if name]


def _same_name(one: str, other: str) -> bool:
    return fuzz.ratio(party_key(one), party_key(other)) >= SAME_NAME


def _score_yes_no(
    name: str, label: str, gold: Sequence[LabelledDocument], answers: Sequence[ContractAnswers]
) -> AnswerScore:
    pairs = [(d.answers.get(label, "").strip().lower(), name in a.found) for d, a in zip(gold, answers, strict=True)]
    asked = [(said == "yes", found) for said, found in pairs if said in {"yes", "no"}]
    hits = sum(said and found for said, found in asked)
    yes, found = sum(said for said, _ in asked), sum(found for _, found in asked)
    excluded = {"answer is neither yes nor no": len(pairs) - len(asked)} if len(asked) < len(pairs) else {}
    return AnswerScore(2 * hits / max(1, yes + found), yes, excluded)
