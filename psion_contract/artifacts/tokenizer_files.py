"""What a tokenizer's file says of it: family, size of the vocabulary, digest.

Files of Hugging Face tokenizers (``tokenizer.json``) and of SentencePiece (``.model``, a protobuf message) are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from json import loads
from typing import Any, Literal, NamedTuple

from psion_contract.artifacts import storage
from psion_contract.artifacts.hashing import digest_of
from psion_contract.exceptions import ArtifactError
from psion_contract.reading.escaping import excerpt

MAX_BYTES = 512 * 1024 * 1024
"""Maximum size of a file; the largest that are in use have about 35 MB."""

Family = Literal["sentence_piece", "byte_pair_encoding", "word_piece", "unigram"]

_FAMILIES: dict[str, Family] = {
    "BPE": "byte_pair_encoding",
    "WordPiece": "word_piece",
    "Unigram": "unigram",
}


class TokenizerFile(NamedTuple):
    """What a tokenizer's file says of it.

    Attributes:
        family: the contract's ``tokenizer_family``.
        vocab_size: the highest token id plus one, added tokens included: as many rows as an embedding needs.
        digest: of the file, ``sha256:`` and 64 lower-case hexadecimal characters.
    """

    family: Family
    vocab_size: int
    digest: str


def tokenizer_file(path: str) -> TokenizerFile:
    """Read the file of a tokenizer.

    Args:
        path: of a ``tokenizer.json`` or a SentencePiece model; what it is shows in its bytes.

    Raises:
        ArtifactError: the file cannot be read, is neither of these, or has a model that the contract has no family for.
    """
    try:
        with storage.opened(path) as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ArtifactError(path, f"cannot be read: {error.strerror}") from error
    if len(data) > MAX_BYTES:
        raise ArtifactError(path, "is too large for a tokenizer", f"at most {MAX_BYTES} bytes")
    if data.lstrip()[:1] == b"{":
        family, vocab_size = _hugging_face(path, data)
    else:
        family, vocab_size = "sentence_piece", _pieces(path, data)
    return TokenizerFile(family, vocab_size, digest_of(data))


def _hugging_face(path: str, data: bytes) -> tuple[Family, int]:
    try:
        value = loads(data)
    except (ValueError, RecursionError) as error:
        raise ArtifactError(path, f"is not JSON: {error}", "a tokenizer.json of Hugging Face") from error
    model = value.get("model")
    if not isinstance(model, dict) or "vocab" not in model:
        raise ArtifactError(path, "has no model with a vocab", "a tokenizer.json of Hugging Face")
    kind, vocab = model.get("type", _kind(model)), model["vocab"]
    if not isinstance(kind, str) or kind not in _FAMILIES:
        raise ArtifactError(
            path,
            f"has a model of the type {excerpt(kind)}",
            f"one of {', '.join(_FAMILIES)}, which the contract knows",
        )
    if isinstance(vocab, dict):
        ids = list(vocab.values())
    elif isinstance(vocab, list):
        ids = list(range(len(vocab)))
    else:
        ids = [None]
    added = value.get("added_tokens") or []
    ids += (
        [each.get("id") if isinstance(each, dict) else None for each in added]
        if isinstance(added, list)
        else [None]
    )
    if not ids or not all(type(each) is int and each >= 0 for each in ids):
        raise ArtifactError(path, "has a vocabulary without usable ids", "an integer from 0 for each token")
    return _FAMILIES[kind], max(ids) + 1


def _kind(model: dict[str, Any]) -> str | None:
    """The type of a model in a file of early versions, which do not say it, by the members that only it has."""
    if "merges" in model:
        return "BPE"
    if "max_input_chars_per_word" in model:
        return "WordPiece"
    return "Unigram" if isinstance(model["vocab"], list) else None


_PIECES, _TRAINER = 1, 2
"""Numbers of the fields of the message: ``pieces``, whose ids are their positions, and ``trainer_spec`` after all of them."""


def _pieces(path: str, data: bytes) -> int:
    """How many pieces a SentencePiece model has.

    A field begins with a number whose lowest three bits are the kind of its value, and whose others are its own number."""
    try:
        fields = list(_fields(data))
        pieces = [value for number, value in fields if number == _PIECES]
        # A piece is a message whose first field is its text. A file that was cut off between two pieces has no trainer_spec.
        readable = bool(pieces) and None not in pieces
        readable = readable and all(dict(_fields(each)).get(1) is not None for each in pieces)
        readable = readable and any(number == _TRAINER for number, _ in fields)
    except (ValueError, IndexError):
        readable = False
    if not readable:
        raise ArtifactError(
            path,
            "is not the file of a tokenizer",
            "a tokenizer.json of Hugging Face or a SentencePiece model",
        )
    return len(pieces)


def _fields(data: bytes | memoryview) -> Iterator[tuple[int, Any]]:
    """The fields of a protobuf message: numbers, and values as bytes; None for values of a fixed size.

    Raises:
        ValueError: it is no message.
        IndexError: it ends too early.
    """
    view, at = memoryview(data), 0
    while at < len(view):
        key, at = _varint(view, at)
        number, kind = key >> 3, key & 7
        value = None
        if kind == 0:
            _, at = _varint(view, at)
        elif kind == 2:
            length, at = _varint(view, at)
            value = view[at : at + length]
            at += length
        elif kind in (1, 5):
            at += 8 if kind == 1 else 4
        else:
            raise ValueError("not a protobuf message")
        if at > len(view) or number == 0:
            raise ValueError("not a protobuf message")
        yield number, value


def _varint(view: memoryview, at: int) -> tuple[int, int]:
    """The number at a position, seven bits in each byte, the lowest first, and the position after it."""
    number = shift = 0
    while True:
        byte = view[at]
        number |= (byte & 127) << shift
        shift += 7
        at += 1
        if byte < 128:
            return number, at
        if shift > 63:
            raise ValueError("not a number of 64 bits")
