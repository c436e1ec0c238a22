"""Names that several canonical documents share, and digests of artifacts that do not exist."""

from __future__ import annotations

from psion_contract.documents import digests

PILOT = "tidewater-pilot-01"
RESUMED = "tidewater-pilot-02"
ACCELERATED = "tidewater-pilot-03"


def artifact_digest(name: str) -> str:
    """What a producer might give as the digest of the artifact `name`: here, the digest of its name."""
    return f"sha256:{digests.sha256(name)}"
