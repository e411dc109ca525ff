"""A domain that has only patterns: what they find, where they look, and how a bad one is refused."""

import time
from pathlib import Path

import pytest

from domain_models.patterns import find_patterns
from schemas.errors import BadInput

_CLAIM = """Policy No. HX-20417
Insured: Brightwater Cafe Ltd

DEDUCTIBLES
Flood 2,500 USD
Fire 1,000 USD

EXCLUSIONS
Earthquake 9,999 USD
"""

_INSURANCE = r"""
[fragments]
digits = '\d[\d,]*'
money = '%{digits} USD'

[[pattern]]
field = "policy_number"
regex = '(?m)^Policy No\.(?P<value>[ ]+\w+-%{digits})'
probability = 0.97

[[pattern]]
field = "policy_number"
regex = '(?P<value>HX-\d+)'
probability = 0.5

[[pattern]]
field = "deductible"
where = '(?i)deductibles'
regex = '(?P<value>%{money})'
probability = 0.9
"""


def _folder(tmp_path: Path, patterns: str) -> Path:
    (tmp_path / "patterns.toml").write_text(patterns, encoding="utf-8")
    return tmp_path


def test_spans_cover_the_value_beneath_the_right_heading_only(tmp_path: Path) -> None:
    spans = find_patterns(_folder(tmp_path, _INSURANCE), _CLAIM)
    found = [(span.field, _CLAIM[span.char_start : span.char_end], span.probability) for span in spans]
    assert found == [
        ("policy_number", "HX-20417", 0.97),
        ("deductible", "2,500 USD", 0.9),
        ("deductible", "1,000 USD", 0.9),
    ]


def test_a_domain_without_patterns_finds_nothing(tmp_path: Path) -> None:
    assert find_patterns(tmp_path, _CLAIM) == ()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("field = 'fee'\nregex = '(?P<value>('\nprobability = 0.5", "not a regular expression"),
        ("field = 'fee'\nregex = 'fee'\nprobability = 0.5", "no group"),
        ("field = 'fee'\nregex = '(?P<value>fee)'\nprobability = 1.5", "1.5"),
        ("field = 'fee'\nregex = '(?P<value>fee)'", "needs field, regex, probability"),
        ("field = 'fee'\nregex = '(?P<value>fee)'\nprobability = 0.5\nwhen = 'x'", "when"),
        ("field = 'fee'\nregex = '(?P<value>%{money})'\nprobability = 0.5", "unknown fragment 'money'"),
    ],
)
def test_a_bad_pattern_is_refused_by_file_and_field(tmp_path: Path, table: str, message: str) -> None:
    folder = _folder(tmp_path, f"[[pattern]]\n{table}\n")
    with pytest.raises(BadInput, match="fee") as refusal:
        find_patterns(folder, _CLAIM)
    assert message in str(refusal.value)
    assert str(folder / "patterns.toml") in str(refusal.value)


def test_a_file_that_is_not_toml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"patterns\.toml"):
        find_patterns(_folder(tmp_path, "[[pattern"), _CLAIM)


def test_a_pattern_that_backtracks_without_end_is_given_up(tmp_path: Path) -> None:
    endless = "field = 'run'\nregex = '(?P<value>(?:a|aa)+[bd])'\nprobability = 0.5"
    sane = "field = 'end'\nregex = '(?P<value>stop)'\nprobability = 0.5"
    folder = _folder(tmp_path, f"[[pattern]]\n{endless}\n[[pattern]]\n{sane}\n")
    started = time.process_time()
    spans = find_patterns(folder, "a" * 60 + " stop", seconds=0.2)
    assert [span.field for span in spans] == ["end"]
    assert time.process_time() - started < 2
