"""The callback with the real Trainer of Lightning. Needs torch and lightning."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),  # advice of the trainer
]
torch = pytest.importorskip("torch", reason="torch is not installed")
lightning = pytest.importorskip("lightning.pytorch", reason="lightning is not installed")

from lightning.pytorch.callbacks import ModelCheckpoint  # noqa: E402
from recorders import made_recorder  # noqa: E402
from support.command_line import RunCommand  # noqa: E402
from support.recorded_runs import make_inputs  # noqa: E402
from tiny_decoder import Decoder, Sequences, expected_losses  # noqa: E402

from psion_contract import ArgumentError  # noqa: E402
from psion_contract.record.lightning_callback import RecorderCallback  # noqa: E402

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_inputs(tmp_path)
    return tmp_path


class Module(lightning.LightningModule):  # type: ignore[misc]
    """A decoder whose steps return their logits."""

    def __init__(self, crash_at: int | None = None, returned: str = "logits") -> None:
        super().__init__()
        torch.manual_seed(0)
        self.model, self.crash_at, self.returned = Decoder(), crash_at, returned

    def training_step(self, batch: dict[str, Any], number: int) -> Any:
        if self.global_step == self.crash_at:
            raise RuntimeError("crash")
        output = self.model(batch["input_ids"], batch["labels"])
        return {"loss": output["loss"], self.returned: output["logits"]}

    def validation_step(self, batch: dict[str, Any], number: int) -> Any:
        return {"logits": self.model(batch["input_ids"], batch["labels"])["logits"]}

    def configure_optimizers(self) -> Any:
        return torch.optim.SGD(self.parameters(), lr=0.1)


class Loader(torch.utils.data.DataLoader[Any]):
    """The same order in each run, another one in each epoch.

    Args:
        folder: of the shards.
        split: what is read.
        is_resumable: whether a resumed epoch goes on where it was; Lightning starts such an epoch again otherwise.
    """

    def __init__(self, folder: Path, split: str, is_resumable: bool = True) -> None:
        data = Sequences(folder, split)
        self.order = Shuffled(len(data)) if split == "train" else range(len(data))
        super().__init__(data, batch_size=2 if split == "train" else 3, sampler=self.order)
        self.at = self.skip = 0
        if is_resumable:
            self.state_dict = lambda: {"at": self.at}
            self.load_state_dict = lambda state: setattr(self, "skip", state["at"])

    def __iter__(self) -> Any:
        skip, self.skip = self.skip, 0
        for self.at, batch in enumerate(super().__iter__(), 1):
            if self.at > skip:
                yield batch


class Shuffled(torch.utils.data.Sampler[int]):
    """A permutation for each epoch, which the trainer sets."""

    def __init__(self, size: int) -> None:
        self.size, self.epoch = size, 0

    def __len__(self) -> int:
        return self.size

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __iter__(self) -> Any:
        generator = torch.Generator().manual_seed(7 + self.epoch)
        return iter(torch.randperm(self.size, generator=generator).tolist())


def made(folder: Path, name: str = "run", **options: Any) -> tuple[Any, Any]:
    """A recorder and a trainer."""
    recorder = made_recorder(folder, name)
    saving = ModelCheckpoint(dirpath=folder / f"{name}-checkpoints", every_n_train_steps=6, save_top_k=-1)
    trainer = lightning.Trainer(
        accelerator="cpu",
        max_epochs=2,
        accumulate_grad_batches=2,
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=[RecorderCallback(recorder), saving],
        **options,
    )
    return recorder, trainer


def replayed(recorder: Any, folder: Path) -> list[Any]:
    """The steps of two epochs, read again."""
    steps = []
    for epoch in range(2):
        data = Loader(folder, "train")
        data.order.set_epoch(epoch)
        batches = [recorder.sequences(batch) for batch in data]
        steps += [batches[at] + batches[at + 1] for at in range(0, len(batches), 2)]
    return steps


def test_a_run_is_recorded_replayed_and_checked(folder: Path, psion: RunCommand) -> None:
    recorder, trainer = made(folder)
    module = Module()
    trainer.fit(module, Loader(folder, "train"), Loader(folder, "validation"))
    trainer.validate(module, Loader(folder, "validation"), verbose=False)
    trainer.save_checkpoint(folder / "model.ckpt")
    recorder.replay(replayed(recorder, folder))
    receipt = recorder.finish(folder / "model.ckpt", summary="A tiny model.")
    assert (recorder.order.step, recorder.order.sequences) == (18, 72)
    assert receipt["replay_receipt"]["summary"].startswith("1 replay of 72 sequences in 18 steps, exact; ")
    run = psion("check", "--strict", folder / "run")
    assert (run.code, run.err) == (0, ""), run.out
    assert recorder.tally.counts("train", "code")[:3] == (2 * 12 * 16, 2 * 12 * 15, 2 * 12)
    expected = expected_losses(module.model, Sequences(folder, "validation"))
    for family, shard, sequences in (("prose", 2, 6), ("code", 3, 5)):
        assert recorder.tally.counts("validation", family).sequences == sequences
        mean = recorder.tally.mean_loss("validation", family)
        assert mean == pytest.approx(expected[shard] / (15 * sequences), rel=1e-6)


def interrupted(folder: Path, is_resumable: bool) -> Any:
    """The recorder of a run that crashed in its second epoch and was resumed."""
    _, trainer = made(folder, "resumed")
    data = Loader(folder, "train", is_resumable), Loader(folder, "validation")
    with pytest.raises(RuntimeError, match="crash"):
        trainer.fit(Module(crash_at=15), *data)
    recorder, trainer = made(folder, "resumed")
    last = max((folder / "resumed-checkpoints").iterdir(), key=lambda path: path.stat().st_mtime_ns)
    data = Loader(folder, "train", is_resumable), Loader(folder, "validation")
    trainer.fit(Module(), *data, ckpt_path=last, weights_only=False)
    trainer.save_checkpoint(folder / "model.ckpt")
    recorder.replay(replayed(recorder, folder))
    return recorder


def test_a_resumed_run_is_that_of_an_uninterrupted_one(folder: Path) -> None:
    whole, trainer = made(folder, "whole")
    trainer.fit(Module(), Loader(folder, "train"), Loader(folder, "validation"))
    resumed = interrupted(folder, is_resumable=True)
    assert resumed.state_dict() == whole.state_dict()
    log = Path("order", "rank-0.log")
    logs = [(folder / each / log).read_bytes().partition(b"\n")[2] for each in ("resumed", "whole")]
    assert logs[0] == logs[1]
    assert resumed.finish(folder / "model.ckpt", summary="x")["replay_receipt"]["exact_replay_observed"]


def test_an_epoch_that_starts_again_is_found(folder: Path) -> None:
    resumed = interrupted(folder, is_resumable=False)
    with pytest.warns(UserWarning, match="replay-not-exact"):
        receipt = resumed.finish(folder / "model.ckpt", summary="x")
    assert "not exact: at step 13, position 0: " in receipt["replay_receipt"]["summary"]


def test_a_checkpoint_without_a_recorder_is_refused(folder: Path) -> None:
    _, trainer = made(folder)
    trainer.callbacks.pop(0)
    trainer.fit(Module(), Loader(folder, "train"), Loader(folder, "validation"))
    last = max((folder / "run-checkpoints").iterdir(), key=lambda path: path.stat().st_mtime_ns)
    _, trainer = made(folder)
    trainer.fit_loop.max_epochs = 3
    with pytest.raises(ArgumentError, match="the checkpoint was written without a recorder"):
        trainer.fit(Module(), Loader(folder, "train"), ckpt_path=last, weights_only=False)


def test_what_is_evaluated_does_not_count_as_training(folder: Path) -> None:
    recorder, trainer = made(folder)
    module, validation = Module(), Loader(folder, "validation")
    trainer.fit(module, Loader(folder, "train"), validation)
    before = recorder.tally.counts("train", "prose"), recorder.order.state_dict()
    trainer.validate(module, Loader(folder, "train"), verbose=False)
    recorder.read([2], [0], tokens=[16], targets=[15], losses=[1.0])  # of an evaluation that was interrupted
    trainer.validate(module, validation, verbose=False)
    assert (recorder.tally.counts("train", "prose"), recorder.order.state_dict()) == before
    assert recorder.tally.counts("validation", "prose").sequences == 6
    trainer.save_checkpoint(folder / "other.ckpt")
    with pytest.raises(
        ArgumentError, match=r"ckpt_path: the weights come from .*other\.ckpt, and of which step they"
    ):
        trainer.validate(module, validation, ckpt_path=folder / "other.ckpt", weights_only=False)


def test_training_on_what_is_evaluated_is_refused(folder: Path) -> None:
    _, trainer = made(folder)
    with pytest.raises(
        ArgumentError, match='the model is trained on the split "validation", on which a run is'
    ):
        trainer.fit(Module(), Loader(folder, "validation"))


def test_a_fit_begins_again_or_goes_on(folder: Path) -> None:
    whole, trainer = made(folder, "whole")
    trainer.fit(Module(), Loader(folder, "train"))
    recorder, trainer = made(folder)
    callback = trainer.callbacks[0]
    with pytest.raises(RuntimeError, match="crash"):
        trainer.fit(Module(crash_at=7), Loader(folder, "train"))
    _, trainer = made(folder)
    trainer.callbacks[0] = callback  # the same one, whose recorder has read seven steps
    trainer.fit_loop.max_epochs = 1
    module, train = Module(), Loader(folder, "train")
    trainer.fit(module, train)
    assert recorder.order.step == 9
    trainer.fit_loop.max_epochs = 2
    trainer.fit(module, train)
    assert recorder.state_dict() == whole.state_dict()


def test_steps_without_logits_are_refused(folder: Path) -> None:
    _, trainer = made(folder)
    with pytest.raises(ArgumentError, match="training_step: expected a dictionary with the logits"):
        trainer.fit(Module(returned="x"), Loader(folder, "train"), Loader(folder, "validation"))


def run_in(processes: int, folder: Path, name: str, mode: str = "run") -> int:
    """Run the program of two ranks; its exit code."""
    program = Path(__file__).with_name("two_lightning_ranks.py")
    torchrun = (
        *("-m", "torch.distributed.run", "--standalone", "--local-addr", "127.0.0.1"),
        *("--nproc-per-node", str(processes)),
    )
    done = subprocess.run(
        [sys.executable, *(torchrun if processes > 1 else ()), str(program), str(folder), name, mode],
        capture_output=True,
        text=True,
        check=False,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "tests", program.parent))),
            "OMP_NUM_THREADS": "1",
        },
        timeout=300,
    )
    assert (done.returncode == 0) is (mode != "crash"), done.stderr
    return done.returncode


def test_two_processes_count_what_one_does_and_are_resumed(folder: Path, psion: RunCommand) -> None:
    run_in(1, folder, "one")
    run_in(2, folder, "two")
    run_in(2, folder, "resumed", "crash")
    run_in(2, folder, "resumed", "resume")
    details = {}
    for name in ("one", "two", "resumed"):
        run = psion("check", "--strict", folder / name)
        assert (run.code, run.err) == (0, ""), run.out
        receipt = json.loads((folder / name / "receipt.json").read_bytes())
        details[name] = [row["detail"] for row in receipt["source_family_reports"]]
        assert receipt["replay_receipt"]["exact_replay_observed"] is True
    assert details["one"] == details["two"] == details["resumed"]
    for rank in range(2):
        logs = [(folder / each / "order" / f"rank-{rank}.log").read_bytes() for each in ("two", "resumed")]
        assert logs[0].partition(b"\n")[2] == logs[1].partition(b"\n")[2]


def test_another_number_of_processes_is_refused(folder: Path) -> None:
    recorder, _ = made(folder)
    with pytest.raises(
        ArgumentError, match="ranks: the checkpoint is of 2 of them, the recorder of 1; resume a run with"
    ):
        RecorderCallback(recorder).load_state_dict({"ranks": [{}, {}]})
