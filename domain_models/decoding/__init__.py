"""From token probabilities to spans with calibrated probabilities. Numpy only; knows no domain and no network."""

DECODING_VERSION = "9"
"""Raised with every change that gives other spans or probabilities for the same text and network."""
