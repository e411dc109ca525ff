"""What is promised of findings, rulings, proposals and summaries."""

from flows.stages.promises.check import Check

EVIDENCE = (
    Check(
        "evidence",
        "findings whose quote is not the document's text at their place",
        # substring counts code points, as Python does; graphemes would be substring_grapheme
        """SELECT finding_id FROM core.findings f JOIN core.documents d USING (document_id)
        WHERE f.char_start < 0 OR f.char_end <= f.char_start OR f.char_end > length(d.text)
            OR substring(d.text, f.char_start + 1, f.char_end - f.char_start) <> f.quote""",
    ),
    Check(
        "evidence",
        "findings whose page numbers are not those of their place",
        """SELECT finding_id FROM (
            SELECT f.finding_id, f.page_start, f.page_end, min(p.page_number) AS first, max(p.page_number) AS last
            FROM core.findings f LEFT JOIN core.pages p ON p.document_id = f.document_id
                AND p.char_start < f.char_end AND p.char_end > f.char_start
            WHERE f.document_id IN (SELECT document_id FROM core.documents) GROUP BY ALL)
        WHERE first IS DISTINCT FROM page_start OR last IS DISTINCT FROM page_end""",
    ),
    Check(
        "evidence",
        "findings whose probability is not between 0 and 1",
        "SELECT finding_id FROM core.findings WHERE isnan(probability) OR probability NOT BETWEEN 0 AND 1",
    ),
    Check(
        "evidence",
        "findings whose candidate codes are not scored from 0 to 1, best first, and the code that is given the first",
        """SELECT finding_id FROM core.findings WHERE value_candidates IS NOT NULL AND (
            list_transform(value_candidates, lambda c: c.score)
                <> list_reverse_sort(list_transform(value_candidates, lambda c: c.score))
            OR NOT list_bool_and(list_transform(value_candidates, lambda c: c.score BETWEEN 0 AND 1))
            OR value_code <> value_candidates[1].code)""",
    ),
)

RULINGS = (
    Check(
        "rulings",
        "fields of a processed document without a ruling",
        """SELECT d.document_id || ':' || e.field FROM core.documents d JOIN expected e USING (domain)
        ANTI JOIN core.rulings r ON r.document_id = d.document_id AND r.field = e.field
        WHERE d.state = 'processed'""",
    ),
    Check(
        "rulings",
        "rulings on fields that the document's domain does not have",
        """SELECT r.document_id || ':' || r.field FROM core.rulings r JOIN core.documents d USING (document_id)
        ANTI JOIN expected e ON e.domain = d.domain AND e.field = r.field
        WHERE d.state = 'processed' AND d.domain IN (SELECT domain FROM installed)""",
    ),
    Check(
        "rulings",
        "fields ruled found without a finding",
        """SELECT r.document_id || ':' || r.field FROM core.rulings r
        ANTI JOIN core.findings f ON f.document_id = r.document_id AND f.field = r.field
        WHERE r.verdict = 'found'""",
    ),
    Check(
        "rulings",
        "fields ruled found by what found nothing of them",
        """SELECT r.document_id || ':' || r.field FROM core.rulings r
        ANTI JOIN core.findings f ON f.document_id = r.document_id AND f.field = r.field AND f.source = r.source
        WHERE r.verdict = 'found' AND r.source <> 'review'  -- which may leave what a model found
            AND EXISTS (FROM core.findings g WHERE g.document_id = r.document_id AND g.field = r.field)""",
    ),
    Check(
        "rulings",
        "findings of fields that are not ruled found",
        """SELECT f.finding_id FROM core.findings f ANTI JOIN core.rulings r
        ON r.document_id = f.document_id AND r.field = f.field AND r.verdict = 'found'""",
    ),
)

PROPOSALS = (
    Check(
        "proposals",
        "proposals outside the document's text",
        """SELECT DISTINCT p.document_id FROM core.proposals p JOIN core.documents d USING (document_id)
        WHERE p.char_start < 0 OR p.char_end <= p.char_start OR p.char_end > d.char_count""",
    ),
    Check(
        "proposals",
        "proposals whose probability is not between 0 and 1",
        """SELECT DISTINCT document_id FROM core.proposals
        WHERE isnan(probability) OR probability NOT BETWEEN 0 AND 1""",
    ),
    Check(
        "proposals",
        "documents with proposals of no version",
        """SELECT DISTINCT document_id FROM core.proposals JOIN core.documents USING (document_id)
        WHERE proposer IS NULL""",
    ),
    Check(
        "proposals",
        # the place may differ: a domain splits a proposal of several values and reads each to its end
        "findings of the model that it did not propose",
        """SELECT finding_id FROM core.findings f JOIN core.documents d USING (document_id)
        WHERE source = 'tagger' AND state = 'processed' AND f.probability BETWEEN 0 AND 1
        AND starts_with(d.proposer, split_part(d.tagger, '+', 1) || '+')
        AND NOT EXISTS (FROM core.proposals p WHERE p.document_id = f.document_id AND p.field = f.field
            AND p.probability = f.probability)""",
    ),
)

SUMMARIES = (
    Check(
        "summaries",
        "sentences that are empty or cite nothing",
        """SELECT document_id || ':' || ordinal FROM core.summaries WHERE trim(sentence) = '' OR len(citations) = 0""",
    ),
    Check(
        "summaries",
        "sentences that cite something outside the document's text",
        """SELECT DISTINCT s.document_id || ':' || s.ordinal
        FROM (SELECT document_id, ordinal, unnest(citations) AS cited FROM core.summaries) s
        JOIN core.documents d USING (document_id)
        WHERE cited.char_start < 0 OR cited.char_end <= cited.char_start OR cited.char_end > length(d.text)""",
    ),
    Check(
        "summaries",
        "sentences said to be the document's words that lack words they cite",
        """SELECT DISTINCT s.document_id || ':' || s.ordinal
        FROM (FROM core.summaries SELECT *, unnest(citations) AS cited WHERE origin IN ('extracted', 'composed')) s
        JOIN core.documents d USING (document_id)
        WHERE NOT contains(regexp_replace(s.sentence, '\\s+', ' ', 'g'),
            regexp_replace(trim(d.text[cited.char_start + 1 : cited.char_end], E' \\n\\t\\f'), '\\s+', ' ', 'g'))""",
    ),
)
