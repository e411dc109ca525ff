"""The first bytes by which files are known, whatever they are called."""

PDF_HEAD = b"%PDF-"
HEAD_BYTES = 1024
"""PDF_HEAD must begin within these: ISO 32000-1, Annex H, implementation note 13."""

IMAGE_HEADS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*")
"""PNG, JPEG, TIFF in either byte order."""
