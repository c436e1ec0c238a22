"""Makes the generated files of this repository, with ``python -m tools build``. Never shipped."""
