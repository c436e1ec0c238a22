"""What run.py is made of: the documents, changes of them, and the programs that are asked about them."""
