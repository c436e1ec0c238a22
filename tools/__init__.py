"""Generates files of this repository, with ``python -m tools build``. Not part of the wheel."""
