"""A recorder makes all documents of a run, once, whatever interrupts it."""

from __future__ import annotations

import json
import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from support.command_line import RunCommand
from support.platforms import needs_signals
from support.recorded_runs import CONTEXT, Loop, make_inputs

from psion_contract import ArgumentError, OrderLogError, StageProgram, StageRefusalError
from psion_contract.record.recorder import Recorder
from psion_contract.record.tally import Tally

DAY_MS = 1_771_236_000_000


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with shards and the documents about them."""
    folder = tmp_path_factory.mktemp("inputs")
    make_inputs(folder)
    return folder


@pytest.fixture
def folder(inputs: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(inputs, tmp_path / "work"))


def finished(loop: Loop) -> dict[str, Any]:
    os.utime(loop.checkpoint, ns=(DAY_MS * 1_000_000, DAY_MS * 1_000_000))
    return loop.finish()


def test_a_loop_makes_documents_that_pass_the_strict_check(folder: Path, psion: RunCommand) -> None:
    loop = Loop(folder)
    loop.train()
    receipt = finished(loop)
    assert {path.name for path in (folder / "run").iterdir()} == {
        *(f"{name}.json" for name in ("config", "descriptor", "corpus", "policy", "program", "receipt")),
        ".program.json.lock",
        "order",
        "replay-1",
    }
    run = psion("check", "--strict", folder / "run")
    assert (run.code, run.err) == (0, ""), run.out
    (stage,) = StageProgram.load(folder / "run" / "program.json").state["stages"]
    assert (stage["status"], stage["pretrain_runs"]) == ("completed", [receipt])
    rows = {(row["split_name"], row["source_family_id"]): row for row in receipt["source_family_reports"]}
    assert rows["train", "prose"]["detail"] == "384 tokens, 360 of them targets, in 24 sequences."
    assert rows["train", "code"]["sequence_share_bps_within_split"] == 3333
    assert rows["validation", "code"]["detail"] == "80 tokens, 75 of them targets, in 5 sequences."
    replay, lineage = receipt["replay_receipt"], receipt["checkpoint_lineage"]
    assert (replay["successful_replays"], replay["exact_replay_observed"]) == (1, True)
    assert replay["summary"] == (
        f"1 replay of 36 sequences in 9 steps, exact; digest of the order {loop.recorder.order.digest}."
    )
    assert lineage["promoted_checkpoint"] == {
        "checkpoint_family": "unigram",
        "stream_id": "exp-7/pretrain",
        "manifest_digest": lineage["promoted_checkpoint"]["manifest_digest"],
        "object_digest": lineage["promoted_checkpoint"]["object_digest"],
        "writer_node_id": "single-machine",
        "membership_epoch": 0,
        "cluster_state_digest": "single-machine",
        "topology_digest": "single-machine",
        "started_at_ms": DAY_MS,
        "checkpoint_ref": "run-model.json",
        "step": 9,
        "durable_at_ms": DAY_MS,
    }


@pytest.mark.parametrize(
    "crash_at", [1, 4, 9, *(pytest.param(step, marks=pytest.mark.slow) for step in (2, 3, 7))]
)
def test_an_interrupted_run_is_that_of_an_uninterrupted_one(folder: Path, crash_at: int) -> None:
    whole, first = Loop(folder, "whole"), Loop(folder, "resumed")
    whole.train()
    first.train(crash_at)
    second = Loop(folder, "resumed")
    second.train()
    assert second.recorder.tally == whole.recorder.tally
    assert second.recorder.order.digest == whole.recorder.order.digest
    assert second.recorder.state_dict() == whole.recorder.state_dict()
    log = Path("order", "rank-0.log")
    resumed, uninterrupted = (
        (folder / name / log).read_bytes().split(b"\n", 1) for name in ("resumed", "whole")
    )
    assert resumed[1] == uninterrupted[1]
    assert resumed[0] != uninterrupted[0]  # another recording
    assert second.checkpoint.read_bytes() == whole.checkpoint.read_bytes()
    one, other = finished(whole), finished(second)
    other["checkpoint_lineage"]["promoted_checkpoint"]["checkpoint_ref"] = "whole-model.json"
    manifest = one["checkpoint_lineage"]["promoted_checkpoint"][
        "manifest_digest"
    ]  # covers the name of the file
    other["checkpoint_lineage"]["promoted_checkpoint"]["manifest_digest"] = manifest
    assert other == one


def test_everything_can_be_done_again_and_nothing_changes(folder: Path) -> None:
    loop = Loop(folder)
    loop.train()
    receipt = finished(loop)
    before = {path: path.read_bytes() for path in (folder / "run").rglob("*.json")}
    again = Loop(folder)
    again.train()
    assert finished(again) == receipt
    assert {path: path.read_bytes() for path in (folder / "run").rglob("*.json")} == before


def test_a_checkpoint_that_is_written_again_is_the_same(folder: Path) -> None:
    loop = Loop(folder)
    loop.train()
    receipt = finished(loop)
    text = loop.checkpoint.read_text()
    loop.checkpoint.write_text(text)
    assert loop.finish() == receipt
    loop.checkpoint.write_text(f"{text} ")
    with pytest.raises(ArgumentError, match=r"is another receipt; it differs in .*object_digest"):
        loop.finish()


def test_a_run_whose_program_is_in_the_next_stage_changes_nothing(folder: Path) -> None:
    loop = Loop(folder)
    loop.train()
    receipt = finished(loop)
    path = folder / "run" / "program.json"
    with StageProgram.locked(path) as program:
        program.advance({"environment_ref": "e", "version": "1"})
        program.ingest_trace("t", "plain_completion", "d")  # all that this stage needs
    before = path.read_bytes()
    for again in (loop, Loop(folder)):
        again.train()
        assert finished(again) == receipt
        assert path.read_bytes() == before


def test_a_program_of_another_run_is_found_before_the_first_step(folder: Path) -> None:
    environment = {"environment_ref": "e", "version": "1"}
    (folder / "run").mkdir()
    StageProgram.start("exp-6", "unigram", "pretrain", environment).save(folder / "run" / "program.json")
    with pytest.raises(
        StageRefusalError, match='stage "exp-6-stage-1-pretrain": refused to record the receipt'
    ):
        Loop(folder)


def test_a_crash_between_the_receipt_and_its_record_is_made_good(folder: Path) -> None:
    loop = Loop(folder)
    before = (folder / "run" / "program.json").read_bytes()
    loop.train()
    finished(loop)
    (folder / "run" / "program.json").write_bytes(before)
    finished(loop)
    (stage,) = StageProgram.load(folder / "run" / "program.json").state["stages"]
    assert stage["status"] == "completed"


def test_another_receipt_is_refused(folder: Path) -> None:
    loop = Loop(folder)
    loop.train()
    finished(loop)
    with pytest.raises(ArgumentError, match=r"receipt\.json: is another receipt; it differs in /"):
        loop.recorder.finish(loop.checkpoint, summary="Another one.")


@pytest.mark.parametrize("named", ["relative", "absolute"])
def test_a_checkpoint_in_the_folder_of_the_run_is_found_from_there_and_from_above(
    folder: Path, psion: RunCommand, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    monkeypatch.chdir(folder)
    loop = Loop(Path() if named == "relative" else folder)
    loop.train()
    loop.evaluate()
    loop.recorder.replay(loop.batches("train"))
    checkpoint = loop.checkpoint.parent / "run" / "checkpoints" / "step-9"
    checkpoint.mkdir(parents=True)
    loop.checkpoint.rename(checkpoint / "model.json")
    receipt = loop.recorder.finish(checkpoint, summary="A unigram model.")
    promoted = receipt["checkpoint_lineage"]["promoted_checkpoint"]
    assert promoted["checkpoint_ref"] == "checkpoints/step-9"
    run = psion("check", "--strict", "run", "--files", ".")  # which has the shards, too
    assert run.code == 0, run.out
    run = psion("check", "--strict", "run/receipt.json", "--inputs", "run", "--files", "run")
    assert "checkpoint" not in "".join(re.findall(r"missing-file.*", run.out))
    assert run.out.count("checkpoint digest: 1 verified") == 1
    (checkpoint / "model.json").write_text("another")
    run = psion("check", "--strict", "run", "--files", ".")
    assert run.code == 1
    assert "checkpoint-digest-mismatch" in run.out


def test_the_folder_of_the_run_is_no_checkpoint(folder: Path) -> None:
    loop = Loop(folder)
    loop.train()
    loop.evaluate()
    loop.recorder.replay(loop.batches("train"))
    for path in (folder / "run", folder):
        with pytest.raises(ArgumentError, match="has the documents of the run, which still change; give the"):
            loop.recorder.finish(path, summary="x")
    assert not (folder / "run" / "receipt.json").exists()


def test_a_swapped_replay_is_not_exact(folder: Path, psion: RunCommand) -> None:
    loop = Loop(folder)
    loop.train()
    loop.evaluate()
    steps = loop.batches("train")
    steps[2][0], steps[2][1] = steps[2][1], steps[2][0]
    loop.recorder.replay(loop.batches("train"), number=1)
    loop.recorder.replay(steps, number=2)
    with pytest.warns(UserWarning, match="replay-not-exact"):
        receipt = loop.recorder.finish(loop.checkpoint, summary="A unigram model.")
    replay = receipt["replay_receipt"]
    assert (replay["successful_replays"], replay["exact_replay_observed"]) == (2, False)
    assert "not exact: at step 3, position 0: sequence " in replay["summary"]
    run = psion("check", "--strict", folder / "run")
    assert run.code == 1
    assert "replay-not-exact" in run.out
    run = psion("replay", "compare", folder / "run" / "order", folder / "run" / "replay-2")
    assert run.code == 1
    assert "step 3, position 0" in run.out


def test_only_the_evaluation_of_the_checkpoint_counts(folder: Path) -> None:
    loop = Loop(folder)
    loop.recorder.load_state_dict(None)
    for step, places in loop.left():
        loop.measure(places)
        loop.counts[5] += 1
        loop.recorder.end_step(step)
        if step in (4, 9):
            loop.evaluate()
            last = [loop.recorder.tally.counts("validation", family) for family in ("prose", "code")]
            loop.evaluate()  # once more, by mistake
            assert [loop.recorder.tally.counts("validation", family) for family in ("prose", "code")] == last
    assert [each.sequences for each in last] == [6, 5]
    assert loop.recorder.order.state_dict()["pending"] == []  # only training has an order
    # Training counts every step, with the model that it had: not the last model.
    assert loop.recorder.tally.counts("train", "prose").sequences == 24


def test_an_evaluation_of_an_earlier_step_is_not_that_of_the_checkpoint(folder: Path) -> None:
    loop = Loop(folder)
    loop.recorder.load_state_dict(None)
    loop.evaluate()
    loop.train()
    loop.recorder.replay(loop.batches("train"))
    with pytest.raises(ArgumentError, match="finish: the run has read nothing"):
        Loop(folder).recorder.finish(loop.checkpoint, summary="x")
    loop.measure(loop.batches("validation")[0])
    loop.recorder.read([0], [0], tokens=[16], targets=[15], losses=[1.0])
    loop.recorder.end_step(10)
    with pytest.raises(ArgumentError, match="the last evaluation is of step 9, the checkpoint of step 10"):
        loop.recorder.finish(loop.checkpoint, summary="x")


def test_what_is_missing_is_known_during_the_run(folder: Path) -> None:
    loop = Loop(folder)
    assert loop.recorder.missing() == [
        (split, family) for split in ("train", "validation") for family in ("prose", "code")
    ]
    loop.train()
    assert loop.recorder.missing() == [("validation", "prose"), ("validation", "code")]
    loop.evaluate()
    assert loop.recorder.missing() == []


def test_a_forgotten_state_is_noticed(folder: Path) -> None:
    Loop(folder).train()
    loop = Loop(folder)
    loop.measure(loop.batches("train")[0])
    with pytest.raises(ArgumentError, match="has an order already; load the state of the checkpoint"):
        loop.recorder.end_step(1)


def test_ranks_are_merged(folder: Path, psion: RunCommand) -> None:
    whole = Loop(folder, "whole")
    whole.train()
    ranks = [Loop(folder, "ranks", rank=rank, ranks=2) for rank in range(2)]
    for rank, loop in enumerate(ranks):
        loop.recorder.load_state_dict(None)
        for step, places in enumerate(whole.batches("train"), 1):
            loop.counts = [1] * len(loop.counts)
            loop.measure(places[rank::2])
            loop.recorder.end_step(step)
        loop.recorder = pickle.loads(pickle.dumps(loop.recorder))
        loop.recorder.replay(places[rank::2] for places in whole.batches("train"))
    first, second = (loop.recorder for loop in ranks)
    merged = Tally()
    merged.merge(first.tally, second.tally)
    assert merged.counts("train", "code")[:3] == whole.recorder.tally.counts("train", "code")[:3]
    for places in whole.batches("validation"):
        ranks[0].measure(places)
    with pytest.raises(ArgumentError, match="finish: rank 1 makes no documents; send its tally to rank 0"):
        second.finish(whole.checkpoint, summary="Two ranks.")
    with pytest.raises(ArgumentError, match="ranks: the trainer has 1 of them, the recorder 2"):
        second.require_ranks(1)
    for tallies in ([], [first.tally, second.tally], [second.tally, second.tally]):
        with pytest.raises(
            ArgumentError, match=r"finish: .* in the tallies, but 36 in the orders of all ranks; give"
        ):
            first.finish(whole.checkpoint, summary="Two ranks.", tallies=tallies)
    with pytest.raises(
        ArgumentError, match=r"rank-1\.log: is of a run with more than 1 rank; remove the logs"
    ):
        Loop(folder, "ranks")
    receipt = first.finish(whole.checkpoint, summary="Two ranks.", tallies=[second.tally])
    assert receipt["replay_receipt"]["exact_replay_observed"]
    assert receipt["replay_receipt"]["summary"].startswith("1 replay of 36 sequences in 18 steps, exact; ")
    assert [row["detail"] for row in receipt["source_family_reports"]] == [
        f"{16 * count} tokens, {15 * count} of them targets, in {count} sequences."
        for count in (24, 12, 6, 5)
    ]
    assert psion("check", "--strict", folder / "ranks").code == 0


def test_a_loss_is_the_mean_over_targets(folder: Path) -> None:
    loop = Loop(folder)
    loop.recorder.read([0, 0], [0, 1], tokens=[16, 4], targets=[15, 3], losses=[30.0, 3.0])
    loop.recorder.end_step(1)
    assert loop.recorder.tally.mean_loss("train", "prose") == 33.0 / 18
    counts = loop.recorder.tally.counts("train", "prose")
    assert (counts[:3], Fraction(counts.loss, 2**1074)) == ((20, 18, 2), 33)


class Column:
    """A column of an array library."""

    def __init__(self, *values: Any) -> None:
        self.values = values

    def tolist(self) -> list[Any]:
        return list(self.values)


def test_batches_name_their_sequences(folder: Path) -> None:
    loop = Loop(folder)
    ids = [shard["shard_id"] for shard in loop.corpus["shards"]]
    batch = {"psion_shard": Column(0, 1), "psion_sequence": Column(5, 6), "other": 1}
    numbers = {"tokens": Column(16, 16), "targets": Column(15, 15), "losses": Column(1.5, 2.5)}
    loop.recorder.read_batch(batch, **numbers)
    assert loop.recorder.sequences(batch) == [(ids[0], 5), (ids[1], 6)]
    assert loop.recorder.order.state_dict()["pending"] == [[ids[0], 5], [ids[1], 6]]
    loop.recorder.read_batch({**batch, "psion_shard": ids[:2], "psion_family": ["prose", 1]}, **numbers)
    assert loop.recorder.tally.counts("train", "code").sequences == 2


def reading(*places: Any, **changes: Any) -> Callable[[Loop], object]:
    numbers = {"tokens": [CONTEXT], "targets": [15], "losses": [1.0], **changes}
    return lambda loop: loop.recorder.read(*places, **numbers)


REFUSED: dict[str, tuple[Callable[[Loop], object], str]] = {
    "no such shard": (
        reading(["train-prse"], [0]),
        "the corpus has no shard 'train-prse'; expected one of its 4",
    ),
    "a shard too far": (reading([4], [0]), "the corpus has no shard '4'"),
    "true": (reading([True], [0]), "the corpus has no shard 'True'"),
    "a sequence too far": (reading([0], [24]), "has no sequence '24'; its 24 sequences have numbers from 0"),
    "a fraction": (reading([0], [1.5]), "has no sequence '1.5'"),
    "another family": (reading([0], [0], families=["code"]), "has no family 'code'; it has 'prose'"),
    "columns of two lengths": (
        reading([0], [0, 1]),
        "one value for each sequence in each argument; found 1, 2, 1",
    ),
    "a replay elsewhere": (
        lambda loop: loop.recorder.replay([], number="1/../../x"),  # type: ignore[arg-type]
        "number: expected an integer from 1, found '1/../../x'",
    ),
    "replay 0": (lambda loop: loop.recorder.replay([], number=0), "number: expected an integer from 1"),
    "no folder": (
        lambda loop: Recorder(None, **loop.inputs._asdict(), run_id="x"),  # type: ignore[arg-type]
        "folder: expected the path of a folder, found a NoneType",
    ),
    "a file as the folder": (
        lambda loop: Recorder(loop.inputs.corpus, **loop.inputs._asdict(), run_id="x"),
        "cannot be made: ",
    ),
    "a number for a list": (
        lambda loop: loop.recorder.read(0, [0], tokens=[16], targets=[15], losses=[1.0]),
        "expected a list or an array in each argument, with one value for each sequence; found a int",
    ),
    "no checkpoint": (
        lambda loop: (loop.train(), loop.evaluate(), loop.recorder.finish(None, summary="x")),  # type: ignore[arg-type, func-returns-value]
        "finish: expected the path of a checkpoint, or its reference; found a NoneType",
    ),
    "a path for a corpus": (
        lambda loop: loop.recorder.tally.missing("corpus.json"),
        "corpus: expected a corpus manifest, as a parsed object",
    ),
    "no names": (
        lambda loop: loop.recorder.read_batch({"input_ids": 1}, tokens=[], targets=[], losses=[]),
        "the batch has no 'psion_shard', 'psion_sequence', which name its sequences; it has 'input_ids'",
    ),
    "another state": (
        lambda loop: loop.recorder.load_state_dict({"tally": {}}),
        "state: not the state of a recorder",
    ),
}


@pytest.mark.parametrize(("call", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_of_the_corpus_is_refused_at_once(
    folder: Path, call: Callable[[Loop], object], message: str
) -> None:
    loop = Loop(folder)
    with pytest.raises(ArgumentError) as error:
        call(loop)
    assert message in str(error.value).replace('"', "'")


def test_a_folder_of_another_run_is_refused(folder: Path) -> None:
    Loop(folder)
    with pytest.raises(
        ArgumentError, match=r"config\.json: is another config; it differs in /objective_config/label"
    ):
        Loop(folder, label_smoothing_bps=40)


def test_a_base_of_another_family_is_found_before_the_first_step(folder: Path) -> None:
    loop = Loop(folder, "first")
    loop.train()
    base = finished(loop)["checkpoint_lineage"]["promoted_checkpoint"]
    assert Loop(folder, "second", base_checkpoint=base).recorder.order.step is None
    with pytest.raises(Exception, match="family"):
        Loop(folder, "third", base_checkpoint=base, checkpoint_family="another")
    assert not (folder / "third" / "program.json").exists()


def test_a_finished_run_is_not_begun_again(folder: Path) -> None:
    loop = Loop(folder)
    loop.train()
    finished(loop)
    before = (folder / "run" / "order" / "rank-0.log").read_bytes()
    with pytest.raises(ArgumentError, match=r"receipt\.json: the run is finished; use a new folder"):
        Loop(folder).recorder.load_state_dict(None)
    assert (folder / "run" / "order" / "rank-0.log").read_bytes() == before


def test_the_order_of_a_finished_run_stays(folder: Path) -> None:
    loop = Loop(folder)
    loop.train(crash_at=5)
    early = json.loads(loop.checkpoint.read_bytes())["record"]
    loop = Loop(folder)
    loop.train()
    finished(loop)
    before = (folder / "run" / "order" / "rank-0.log").read_bytes()
    again = Loop(folder)
    with pytest.raises(ArgumentError, match=r"receipt\.json: the run is finished; use a new folder"):
        again.recorder.load_state_dict(early)
    again.train()
    with pytest.raises(ArgumentError, match=r"receipt\.json: the run is finished; use a new folder"):
        again.recorder.end_step(10)
    assert (folder / "run" / "order" / "rank-0.log").read_bytes() == before


def test_what_the_model_is_not_trained_on_is_no_training(folder: Path) -> None:
    loop = Loop(folder)
    loop.recorder.load_state_dict(None)
    measured = {"tokens": [16], "targets": [15], "losses": [1.0]}
    train, validation = [0], [2]
    loop.recorder.read(train, [0], **measured, training=False)
    assert (loop.recorder.order.pending, loop.recorder.tally) == (0, Tally())
    with pytest.raises(
        ArgumentError, match='the model is trained on the split "validation", on which a run is'
    ):
        loop.recorder.read(validation, [0], **measured, training=True)
    loop.recorder.read(train, [0], **measured, training=True)
    loop.recorder.read(validation, [0], **measured, training=False)
    assert loop.recorder.order.pending == 1
    assert [loop.recorder.tally.counts(split, "prose").sequences for split in ("train", "validation")] == [
        1,
        1,
    ]


def test_the_replays_of_a_finished_run_stay(folder: Path) -> None:
    loop = Loop(folder)
    loop.train()
    finished(loop)
    log = folder / "run" / "replay-1" / "rank-0.log"
    before = log.read_bytes()
    loop.recorder.replay(loop.batches("train"))
    with pytest.raises(
        ArgumentError, match=r"rank-0\.log: the run is finished, and its replay has other .* in step 1"
    ):
        loop.recorder.replay(loop.batches("train", seed=8))
    with pytest.raises(ArgumentError, match=r"receipt\.json: the run is finished; use a new folder"):
        loop.recorder.replay(loop.batches("train"), number=2)
    assert log.read_bytes() == before
    assert not (folder / "run" / "replay-2").exists()


def test_a_batch_is_added_as_a_whole_or_not_at_all(folder: Path) -> None:
    loop = Loop(folder)
    loop.evaluate()
    before = pickle.dumps(loop.recorder.state_dict())
    numbers: dict[str, Any] = {"tokens": [16, 16], "targets": [15, 15]}
    for shards in ([0, 0], [2, 2]):
        with pytest.raises(ArgumentError, match="loss: nan is not finite"):
            loop.recorder.read(shards, [0, 1], **numbers, losses=[1.0, float("nan")])
    assert pickle.dumps(loop.recorder.state_dict()) == before
    with pytest.raises(ArgumentError, match="sequence: -1 is out of range"):
        loop.recorder.order.extend([("a", 0), ("a", -1)])
    assert loop.recorder.order.pending == 0


def test_what_a_receipt_lacks_is_named(folder: Path) -> None:
    loop = Loop(folder)
    loop.train()
    loop.recorder.replay(loop.batches("train"))
    with pytest.raises(ArgumentError, match='finish: nothing was read of the split "validation", of which'):
        loop.recorder.finish(loop.checkpoint, summary="x")
    loop.measure(loop.batches("train")[0])
    with pytest.raises(ArgumentError, match="finish: 4 sequences read after step 9; end the step"):
        loop.recorder.finish(loop.checkpoint, summary="x")


def test_an_order_that_is_gone_is_refused(folder: Path) -> None:
    Loop(folder).train()
    shutil.rmtree(folder / "run" / "order")
    with pytest.raises(OrderLogError, match="cannot be read: No such file"):
        Loop(folder).train()


def test_the_state_is_json(folder: Path) -> None:
    loop = Loop(folder)
    loop.train()
    state = loop.recorder.state_dict()
    assert json.loads(json.dumps(state)) == state


KILLED = """
import os, signal, sys
from pathlib import Path

sys.path.insert(0, sys.argv[2])
from support.recorded_runs import Loop

flush, left = os.fsync, int(sys.argv[3])

def killed(handle):
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
    flush(handle)

os.fsync = killed
loop = Loop(Path(sys.argv[1]))
loop.train()
loop.finish()
"""


@needs_signals
@pytest.mark.parametrize(
    "at",
    [1, 7, 13, *(pytest.param(each, marks=pytest.mark.slow) for each in range(2, 15) if each not in (7, 13))],
)
def test_a_run_that_is_killed_while_it_writes_can_be_run_again(
    folder: Path, at: int, psion: RunCommand
) -> None:
    tests = Path(__file__).parents[1]
    command = [sys.executable, "-c", KILLED, str(folder), str(tests), str(at)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    loop = Loop(folder)
    loop.train()
    finished(loop)
    assert psion("check", "--strict", folder / "run").code == 0
