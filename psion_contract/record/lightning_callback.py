"""Records what a Lightning ``Trainer`` reads and measures.

Needs lightning and torch. The batches have two more members, ``psion_shard`` and ``psion_sequence`` (see `Recorder.read`);
``training_step``, ``validation_step`` and ``test_step`` return a dictionary with the ``logits``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lightning.pytorch.callbacks import Callback

from psion_contract.exceptions import ArgumentError
from psion_contract.reading.escaping import printable
from psion_contract.record.recorder import Recorder
from psion_contract.record.torch_losses import sequence_losses, token_counts


class RecorderCallback(Callback):
    """Calls a recorder for each batch that a module is trained or evaluated on, and for each step.

    Give it to the ``Trainer`` as one of its ``callbacks``. Batches are mappings with ``input_ids`` and ``labels``, and an
    ``attention_mask`` if there is padding. Lightning saves the state of the recorder in its checkpoints.

    Args:
        recorder: of the run.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._is_loaded = False  # from the checkpoint that this fit continues

    def setup(self, trainer: Any, pl_module: Any, stage: str) -> None:
        """Wait for the state of a checkpoint: each fit begins anew, or continues from one."""
        self._is_loaded = False

    def state_dict(self) -> dict[str, Any]:
        """The state of the recorder; of several processes, those of all of them, because a checkpoint has what rank 0 says.

        Lightning calls it in every process."""
        own, ranks = self._recorder.state_dict(), self._recorder.ranks
        if ranks == 1:
            return own
        from torch.distributed import all_gather_object

        states: list[Any] = [None] * ranks
        all_gather_object(states, own)
        return {"ranks": states}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a state.

        Raises:
            ArgumentError: it is of another number of processes.
        """
        states = state_dict.get("ranks", [state_dict])
        if len(states) != self._recorder.ranks:
            raise ArgumentError(
                f"ranks: the checkpoint is of {len(states)} of them, the recorder of {self._recorder.ranks}; resume a run with "
                "as many processes as it had"
            )
        self._recorder.load_state_dict(states[self._recorder.rank])
        self._is_loaded = True

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Begin from the first step, unless a checkpoint was loaded, or the trainer goes on after an earlier fit."""
        self._recorder.require_ranks(trainer.world_size)
        order = self._recorder.order
        if self._is_loaded or (
            trainer.global_step and trainer.global_step == order.step and not order.pending
        ):
            return
        if trainer.global_step:
            raise ArgumentError(
                "the checkpoint was written without a recorder, so what it has seen is not known"
            )
        self._recorder.load_state_dict(None)

    def on_train_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Add a batch, and end a step if it was the last one of the step."""
        self._read(outputs, batch, "training_step", training=True)
        if trainer.global_step != (self._recorder.order.step or 0):
            self._recorder.end_step(trainer.global_step)

    def on_validation_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """Add a batch of an evaluation."""
        if not trainer.sanity_checking:
            self._read(outputs, batch, "validation_step", training=False)

    def on_test_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """Add a batch of an evaluation."""
        self._read(outputs, batch, "test_step", training=False)

    def on_validation_start(self, trainer: Any, pl_module: Any) -> None:
        """Begin an evaluation."""
        self._begin_evaluation(trainer)

    def on_test_start(self, trainer: Any, pl_module: Any) -> None:
        """Begin an evaluation."""
        self._begin_evaluation(trainer)

    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
        """End an evaluation."""
        self._recorder.end_evaluation()

    def on_test_end(self, trainer: Any, pl_module: Any) -> None:
        """End an evaluation."""
        self._recorder.end_evaluation()

    def _begin_evaluation(self, trainer: Any) -> None:
        """Forget what an evaluation that was interrupted has measured, and refuse weights of an unknown step."""
        if trainer.state.fn != "fit" and trainer.ckpt_path is not None:
            raise ArgumentError(
                f"ckpt_path: the weights come from {printable(str(trainer.ckpt_path))}, and of which step they are is not known; "
                "give the trained module to validate or test, without ckpt_path"
            )
        self._recorder.end_evaluation()

    def _read(self, outputs: Any, batch: Any, name: str, *, training: bool) -> None:
        if not isinstance(outputs, Mapping) or "logits" not in outputs:
            raise ArgumentError(
                f"{name}: expected a dictionary with the logits; return {{'loss': …, 'logits': …}}"
            )
        if not isinstance(batch, Mapping) or "labels" not in batch:
            raise ArgumentError("the batch has no labels; expected a mapping with input_ids and labels")
        losses, targets = sequence_losses(outputs["logits"], batch["labels"])
        self._recorder.read_batch(
            batch, tokens=token_counts(batch), targets=targets, losses=losses, training=training
        )
