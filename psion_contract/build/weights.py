"""Holds the tensors of a checkpoint against the layout of a descriptor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from psion_contract.exceptions import ModelMismatchError
from psion_contract.reading.escaping import listed, quoted
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
        ModelMismatchError: a tensor is missing, surplus, or has another shape or dtype; all of them are listed.
    """
    from psion_contract.artifacts.safetensors_header import tensors

    found = tensors(path)
    problems = differences(descriptor, found)
    if problems:
        raise ModelMismatchError(path, problems[:MAX_PROBLEMS], remarks(found))


def differences(descriptor: Json, found: Mapping[str, Tensor]) -> list[str]:
    """What distinguishes the tensors of a checkpoint from the layout, a line for each tensor.

    Args:
        descriptor: a valid model descriptor.
        found: the tensors of the checkpoint, by name.
    """
    layout = {each["name"]: each for each in descriptor["checkpoint_contract"]["tensor_layout"]}
    surplus = [name for name in found if name not in layout]
    if len(surplus) == len(found):  # a line for each would hide the one cause
        return [
            f"no tensor has a name of the layout: it has {listed(list(layout))}, the checkpoint has {listed(surplus)}"
        ]
    lines = list[str]()
    for name, expected in layout.items():
        if name in found:
            lines += _flaws(name, found[name], expected)
        else:
            lines.append(
                f"{quoted(name)} is missing; expected {expected['dtype']} {expected['shape']['dims']}"
            )
    return lines + [f"{quoted(name)} is not in the layout" for name in surplus]


def _flaws(name: str, tensor: Tensor, expected: Json) -> Iterator[str]:
    shape, dims = list(tensor.shape), expected["shape"]["dims"]
    if shape != dims:
        why = ": transposed, the layout has inputs before outputs" if shape == dims[::-1] else ""
        yield f"{quoted(name)} has the shape {shape}; expected {dims}{why}"
    if tensor.dtype != expected["dtype"]:
        yield f"{quoted(name)} has the dtype {tensor.dtype}; expected {expected['dtype']}"


def remarks(names: Iterable[str]) -> list[str]:
    """What the names of tensors, also those of other libraries, tell about a model that version 1 cannot describe."""
    names = list(names)
    found = []
    if not any(part in name for name in names for part in ("position", "pos_emb", "wpe.")):
        found.append("no learned positions: version 1 has no rotary embeddings (RoPE) and no other positions")
    if not any("gate" in name for name in names):
        found.append("no gated feed-forward layers: version 1 has gated SiLU only, not GELU or ReLU")
    norms = [name for name in names if "norm" in name or ".ln_" in name]
    if norms and not any(name.endswith((".beta", ".bias")) for name in norms):
        found.append("norms have no bias: version 1 has LayerNorm only, not RMSNorm")
    if "lm_head.weight" in names:
        found.append("an output head of its own: in version 1, it shares the weight of the embedding")
    return found
