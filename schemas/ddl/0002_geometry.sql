-- Where the characters of each page stand. Lengths are tenths of a PDF point (1/720 inch), measured from the top left
-- corner of the page as a viewer shows it, x to the right and y down.

CREATE TABLE core.geometry (
    document_id     VARCHAR NOT NULL,
    page_number     INTEGER NOT NULL,
    width           INTEGER NOT NULL,
    height          INTEGER NOT NULL,
    turn            INTEGER NOT NULL CHECK (turn IN (0, 90, 180, 270)),
    run_starts      INTEGER[] NOT NULL,
    run_lengths     INTEGER[] NOT NULL,
    run_lefts       INTEGER[] NOT NULL,
    run_tops        INTEGER[] NOT NULL,
    run_rights      INTEGER[] NOT NULL,
    run_bottoms     INTEGER[] NOT NULL,
    char_edges      INTEGER[] NOT NULL,
    run_confidences INTEGER[] NOT NULL,
    PRIMARY KEY (document_id, page_number)
);
COMMENT ON TABLE core.geometry IS 'One row per page: a map from the characters of its text to places on the page as shown, in tenths of a PDF point (1/720 inch) from its top left corner. A run is a stretch of text within one line, or one word where OCR read the page.';
COMMENT ON COLUMN core.geometry.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN core.geometry.page_number IS 'Page number, from 1 (core.pages).';
COMMENT ON COLUMN core.geometry.width IS 'Width of the page as shown; 0 where it could not be told.';
COMMENT ON COLUMN core.geometry.height IS 'Height of the page as shown; 0 where it could not be told.';
COMMENT ON COLUMN core.geometry.turn IS 'By how many degrees the lines are turned clockwise from upright on the page as shown.';
COMMENT ON COLUMN core.geometry.run_starts IS 'For each run, its first character, counted from the page''s char_start; empty where the reader tells no places (pypdf, unreadable).';
COMMENT ON COLUMN core.geometry.run_lengths IS 'For each run, how many characters it has.';
COMMENT ON COLUMN core.geometry.run_lefts IS 'For each run, its left edge.';
COMMENT ON COLUMN core.geometry.run_tops IS 'For each run, its upper edge.';
COMMENT ON COLUMN core.geometry.run_rights IS 'For each run, its right edge.';
COMMENT ON COLUMN core.geometry.run_bottoms IS 'For each run, its lower edge.';
COMMENT ON COLUMN core.geometry.char_edges IS 'For each character of the page, how far along its run it begins (from the left edge where turn is 0, the upper where 90, the right where 180, the lower where 270); 0 for white space between runs.';
COMMENT ON COLUMN core.geometry.run_confidences IS 'For each run, how sure OCR was of it, 0 to 100; empty for a text layer.';
