"""What is published and may not change: held to SHA-256 hashes, which stand in ``schemas/SHA256SUMS``.

That is the schemas, the conformance cases with the outcomes they expect, and the digest vectors.
``sha256sum -c schemas/SHA256SUMS`` at the top of the repository, or of the package's data, checks them without
this package. ``python -m psion_contract.schema_tools.freeze`` says what differs and exits with 1 where
something does; with ``--write`` it takes all as it is, which is for what was never published: whatever was
gets a new version.
"""

from __future__ import annotations

import os
import sys
from shutil import rmtree

from psion_contract.documents import digests
from psion_contract.resources import data_bytes, data_path

TABLE = ("schemas", "SHA256SUMS")
"""Where the hashes stand, from the top of the repository."""

PUBLISHED = ("tests", "published")
"""Where copies of the published schemas stand, against which a change is shown: in a checkout only."""

_FOLDERS = (("schemas",), ("fixtures", "conformance"), ("fixtures", "digests"))


def frozen() -> dict[str, str]:
    """The hashes that were recorded, by the path of the file from the top of the repository."""
    rows = (line.split("  ", 1) for line in data_bytes(*TABLE).decode().splitlines())
    return {path: sha256 for sha256, path in rows}


def present() -> dict[str, str]:
    """The hashes of the files as they are, in the order of their paths."""
    paths = []
    for folder in _FOLDERS:
        for place, _, names in os.walk(data_path(*folder)):
            paths += [os.path.join(place, name) for name in names if name.endswith(".json")]
    top = data_path()
    relative = sorted(os.path.relpath(path, top).replace(os.sep, "/") for path in paths)
    return {path: digests.sha256(data_bytes(*path.split("/")).decode()) for path in relative}


def differences() -> list[str]:
    """What differs from what was recorded, in words."""
    before, now = frozen(), present()
    changed = (path for path in before if path in now and before[path] != now[path])
    return [
        *(f"{path} changed" for path in changed),
        *(f"{path} is gone" for path in before if path not in now),
        *(f"{path} is not recorded yet" for path in now if path not in before),
    ]


def write() -> None:
    """Record the files as they are, and in a checkout keep copies of the schemas."""
    now = present()
    with open(data_path(*TABLE), "w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{sha256}  {path}\n" for path, sha256 in now.items())
    copies = data_path(*PUBLISHED)
    if os.path.isdir(data_path("tests")):
        rmtree(copies, ignore_errors=True)
        os.makedirs(copies)
        for path in now:
            folder, _, name = path.rpartition("/")
            if folder == "schemas":
                with open(os.path.join(copies, name), "wb") as file:
                    file.write(data_bytes(folder, name))


def main() -> int:
    """Say what differs, or record everything; the exit code."""
    if sys.argv[1:] == ["--write"]:
        write()
        return 0
    if sys.argv[1:]:
        print("usage: python -m psion_contract.schema_tools.freeze [--write]", file=sys.stderr)
        return 2
    found = differences()
    print("\n".join(found) or "everything is as it was published")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
