"""Bytes to values: files, the strict reader, positions, pointers, escaping."""
