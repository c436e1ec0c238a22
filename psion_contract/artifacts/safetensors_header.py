"""The tensors of a safetensors file, from its header: names, types and shapes, without their values.

A file begins with the length of the header (unsigned, 64 bits, little-endian), then the header, a JSON object that has for
each tensor ``dtype``, ``shape`` and ``data_offsets``, then the values without gaps.
"""

from __future__ import annotations

from collections.abc import Mapping
from json import loads
from math import prod
from typing import Any, NamedTuple

from psion_contract.artifacts import storage
from psion_contract.exceptions import ArtifactError
from psion_contract.reading.escaping import excerpt, listed, quoted
from psion_contract.reading.json_text import most_values

MAX_HEADER = 100_000_000
"""Maximum length of a header in bytes, which is that of the safetensors library."""

_MAX_VALUES = 4_000_000
"""Maximum number of values in a header, which is that of several hundred thousand tensors: each value takes memory."""

_BITS = {
    "F4": 4,
    "F6_E2M3": 6,
    "F6_E3M2": 6,
    **dict.fromkeys(("BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"), 8),
    **dict.fromkeys(("U16", "I16", "F16", "BF16"), 16),
    **dict.fromkeys(("U32", "I32", "F32"), 32),
    **dict.fromkeys(("U64", "I64", "F64", "C64"), 64),
}
"""The size of one element, in bits."""

_MAX_DIMENSIONS = 64
_MAX_SIZE = 2**63 - 1
_SIZES = f"a list of at most {_MAX_DIMENSIONS} integers from 0 to {_MAX_SIZE}"


class Tensor(NamedTuple):
    """One tensor.

    Attributes:
        dtype: such as ``F32``.
        shape: its dimensions; empty for a single number.
    """

    dtype: str
    shape: tuple[int, ...]


def tensors(path: str) -> dict[str, Tensor]:
    """The tensors of a safetensors file by name, in the order of the header.

    Args:
        path: of the file, of which only the header is read.

    Raises:
        ArtifactError: the file cannot be read, or its header and its size are not those of a safetensors file.
    """
    header, size = _header(path)
    found: dict[str, Tensor] = {}
    places: list[tuple[int, int, str]] = []
    for name, entry in header.items():
        if name == "__metadata__":
            if entry is not None and not _is_texts(entry):
                raise ArtifactError(path, f"has the __metadata__ {excerpt(entry)}", "an object of strings")
            continue
        tensor, start, end = _entry(path, name, entry)
        found[name] = tensor
        places.append((start, end, name))
    at = 0
    for start, end, name in sorted(places):
        if start != at:
            raise ArtifactError(
                path, f"the values of {quoted(name)} start at {start}", f"{at}, without a gap"
            )
        at = end
    if at != size:
        raise ArtifactError(path, f"has {size} bytes of values", f"{at}, where the header says they end")
    return found


def difference(found: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> str:
    """How tensors differ from those that are expected, in words; empty if they do not. Their order does not count."""
    parts = []
    if lacking := [name for name in expected if name not in found]:
        parts.append(f"lacks {listed(lacking)}")
    if unknown := [name for name in found if name not in expected]:
        parts.append(f"has unknown {listed(unknown)}")
    others = [name for name, tensor in expected.items() if name in found and found[name] != tensor]
    if others:
        first = others[0]
        more = f", and {len(others) - 1} more differ" if len(others) > 1 else ""
        parts.append(f"{quoted(first)} is {_shown(found[first])}, not {_shown(expected[first])}{more}")
    return "; ".join(parts)


def _shown(tensor: Tensor) -> str:
    return f"{tensor.dtype} {list(tensor.shape)}"


def _header(path: str) -> tuple[dict[str, Any], int]:
    """The header as JSON, and how many bytes follow it."""
    try:
        with storage.opened(path) as file:
            size = storage.size_of(path)
            start = file.read(8)
            length = int.from_bytes(start, "little")
            if len(start) < 8 or length > MAX_HEADER or length > size - 8:
                raise ArtifactError(
                    path,
                    "is not a safetensors file",
                    f"8 bytes with the length of a header of at most {MAX_HEADER} bytes, and that header",
                )
            data = file.read(length)
    except OSError as error:
        raise ArtifactError(path, f"cannot be read: {error.strerror}") from error
    if most_values(data) > _MAX_VALUES:
        raise ArtifactError(path, "has too many values in its header", f"at most {_MAX_VALUES}")
    try:
        header = loads(data.decode(), object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise ArtifactError(
            path, f"has an unusable header: {error}", "JSON in which no name occurs twice"
        ) from error
    if not isinstance(header, dict):
        raise ArtifactError(
            path, "has a header that is not an object", "an object with an entry for each tensor"
        )
    return header, size - 8 - length


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen = set[str]()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise ValueError(f"the name {quoted(twice)} occurs twice")
    return members


def _entry(path: str, name: str, entry: Any) -> tuple[Tensor, int, int]:
    """A tensor, and the offsets of its values."""
    place = f"the entry of {quoted(name)} in the header"
    if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
        raise ArtifactError(path, f"{place} is {excerpt(entry)}", "dtype, shape and data_offsets")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in _BITS:
        raise ArtifactError(path, f"{place} has the dtype {excerpt(dtype)}", f"one of {', '.join(_BITS)}")
    if not _is_sizes(shape):
        raise ArtifactError(path, f"{place} has the shape {excerpt(shape)}", _SIZES)
    if not _is_sizes(offsets) or len(offsets) != 2:
        raise ArtifactError(path, f"{place} has the data_offsets {excerpt(offsets)}", "two integers from 0")
    start, end = offsets
    bits = prod(shape) * _BITS[dtype]
    if (end - start) * 8 != bits:
        raise ArtifactError(
            path, f"{place} has {end - start} bytes of values", f"{-(-bits // 8)} for its dtype and shape"
        )
    return Tensor(dtype, tuple(shape)), start, end


def _is_texts(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(each, str) for each in value.values())


def _is_sizes(value: Any) -> bool:
    """Whether a value is a list of sizes whose product takes no time to compute."""
    return (
        isinstance(value, list)
        and len(value) <= _MAX_DIMENSIONS
        and all(type(each) is int and 0 <= each <= _MAX_SIZE for each in value)
    )
