"""The stage program of a run: a state machine, and the file that stores its state."""
