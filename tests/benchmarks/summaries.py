"""Sentences to read by hand: `python -m tests.benchmarks.summaries [SENTENCES] [SEED]` (100 and 20 by default).

Summarises random CUAD dev contracts (from their PDFs) and random dictated reports of mtsamples dev as a run does, until the
writer has written so many sentences that the guard upheld, half of them of contracts. Prints each with its number, the
document's key and the words that it cites; sentences in the document's own words are counted alone. Ends with the numbers,
amounts, dates, drugs and names that they hold, and how many of these the cited words lack (see `summary_support`).
"""

import json
import random
import sys
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from itertools import zip_longest

from domain_models.labelled import read_labelled
from flows.evaluate_summaries import read_described
from flows.models import ModelChoice, Models
from flows.settings import prepare_environment
from flows.stages.extract import extract
from flows.stages.ingest import discover
from flows.stages.parse import parse_file
from flows.stages.segment import segment
from flows.stages.summarize import summarize
from schemas.document import Page, ParsedDocument
from schemas.finding import Summary
from tests.benchmarks.summary_support import claims
from tests.benchmarks.words import CUAD

SEED = 20
KEY_CHARS = 12


def contracts(seed: int) -> Iterator[ParsedDocument]:
    """The dev contracts in a random order, read from their PDFs."""
    names = [document.pdf for document in read_labelled(CUAD / "dev.jsonl.gz") if document.pdf]
    for name in random.Random(seed).sample(names, len(names)):
        yield parse_file(discover([CUAD / name]).files[0])


def reports(seed: int) -> Iterator[ParsedDocument]:
    """The dictated reports of the dev part in a random order, each on one page."""
    rows = read_described(CUAD.parent / "mtsamples" / "dev.jsonl.gz")
    for row in random.Random(seed).sample(rows, len(rows)):
        key = sha256(row.text.encode()).hexdigest()
        yield ParsedDocument(key, key, row.text, (Page(1, 0, len(row.text), "pdfium"),))


def summary_of(document: ParsedDocument, domain: str, models: Models) -> Summary:
    """The summary that a run would store."""
    sections = segment(document)
    with models.source(domain) as source:
        findings = extract(document, sections, source).findings
    with models.writer(domain, "summaries") as writer:
        return summarize(document, sections, findings, models.told_domain(domain), writer)


def told(document: ParsedDocument, summary: Summary) -> Iterator[tuple[str, str, str]]:
    """The origin of each sentence of the writer's, the sentence and the words that it cites."""
    for sentence in summary.sentences:
        if sentence.origin in {"written", "rewritten"}:
            cited = " … ".join(" ".join(document.text[start:end].split()) for start, end in sentence.citations)
            yield sentence.origin, sentence.text, cited


def main(count: int, seed: int) -> int:
    """Prints the sentences, how many there are of each origin, and what they claim."""
    models = Models(ModelChoice())
    written, origins, claimed = 0, Counter[str](), Counter[str]()
    for domain, documents, last in (("legal", contracts(seed), count // 2), ("medical", reports(seed), count)):
        for document in documents:
            if written >= last:
                break
            summary = summary_of(document, domain, models)
            origins.update(f"{domain} {sentence.origin}" for sentence in summary.sentences)
            for origin, sentence, cited in list(told(document, summary))[: last - written]:
                written += 1
                line = [written, document.id[:KEY_CHARS], origin, sentence, cited]
                print(json.dumps(line, ensure_ascii=False), flush=True)
                claimed.update(
                    f"{one.kind}: {'cited' if one.is_cited else 'UNSUPPORTED'}" for one in claims(sentence, cited)
                )
    print(dict(sorted(origins.items())))
    print(dict(sorted(claimed.items())))
    return 0


if __name__ == "__main__":
    prepare_environment()
    sentences, seed = (int(given or default) for given, default in zip_longest(sys.argv[1:], (100, SEED)))
    sys.exit(main(sentences, seed))
