"""The digest of one file or folder, as documents state it."""

from __future__ import annotations

from pathlib import Path

from psion_contract.artifacts.folders import digest_of_files, folder_files
from psion_contract.artifacts.hashing import hash_files


def file_digest(path: Path) -> str:
    return hash_files([str(path)])[str(path)].digest


def folder_digest(path: Path) -> str:
    return digest_of_files(hash_files(folder_files(str(path))).values())
