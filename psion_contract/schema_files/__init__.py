"""Lists, shows and bundles the schemas, and exports them as types."""
