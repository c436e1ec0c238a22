"""Makes the generated files of this repository: ``python -m tools build``. Never shipped."""
