"""What the guard knows of English, as `rules.toml` has it."""

import tomllib
from pathlib import Path

_RULES = tomllib.loads(Path(__file__).with_name("rules.toml").read_text(encoding="utf-8"))

Phrase = tuple[str, ...]


def _phrases(lines: str) -> list[Phrase]:
    return [tuple(line.split()) for line in lines.split("\n") if line]


GUARD_VERSION: str = _RULES["version"]
FUNCTION = frozenset(_RULES["function"].split())
FRAME = frozenset(_RULES["frame"].split())
PRONOUNS = frozenset(_RULES["pronouns"].split())
POINTING = frozenset(_RULES["pointing"].split())
ARTICLES = frozenset(_RULES["articles"].split())
BINDING = frozenset(_RULES["binding"].split())
LOOSE = frozenset(_RULES["loose"].split())
EVIDENCE = frozenset(_RULES["evidence"].split())
PARTING = frozenset(_RULES["parting"].split())
DEPENDENT = frozenset(_RULES["dependent"].split())
SIDES = frozenset(_RULES["sides"].split())
RATES = frozenset(_RULES["rates"].split())
BOUNDS = frozenset(_RULES["bounds"].split())
PACES = frozenset(_RULES["paces"].split()) | RATES
LIMITS = _phrases(_RULES["limits"])
AUXILIARIES = frozenset(_RULES["verbs"]["auxiliaries"].split())
VERBAL = AUXILIARIES | frozenset(_RULES["verbs"]["within"].split())
PARTICIPLES = frozenset(_RULES["verbs"]["participles"].split())
PAST = frozenset(_RULES["verbs"]["past"].split())
FINITE = frozenset(_RULES["verbs"]["finite"].split())
OPENERS = frozenset(_RULES["verbs"]["openers"].split())
OPEN_ENDS = frozenset(_RULES["verbs"]["open_ends"].split())
SUBORDINATE = frozenset(_RULES["verbs"]["subordinate"].split())
MODALS = {word: frozenset(line.split()) for word, line in _RULES["modals"].items()}
GENDERS = [frozenset(line.split()) for line in _RULES["genders"].values()]
BREAKERS = frozenset(_RULES["cues"]["breakers"].split())
CUES = {
    cue: claim for claim in ("negated", "hedged", "family", "conditional") for cue in _phrases(_RULES["cues"][claim])
}
CUES_AFTER = dict.fromkeys(_phrases(_RULES["cues"]["negated_after"]), "negated")
UNITS = {word: line.split()[0] for line in _RULES["units"]["lines"].strip().splitlines() for word in line.split()}
ONES = {word: value for value, word in enumerate(_RULES["numbers"]["ones"].split())}
TENS = {word: 10 * value for value, word in enumerate(_RULES["numbers"]["tens"].split(), start=2)}
