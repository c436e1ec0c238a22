"""What documents state, held against what can be computed."""
