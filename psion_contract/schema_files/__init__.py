"""The schemas as files: listed, shown, bundled, exported as types."""
