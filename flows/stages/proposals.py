"""Keeps what a model proposed for each document, so that rules can be applied again without the model.

Runs within the store's transaction, with the batch's documents in the table `batch`.
"""

from collections.abc import Mapping

import duckdb
import pyarrow as pa

# Text that a new parser reads the same needs no new tagging.
SAME_TEXT = """
SELECT d.document_id, d.proposer FROM core.documents AS d JOIN new_rows AS n USING (document_id)
WHERE d.text = n.text AND d.domain IS NOT DISTINCT FROM n.domain AND d.proposer IS NOT NULL
"""

FORGET = """
DELETE FROM core.proposals
WHERE document_id IN (SELECT document_id FROM batch) AND NOT list_contains($kept, document_id)
"""

MARK_KEPT = "UPDATE core.documents SET proposer = $proposer WHERE list_contains($kept, document_id)"

MARK_PROPOSED = "UPDATE core.documents SET proposer = $proposer WHERE document_id IN (SELECT document_id FROM batch)"

ADD = "INSERT INTO core.proposals BY NAME SELECT * FROM new_rows"

# The order is fixed, so that the same proposals give the same rows whenever rules are applied to them.
PROPOSALS = """
SELECT document_id, field, char_start, char_end, probability
FROM core.proposals WHERE list_contains($ids, document_id)
ORDER BY document_id, char_start, char_end, field, probability
"""


def unchanged_texts(connection: duckdb.DuckDBPyConnection, documents: pa.Table) -> dict[str, str]:
    """Of the documents about to be stored, those whose text and domain are as before: the version of their proposals."""
    connection.register("new_rows", documents)
    try:
        return dict(connection.execute(SAME_TEXT).fetchall())
    finally:
        connection.unregister("new_rows")


def keep_proposals(connection: duckdb.DuckDBPyConnection, proposers: Mapping[str, str]) -> None:
    """Of the batch's documents, those in `proposers` keep their proposals, with that version; the others lose them."""
    connection.execute(FORGET, {"kept": list(proposers)})
    for proposer in sorted(set(proposers.values())):
        kept = [key for key, of_document in proposers.items() if of_document == proposer]
        connection.execute(MARK_KEPT, {"proposer": proposer, "kept": kept})


def replace_proposals(connection: duckdb.DuckDBPyConnection, new_rows: pa.Table, proposer: str) -> None:
    """The batch's proposals become `new_rows`, by the model of that version."""
    connection.execute(FORGET, {"kept": []})
    connection.register("new_rows", new_rows)
    try:
        connection.execute(ADD)
    finally:
        connection.unregister("new_rows")
    connection.execute(MARK_PROPOSED, {"proposer": proposer})
