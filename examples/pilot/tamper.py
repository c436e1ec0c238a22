"""Changes a finished run after the fact, each time in a copy, and shows what the check finds.

``python examples/pilot/tamper.py FOLDER``, where FOLDER is what ``run.py`` wrote.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from safetensors.numpy import load, save

from psion_contract import check_with_files, seal
from psion_contract.record import OrderDigest, compare_orders, observed_replays
from psion_contract.record.order_log import OrderLog

INPUTS = ("config", "descriptor", "corpus", "policy")


def document(root: Path, name: str) -> Any:
    """A document of the run."""
    return json.loads((root / f"{name}.json").read_bytes())


def replace(file: Path, data: bytes) -> None:
    """Replace a file; its other names keep what it was."""
    file.unlink()
    file.write_bytes(data)


def flip_a_bit(file: Path) -> None:
    """Change one bit in the middle of a file."""
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    replace(file, data)


def weights(root: Path) -> Path:
    """The file of the promoted checkpoint."""
    lineage = document(root, "receipt")["checkpoint_lineage"]
    return root / lineage["promoted_checkpoint"]["checkpoint_ref"] / "model.safetensors"


def change_a_shard(root: Path) -> None:
    """One bit of the first shard."""
    flip_a_bit(root / document(root, "corpus")["shards"][0]["storage_ref"])


def change_the_checkpoint(root: Path) -> None:
    """One bit of the promoted checkpoint."""
    flip_a_bit(weights(root))


def change_the_tokenizer(root: Path) -> None:
    """One bit of the tokenizer."""
    flip_a_bit(root / document(root, "descriptor")["tokenizer_binding"]["tokenizer_id"] / "tokenizer.json")


def change_a_weight(root: Path) -> None:
    """One weight, in a file that is otherwise as good as before."""
    tensors = {name: tensor.copy() for name, tensor in load(weights(root).read_bytes()).items()}
    tensors["lm_head.bias"][0] += 0.001
    replace(weights(root), save(tensors))


def leave_a_tensor_out(root: Path) -> None:
    """One tensor of the checkpoint is missing."""
    tensors = load(weights(root).read_bytes())
    del tensors["lm_head.bias"]
    replace(weights(root), save(tensors))


def swap_in_the_replay(root: Path) -> None:
    """The replay reads the first two sequences in the other order; the receipt says what came of it."""
    run = OrderLog(root / "order" / "rank-0.log")
    order = OrderDigest(run.header.dataset_identity, log=root / "swapped.log")
    for step in run.steps():
        read = list(step.read)
        if step.number == 1:
            read[:2] = reversed(read[:2])
        for place in read:
            order.add(*place)
        order.end_step(step.number)
    print("  replay compare:", compare_orders(root / "order", root / "swapped.log").divergence)
    receipt = document(root, "receipt")
    receipt["replay_receipt"] |= observed_replays(root / "order", [root / "swapped.log"])._asdict()
    sealed = seal(receipt, [root / f"{name}.json" for name in INPUTS])
    replace(root / "receipt.json", sealed.data)


CHANGES: tuple[tuple[Callable[[Path], None], set[str]], ...] = (
    (change_a_shard, {"shard-digest-mismatch"}),
    (change_the_checkpoint, {"checkpoint-digest-mismatch"}),
    (change_the_tokenizer, {"tokenizer-digest-mismatch"}),
    (change_a_weight, {"checkpoint-digest-mismatch"}),
    (leave_a_tensor_out, {"checkpoint-digest-mismatch", "tensor-mismatch"}),
    (swap_in_the_replay, {"replay-not-exact"}),
)
"""What is changed, and the rules that find it."""


@contextmanager
def copy_of(root: Path) -> Iterator[Path]:
    """A copy of a run, in which files are links until they are replaced."""
    with TemporaryDirectory(dir=root.parent) as folder:
        copy = Path(folder) / root.name
        shutil.copytree(root, copy, copy_function=os.link, ignore=shutil.ignore_patterns("wheels", "text"))
        yield copy


def main() -> int:
    """Show the verdict on the run and on each changed copy; 1 if it is not as expected."""
    parser = argparse.ArgumentParser(description="Change a finished run, each time in a copy, and check it.")
    parser.add_argument("folder", type=Path, help="what run.py wrote")
    as_expected, root = True, parser.parse_args().folder.resolve()
    if not (root / "receipt.json").exists():
        parser.error(f"{root} has no receipt.json; give the folder of a finished run")
    for change, expected in [(None, set[str]()), *CHANGES]:
        with copy_of(root) as copy:
            print(change.__doc__ if change else "Unchanged.")
            if change:
                change(copy)
            report = check_with_files(sorted(copy.glob("*.json")), copy, strict=True)
        rules = {finding.rule for finding in report.findings}
        print(f"  {report.verdict}: {', '.join(sorted(rules)) or 'nothing is found'}")
        as_expected = as_expected and rules == expected
    return 0 if as_expected else 1


if __name__ == "__main__":
    sys.exit(main())
