"""Finds the pages that say something, by their words (BM25), by what they mean (embeddings), or by both.

Reads an indexed snapshot. Knows neither how a query is embedded nor how answers are shown.

BM25: Robertson and Zaragoza, The Probabilistic Relevance Framework (2009), with the usual k1 = 1.2 and b = 0.75.
Both: reciprocal rank fusion with k = 60 (Cormack, Clarke and Buettcher, SIGIR 2009).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from flows.stages.database import plain_errors
from flows.stages.publish import snapshot_path
from flows.stages.query import snapshot
from flows.stages.snippet import snippet
from flows.stages.words import asked_stems

K = 60
DEEP = 100
"""So many pages of each way are fused: one further down adds less than a hundredth to its score."""

BY_WORDS = """
WITH matched AS (
    SELECT * FROM core.page_words WHERE word IN (SELECT unnest($words))
), weight AS (
    SELECT word, ln(1 + ((SELECT count(*) FROM core.pages) - count(*) + 0.5) / (count(*) + 0.5)) AS idf
    FROM matched GROUP BY word
), whole AS (
    SELECT sum(occurrences) / greatest((SELECT count(*) FROM core.pages), 1) AS mean FROM core.page_words
)
SELECT document_id, page_number, sum(idf * occurrences * 2.2 / (occurrences + 1.2 * (0.25 + 0.75 * page_words / mean))) AS score
FROM matched JOIN weight USING (word) CROSS JOIN whole
WHERE document_id IN (SELECT unnest($ids))
GROUP BY document_id, page_number ORDER BY score DESC, document_id, page_number LIMIT $most
"""

BY_MEANING = """
WITH near AS (
    SELECT *, array_cosine_similarity(embedding, $vector::FLOAT[384]) AS likeness
    FROM core.passages WHERE document_id IN (SELECT unnest($ids))
)
SELECT document_id, page_number, max(likeness) AS score, arg_max(char_start, likeness), arg_max(char_end, likeness)
FROM near GROUP BY document_id, page_number ORDER BY score DESC, document_id, page_number LIMIT $most
"""

PAGES = """
SELECT document_id, page_number, name, p.char_start, substring(text, p.char_start + 1, p.char_end - p.char_start)
FROM core.pages AS p JOIN core.documents AS d USING (document_id)
JOIN (SELECT unnest($ids) AS document_id, unnest($numbers) AS page_number) AS wanted USING (document_id, page_number)
"""

CURRENT = "SELECT document_id FROM current.documents WHERE document_id IN (SELECT unnest($ids))"

PageKey = tuple[str, int]
"""A document's id and a page's number."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What is looked for: its words, and its vector where meaning counts. `by_words` is False for meaning alone."""

    words: str
    vector: Sequence[float] | None = None
    by_words: bool = True


@dataclass(frozen=True, slots=True)
class Ranked:
    """A page, how well it fits, and the passage `[char_start, char_end)` that fits best, where one is known."""

    document_id: str
    page_number: int
    score: float
    passage: tuple[int, int] | None = None

    @property
    def key(self) -> PageKey:
        """Names the page."""
        return self.document_id, self.page_number


@dataclass(frozen=True, slots=True)
class Hit:
    """A page that was found. `snippet` is the part of its text that fits best, asked words between guillemets."""

    document_id: str
    document: str
    page: int
    score: float
    snippet: str


def search(database: Path, ask: Ask, ids: Sequence[str], limit: int) -> tuple[Hit, ...]:
    """The pages that fit best, of those documents `ids` that nothing has superseded, best first; fewer than `limit` where fewer have a word of it."""
    with snapshot(database) as connection, plain_errors(snapshot_path(database)):
        current = [row[0] for row in connection.execute(CURRENT, {"ids": list(ids)}).fetchall()]
        ranked = rank(connection, ask, current, limit)
        return tuple(_hits(connection, ask, ranked))


def rank(connection: duckdb.DuckDBPyConnection, ask: Ask, ids: Sequence[str], limit: int) -> list[Ranked]:
    """The best pages, best first."""
    most = max(limit, DEEP) if ask.by_words and ask.vector is not None else limit
    ways = []
    if ask.by_words:
        stems = sorted(asked_stems(ask.words))
        found = connection.execute(BY_WORDS, {"words": stems, "ids": list(ids), "most": most}).fetchall()
        ways.append([Ranked(*row) for row in found])
    if ask.vector is not None:
        cells = {"vector": list(map(float, ask.vector)), "ids": list(ids), "most": most}
        found = connection.execute(BY_MEANING, cells).fetchall()
        ways.append([Ranked(row[0], row[1], row[2], (row[3], row[4])) for row in found])
    return (ways[0] if len(ways) == 1 else fuse(ways))[:limit]


def fuse(ways: Iterable[Sequence[Ranked]]) -> list[Ranked]:
    """Several rankings as one: a page's score is the sum of 1 / (K + its rank) over those that have it."""
    scores: defaultdict[PageKey, float] = defaultdict(float)
    passages: dict[PageKey, tuple[int, int]] = {}
    for way in ways:
        for place, ranked in enumerate(way, start=1):
            scores[ranked.key] += 1 / (K + place)
            if ranked.passage:
                passages[ranked.key] = ranked.passage
    best = sorted(scores, key=lambda key: (-scores[key], key))
    return [Ranked(key[0], key[1], scores[key], passages.get(key)) for key in best]


def _hits(connection: duckdb.DuckDBPyConnection, ask: Ask, ranked: Sequence[Ranked]) -> Iterable[Hit]:
    cells = {"ids": [one.document_id for one in ranked], "numbers": [one.page_number for one in ranked]}
    pages = {(row[0], row[1]): row[2:] for row in connection.execute(PAGES, cells).fetchall()}
    stems = asked_stems(ask.words)
    for one in ranked:
        name, start, text = pages[one.key]
        part = (one.passage[0] - start, one.passage[1] - start) if one.passage else (0, len(text))
        yield Hit(one.document_id, name, one.page_number, round(one.score, 4), snippet(text, part, stems))
