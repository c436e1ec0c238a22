"""Renders reports, lists of digests and stage programs as text or JSON."""
