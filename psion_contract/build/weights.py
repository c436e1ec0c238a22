"""Holds the tensors of a checkpoint against the layout of a descriptor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from psion_contract.exceptions import WeightsError
from psion_contract.reading.escaping import quoted
from psion_contract.reading.json_reader import Json

if TYPE_CHECKING:
    from psion_contract.artifacts.safetensors_header import Tensor

MAX_PROBLEMS = 1000
"""Maximum number of tensors that are listed."""


def check_weights(descriptor: Json, path: str) -> None:
    """Refuse a safetensors file whose tensors are not those of a descriptor's layout. Only its header is read.

    Args:
        descriptor: a valid model descriptor.
        path: of the file.

    Raises:
        ArtifactError: the file cannot be read, or is no safetensors file.
        WeightsError: a tensor is missing, surplus, or has another shape or dtype; all of them are listed.
    """
    from psion_contract.artifacts.safetensors_header import tensors

    found = tensors(path)
    problems = differences(descriptor, found)
    if problems:
        raise WeightsError(path, problems[:MAX_PROBLEMS], refusals(descriptor, found))


def differences(descriptor: Json, found: Mapping[str, Tensor]) -> list[str]:
    """What distinguishes the tensors of a checkpoint from the layout, a line for each tensor.

    Args:
        descriptor: a valid model descriptor.
        found: the tensors of the checkpoint, by name.
    """
    layout = {each["name"]: each for each in descriptor["checkpoint_contract"]["tensor_layout"]}
    lines = []
    for name, expected in layout.items():
        if name not in found:
            lines.append(f"{quoted(name)} is missing; expected {_described(expected)}")
        else:
            lines += _flaws(name, found[name], expected)
    lines += [f"{quoted(name)} is not in the layout" for name in found if name not in layout]
    return lines


def _described(expected: Json) -> str:
    return f"{expected['dtype']} {expected['shape']['dims']}"


def _flaws(name: str, tensor: Tensor, expected: Json) -> Iterator[str]:
    shape, dims = list(tensor.shape), expected["shape"]["dims"]
    if shape != dims:
        why = ": transposed, the layout has inputs before outputs" if shape == dims[::-1] else ""
        yield f"{quoted(name)} has the shape {shape}; expected {dims}{why}"
    if tensor.dtype != expected["dtype"]:
        yield f"{quoted(name)} has the dtype {tensor.dtype}; expected {expected['dtype']}"


def refusals(descriptor: Json, found: Mapping[str, Any]) -> list[str]:
    """What the names of a checkpoint's tensors tell about a model that version 1 of the contract cannot describe.

    Args:
        descriptor: a valid model descriptor.
        found: the tensors of the checkpoint, by name.
    """
    names = found.keys()
    in_layout = [each["name"] for each in descriptor["checkpoint_contract"]["tensor_layout"]]
    if names.isdisjoint(in_layout):
        return [
            f"none of the names is in the layout, where tensors have names such as {quoted(in_layout[0])}: "
            "export the model under the names of the descriptor's tensor_layout"
        ]
    remarks = []
    for part, message in (
        (".embed_positions.", "no learned positions: version 1 has no rotary or other position encoding"),
        (
            ".gate_proj.",
            "no gate in the feed-forward layers: version 1 has only gated SiLU, not GELU or ReLU",
        ),
        (".beta", "norms without beta: version 1 has only LayerNorm, not RMSNorm"),
    ):
        if not any(part in name or name.endswith(part) for name in names):
            remarks.append(message)
    if "lm_head.weight" in names:
        remarks.append("an output head of its own: in version 1, the head shares the weight of the embedding")
    return remarks
