"""Builders of the conformance pack and of the digest vectors."""
