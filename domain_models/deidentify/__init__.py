"""Finding what identifies a person in a text, and putting typed surrogates in its place.

The eighteen kinds of identifier are those of HIPAA's safe harbour (45 CFR 164.514(b)(2)). Knows texts only: no file, no
page, no database. Exposes no domain: it is for every document.
"""

DEIDENTIFIER_VERSION = "deidentified-6"
"""Raised with every change that masks other words or masks them otherwise."""
