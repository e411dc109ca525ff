"""The promise that a de-identified database holds masked documents alone: queries that give the offending ids.

A surrogate is known by its form; whether an identifier was overlooked, only a reader can tell.
"""

from flows.stages.promises.check import Check

PRIVACY = (
    Check(
        "privacy",
        "de-identified documents in a database with runs that masked nothing",
        """SELECT document_id FROM core.documents WHERE contains(parser, '+deidentified-')
        AND EXISTS (SELECT 1 FROM core.runs WHERE NOT contains(versions['parser'], '+deidentified-'))""",
    ),
    Check(
        "privacy",
        "runs that stored documents as they are in a database of de-identified ones",
        """SELECT run_id FROM core.runs
        WHERE NOT contains(versions['parser'], '+deidentified-') AND EXISTS (SELECT 1 FROM core.runs WHERE contains(versions['parser'], '+deidentified-'))""",
    ),
    Check(
        "privacy",
        "documents as they are in a database of de-identified ones",
        """SELECT document_id FROM core.documents
        WHERE NOT contains(parser, '+deidentified-') AND EXISTS (SELECT 1 FROM core.runs WHERE contains(versions['parser'], '+deidentified-'))""",
    ),
    Check(
        "privacy",
        "masks outside the text, over another, or over a page's end",
        """SELECT document_id || ':' || ordinal FROM (
            SELECT m.*, d.text, lag(m.char_end, 1, 0) OVER (PARTITION BY document_id ORDER BY m.ordinal) AS before
            FROM core.masks m JOIN core.documents d USING (document_id))
        WHERE char_start < before OR char_end <= char_start OR char_end > length(text)
            OR contains(substring(text, char_start + 1, char_end - char_start), chr(12))""",
    ),
    Check(
        "privacy",
        "masks with other words than a surrogate of their kind",
        # a date is told from a name by its kind alone: its surrogate is a date
        r"""SELECT document_id || ':' || ordinal FROM (
            SELECT m.*, substring(d.text, m.char_start + 1, m.char_end - m.char_start) AS words
            FROM core.masks m JOIN core.documents d USING (document_id))
        WHERE NOT regexp_full_match(words, '\[' || upper(kind) || '-\d+\]')
            AND NOT (kind = 'age' AND words = '90+') AND NOT (kind = 'date' AND regexp_matches(words, '\d'))""",
    ),
    Check(
        "privacy",
        "masks in documents that are not de-identified",
        """SELECT DISTINCT document_id FROM core.masks JOIN core.documents USING (document_id)
        WHERE NOT contains(parser, '+deidentified-')""",
    ),
    Check(
        "privacy",
        "de-identified documents under a name or path of their own",
        r"""SELECT document_id FROM core.documents WHERE contains(parser, '+deidentified-')
            AND (name <> path OR NOT regexp_matches(name, '^[0-9a-f]{12}(\.[a-z]+)?$'))""",
    ),
    Check(
        "privacy",
        "files, failures and skips under paths in a database of de-identified documents",
        r"""SELECT run_id FROM (SELECT run_id, path FROM core.failures UNION ALL SELECT run_id, path FROM core.skips
            UNION ALL SELECT document_id, path FROM core.files)
        WHERE NOT regexp_matches(path, '^([0-9a-f]{12}|file-\d{5})(\.[a-z]+)?$') AND EXISTS (SELECT 1 FROM core.runs WHERE contains(versions['parser'], '+deidentified-'))""",
    ),
    Check(
        "privacy",
        "de-identified documents with what their file says of itself",
        """SELECT DISTINCT document_id FROM core.documents JOIN (
            SELECT document_id FROM core.properties UNION ALL SELECT document_id FROM core.form_fields
            UNION ALL SELECT document_id FROM core.attachments WHERE NOT regexp_matches(name, '^.FILE-')) USING (document_id)
        WHERE contains(parser, '+deidentified-')""",
    ),
    Check(
        "privacy",
        "de-identified documents with an e-mail address, a web address or a social security number in their text",
        r"""SELECT document_id FROM core.documents WHERE contains(parser, '+deidentified-') AND regexp_matches(text,
            '\w@\w[\w-]*\.\w|https?://\w|(^|[^\d-])\d{3}-\d{2}-\d{4}($|[^\d-])')""",
    ),
)
