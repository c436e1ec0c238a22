"""A report, a list of digests or a program as text or JSON, one module a format."""
