"""What the conformance pack and the digest vectors are made from, as readable data."""
