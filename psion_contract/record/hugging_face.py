"""Records what a Hugging Face ``Trainer`` reads and measures.

Needs transformers and torch. The examples of its datasets have two more members, ``psion_shard`` and ``psion_sequence``
(see `Recorder.read`), which do not reach the model.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from itertools import count, islice
from typing import Any

from transformers import TrainerCallback

from psion_contract.atomic_file import write_file
from psion_contract.exceptions import ArgumentError
from psion_contract.reading.escaping import printable
from psion_contract.record.recorder import FAMILY, SEQUENCE, SHARD, Recorder
from psion_contract.record.torch_losses import sequence_losses, token_counts

Places = list[tuple[str, Any]]


class RecorderCallback(TrainerCallback):
    """Calls a recorder for each batch that the model is trained or evaluated on, and for each step.

    Give it to the ``Trainer`` as one of its ``callbacks``. It sees batches with hooks of the model, and computes the loss of each
    sequence from the logits; it saves the state of the recorder in each checkpoint, and continues from there.

    Args:
        recorder: of the run.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._hooked: Any = None
        self._names: dict[str, Any] = {}
        self._has_read = False

    def on_init_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Watch the model."""
        self._watch(args, kwargs["model"])

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Continue from the state in the checkpoint, or begin from the first step."""
        self._watch(args, kwargs["model"])
        saved = None
        if state.global_step:
            path = _state_file(args, state)
            try:
                with open(path, encoding="utf-8") as file:
                    saved = json.load(file)
            except OSError as error:
                hint = "resume from a checkpoint in output_dir that was written with a recorder"
                raise ArgumentError(f"{printable(path)}: {error.strerror}; {hint}") from error
        self._recorder.load_state_dict(saved)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """End a step of the optimizer."""
        if not self._has_read:
            raise ArgumentError(
                f"no batch of step {state.global_step} has {SHARD} and {SEQUENCE}; add them to the examples of the dataset"
            )
        self._has_read = False
        self._recorder.end_step(state.global_step)

    def on_evaluate(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """End an evaluation."""
        self._recorder.end_evaluation()

    def on_predict(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """End a prediction, which is recorded as an evaluation is."""
        self._recorder.end_evaluation()

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Save the state of the recorder in the checkpoint."""
        write_file(_state_file(args, state), json.dumps(self._recorder.state_dict()).encode())

    def steps(self, trainer: Any) -> Iterator[Places]:
        """The sequences of each step, read again from the data of a trainer, for `Recorder.replay`."""
        loader = trainer.get_train_dataloader()
        for epoch in count():
            if hasattr(loader, "set_epoch"):
                loader.set_epoch(epoch)
            batches, is_empty = iter(loader), True
            while step := list(islice(batches, trainer.args.gradient_accumulation_steps)):
                yield [place for batch in step for place in self._recorder.sequences(batch)]
                is_empty = False
            if is_empty:
                return

    def _watch(self, args: Any, model: Any) -> None:
        if args.remove_unused_columns:
            raise ArgumentError(
                f"remove_unused_columns: True removes {SHARD} and {SEQUENCE}; set it to False in TrainingArguments"
            )
        if args.torch_compile:
            raise ArgumentError(
                "torch_compile: a compiled model does not call the hooks for each batch; set it to False"
            )
        if args.load_best_model_at_end:
            raise ArgumentError(
                "load_best_model_at_end: the model at the end is then that of an earlier step, but the receipt is about the last "
                "one; set it to False"
            )
        self._recorder.require_ranks(args.world_size)
        if args.n_gpu > 1:
            raise ArgumentError("one process trains on several GPUs; start one for each, with torchrun")
        if model is not self._hooked:
            model.register_forward_pre_hook(self._before, with_kwargs=True)
            model.register_forward_hook(self._after, with_kwargs=True)
            self._hooked = model

    def _before(self, model: Any, args: Any, kwargs: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
        """Take the names of the sequences out of the batch, which the model does not know."""
        names = (SHARD, SEQUENCE, FAMILY)
        self._names = {name: kwargs[name] for name in names if name in kwargs}
        return args, {name: value for name, value in kwargs.items() if name not in names}

    def _after(self, model: Any, args: Any, kwargs: Mapping[str, Any], output: Any) -> None:
        if not self._names:
            return
        if kwargs.get("labels") is None:
            raise ArgumentError(
                "the batch has no labels, so there are no targets; a label smoother takes them away"
            )
        logits = output.get("logits") if isinstance(output, Mapping) else None
        if logits is None:
            raise ArgumentError(
                "the model returns no logits; let forward return a dictionary with the loss and the logits"
            )
        losses, targets = sequence_losses(logits, kwargs["labels"])
        self._recorder.read_batch(
            self._names,
            tokens=token_counts(kwargs),
            targets=targets,
            losses=losses,
            training=logits.requires_grad,
        )
        self._names, self._has_read = {}, self._has_read or logits.requires_grad


def _state_file(args: Any, state: Any) -> str:
    return os.path.join(
        args.output_dir, f"checkpoint-{state.global_step}", f"psion_record_{args.process_index}.json"
    )
