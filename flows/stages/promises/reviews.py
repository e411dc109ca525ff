"""What `verify` asks of reviews: that each counts as it must, and none is misapplied. Each query gives offending ids."""

from flows.stages.promises.check import Check

# Two words of white space or one are the same words: a parser may break lines elsewhere.
SAME_WORDS = r"trim(regexp_replace({one}, '\s+', ' ', 'g')) = trim(regexp_replace({other}, '\s+', ' ', 'g'))"

NOW = "substring(d.text, p.char_start + 1, p.char_end - p.char_start)"

DECISIONS = (
    (
        "reviews whose words were not the text's at their place",
        """SELECT review_id FROM (SELECT review_id, document_id, text_sha256, unnest([judged, chosen]) AS seen
            FROM core.reviews) r JOIN core.documents d USING (document_id)
        WHERE sha256(d.text) = text_sha256 AND seen IS NOT NULL
            AND substring(d.text, seen.char_start + 1, seen.char_end - seen.char_start) <> seen.quote""",
    ),
    (
        "reviews of processed documents that were not applied",
        """SELECT review_id FROM core.reviews r JOIN core.documents d USING (document_id)
        ANTI JOIN core.placements p USING (review_id) WHERE d.state = 'processed'""",
    ),
    (
        "placements without a review",
        "SELECT review_id FROM core.placements ANTI JOIN core.reviews USING (review_id)",
    ),
    (
        "reviews placed on other words than those decided about",
        f"""SELECT review_id FROM core.placements p JOIN core.reviews r USING (review_id)
        JOIN core.documents d ON d.document_id = p.document_id
        WHERE p.char_start IS NOT NULL AND NOT ({SAME_WORDS.format(one=NOW, other="coalesce(chosen.quote, judged.quote)")})""",  # noqa: S608 (our own words)
    ),
    (
        "accepted, corrected or added words that are not stored as a reviewed finding",
        """SELECT review_id FROM core.placements p JOIN core.reviews r USING (review_id)
        ANTI JOIN core.findings f ON f.document_id = p.document_id AND f.field = p.field AND f.source = 'review'
            AND f.char_start = p.char_start AND f.char_end = p.char_end
        WHERE p.state = 'standing' AND r.decision IN ('accept', 'correct', 'add')""",
    ),
    (
        "reviewed findings that nobody stands for",
        """SELECT finding_id FROM core.findings f
        ANTI JOIN (SELECT p.* FROM core.placements p JOIN core.reviews r USING (review_id)
            WHERE p.state = 'standing' AND r.decision IN ('accept', 'correct', 'add')) p
        ON f.document_id = p.document_id AND f.field = p.field AND f.char_start = p.char_start
            AND f.char_end = p.char_end WHERE f.source = 'review'""",
    ),
    (
        "rejected findings that are stored all the same",
        """SELECT review_id FROM core.placements p JOIN core.reviews r USING (review_id)
        JOIN core.findings f ON f.document_id = p.document_id AND f.field = p.field
            AND f.char_start = p.char_start AND f.char_end = p.char_end
        WHERE p.state = 'standing' AND r.decision = 'reject'""",
    ),
    (
        "fields that a person found absent and that are not ruled so",
        """SELECT review_id FROM core.placements p JOIN core.reviews r USING (review_id)
        ANTI JOIN core.rulings u ON u.document_id = p.document_id AND u.field = p.field AND u.verdict = 'absent'
        WHERE p.state = 'standing' AND r.decision = 'absent'""",
    ),
)

REVIEWS = tuple(Check("reviews", detail, sql) for detail, sql in DECISIONS)
