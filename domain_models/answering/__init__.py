"""Answers to questions that no field covers: what a passage says about them, word for word, or that it does not.

Knows questions and passages, no domain: a domain's own words for its fields come in as questions.
"""
