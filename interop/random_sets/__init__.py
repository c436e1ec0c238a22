"""Random sets of documents on which two implementations of the contract are compared."""
