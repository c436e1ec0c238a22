"""Values to documents: kinds, recognition, validation, digests, serialising."""
