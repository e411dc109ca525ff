"""What was masked as rows of core.masks, and back. Knows the columns; knows no database."""

from collections.abc import Sequence

import pyarrow as pa

from flows.stages.rows import Parsed
from schemas.geometry import TENTHS, Rectangle
from schemas.masking import MaskedPlace

MASKS = "SELECT kind, char_start, char_end, boxes FROM core.masks WHERE document_id = $id ORDER BY ordinal"

RUN_PARSERS = "SELECT DISTINCT versions['parser'] FROM core.runs"

SIDES = ("x_left", "y_top", "x_right", "y_bottom")

COLUMNS = {
    "document_id": pa.string(),
    "ordinal": pa.int32(),
    "kind": pa.string(),
    "char_start": pa.int32(),
    "char_end": pa.int32(),
    "boxes": pa.list_(pa.struct([(name, pa.int32()) for name in ("page_number", *SIDES)])),
}


def mask_rows(batch: Sequence[Parsed]) -> pa.Table:
    """core.masks."""
    masks = [(p.document.id, n, mask) for p in batch for n, mask in enumerate(p.masks)]
    cells = [(key, n, m.kind, m.char_start, m.char_end, [_cells(box) for box in m.boxes]) for key, n, m in masks]
    columns = list(zip(*cells, strict=True)) or [()] * len(COLUMNS)
    arrays = [pa.array(column, kind) for column, kind in zip(columns, COLUMNS.values(), strict=True)]
    return pa.table(arrays, names=list(COLUMNS))


def masked_place(kind: str, char_start: int, char_end: int, boxes: Sequence[dict[str, int]]) -> MaskedPlace:
    """A mask from the cells of MASKS."""
    places = (Rectangle(box["page_number"], *(box[side] / TENTHS for side in SIDES)) for box in boxes)
    return MaskedPlace(kind, char_start, char_end, tuple(places))


def _cells(box: Rectangle) -> dict[str, int]:
    lengths = (box.left, box.top, box.right, box.bottom)
    sides = {side: round(length * TENTHS) for side, length in zip(SIDES, lengths, strict=True)}
    return {"page_number": box.page_number} | sides
