"""Scalars of the real numpy and torch are counted exactly."""

from __future__ import annotations

from fractions import Fraction

import pytest

pytestmark = pytest.mark.slow
torch = pytest.importorskip("torch", reason="torch is not installed")
numpy = pytest.importorskip("numpy", reason="numpy is not installed")

from psion_contract import ArgumentError  # noqa: E402
from psion_contract.record import Tally  # noqa: E402
from psion_contract.record.torch_losses import sequence_losses, token_counts  # noqa: E402

LOSSES = [
    numpy.float16(0.1),
    numpy.float32(0.1),
    numpy.float64(0.1),
    torch.tensor(0.1),
    torch.tensor(0.1, dtype=torch.bfloat16),
    torch.tensor(0.1, dtype=torch.float64, requires_grad=True),
    numpy.array(0.1),
    numpy.int64(3),
]


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: f"{type(loss).__module__} {loss.dtype}")
@pytest.mark.parametrize("integer", [numpy.int32, numpy.uint64, torch.tensor], ids=str)
def test_a_scalar_is_its_exact_value(loss: object, integer: object) -> None:
    tally = Tally()
    tally.add("train", "prose", tokens=integer(7), targets=integer(6), sequences=integer(2), loss=loss)  # type: ignore[operator]
    counts = tally.counts("train", "prose")
    assert counts[:3] == (7, 6, 2)
    assert Fraction(counts.loss, 2**1074) == Fraction(loss.item())  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "loss", [torch.tensor([1.0, 2.0]), numpy.float32("nan"), torch.tensor(True)], ids=str
)
def test_what_is_no_loss_is_refused(loss: object) -> None:
    with pytest.raises(ArgumentError, match="loss: "):
        Tally().add("train", "prose", tokens=7, targets=6, loss=loss)


def test_losses_are_those_of_each_sequence_without_what_is_no_target() -> None:
    logits = torch.randn(3, 5, 11, dtype=torch.bfloat16, generator=torch.Generator().manual_seed(1))
    labels = torch.randint(11, (3, 5), generator=torch.Generator().manual_seed(2))
    labels[1, 3:] = -100
    labels[2] = -100
    losses, targets = sequence_losses(logits, labels)
    probabilities = torch.log_softmax(logits.float(), -1)
    for row in range(3):
        picked = [
            -probabilities[row, at - 1, labels[row, at]].item() for at in range(1, 5) if labels[row, at] >= 0
        ]
        assert targets[row] == len(picked)
        assert losses[row].item() == pytest.approx(sum(picked), rel=1e-6)
    assert losses.dtype == torch.float64


def test_tokens_are_counted_without_padding() -> None:
    tokens = torch.ones(2, 5, dtype=torch.long)
    assert token_counts({"input_ids": tokens}).tolist() == [5, 5]
    mask = torch.tensor([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]])
    assert token_counts({"input_ids": tokens, "attention_mask": mask}).tolist() == [3, 5]
