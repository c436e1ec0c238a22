"""The programs of docs/how-to/record-a-run.md for Hugging Face and Lightning run as they are. Needs both."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.command_line import RunCommand

pytestmark = pytest.mark.slow
for library in ("torch", "transformers", "lightning"):
    pytest.importorskip(library, reason=f"{library} is not installed")

ROOT = Path(__file__).parent.parent.parent
MODEL = """
from array import array
from pathlib import Path

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from docs_shards import NAMES


class Sequences(torch.utils.data.Dataset):
    def __init__(self, split):
        self.examples = []
        for position, name in enumerate(NAMES):
            tokens = array("H", Path(f"{name}.u16").read_bytes())
            for number in range(len(tokens) // 64) if name.startswith(split) else ():
                read = torch.tensor(tokens[64 * number : 64 * (number + 1)], dtype=torch.long)
                example = {"input_ids": read, "labels": read, "psion_shard": position, "psion_sequence": number}
                self.examples.append(example)

    def __len__(self):
        return len(self.examples)

    def __getitem__(self, at):
        return self.examples[at]


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.project = nn.Embedding(256, 16), nn.Linear(16, 256)

    def forward(self, input_ids, labels):
        logits = self.project(self.embed(input_ids))
        loss = cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten())
        return {"loss": loss, "logits": logits}
"""


def run(*words: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=environment, timeout=300)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files of the page, and its inputs made."""
    sys.path.append(str(ROOT / "tests" / "docs"))
    import markdown_pages as pages

    for name in ("fixtures/psion", "schemas"):
        shutil.copytree(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    commands = ""
    for block in pages.blocks(pages.read("docs/how-to/record-a-run.md")):
        if "file" in block.notes:
            Path(block.notes["file"]).write_text(block.text, encoding="utf-8")
        elif "new descriptor" in block.text:
            commands = block.text
    python = f'"{sys.executable}"'
    commands = commands.replace("python3 ", f"{python} ").replace(
        "psion-contract ", f"{python} -m psion_contract "
    )
    run("bash", "-euo", "pipefail", "-c", commands)
    names = sorted(path.stem for path in tmp_path.glob("*.u16"))
    Path("docs_shards.py").write_text(f"NAMES = {names}\n")
    Path("my_model.py").write_text(MODEL)
    return tmp_path


@pytest.mark.parametrize("trainer", ["hugging_face", "lightning"])
def test_the_program_records_a_run(folder: Path, psion: RunCommand, trainer: str) -> None:
    run(sys.executable, f"train_{trainer}.py")
    name = f"run-{trainer.replace('_', '-')}"
    checked = psion("check", "--strict", folder / name)
    assert (checked.code, checked.err) == (0, ""), checked.out
    compared = psion("replay", "compare", folder / name / "order", folder / name / "replay-1")
    assert compared.code == 0
    assert compared.out.startswith("exact: ")
