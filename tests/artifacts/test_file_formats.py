"""Headers of safetensors and files of tokenizers, as real libraries write them, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.file_digests import file_digest

from psion_contract.artifacts import safetensors_header
from psion_contract.artifacts.safetensors_header import MAX_HEADER, Tensor, tensors
from psion_contract.artifacts.tokenizer_files import tokenizer_file
from psion_contract.exceptions import ArtifactError

FILES = Path(__file__).parent / "files"


def written(path: Path, header: object, values: int = 0) -> str:
    """A safetensors file with that header."""
    data = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(len(data).to_bytes(8, "little") + data + bytes(values))
    return str(path)


PLACE = 'the entry of "a" in the header'

SIZES = "a list of at most 64 integers from 0 to 9223372036854775807"


def entry(dtype: Any = "F32", shape: Any = (2,), offsets: Any = (0, 8)) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


def test_tensors_of_a_real_file() -> None:
    assert list(tensors(str(FILES / "model.safetensors")).items()) == [
        ("b", Tensor("I64", (4,))),
        ("a", Tensor("F32", (2, 3))),
    ]


def test_tensors_of_all_shapes(tmp_path: Path) -> None:
    header = {
        "__metadata__": {"format": "pt"},
        "second": entry("BF16", [3], [8, 14]),
        "first": entry(),
        "scalar": entry("U8", [], [14, 15]),
        "empty": entry("F64", [0, 5], [15, 15]),
    }
    assert tensors(written(tmp_path / "file", header, 15)) == {
        "second": Tensor("BF16", (3,)),
        "first": Tensor("F32", (2,)),
        "scalar": Tensor("U8", ()),
        "empty": Tensor("F64", (0, 5)),
    }


@pytest.mark.parametrize(
    ("header", "values", "message"),
    [
        ({"a": entry()}, 7, "has 7 bytes of values; expected 8, where the header says they end"),
        ({"a": entry()}, 9, "has 9 bytes of values; expected 8, where the header says they end"),
        ({"a": entry(offsets=[4, 12])}, 12, 'the values of "a" start at 4; expected 0, without a gap'),
        ({"a": entry(), "b": entry(offsets=[4, 12])}, 12, 'the values of "b" start at 4; expected 8, without a gap'),
        ({"a": entry(shape=[3])}, 8, f'{PLACE} has 8 bytes of values; expected 12 for its dtype and shape'),
        ({"a": entry(shape=[-2])}, 8, f'{PLACE} has the shape [-2]; expected {SIZES}'),
        ({"a": entry(shape=[True])}, 8, f'{PLACE} has the shape [true]; expected {SIZES}'),
        ({"a": entry(shape=[2**63])}, 8, f'{PLACE} has the shape [9223372036854775808]; expected {SIZES}'),
        (
            {"a": entry(shape=[2**62] * 65)},
            8,
            f'{PLACE} has the shape [4611686018427387904, 4611686018427387904, 4611…04, 4611686018427387904]; '
            f'expected {SIZES}',
        ),
        ({"a": entry(offsets=[0])}, 8, f'{PLACE} has the data_offsets [0]; expected two integers from 0'),
        ({"a": {"dtype": "F32"}}, 0, PLACE + ' is {"dtype": "F32"}; expected dtype, shape and data_offsets'),
        (
            b'{"b":1,"a":1,"a":2}',
            0,
            'has an unusable header: the name "a" occurs twice; expected JSON in which no name occurs twice',
        ),
        ({"__metadata__": {"a": 1}}, 0, 'has the __metadata__ {"a": 1}; expected an object of strings'),
        ({"__metadata__": "a"}, 0, 'has the __metadata__ "a"; expected an object of strings'),
        (b"[]", 0, "has a header that is not an object; expected an object with an entry for each tensor"),
    ],
)  # fmt: skip
def test_headers_that_are_refused(tmp_path: Path, header: object, values: int, message: str) -> None:
    path = written(tmp_path / "file", header, values)
    with pytest.raises(ArtifactError) as caught:
        tensors(path)
    assert str(caught.value) == f"{path}: {message}"


def test_a_header_that_would_take_gigabytes_of_memory(tmp_path: Path) -> None:
    path = written(tmp_path / "file", b'{"a":[' + b"[]," * 2_000_000 + b"[]]}")
    with pytest.raises(ArtifactError, match="has too many values in its header; expected at most 4000000"):
        tensors(path)


@pytest.mark.parametrize("header", [b"{", b"\xff", b"[" * 100_000])
def test_headers_that_are_not_json(tmp_path: Path, header: bytes) -> None:
    with pytest.raises(ArtifactError, match="has an unusable header: "):
        tensors(written(tmp_path / "file", header))


def test_unknown_types_are_refused(tmp_path: Path) -> None:
    with pytest.raises(
        ArtifactError, match='the entry of "a" in the header has the dtype "F33"; expected one of F4'
    ):
        tensors(written(tmp_path / "file", {"a": entry("F33")}, 8))


@pytest.mark.parametrize(
    "data",
    [b"", b"1234567", (MAX_HEADER + 1).to_bytes(8, "little") + b"{}", (3).to_bytes(8, "little") + b"{}"],
)
def test_files_of_other_formats_are_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "file").write_bytes(data)
    with pytest.raises(
        ArtifactError, match="is not a safetensors file; expected 8 bytes with the length of a header"
    ):
        tensors(str(tmp_path / "file"))


def test_a_header_has_a_largest_length(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "file", {})
    assert tensors(path) == {}
    monkeypatch.setattr(safetensors_header, "MAX_HEADER", 1)
    with pytest.raises(
        ArtifactError, match="expected 8 bytes with the length of a header of at most 1 bytes"
    ):
        tensors(path)


@pytest.mark.parametrize(
    ("name", "family", "vocab_size"),
    [
        ("bpe.json", "byte_pair_encoding", 38),
        ("unigram.json", "unigram", 31),
        ("word_piece.json", "word_piece", 51),
        ("bpe.model", "sentence_piece", 40),
        ("unigram.model", "sentence_piece", 35),
    ],
)
def test_tokenizers_of_real_libraries(name: str, family: str, vocab_size: int) -> None:
    path = FILES / name
    assert tokenizer_file(str(path)) == (family, vocab_size, file_digest(path))


@pytest.mark.parametrize("name", ["bpe.json", "unigram.json", "word_piece.json"])
def test_a_model_without_a_type_is_known_by_its_members(tmp_path: Path, name: str) -> None:
    value = json.loads((FILES / name).read_text(encoding="utf-8"))
    del value["model"]["type"]
    (tmp_path / name).write_text(json.dumps(value), encoding="utf-8")
    assert tokenizer_file(str(tmp_path / name))[:2] == tokenizer_file(str(FILES / name))[:2]


def test_the_vocabulary_has_a_row_for_the_highest_id(tmp_path: Path) -> None:
    value = {
        "model": {"type": "BPE", "vocab": {"a": 0, "b": 7}},
        "added_tokens": [{"id": 9, "content": "<end>"}],
    }
    (tmp_path / "tokenizer.json").write_text("\n" + json.dumps(value))
    assert tokenizer_file(str(tmp_path / "tokenizer.json")).vocab_size == 10


@pytest.mark.parametrize("length", [125, 126, 300])
def test_a_piece_can_be_long(tmp_path: Path, length: int) -> None:
    def number(value: int) -> bytes:
        return bytes([value]) if value < 128 else bytes([value & 127 | 128, value >> 7])

    piece = b"\x0a" + number(length) + b"a" * length
    (tmp_path / "model").write_bytes(b"\x0a" + number(len(piece)) + piece + b"\x12\x00")
    assert tokenizer_file(str(tmp_path / "model")).vocab_size == 1


KNOWN = "expected one of BPE, WordPiece, Unigram, which the contract knows"
NO_IDS = "has a vocabulary without usable ids; expected an integer from 0 for each token"
MODEL = (FILES / "bpe.model").read_bytes()
NO_TOKENIZER = (
    "is not the file of a tokenizer; expected a tokenizer.json of Hugging Face or a SentencePiece model"
)
NOT_TOKENIZERS = (
    b"",
    b"hello world",
    MODEL[:-1],
    MODEL[:20],
    MODEL[:16],  # one whole piece
    b"\x0a\xff" * 8,
    b"\xff" * 12,
    b"\x0a\x02\x10\x01",  # a piece without text
    b"\x07",
    MODEL + b"\x08\x01",  # a piece that is a number
    MODEL + b"\x00\x01",  # a field without a number
)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ((FILES / "word_level.json").read_bytes(), f'has a model of the type "WordLevel"; {KNOWN}'),
        (b'{"model": {"vocab": {"a": 0}}}', f"has a model of the type null; {KNOWN}"),
        (b'{"a": 0}', "has no model with a vocab; expected a tokenizer.json of Hugging Face"),
        (b'{"model": {"type": "BPE", "vocab": {}}}', NO_IDS),
        (b'{"model": {"type": "BPE", "vocab": {"a": -1}}}', NO_IDS),
        (b'{"model": {"type": "BPE", "vocab": 3}}', NO_IDS),
        (b'{"model": {"type": "BPE", "vocab": {"a": 0}}, "added_tokens": [1]}', NO_IDS),
        (b'{"model": {"type": "BPE", "vocab": {"a": 0}}, "added_tokens": {"id": 1}}', NO_IDS),
        *((data, NO_TOKENIZER) for data in NOT_TOKENIZERS),
    ],
)  # fmt: skip
def test_tokenizers_that_are_refused(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "tokenizer"
    path.write_bytes(data)
    with pytest.raises(ArtifactError) as caught:
        tokenizer_file(str(path))
    assert str(caught.value) == f"{path}: {message}"


def test_json_that_is_broken_or_missing(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    with pytest.raises(ArtifactError, match="cannot be read: No such file or directory"):
        tokenizer_file(str(path))
    for text in ("{", '{"a": ' + "[" * 100_000):
        path.write_text(text)
        with pytest.raises(
            ArtifactError, match=r"is not JSON: .*; expected a tokenizer\.json of Hugging Face"
        ):
            tokenizer_file(str(path))
