"""Records one run in a folder, from its config to its receipt in the stage program."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from psion_contract.build.inputs import Input, Inputs
from psion_contract.build.new_documents import new_config, new_receipt
from psion_contract.exceptions import ArgumentError
from psion_contract.program.stage_program import StageProgram
from psion_contract.reading.escaping import counted, excerpt, listed, quoted
from psion_contract.reading.json_reader import DEFAULT_LIMITS, Json
from psion_contract.reading.source import json_object
from psion_contract.record.checkpoints import ONE_MACHINE, as_before, checkpoint_reference, path_from
from psion_contract.record.corpus_index import CorpusIndex, rows, values
from psion_contract.record.dry_run import preflight
from psion_contract.record.order_digest import OrderDigest
from psion_contract.record.order_log import OrderLog, Place
from psion_contract.record.replays import observed, require_same
from psion_contract.record.run_folder import RunFolder
from psion_contract.record.tally import Tally

SHARD, SEQUENCE, FAMILY = "psion_shard", "psion_sequence", "psion_family"
"""The members of a batch that name its sequences: those of `Recorder.read`, where the family may be missing."""

_VERSION = 1


class Recorder:
    """Records what a run reads, measures and writes, and makes its documents in a folder.

    It checks the inputs, makes the config, starts the stage program, and finds what would make the receipt refused, before
    the first step. Then the training loop calls `read` for each batch, of training and of evaluation, and `end_step` for
    each step of the optimizer; it saves `state_dict` in its checkpoints. After the run, `replay` reads the data again and
    `finish` makes the receipt and records it. The folder then passes ``psion-contract check --strict``.

    All of it can be repeated after a crash: what was done already stays as it is. A recorder can be pickled.

    Args:
        folder: of the run; it is made if it does not exist.
        descriptor: the model that is trained.
        corpus: the manifest of the data that is read.
        policy: the policy by which sources are mixed.
        run_id: id of the run.
        checkpoint_family: family of the checkpoints of the run; by default, that of the base, or the id of the model.
        environment: of the stage, ``environment_ref`` and ``version``; by default, one machine.
        base_checkpoint: checkpoint reference that the stage starts from; None for fresh weights.
        label_smoothing_bps: label smoothing in basis points.
        rank: of this process. Only rank 0 makes documents.
        ranks: number of processes that train.

    Attributes:
        rank: of this process.
        ranks: number of processes.
        tally: what was read so far, by split and family.
        order: the order in which training read it.

    Raises:
        ArgumentError: an argument is malformed, or the folder has documents of another run.
        Exception: as by `new_config` and `preflight`: the documents contradict each other.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        descriptor: Input,
        corpus: Input,
        policy: Input,
        run_id: str,
        checkpoint_family: str | None = None,
        environment: Mapping[str, str] | None = None,
        base_checkpoint: Input | None = None,
        label_smoothing_bps: int = 0,
        rank: int = 0,
        ranks: int = 1,
    ) -> None:
        self._folder = RunFolder(folder)
        inputs = Inputs(DEFAULT_LIMITS, descriptor=descriptor, corpus=corpus, policy=policy)
        self._documents: dict[str, Any] = inputs.values
        self._base = json_object("base_checkpoint", base_checkpoint)
        self.rank, self.ranks = rank, ranks
        self._index = CorpusIndex(self._documents["corpus"])
        self._identity = self._documents["corpus"]["replay_contract"]["stable_dataset_identity"]
        self._folder.make("order", ranks)
        self.tally = Tally()
        self.order = self._order("order", rank, ranks)
        self._evaluated: int | None = None  # the step of the evaluation in the tally
        self._finished = set[tuple[str, str]]()  # what an ended evaluation measured
        if rank == 0:
            config = new_config(
                *inputs.values.values(), run_id=run_id, label_smoothing_bps=label_smoothing_bps
            )
            self._documents = {"config": config, **self._documents}
            known = self._base if isinstance(self._base, Mapping) else {}
            self._start(
                checkpoint_family or known.get("checkpoint_family") or config["model_id"],
                environment or {"environment_ref": ONE_MACHINE, "version": "1"},
            )

    def read(
        self,
        shards: Any,
        sequences: Any,
        *,
        tokens: Any,
        targets: Any,
        losses: Any,
        families: Any = None,
        training: bool | None = None,
    ) -> None:
        """Add the sequences of a batch, in the order in which they were read.

        Sequences of a split of kind validation, test or held_out belong to an evaluation, the others to training. An
        evaluation of another step replaces the measurements of the last one.

        Args:
            shards: of each sequence, the id of its shard, or the shard's position in the corpus manifest, from 0.
            sequences: the number of each sequence in its shard, from 0. Like all of these, a list, or an array of numpy
                or torch.
            tokens: number of tokens of each sequence, without padding.
            targets: number of its tokens whose loss was computed.
            losses: the sum of the losses at these targets, in nats.
            families: of each sequence, the id of its source family, or the family's position in the bindings of the
                manifest; not needed where a shard has one family.
            training: whether the model is trained on the batch; None if the splits say so. Evaluations of a training split
                are not recorded.

        Raises:
            ArgumentError: the corpus has no such shard, sequence or family, or a number is malformed; or the model is trained on
                a split that is evaluated. Nothing is added.
        """
        added, evaluated, places = Tally(), dict[tuple[str, str], None](), list[Place]()
        columns = (shards, sequences, tokens, targets, losses)
        for shard_key, sequence, token_count, target_count, loss, family_key in rows(*columns, families):
            shard = self._index.shard(shard_key)
            if training is not None and bool(training) == shard.is_evaluated:
                if not shard.is_evaluated:
                    continue
                message = (
                    f"the model is trained on the split {quoted(shard.split)}, on which a run is evaluated"
                )
                raise ArgumentError(message)
            number, family = shard.number(sequence), self._index.family(shard, family_key)
            added.add(shard.split, family, tokens=token_count, targets=target_count, loss=loss)
            if shard.is_evaluated:
                evaluated[shard.split, family] = None
            else:
                places.append((shard.shard_id, number))
        self.order.extend(places)
        for pair in evaluated:
            self._evaluate(*pair)
        self.tally.merge(added)

    def read_batch(self, batch: Mapping[str, Any], **measured: Any) -> None:
        """Add the sequences of a batch as `read` does; `psion_shard`, `psion_sequence` and `psion_family` in it name them."""
        shards, sequences, families = self._names(batch)
        self.read(shards, sequences, families=families, **measured)

    def end_step(self, step: Any) -> None:
        """End a step of the optimizer, whose number is larger than that of the last one.

        Raises:
            ArgumentError: it is not larger; or the run is finished.
            OrderLogError: the order cannot be written.
        """
        self._folder.require_unfinished()
        self.order.end_step(step)

    def end_evaluation(self) -> None:
        """End an evaluation: what is measured again, even in the same step, replaces it."""
        self._finished = {pair for pair in self._index.evaluated if self.tally.counts(*pair).sequences}

    def require_ranks(self, ranks: int) -> None:
        """Check that a trainer has as many processes as the recorder.

        Raises:
            ArgumentError: it has more or fewer.
        """
        if ranks != self.ranks:
            raise ArgumentError(
                f"ranks: the trainer has {ranks} of them, the recorder {self.ranks}; give each process its rank and their number"
            )

    def missing(self) -> list[tuple[str, str]]:
        """The split and family of what has no measured loss so far."""
        return self.tally.missing(self._documents["corpus"])

    def state_dict(self) -> dict[str, Any]:
        """The state as JSON values, for a checkpoint: what the checkpoint has seen."""
        return {
            "version": _VERSION,
            "tally": self.tally.state_dict(),
            "order": self.order.state_dict(),
            "evaluated": self._evaluated,
        }

    def load_state_dict(self, state: Mapping[str, Any] | None) -> None:
        """Continue from a saved state; what was read after it is forgotten.

        Args:
            state: what `state_dict` returned; None to begin from the first step.

        Raises:
            ArgumentError: it is not such a state; or the run is finished, and it is not that of its end.
            OrderLogError: the folder does not have the order that it continues.
        """
        tally, evaluated = Tally(), None
        if state is None:
            self._folder.require_unfinished()
        else:
            if not isinstance(state, Mapping) or state.get("version") != _VERSION:
                raise ArgumentError("state: not the state of a recorder")
            tally.load_state_dict(state.get("tally", {}))
            evaluated = state.get("evaluated")
            if self._folder.is_finished:  # its order stays whole
                saved = OrderDigest(self._identity, rank=self.rank, ranks=self.ranks)
                saved.load_state_dict(state.get("order", {}))
                if any(step.number > (saved.step or 0) for step in self._run_log.steps()):
                    self._folder.require_unfinished()
        self.order.load_state_dict(None if state is None else state.get("order", {}))
        self.tally, self._evaluated = tally, evaluated
        self.end_evaluation()

    def sequences(self, batch: Mapping[str, Any]) -> list[tuple[str, Any]]:
        """The sequences of a batch, which its members name, for `replay`."""
        shards, sequences, _ = self._names(batch)
        return [
            (self._index.shard(shard).shard_id, sequence)
            for shard, sequence in zip(values(shards), values(sequences), strict=True)
        ]

    def replay(self, steps: Iterable[Iterable[tuple[Any, Any]]], *, number: int = 1) -> None:
        """Record a replay: the data of the run, read again in the same way.

        Args:
            steps: of each step from the first one, the sequences: the id or position of a shard, and a number in it. What
                comes after the last step of the run is not read.
            number: of the replay, from 1; another replay with this number is replaced, until the run is finished. After that,
                what is read is only compared with it.

        Raises:
            ArgumentError: `number` is none, the corpus has no such sequence, or the replay of the finished run is another one.
            OrderLogError: a log cannot be read or written.
        """
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            raise ArgumentError(f"number: expected an integer from 1, found {excerpt(str(number))}")
        name = f"replay-{number}"
        header = self._run_log.header
        if self._folder.is_finished and os.path.exists(log := self._folder.log(name, header.rank)):
            require_same(OrderLog(log), (self._places(read) for read in steps))
            return
        self._folder.require_unfinished()
        self._folder.make(name, header.ranks)
        order = self._order(name, header.rank, header.ranks)
        order.load_state_dict(None)
        for step, read in zip(self._run_log.steps(), steps, strict=False):
            order.extend(self._places(read))
            order.end_step(step.number)

    def finish(
        self,
        checkpoint: str | os.PathLike[str] | Mapping[str, Any],
        *,
        summary: str,
        label: str | None = None,
        tallies: Sequence[Tally] = (),
        delivered_execution: Input | None = None,
        accelerator_execution: Input | None = None,
    ) -> Json:
        """Make the receipt of the run, record it in the stage program and complete the stage.

        Its replays are those of the folder. Call it in rank 0.

        Args:
            checkpoint: the path of the file or folder of the checkpoint that the run promotes, which was written after the
                last step and has been evaluated; or its checkpoint reference. A path below the folder of the run is
                referred to from there.
            summary: the stage in words.
            label: of the checkpoint; ``{run_id}-step-{step}`` by default.
            tallies: those of the other ranks.
            delivered_execution: what the stage ran on.
            accelerator_execution: optimizer steps and their mean latency.

        Returns:
            The receipt.

        Raises:
            ArgumentError: no step was read, the last one is not ended, nothing was read of a split, the tallies are not those of
                all ranks, the evaluation is of another step, or the folder has another receipt.
            Exception: as by `new_receipt` and `StageProgram.record_pretrain_receipt`.
        """
        if self.rank:
            raise ArgumentError(f"finish: rank {self.rank} makes no documents; send its tally to rank 0")
        step, run_id = self.order.step, self._documents["config"]["run_id"]
        if step is None:
            raise ArgumentError("finish: the run has read nothing; load the state of its last checkpoint")
        if pending := self.order.pending:
            message = (
                f"{counted(pending, 'sequence')} read after step {step}; end the step that they belong to"
            )
            raise ArgumentError(f"finish: {message}")
        if self._evaluated not in (None, step):
            message = f"the last evaluation is of step {self._evaluated}, the checkpoint of step {step}; evaluate it"
            raise ArgumentError(f"finish: {message}")
        tally = Tally()
        tally.merge(self.tally, *tallies)
        for split in self._documents["corpus"]["splits"]:
            name = split["split_name"]
            if not any(tally.counts(name, family).tokens for family in split["source_family_ids"]):
                message = f"nothing was read of the split {quoted(name)}, of which a receipt has losses"
                raise ArgumentError(f"finish: {message}; measure the loss of the checkpoint on it")
        program = self._folder.at("program.json")
        if not isinstance(checkpoint, Mapping):
            checkpoint = checkpoint_reference(
                checkpoint,
                checkpoint_ref=path_from(self._folder.path, checkpoint),
                checkpoint_family=StageProgram.load(program).state["checkpoint_family"],
                stream_id=f"{run_id}/pretrain",
                step=step,
            )
            checkpoint = as_before(checkpoint, self._folder.at("receipt.json"))
        replays, ordered = observed(self._folder.at("order"), self._folder.replays())
        trained = sum(tally.counts(*pair).sequences for pair in self._index.trained)
        if trained != ordered:
            message = f"{counted(trained, 'sequence')} of training in the tallies, but {ordered} in the orders of all ranks"
            raise ArgumentError(
                f"finish: {message}; give the tally of each other rank once, from the end of the run"
            )
        receipt = new_receipt(
            **self._documents,
            reports=tally.rows(self._documents["corpus"]),
            replays=replays,
            promoted_checkpoint=checkpoint,
            promoted_checkpoint_label=label or f"{run_id}-step-{step}",
            base_checkpoint=self._base,
            summary=summary,
            delivered_execution=delivered_execution,
            accelerator_execution=accelerator_execution,
        )
        self._folder.keep("receipt", receipt)
        with StageProgram.locked(program) as stages:
            stages.record_pretrain_receipt(receipt, self._documents)
            if not self._is_completed(stages):
                stages.complete()
        return receipt

    @property
    def _run_log(self) -> OrderLog:
        return OrderLog(self._folder.log("order", self.rank))

    def _start(self, family: str, environment: Mapping[str, str]) -> None:
        """Write what is known before the run, unless it is there."""
        program = self._folder.at("program.json")
        if os.path.exists(program):
            stages = StageProgram.load(program)
        else:
            run_id = self._documents["config"]["run_id"]
            stages = StageProgram.start(run_id, family, "pretrain", environment, base_checkpoint=self._base)
        if not self._is_completed(stages):
            preflight(**self._documents, program=stages, base_checkpoint=self._base)
        for name, document in self._documents.items():
            self._folder.keep(name, document)
        if not os.path.exists(program):
            stages.save(program)

    def _is_completed(self, program: StageProgram) -> bool:
        """Whether the program, which may be in a later stage, has completed the one of this run."""
        stage_id = self._documents["config"]["stage_id"]
        return any(
            each["stage_id"] == stage_id and each["status"] == "completed" for each in program.state["stages"]
        )

    def _order(self, name: str, rank: int, ranks: int) -> OrderDigest:
        return OrderDigest(self._identity, log=self._folder.log(name, rank), rank=rank, ranks=ranks)

    def _places(self, read: Iterable[tuple[Any, Any]]) -> list[Place]:
        shards = [(self._index.shard(key), sequence) for key, sequence in read]
        return [(shard.shard_id, shard.number(sequence)) for shard, sequence in shards]

    def _names(self, batch: Mapping[str, Any]) -> tuple[Any, Any, Any]:
        missing = [name for name in (SHARD, SEQUENCE) if name not in batch]
        if missing:
            raise ArgumentError(
                f"the batch has no {listed(missing)}, which name its sequences; it has {listed(list(batch))}"
            )
        return batch[SHARD], batch[SEQUENCE], batch.get(FAMILY)

    def _evaluate(self, split: str, family: str) -> None:
        """Forget what an earlier evaluation measured."""
        step = self.order.step or 0
        if self._evaluated != step:
            for pair in self._index.evaluated:
                self.tally.clear(*pair)
            self._evaluated, self._finished = step, set()
        if (split, family) in self._finished:
            self._finished.discard((split, family))
            self.tally.clear(split, family)
