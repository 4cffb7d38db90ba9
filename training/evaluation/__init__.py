"""Measures what a model package draws, with a classifier trained on real renders."""
