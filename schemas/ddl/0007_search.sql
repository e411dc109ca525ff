-- What `muniment search` looks in. Derived from core.documents.text alone; it goes and comes with that text.

CREATE TABLE core.indexed (
    document_id VARCHAR NOT NULL,
    part        VARCHAR NOT NULL CHECK (part IN ('words', 'meaning')),
    version     VARCHAR NOT NULL,
    text_md5    VARCHAR NOT NULL,
    PRIMARY KEY (document_id, part)
);
COMMENT ON TABLE core.indexed IS 'One row per document and way of searching: whether it can be found that way.';
COMMENT ON COLUMN core.indexed.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN core.indexed.part IS 'words: its rows in core.page_words. meaning: its rows in core.passages.';
COMMENT ON COLUMN core.indexed.version IS 'Version of what made the rows: the rules for words, or the embedding model.';
COMMENT ON COLUMN core.indexed.text_md5 IS 'MD5 of the text that was indexed: a document whose text has changed since is indexed anew.';

-- No primary key: its index would weigh more than the rows (one per word and page).
CREATE TABLE core.page_words (
    document_id VARCHAR NOT NULL,
    page_number INTEGER NOT NULL,
    word        VARCHAR NOT NULL,
    occurrences INTEGER NOT NULL,
    page_words  INTEGER NOT NULL
);
COMMENT ON TABLE core.page_words IS 'One row per page and different word on it, for BM25.';
COMMENT ON COLUMN core.page_words.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN core.page_words.page_number IS 'The page (core.pages).';
COMMENT ON COLUMN core.page_words.word IS 'The word without its ending (renewal and renews are both renew), in lower case.';
COMMENT ON COLUMN core.page_words.occurrences IS 'How often it stands on the page.';
COMMENT ON COLUMN core.page_words.page_words IS 'How many words the page has in all.';

CREATE TABLE core.passages (
    document_id VARCHAR NOT NULL,
    page_number INTEGER NOT NULL,
    char_start  INTEGER NOT NULL,
    char_end    INTEGER NOT NULL,
    embedding   FLOAT[384] NOT NULL,
    PRIMARY KEY (document_id, char_start)
);
COMMENT ON TABLE core.passages IS 'One row per passage of a page, with what it means as a vector.';
COMMENT ON COLUMN core.passages.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN core.passages.page_number IS 'The page that the passage stands on (core.pages).';
COMMENT ON COLUMN core.passages.char_start IS 'First character of the passage in the document''s text, from 0.';
COMMENT ON COLUMN core.passages.char_end IS 'One past its last character.';
COMMENT ON COLUMN core.passages.embedding IS 'Its sentence embedding, of length 1: array_cosine_similarity tells how near two passages are.';
