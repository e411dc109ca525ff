"""Recipes that make the adapters; run with `accelerate launch`. Never imported by a run."""
