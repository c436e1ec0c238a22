"""The files that documents are about: shards, checkpoints, tokenizers. Nothing here knows a document."""
