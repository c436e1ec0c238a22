"""The stage program of a run: a machine that leads from one recorded state to the next, kept in a file."""
