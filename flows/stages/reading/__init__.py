"""From a file's bytes to its pages' text: containers, text layers, OCR, cleaning. Knows no domain and no database."""
