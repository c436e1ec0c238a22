"""The callback with the real Trainer of Hugging Face. Needs torch and transformers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow
torch = pytest.importorskip("torch", reason="torch is not installed")
transformers = pytest.importorskip("transformers", reason="transformers is not installed")

from recorders import made_recorder  # noqa: E402
from support.command_line import RunCommand  # noqa: E402
from support.recorded_runs import make_inputs  # noqa: E402
from tiny_decoder import Decoder, Sequences, expected_losses  # noqa: E402
from transformers import Trainer, TrainerCallback, TrainingArguments, set_seed  # noqa: E402

from psion_contract import ArgumentError  # noqa: E402
from psion_contract.record.hugging_face import RecorderCallback  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]


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
    recorder = made_recorder(folder, name)
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
    logs = [(folder / each / log).read_bytes().partition(b"\n")[2] for each in ("resumed", "whole")]
    assert logs[0] == logs[1]
    resumed.replay(callback.steps(trainer))
    trainer.evaluate()
    trainer.save_model(str(folder / "model"))
    receipt = resumed.finish(folder / "model", summary="A tiny model.")
    assert receipt["replay_receipt"]["exact_replay_observed"] is True


def test_two_processes_count_what_one_does(folder: Path, psion: RunCommand) -> None:
    program = Path(__file__).with_name("two_ranks.py")
    paths = os.pathsep.join(map(str, (ROOT, ROOT / "tests", program.parent)))
    environment = {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}
    torchrun = (
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--local-addr",
        "127.0.0.1",
        "--nproc-per-node",
        "2",
    )
    for name, words in {"one": (), "two": torchrun}.items():
        command = [sys.executable, *words, str(program), str(folder), name]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=environment, timeout=300
        )
        assert done.returncode == 0, done.stderr
        run = psion("check", "--strict", folder / name)
        assert (run.code, run.err) == (0, ""), run.out
    receipts = [json.loads((folder / name / "receipt.json").read_bytes()) for name in ("one", "two")]
    # The trainer reads a sequence twice in the evaluation, so that both processes have as many.
    trained = [
        [row for row in each["source_family_reports"] if row["split_name"] == "train"] for each in receipts
    ]
    assert [row["detail"] for row in trained[1]] == [row["detail"] for row in trained[0]]
    for one, two in zip(*trained, strict=True):
        assert abs(one["mean_next_token_loss_milli"] - two["mean_next_token_loss_milli"]) <= 1
    replays = [each["replay_receipt"]["summary"].partition(";")[0] for each in receipts]
    assert replays == [
        "1 replay of 72 sequences in 18 steps, exact",
        "1 replay of 72 sequences in 36 steps, exact",
    ]


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
    with pytest.raises(ArgumentError, match="torch_compile: a compiled model does not call the hooks"):
        made(folder, torch_compile=True)
    _, _, trainer = made(folder)
    for each in trainer.train_dataset.examples:
        del each["psion_shard"], each["psion_sequence"]
    with pytest.raises(ArgumentError, match="no batch of step 1 has psion_shard and psion_sequence"):
        trainer.train()


def test_what_is_evaluated_does_not_count_as_training(folder: Path) -> None:
    recorder, _, trainer = made(folder)
    trainer.train()
    before = recorder.tally.counts("train", "prose"), recorder.order.state_dict()
    trainer.evaluate(Sequences(folder, "train"))
    for _ in range(2):  # the second one replaces the first
        trainer.predict(Sequences(folder, "validation"))
    assert (recorder.tally.counts("train", "prose"), recorder.order.state_dict()) == before
    assert recorder.tally.counts("validation", "prose").sequences == 6


def test_training_on_what_is_evaluated_is_refused(folder: Path) -> None:
    _, _, trainer = made(folder)
    trainer.train_dataset = trainer.eval_dataset
    with pytest.raises(
        ArgumentError, match='the model is trained on the split "validation", on which a run is'
    ):
        trainer.train()


def test_the_best_model_is_not_that_of_the_last_step(folder: Path) -> None:
    options = {"eval_steps": 4, "load_best_model_at_end": True}
    with pytest.raises(
        ArgumentError, match="load_best_model_at_end: the model at the end is then that of an earlier"
    ):
        made(folder, **options)


def test_a_model_without_logits_is_refused(folder: Path) -> None:
    _, _, trainer = made(folder)
    forward = trainer.model.forward
    trainer.model.forward = lambda **batch: tuple(forward(**batch).values())
    with pytest.raises(ArgumentError, match="the model returns no logits; let forward return a dictionary"):
        trainer.train()


def test_a_checkpoint_without_a_recorder_is_refused(folder: Path) -> None:
    _, _, trainer = made(folder, max_steps=4)
    trainer.train()
    shutil.copytree(folder / "run-checkpoints", folder / "other-checkpoints")
    (folder / "other-checkpoints" / "checkpoint-4" / "psion_record_0.json").unlink()
    _, _, trainer = made(folder, "other")
    with pytest.raises(
        ArgumentError, match="resume from a checkpoint in output_dir that was written with a recorder"
    ):
        trainer.train(resume_from_checkpoint=True)
