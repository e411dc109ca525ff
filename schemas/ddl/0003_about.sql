-- What a PDF says of itself beside its text. All of it is the file's own claim, and is kept as such.

CREATE TABLE core.properties (
    document_id VARCHAR NOT NULL,
    name        VARCHAR NOT NULL,
    value       VARCHAR NOT NULL,
    PRIMARY KEY (document_id, name)
);
COMMENT ON TABLE core.properties IS 'One row per entry of a PDF''s document information (Title, Author, CreationDate and the like).';
COMMENT ON COLUMN core.properties.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN core.properties.name IS 'The entry''s name as the PDF has it, without the slash.';
COMMENT ON COLUMN core.properties.value IS 'What it says, as written in the file.';

CREATE TABLE core.outline (
    document_id VARCHAR NOT NULL,
    ordinal     INTEGER NOT NULL,
    level       INTEGER NOT NULL,
    title       VARCHAR NOT NULL,
    page_number INTEGER,
    PRIMARY KEY (document_id, ordinal)
);
COMMENT ON TABLE core.outline IS 'One row per bookmark of a PDF, in order.';
COMMENT ON COLUMN core.outline.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN core.outline.ordinal IS 'Position among the document''s bookmarks, from 0.';
COMMENT ON COLUMN core.outline.level IS 'Depth of the bookmark; 1 is outermost.';
COMMENT ON COLUMN core.outline.title IS 'The bookmark''s words.';
COMMENT ON COLUMN core.outline.page_number IS 'The page it leads to, from 1 (core.pages); NULL where it leads nowhere in the document.';

CREATE TABLE core.page_labels (
    document_id VARCHAR NOT NULL,
    page_number INTEGER NOT NULL,
    label       VARCHAR NOT NULL,
    PRIMARY KEY (document_id, page_number)
);
COMMENT ON TABLE core.page_labels IS 'One row per page that a viewer shows under another label than its number (iv, A-3).';
COMMENT ON COLUMN core.page_labels.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN core.page_labels.page_number IS 'Page number, from 1 (core.pages).';
COMMENT ON COLUMN core.page_labels.label IS 'The label shown for the page.';

CREATE TABLE core.form_fields (
    document_id VARCHAR NOT NULL,
    ordinal     INTEGER NOT NULL,
    name        VARCHAR NOT NULL,
    value       VARCHAR NOT NULL,
    PRIMARY KEY (document_id, ordinal)
);
COMMENT ON TABLE core.form_fields IS 'One row per filled field of a PDF form; the values also stand in the document''s text where the form shows them.';
COMMENT ON COLUMN core.form_fields.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN core.form_fields.ordinal IS 'Position among the document''s filled fields, from 0.';
COMMENT ON COLUMN core.form_fields.name IS 'The field''s full name.';
COMMENT ON COLUMN core.form_fields.value IS 'What is filled in.';

CREATE TABLE core.attachments (
    document_id VARCHAR NOT NULL,
    ordinal     INTEGER NOT NULL,
    name        VARCHAR NOT NULL,
    size_bytes  BIGINT,
    PRIMARY KEY (document_id, ordinal)
);
COMMENT ON TABLE core.attachments IS 'One row per file attached to a PDF. Listed only: attachments are not read.';
COMMENT ON COLUMN core.attachments.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN core.attachments.ordinal IS 'Position among the document''s attachments, from 0.';
COMMENT ON COLUMN core.attachments.name IS 'The attached file''s name.';
COMMENT ON COLUMN core.attachments.size_bytes IS 'Its size as the PDF states it; NULL where it does not.';
