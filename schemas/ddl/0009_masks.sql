-- What was masked in de-identified documents: kinds and places, never what stood there.

CREATE TABLE core.masks (
    document_id VARCHAR NOT NULL,
    ordinal     INTEGER NOT NULL,
    kind        VARCHAR NOT NULL
        CHECK (kind IN ('name', 'address', 'date', 'age', 'phone', 'email', 'url', 'ip', 'id')),
    char_start  INTEGER NOT NULL,
    char_end    INTEGER NOT NULL,
    boxes       STRUCT(page_number INTEGER, x_left INTEGER, y_top INTEGER, x_right INTEGER, y_bottom INTEGER)[] NOT NULL,
    PRIMARY KEY (document_id, ordinal)
);
COMMENT ON TABLE core.masks IS 'One row per identifier that was replaced in a document read with --deidentify. What stood there is stored nowhere.';
COMMENT ON COLUMN core.masks.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN core.masks.ordinal IS 'Position among the document''s masks, from 0.';
COMMENT ON COLUMN core.masks.kind IS 'What was replaced: name, address, date (moved by whole weeks), age (over 89), phone (or fax), email, url, ip, id.';
COMMENT ON COLUMN core.masks.char_start IS 'First character of the surrogate in the document''s text, from 0.';
COMMENT ON COLUMN core.masks.char_end IS 'One past the surrogate''s last character.';
COMMENT ON COLUMN core.masks.boxes IS 'The rectangles of the page as shown that the original stands in, in tenths of a PDF point from the top left corner; empty where the reader tells no places.';
