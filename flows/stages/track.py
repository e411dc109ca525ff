"""Which file holds which document now: what lies where, what was replaced under the same name, what is gone.

Pure, beside the SQL that the store runs for it. A run can speak only for what it looked at.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from flows.stages.ingest import Discovery

SUPERSEDE = """
INSERT INTO core.supersessions
SELECT path, f.document_id, b.document_id, $now, $run FROM batch AS b JOIN core.files AS f USING (path)
WHERE f.document_id <> b.document_id
"""

SEE = """
INSERT INTO core.files SELECT path, document_id, $now, $now, NULL FROM batch
ON CONFLICT (path) DO UPDATE SET
    first_seen_at = CASE WHEN files.document_id = excluded.document_id
        THEN files.first_seen_at ELSE excluded.first_seen_at END,
    document_id = excluded.document_id, last_seen_at = excluded.last_seen_at, missing_since = NULL
"""

MISS = "UPDATE core.files SET missing_since = $now WHERE missing_since IS NULL AND path IN (SELECT path FROM batch)"

PRESENT = "SELECT path FROM core.files WHERE missing_since IS NULL"


def sightings(found: Discovery) -> Mapping[str, str]:
    """The document that lies in each place, by whole path; the same bytes may lie in several."""
    seen = {_whole(skip.path): skip.document_id for skip in found.skips if skip.document_id}
    return seen | {_whole(file.path): file.sha256 for file in found.files}


def vanished(present: Iterable[str], found: Discovery) -> tuple[str, ...]:
    """Those of the places, present until now, that are below a folder that was walked and hold nothing any more.

    What could not be read or is still being written is not gone, nor is what lies below it.
    """
    paths: list[str | Path] = [file.path for file in found.files]
    paths += [*(skip.path for skip in found.skips), *(failure.path for failure in found.failures)]
    looked_at = {_whole(path) for path in paths}
    return tuple(
        path
        for path in present
        if any(Path(path).is_relative_to(folder) for folder in found.folders)
        and not any(str(place) in looked_at for place in (Path(path), *Path(path).parents))
    )


def _whole(path: str | Path) -> str:
    return str(Path(path).absolute())
