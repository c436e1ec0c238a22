"""Files that documents are about: shards, checkpoints, tokenizers."""
