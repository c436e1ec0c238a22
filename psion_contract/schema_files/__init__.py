"""Lists, shows and copies the schemas."""
