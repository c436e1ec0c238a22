"""What can be done with the schemas besides validating: list, bundle, compare and freeze them, export types."""
