"""The settings of a check: a file with paths, options and suppressions, and the baseline."""
