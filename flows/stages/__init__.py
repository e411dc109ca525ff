"""The pipeline's steps as pure functions, in order: ingest, parse, segment, classify, extract, summarize, store, publish.

None of them knows Prefect.
"""
