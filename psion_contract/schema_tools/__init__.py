"""What can be done with the schemas besides validating: listed, bundled, compared, frozen, put as types."""
