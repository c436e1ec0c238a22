"""Cases in which a document has the same defect wherever it is possible.

The pointers of the findings follow from the shape of the base document and from the names of properties listed here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from copy import deepcopy
from typing import Any, NamedTuple

from psion_contract.reading.pointers import child, overlaps
from tools.edits import Edit, drop, put
from tools.pack import base_documents as base
from tools.pack.case_builder import Group
from tools.pack.restoring import counted, unchanged

_RULE = "schema-violation"
_UNTOUCHED = {"schema_version", "cluster_execution", "pretrain_runs"}
"""A document without the first is not recognised, the second may contain anything, and receipts have their own cases."""

_OPTIONAL = {
    "accelerator_execution", "base_checkpoint", "checkpoint_ref", "step", "durable_at_ms", "execution_topology",
    "topology_key", "total_memory_bytes", "free_memory_bytes", "special_tokens_digest", "template_digest",
    "quantized_layout", "ingested_traces", "completions", "promotions", "transitions", "previous_stage_id",
}  # fmt: skip
_IDENTIFYING = {"/program/checkpoint_family", "/program/stages"}
"""A program is recognised by these: without them it is not a document."""

_SENTENCES = {"summary", "detail", "rationale"}
_DISTINCT = {"source_ids", "shard_ids", "source_family_ids"}
_MAY_BE_EMPTY = {
    "tensor_layout", "dims", "assignments", "content_class_token_share_report", "regression_thresholds", "stages",
    "ingested_traces", "completions", "promotions", "transitions",
}  # fmt: skip
_U32 = {
    "mean_next_token_loss_milli", "optimizer_steps_completed", "max_sequence_tokens", "min_sequence_tokens",
    "ingested_trace_count", "pretrain_run_count", "tokenizer/vocab_size",
}  # fmt: skip
_MAXIMUM = {"successful_replays": 65535, "downweight_multiplier_bps": 9999}
_POSITIVE = {
    "max_context_tokens", "successful_replays", "optimizer_steps_completed", "mean_step_latency_ms", "hidden_size",
    "layer_count", "config/vocab_size", "tokenizer_binding/vocab_size", "max_context", "head_count", "kv_head_count",
    "head_dim", "rotary_dim", "intermediate_size", "max_sequence_tokens", "min_sequence_tokens",
    "shards/sequence_count", "shards/token_count", "sampling_weight_bps", "maximum_family_token_share_bps",
    "maximum_source_token_share_bps", "downweight_multiplier_bps", "maximum_region_token_share_bps",
}  # fmt: skip


_TITLES = {"full": "receipt", "program": "program, outside its receipts,"}
"""By short name, how descriptions call a document, if not by that name."""


class _Node(NamedTuple):
    """A document, member or item.

    Attributes:
        pointer: its pointer.
        name: name of the member; of an item, of its list.
        parent_name: name of the member that contains it.
        value: its value.
    """

    pointer: str
    name: str
    parent_name: str
    value: Any

    def is_named(self, names: Collection[str]) -> bool:
        """Whether it has one of the names, each optionally preceded by the name of the parent."""
        return self.name in names or f"{self.parent_name}/{self.name}" in names

    @property
    def minimum(self) -> int:
        """The smallest integer that is allowed there."""
        return 1 if self.is_named(_POSITIVE) else 0

    @property
    def maximum(self) -> int:
        """The largest integer that is allowed there."""
        if self.is_named(_U32):
            return 2**32 - 1
        return _MAXIMUM.get(self.name) or (10000 if "_bps" in self.name else 2**64 - 1)


class _Sweep(NamedTuple):
    """One defect at several pointers.

    Attributes:
        slug: the defect.
        description: the defect as a sentence.
        edits: the edits that cause it.
        at: pointers of the findings.
        broken: pointers that no check may read.
        unsafe: pointers of integers above 2^53 - 1.
    """

    slug: str
    description: str
    edits: list[Edit]
    at: list[str]
    broken: list[str]
    unsafe: tuple[str, ...] = ()


def group() -> Group:
    """The cases, by kind of document."""
    cases = Group("sweeps", "One thing wrong with a document wherever it can be.", on=(), then=unchanged)
    for name in ("config", "full", "descriptor", "corpus", "policy", "program"):
        others = base.PLAN[:3] if name == "config" else base.PLAN if name in ("full", "program") else ()
        document = _small_descriptor() if name == "descriptor" else deepcopy(base.documents()[name])
        for sweep in _sweeps(name, document):
            if sweep.at:
                cases.rejected(
                    _RULE,
                    f"{name}-{sweep.slug}",
                    sweep.description,
                    put(f"/{name}", document),
                    *sweep.edits,
                    at=sweep.at,
                    also=[
                        *_layout(name, sweep.broken),
                        *(("unsafe-integer", pointer) for pointer in sweep.unsafe),
                    ],
                    on=others,
                )
    return cases


def _small_descriptor() -> Any:
    """A descriptor with one tensor, which is quantized."""
    descriptor = deepcopy(base.documents()["descriptor"])
    blocks = {"elements_per_block": 32, "bytes_per_block": 18, "block_count": 9}
    tensor = descriptor["checkpoint_contract"]["tensor_layout"][0] | {"quantized_layout": blocks}
    descriptor["checkpoint_contract"]["tensor_layout"] = [tensor]
    return counted({"descriptor": descriptor})["descriptor"]


def _layout(kind: str, broken: list[str]) -> Iterator[tuple[str, str]]:
    """The finding on the missing tensors, unless something that the rule reads is broken."""
    layout = "/descriptor/checkpoint_contract/tensor_layout"
    read = ("/descriptor/config", layout, "/descriptor/checkpoint_contract/state_dict_namespace")
    if kind == "descriptor" and not any(overlaps(pointer, each) for pointer in broken for each in read):
        yield "tensor-layout-mismatch", layout


def _sweeps(kind: str, document: Any) -> Iterator[_Sweep]:
    """Every defect that is possible in all parts of a document."""
    whole = _Node(f"/{kind}", kind, "", document)
    nodes = list(_nodes(whole))
    objects = [node for node in nodes if isinstance(node.value, dict)]
    lists = [node for node in nodes if isinstance(node.value, list)]
    scalars = [node for node in nodes if not isinstance(node.value, (dict, list))]
    numbers = [node for node in scalars if type(node.value) is int]
    texts = [node for node in scalars if isinstance(node.value, str) and node.name not in _SENTENCES]
    title = _TITLES.get(kind, kind)
    unknown = [_Node(child(node.pointer, "zz"), "zz", "", None) for node in objects]
    yield _sweep("unknown", f"Each closed object of the {title} has an unknown member.", "x", unknown)
    yield _sweep(
        "scalars",
        f"Each string, integer and boolean of the {title} is replaced by a list.",
        lambda node: [node.pointer],
        scalars,
    )
    large = _sweep(
        "large", f"Each integer of the {title} is one too large.", lambda node: node.maximum + 1, numbers
    )
    yield large._replace(unsafe=tuple(node.pointer for node in numbers if node.maximum >= 2**53))
    yield _sweep(
        "small", f"Each integer of the {title} is one too small.", lambda node: node.minimum - 1, numbers
    )
    yield _sweep(
        "line-feed",
        f"Each string of the {title} that is not a sentence ends in a line feed.",
        lambda node: f"{node.pointer}\n",
        texts,
    )
    distinct = [node for node in lists if node.name in _DISTINCT]
    yield _sweep(
        "repeated",
        f"Each list of distinct ids in the {title} repeats its first id.",
        lambda node: node.value + node.value[:1],
        distinct,
    )
    filled = [node for node in lists if node.name not in _MAY_BE_EMPTY]
    inner = [
        node for node in filled if not any(other.pointer.startswith(node.pointer + "/") for other in filled)
    ]
    outer = [
        node for node in filled if not any(node.pointer.startswith(other.pointer + "/") for other in filled)
    ]
    yield _sweep(
        "empty", f"Each innermost list of the {title} is empty where that is not allowed.", [], inner
    )
    yield _sweep(
        "empty-outer", f"Each outermost list of the {title} is empty where that is not allowed.", [], outer
    )
    for depth in range(1, 8):
        level = [node for node in objects + lists if node.pointer.count("/") == depth + 1]
        yield _sweep(
            f"containers-{depth}",
            f"Each object and list at depth {depth} of the {title} is replaced by a string.",
            "x",
            level,
        )
    for number in range(20):
        missing = list(_missing(whole, number))
        names = list(dict.fromkeys(node.name for _, node in reversed(missing)))
        some = ", ".join(names) if len(names) < 5 else f"{', '.join(names[:4])} and others"
        description = f"Objects of the {title} lack members that they must have: {some}."
        removed = [node.pointer for _, node in missing]
        at = [pointer for pointer, _ in missing]
        yield _Sweep(f"missing-{number + 1}", description, list(map(drop, removed)), at, removed)


def _sweep(slug: str, description: str, value: Any, nodes: list[_Node]) -> _Sweep:
    """Replace the value of each node with a value, or with the result of a function of the node."""
    edits = [put(node.pointer, value(node) if callable(value) else value) for node in nodes]
    at = [node.pointer for node in nodes]
    return _Sweep(slug, description, edits, at, at)


def _nodes(node: _Node) -> Iterator[_Node]:
    """The node and everything below it, except for untouched properties."""
    yield node
    for below in _children(node):
        yield from _nodes(below)


def _children(node: _Node) -> Iterator[_Node]:
    """The members of an object and the items of a list."""
    if isinstance(node.value, dict):
        for name, value in node.value.items():
            if name not in _UNTOUCHED and not (node.name == "partition" and name == "kind"):
                yield _Node(child(node.pointer, name), name, node.name, value)
    elif isinstance(node.value, list):
        for index, value in enumerate(node.value):
            yield _Node(child(node.pointer, index), node.name, node.parent_name, value)


def _missing(node: _Node, number: int) -> Iterator[tuple[str, _Node]]:
    """For each object, its pointer and its member of that number, if the member is required."""
    children = list(_children(node))
    removed = children[number] if isinstance(node.value, dict) and number < len(children) else None
    for each in children:
        if each is not removed:
            yield from _missing(each, number)
    if removed is not None and removed.name not in _OPTIONAL and removed.pointer not in _IDENTIFYING:
        yield node.pointer, removed
