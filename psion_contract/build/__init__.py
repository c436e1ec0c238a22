"""Builds documents: configs and receipts, with their rows and digests."""
