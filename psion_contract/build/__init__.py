"""Make documents: configs, receipts, their rows and their digests."""
