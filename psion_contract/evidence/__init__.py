"""Compares what documents say with what can be computed."""
