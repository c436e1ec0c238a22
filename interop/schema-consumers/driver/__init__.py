"""The parts of run.py: documents, edits of documents, and the programs that validate them."""
