"""Fits the weights of `links.toml` on MACCROBAT's MODIFY relations and prints the F1 on another split.

    cd ../shared/data/maccrobat && python -m domain_models.medical.fit_links train.jsonl.gz dev.jsonl.gz

The relations name events ("E5") whose table the published files lost. It is rebuilt by numbering a report's entities
of the event types in the order of their ids. Reports where that leaves more than 5 % of the relations across a line
(one line is one sentence there) had gaps in their numbering and are set aside: about half of them.
"""

import gzip
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain_models.medical.links import LinkRule, Mention, candidates, link

_EVENTS = frozenset({
    "Activity", "Clinical_event", "Coreference", "Date", "Diagnostic_procedure", "Disease_disorder", "Duration",
    "Medication", "Other_event", "Outcome", "Qualitative_concept", "Sign_symptom", "Therapeutic_procedure", "Time",
})  # fmt: skip
_ALWAYS = frozenset({"administration", "dosage", "frequency", "severity"})  # no threshold lost no precision on train
_THRESHOLDS = np.arange(-2.0, 2.0, 0.1)


@dataclass(frozen=True)
class Report:
    """A case report's text, entities and gold links (attribute, head), all heads and attributes known."""

    text: str
    mentions: tuple[Mention, ...]
    links: frozenset[tuple[Mention, Mention]]


def load_reports(path: Path) -> list[Report]:
    """The reports whose event numbering could be rebuilt."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        reports = [_report(json.loads(line)) for line in lines]
    return [report for report in reports if report is not None]


def fit(reports: Sequence[Report]) -> LinkRule:
    """Weights by logistic regression (L2), and the threshold that gives the best F1 on the same reports."""
    open_rule = LinkRule({}, 0.0, _heads(reports))
    rows, labels = zip(*_examples(reports, open_rule), strict=True)
    names = sorted({name for row in rows for name in row})
    matrix = np.array([[row.get(name, 0.0) for name in names] for row in rows])
    weights = dict(zip(names, _logistic(matrix, np.array(labels, dtype=float)), strict=True))
    rules = [LinkRule(weights, float(threshold), open_rule.heads, _ALWAYS) for threshold in _THRESHOLDS]
    return max(rules, key=lambda rule: f1(reports, rule)[2])


def f1(reports: Sequence[Report], rule: LinkRule) -> tuple[float, float, float]:
    """Precision, recall and F1 of the links found given gold entities, over all attribute and head types."""
    right = found = gold = 0
    for report in reports:
        proposed = {pair for line in _lines(report) for pair in link(report.text, line, rule)}
        right += len(proposed & report.links)
        found += len(proposed)
        gold += len(report.links)
    return right / max(1, found), right / max(1, gold), 2 * right / max(1, found + gold)


def _report(row: dict[str, Any]) -> Report | None:
    entities = sorted(row["entities"], key=lambda entity: int(entity["id"][1:]))
    by_id = {e["id"]: Mention(e["label"].lower(), e["start"], e["end"]) for e in entities}
    events = [by_id[e["id"]] for e in entities if e["label"] in _EVENTS]
    by_id |= {f"E{number}": mention for number, mention in enumerate(events, start=1)}
    named = [(r["arg1"], r["arg2"]) for r in row["relations"] if r["label"] == "MODIFY"]
    pairs = [(by_id[a], by_id[b]) for a, b in named if a in by_id and b in by_id]
    within = [pair for pair in pairs if "\n" not in _between(row["text"], *pair)]
    if len(within) < 0.95 * len(named):
        return None
    mentions = tuple(by_id[entity["id"]] for entity in entities)
    return Report(row["text"], mentions, frozenset(pairs))


def _between(text: str, one: Mention, other: Mention) -> str:
    return text[min(one.char_end, other.char_end) : max(one.char_start, other.char_start)]


def _heads(reports: Sequence[Report]) -> dict[str, frozenset[str]]:
    seen = Counter((a.field, h.field) for report in reports for a, h in report.links)
    often = [pair for pair, count in seen.items() if count >= 3]
    return {attribute: frozenset(h for a, h in often if a == attribute) for attribute, _ in often}


def _lines(report: Report) -> Iterator[list[Mention]]:
    by_line: dict[int, list[Mention]] = {}
    for mention in report.mentions:
        by_line.setdefault(report.text.count("\n", 0, mention.char_start), []).append(mention)
    yield from by_line.values()


def _examples(reports: Sequence[Report], rule: LinkRule) -> Iterator[tuple[dict[str, float], bool]]:
    for report in reports:
        for line in _lines(report):
            ordered = sorted(line, key=lambda mention: (mention.char_start, mention.char_end))
            for attribute in ordered:
                for head, features in candidates(report.text, attribute, ordered, rule):
                    yield features, (attribute, head) in report.links


def _logistic(matrix: NDArray[np.float64], labels: NDArray[np.float64], penalty: float = 1.0) -> list[float]:
    """Weights by Newton steps; a few hundred columns, so the exact solve is quick."""
    weights = np.zeros(matrix.shape[1])
    for _ in range(25):
        chance = 1.0 / (1.0 + np.exp(-matrix @ weights))
        gradient = matrix.T @ (chance - labels) + penalty * weights
        curvature = (matrix * (chance * (1 - chance))[:, None]).T @ matrix + penalty * np.eye(len(weights))
        weights = weights - np.linalg.solve(curvature, gradient)
    return [float(weight) for weight in weights]


def _write(rule: LinkRule, path: Path) -> None:
    lines = ["# Fitted by fit_links.py on MACCROBAT train; do not edit by hand.", f"threshold = {rule.threshold:.1f}"]
    lines += [f"always = {json.dumps(sorted(rule.always))}", "", "[heads]"] + [
        f"{name} = {json.dumps(sorted(heads))}" for name, heads in sorted(rule.heads.items())
    ]
    lines += ["", "[weights]"] + [f'"{name}" = {weight:.3f}' for name, weight in sorted(rule.weights.items())]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main(train: str, dev: str) -> None:
    """Fits on `train`, writes `links.toml`, prints the scores on both."""
    reports, held_out = load_reports(Path(train)), load_reports(Path(dev))
    rule = fit(reports)
    _write(rule, Path(__file__).parent / "links.toml")
    for name, part in (("train", reports), ("dev", held_out)):
        precision, recall, score = f1(part, rule)
        sys.stdout.write(f"{name} {len(part)} reports: precision {precision:.3f} recall {recall:.3f} F1 {score:.3f}\n")


if __name__ == "__main__":
    main(*sys.argv[1:3])
