"""Python values as documents, without the libraries that they come from."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum, StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple

import pytest

from psion_contract.exceptions import ArgumentError
from psion_contract.reading.python_values import NotJsonError, as_mapping, plain, scalar, to_bytes


class Scalar:
    """A scalar of numpy or torch."""

    def __init__(self, value: Any, kind: str = "") -> None:
        self.value = value
        self.dtype = Dtype(kind)

    def tolist(self) -> Any:
        return self.value


class Dtype(NamedTuple):
    kind: str


class Item:
    """A scalar that only has ``item``."""

    def item(self) -> int:
        return 7


class Index:
    """A number that only says which integer it is."""

    def __index__(self) -> int:
        return 7


class Tensor(Item):
    """A tensor that does not let go of its value."""

    def tolist(self) -> Any:
        raise RuntimeError("on the meta device")


class Itself:
    """Returns itself whatever it is asked."""

    def tolist(self) -> Itself:
        return self


class Lazy(Mapping[str, Any]):
    """A mapping without a bottom."""

    def __getitem__(self, name: str) -> Any:
        return Lazy()

    def __iter__(self) -> Iterator[str]:
        return iter("a")

    def __len__(self) -> int:
        return 1


@dataclass
class Checkpoint:
    step: Any
    where: Path = Path("a/b")
    more: dict[str, Any] = field(default_factory=dict)
    kind: ClassVar[str] = "no field"


class Pair(NamedTuple):
    step: Any
    loss: float


class Word(StrEnum):
    TRAIN = "train"


class Number(IntEnum):
    SEVEN = 7


class Colour(Enum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "json"),
    [
        (b"{", b"{"),
        (bytearray(b"{"), b"{"),
        (memoryview(b"{"), b"{"),
        ("{", b"{"),
        ("é", "é".encode()),
        ({"é": (1, None, True)}, '{"é":[1,null,true]}'.encode()),
        ({1: "a", "1": "b"}, b'{"1":"a","1":"b"}'),
        (Scalar(True), b"true"),
        (Scalar(7), b"7"),
        (Scalar([1, [2]]), b"[1,[2]]"),
        (Item(), b"7"),
        (Index(), b"7"),
        (Path("a/b"), b'"a/b"'),
        (Checkpoint(Scalar(3)), b'{"step":3,"where":"a/b","more":{}}'),
        (MappingProxyType({"a": OrderedDict(b=Item())}), b'{"a":{"b":7}}'),
        ((1, Pair(2, 3)), b"[1,[2,3]]"),
        ({"a": Word.TRAIN, "b": Number.SEVEN}, b'{"a":"train","b":7}'),
    ],
)
def test_texts_and_values_that_mean_json_become_json(value: Any, json: bytes) -> None:
    assert to_bytes(value) == json


def looped() -> Any:
    value: dict[str, Any] = {"a": 1}
    value["b"] = [value]
    return value


def wide_loop() -> Any:
    value: list[Any] = [1] * 1000
    value += [value] * 1000
    return value


def bottomless() -> Any:
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    return value


OFFENCES: list[tuple[Callable[[], Any], str, str]] = [
    (lambda: {"a": [1, {2}]}, "/a/1", "a value of type set is not JSON"),
    (lambda: {"a~/b": Colour.RED}, "/a~0~1b", "a value of type Colour is not JSON"),
    (lambda: [0, math.nan], "/1", "nan is not JSON"),
    (lambda: Checkpoint(-math.inf), "/step", "-inf is not JSON"),
    (lambda: {"step": Scalar(math.nan)}, "/step", "nan is not JSON"),
    (lambda: {"time": Scalar(1, "M")}, "/time", "a value of type Scalar is not JSON"),
    (lambda: {"time": Scalar(1, "m")}, "/time", "a value of type Scalar is not JSON"),
    (lambda: {"a": {("x",): 1}}, "/a", "a member name of type tuple"),
    (lambda: {"a": Tensor()}, "/a", "on the meta device"),
    (lambda: {"a": Itself()}, "/a", "a value of type Itself is not JSON"),
    (lambda: {"a": b"bytes"}, "/a", "a value of type bytes is not JSON"),
    (lambda: {"a": Checkpoint}, "/a", "a value of type type is not JSON"),
    (lambda: {"a": object()}, "/a", "a value of type object is not JSON"),
    (lambda: {"a": 10**5000}, "/a", "digits"),
    (lambda: {"a": ["é", "x\udcff"]}, "/a/1", "the unpaired surrogate U+DCFF at character 2"),
    (lambda: {"a": {"\ud800": 1}}, "/a", "a member name has the unpaired surrogate U+D800"),
    (Lazy, "", "nested too deeply"),
    (looped, "", "nested too deeply, or contains itself"),
    (bottomless, "", "nested too deeply"),
    (wide_loop, "", "nested too deeply, or contains itself"),
]


@pytest.mark.parametrize(("make", "pointer", "reason"), OFFENCES)
def test_what_is_not_json_is_refused_with_its_place(
    make: Callable[[], Any], pointer: str, reason: str
) -> None:
    with pytest.raises(NotJsonError) as error:
        to_bytes(make())
    assert error.value.pointer == pointer
    assert reason in error.value.reason
    with pytest.raises(ArgumentError, match=rf"^argument: {pointer}"):
        plain(make(), "argument")


def test_a_plain_value_shares_nothing_with_the_argument() -> None:
    value = {"a": [1, {"b": None}]}
    made = plain(value, "argument")
    assert made == value
    made["a"][1]["b"] = 2
    assert value == {"a": [1, {"b": None}]}


def test_names_that_become_the_same_are_refused() -> None:
    assert plain({1: "a", None: "b"}, "argument") == {"1": "a", "null": "b"}
    with pytest.raises(ArgumentError, match="argument: two members have the same name"):
        plain({1: "a", "1": "b"}, "argument")


def test_scalars_become_numbers_and_nothing_else_changes() -> None:
    assert [scalar(each) for each in (Scalar(7), Scalar(True), Item(), Index())] == [7, True, 7, 7]
    for value in (None, "7", 7.5, True, [1], {"a": 1}, Scalar([1]), Tensor(), object):
        assert scalar(value) is value


def test_a_dataclass_and_a_named_tuple_have_members() -> None:
    loss = Scalar(1)
    assert as_mapping(Pair(1, 2)) == {"step": 1, "loss": 2}
    assert as_mapping(Checkpoint(loss))["step"] is loss
    assert as_mapping(made := {"a": 1}) is made
    assert as_mapping(Checkpoint) is Checkpoint
