"""The pipeline of Jenkins that the guide shows, its commands run in a scratch repository."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from support import scratch
from support.platforms import needs_shell

PIPELINE = scratch.example("jenkins")


@needs_shell
@pytest.mark.slow
def test_a_broken_receipt_fails_and_a_sound_one_passes(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    source = scratch.copy_of_sources(tmp_path_factory.mktemp("source") / "psion-contract")
    python3 = tmp_path_factory.mktemp("bin") / "python3"
    python3.symlink_to(sys.executable)
    environment = {
        "PSION_CONTRACT": str(source),
        "PATH": os.pathsep.join([str(python3.parent), os.environ["PATH"]]),
    }
    steps = re.findall(r"^ +sh '(.+)'$", PIPELINE, re.MULTILINE)
    (report,) = re.findall(r"^ +junit '(.+)'$", PIPELINE, re.MULTILINE)
    assert len(steps) == 2

    for write, expected, failures in ((scratch.write_broken, 1, "1"), (scratch.write_sound, 0, "0")):
        write(tmp_path)
        codes = [
            scratch.run("sh", "-xec", step, folder=tmp_path, environment=environment).code for step in steps
        ]
        assert codes == [0, expected]
        assert ET.parse(tmp_path / report).getroot().get("failures") == failures
