"""The callback with the real Trainer of Hugging Face. Needs torch and transformers."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow
torch = pytest.importorskip("torch", reason="torch is not installed")
transformers = pytest.importorskip("transformers", reason="transformers is not installed")

from support.command_line import RunCommand  # noqa: E402
from support.recorded_runs import RUN, make_inputs  # noqa: E402
from tiny_decoder import Decoder, Sequences, expected_losses  # noqa: E402
from transformers import Trainer, TrainerCallback, TrainingArguments, set_seed  # noqa: E402

from psion_contract import ArgumentError  # noqa: E402
from psion_contract.record import Recorder  # noqa: E402
from psion_contract.record.hugging_face import RecorderCallback  # noqa: E402


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_inputs(tmp_path)
    return tmp_path


class Crash(TrainerCallback):  # type: ignore[misc]
    """Stops a run in the middle of a step."""

    def __init__(self, at: int) -> None:
        self.at = at

    def on_substep_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if state.global_step == self.at:
            raise KeyboardInterrupt


def made(
    folder: Path, name: str = "run", *callbacks: TrainerCallback, **options: Any
) -> tuple[Any, Any, Any]:
    """A recorder, its callback and a trainer."""
    recorder = Recorder(
        folder / name,
        descriptor=folder / "descriptor.json",
        corpus=folder / "corpus.json",
        policy=folder / "policy.json",
        run_id=RUN,
    )
    callback = RecorderCallback(recorder)
    arguments = {
        "output_dir": str(folder / f"{name}-checkpoints"),
        "per_device_train_batch_size": 2,
        "per_device_eval_batch_size": 3,
        "gradient_accumulation_steps": 2,
        "num_train_epochs": 2,
        "save_steps": 4,
        "eval_strategy": "steps",
        "eval_steps": 5,
        "remove_unused_columns": False,
        "report_to": "none",
        "use_cpu": True,
        "disable_tqdm": True,
        **options,
    }
    set_seed(42)
    trainer = Trainer(
        Decoder(),
        TrainingArguments(**arguments),
        train_dataset=Sequences(folder, "train"),
        eval_dataset=Sequences(folder, "validation"),
        callbacks=[callback, *callbacks],
    )
    return recorder, callback, trainer


def test_a_run_is_recorded_replayed_and_checked(folder: Path, psion: RunCommand) -> None:
    recorder, callback, trainer = made(folder)
    trainer.train()
    trainer.evaluate()
    trainer.save_model(str(folder / "model"))
    recorder.replay(callback.steps(trainer))
    receipt = recorder.finish(folder / "model", summary="A tiny model.")
    assert (recorder.order.step, recorder.order.sequences) == (18, 72)
    assert receipt["replay_receipt"]["exact_replay_observed"] is True
    assert receipt["replay_receipt"]["summary"].startswith("1 replay of 72 sequences in 18 steps, exact; ")
    run = psion("check", "--strict", folder / "run")
    assert (run.code, run.err) == (0, ""), run.out
    counts = recorder.tally.counts("train", "prose")
    assert counts[:3] == (2 * 24 * 16, 2 * 24 * 15, 2 * 24)
    expected = expected_losses(trainer.model, Sequences(folder, "validation"))
    for family, shard, sequences in (("prose", 2, 6), ("code", 3, 5)):
        assert recorder.tally.counts("validation", family).sequences == sequences
        mean = recorder.tally.mean_loss("validation", family)
        assert mean == pytest.approx(expected[shard] / (15 * sequences), rel=1e-6)


def test_the_training_loss_is_that_of_the_trainer(folder: Path) -> None:
    recorder, _, trainer = made(folder, logging_steps=1, logging_nan_inf_filter=False, eval_strategy="no")
    trainer.train()
    logged = [each["loss"] for each in trainer.state.log_history if "loss" in each]
    total = sum(recorder.tally.counts("train", family).loss for family in ("prose", "code")) / 2**1074
    assert total / (72 * 15) == pytest.approx(sum(logged) / 18, rel=1e-4)


def test_a_resumed_run_is_that_of_an_uninterrupted_one(folder: Path) -> None:
    whole, _, trainer = made(folder, "whole")
    trainer.train()
    _, _, trainer = made(folder, "resumed", Crash(at=10))
    with pytest.raises(KeyboardInterrupt):
        trainer.train()
    resumed, callback, trainer = made(folder, "resumed")
    trainer.train(resume_from_checkpoint=True)
    assert resumed.tally == whole.tally
    assert resumed.state_dict() == whole.state_dict()
    log = Path("order", "rank-0.log")
    assert (folder / "resumed" / log).read_bytes() == (folder / "whole" / log).read_bytes()
    resumed.replay(callback.steps(trainer))
    trainer.evaluate()
    trainer.save_model(str(folder / "model"))
    receipt = resumed.finish(folder / "model", summary="A tiny model.")
    assert receipt["replay_receipt"]["exact_replay_observed"] is True


def test_another_seed_is_not_exact(folder: Path) -> None:
    recorder, callback, trainer = made(folder)
    trainer.train()
    trainer.evaluate()
    trainer.save_model(str(folder / "model"))
    set_seed(43)
    recorder.replay(callback.steps(trainer))
    with pytest.warns(UserWarning, match="replay-not-exact"):
        receipt = recorder.finish(folder / "model", summary="A tiny model.")
    assert "not exact: at step 1, position 0: " in receipt["replay_receipt"]["summary"]


def test_what_keeps_it_from_seeing_batches_is_said_at_once(folder: Path) -> None:
    with pytest.raises(ArgumentError, match="remove_unused_columns: True removes psion_shard"):
        made(folder, remove_unused_columns=True)
    _, _, trainer = made(folder)
    for each in trainer.train_dataset.examples:
        del each["psion_shard"], each["psion_sequence"]
    with pytest.raises(ArgumentError, match="no batch of step 1 has psion_shard and psion_sequence"):
        trainer.train()


def test_a_checkpoint_without_a_recorder_is_refused(folder: Path) -> None:
    _, _, trainer = made(folder, max_steps=4)
    trainer.train()
    shutil.copytree(folder / "run-checkpoints", folder / "other-checkpoints")
    (folder / "other-checkpoints" / "checkpoint-4" / "psion_record_0.json").unlink()
    _, _, trainer = made(folder, "other")
    with pytest.raises(ArgumentError, match="the checkpoint was written without a recorder"):
        trainer.train(resume_from_checkpoint=True)
