"""Cases in which one thing is wrong with a document in every place where it can be.

The places of the findings follow from the shape of the base document and from the names of properties listed here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from copy import deepcopy
from typing import Any, NamedTuple

from psion_contract.reading.pointers import child, overlaps
from tools.edits import Edit, drop, put
from tools.pack import base_documents as base
from tools.pack.case_builder import Group
from tools.pack.restoring import as_it_is, counted

_RULE = "schema-violation"
_UNTOUCHED = {"schema_version", "cluster_execution", "pretrain_runs"}
"""Without the first nothing is judged, the second may hold anything, and receipts are swept by themselves."""

_OPTIONAL = {
    "accelerator_execution", "base_checkpoint", "checkpoint_ref", "step", "durable_at_ms", "execution_topology",
    "topology_key", "total_memory_bytes", "free_memory_bytes", "special_tokens_digest", "template_digest",
    "quantized_layout", "ingested_traces", "completions", "promotions", "transitions", "previous_stage_id",
}  # fmt: skip
_TELLING = {"/program/checkpoint_family", "/program/stages"}
"""By these a program is known: without them it is no document."""

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
_MOST = {"successful_replays": 65535, "downweight_multiplier_bps": 9999}
_FROM_ONE = {
    "max_context_tokens", "successful_replays", "optimizer_steps_completed", "mean_step_latency_ms", "hidden_size",
    "layer_count", "config/vocab_size", "tokenizer_binding/vocab_size", "max_context", "head_count", "kv_head_count",
    "head_dim", "rotary_dim", "intermediate_size", "max_sequence_tokens", "min_sequence_tokens",
    "shards/sequence_count", "shards/token_count", "sampling_weight_bps", "maximum_family_token_share_bps",
    "maximum_source_token_share_bps", "downweight_multiplier_bps", "maximum_region_token_share_bps",
}  # fmt: skip


_CALLED = {"full": "receipt", "program": "program, outside its receipts,"}
"""By short name, what a document is called in descriptions, where that is something else."""


class _Spot(NamedTuple):
    """A document, member or item.

    Attributes:
        place: of the value.
        name: of the member; of an item, that of its list.
        within: the name of the property that holds it.
        value: at the place.
    """

    place: str
    name: str
    within: str
    value: Any

    def called(self, names: Collection[str]) -> bool:
        """Whether one of the names, perhaps with that of the member around it, is its own."""
        return self.name in names or f"{self.within}/{self.name}" in names

    @property
    def least(self) -> int:
        """The smallest integer that is allowed there."""
        return 1 if self.called(_FROM_ONE) else 0

    @property
    def most(self) -> int:
        """The largest integer that is allowed there."""
        if self.called(_U32):
            return 2**32 - 1
        return _MOST.get(self.name) or (10000 if "_bps" in self.name else 2**64 - 1)


class _Sweep(NamedTuple):
    """One thing, wrong at some places.

    Attributes:
        slug: what is wrong.
        description: the same as a sentence.
        edits: that make it so.
        at: where it is wrong.
        broken: what may not be read then.
        unsafe: the places of integers above 2^53 - 1.
    """

    slug: str
    description: str
    edits: list[Edit]
    at: list[str]
    broken: list[str]
    unsafe: tuple[str, ...] = ()


def group() -> Group:
    """The cases, by kind of document."""
    made = Group("sweeps", "One thing wrong with a document wherever it can be.", on=(), then=as_it_is)
    for name in ("config", "full", "descriptor", "corpus", "policy", "program"):
        beside = base.PLAN[:3] if name == "config" else base.PLAN if name in ("full", "program") else ()
        document = _small_descriptor() if name == "descriptor" else deepcopy(base.documents()[name])
        for sweep in _sweeps(name, document):
            if sweep.at:
                made.rejected(
                    _RULE,
                    f"{name}-{sweep.slug}",
                    sweep.description,
                    put(f"/{name}", document),
                    *sweep.edits,
                    at=sweep.at,
                    also=[
                        *_layout(name, sweep.broken),
                        *(("unsafe-integer", place) for place in sweep.unsafe),
                    ],
                    on=beside,
                )
    return made


def _small_descriptor() -> Any:
    """A descriptor with one tensor, which is quantized."""
    descriptor = deepcopy(base.documents()["descriptor"])
    blocks = {"elements_per_block": 32, "bytes_per_block": 18, "block_count": 9}
    tensor = descriptor["checkpoint_contract"]["tensor_layout"][0] | {"quantized_layout": blocks}
    descriptor["checkpoint_contract"]["tensor_layout"] = [tensor]
    return counted({"descriptor": descriptor})["descriptor"]


def _layout(kind: str, broken: list[str]) -> Iterator[tuple[str, str]]:
    """One tensor is missing, which is reported if everything that the rule reads is sound."""
    layout = "/descriptor/checkpoint_contract/tensor_layout"
    read = ("/descriptor/config", layout, "/descriptor/checkpoint_contract/state_dict_namespace")
    if kind == "descriptor" and not any(overlaps(place, each) for place in broken for each in read):
        yield "tensor-layout-mismatch", layout


def _sweeps(kind: str, document: Any) -> Iterator[_Sweep]:
    """Everything that can be wrong everywhere, once each."""
    whole = _Spot(f"/{kind}", kind, "", document)
    spots = list(_spots(whole))
    objects = [spot for spot in spots if isinstance(spot.value, dict)]
    lists = [spot for spot in spots if isinstance(spot.value, list)]
    scalars = [spot for spot in spots if not isinstance(spot.value, (dict, list))]
    numbers = [spot for spot in scalars if type(spot.value) is int]
    texts = [spot for spot in scalars if isinstance(spot.value, str) and spot.name not in _SENTENCES]
    called = _CALLED.get(kind, kind)
    unknown = [_Spot(child(spot.place, "zz"), "zz", "", None) for spot in objects]
    yield _sweep("unknown", f"Each closed object of the {called} has an unknown member.", "x", unknown)
    yield _sweep(
        "scalars",
        f"Each string, integer and boolean of the {called} is replaced by a list.",
        lambda spot: [spot.place],
        scalars,
    )
    large = _sweep(
        "large", f"Each integer of the {called} is one too large.", lambda spot: spot.most + 1, numbers
    )
    yield large._replace(unsafe=tuple(spot.place for spot in numbers if spot.most >= 2**53))
    yield _sweep(
        "small", f"Each integer of the {called} is one too small.", lambda spot: spot.least - 1, numbers
    )
    yield _sweep(
        "line-feed",
        f"Each string of the {called} that is not a sentence ends in a line feed.",
        lambda spot: f"{spot.place}\n",
        texts,
    )
    distinct = [spot for spot in lists if spot.name in _DISTINCT]
    yield _sweep(
        "repeated",
        f"Each list of distinct ids in the {called} repeats its first id.",
        lambda spot: spot.value + spot.value[:1],
        distinct,
    )
    filled = [spot for spot in lists if spot.name not in _MAY_BE_EMPTY]
    inner = [spot for spot in filled if not any(other.place.startswith(spot.place + "/") for other in filled)]
    outer = [spot for spot in filled if not any(spot.place.startswith(other.place + "/") for other in filled)]
    yield _sweep(
        "empty", f"Each innermost list of the {called} is empty where that is not allowed.", [], inner
    )
    yield _sweep(
        "empty-outer", f"Each outermost list of the {called} is empty where that is not allowed.", [], outer
    )
    for depth in range(1, 8):
        level = [spot for spot in objects + lists if spot.place.count("/") == depth + 1]
        yield _sweep(
            f"containers-{depth}",
            f"Each object and list at depth {depth} of the {called} is replaced by a string.",
            "x",
            level,
        )
    for number in range(20):
        missing = list(_missing(whole, number))
        names = list(dict.fromkeys(spot.name for _, spot in reversed(missing)))
        listed = ", ".join(names) if len(names) < 5 else f"{', '.join(names[:4])} and others"
        description = f"Objects of the {called} lack members that they must have: {listed}."
        lost = [spot.place for _, spot in missing]
        at = [place for place, _ in missing]
        yield _Sweep(f"missing-{number + 1}", description, list(map(drop, lost)), at, lost)


def _sweep(slug: str, description: str, value: Any, spots: list[_Spot]) -> _Sweep:
    """Put a value, or what a function makes of the spot, at each spot."""
    edits = [put(spot.place, value(spot) if callable(value) else value) for spot in spots]
    at = [spot.place for spot in spots]
    return _Sweep(slug, description, edits, at, at)


def _spots(spot: _Spot) -> Iterator[_Spot]:
    """It and everything below it, except for what is left untouched."""
    yield spot
    for below in _below(spot):
        yield from _spots(below)


def _below(spot: _Spot) -> Iterator[_Spot]:
    """The members of an object and the items of a list."""
    if isinstance(spot.value, dict):
        for name, value in spot.value.items():
            if name not in _UNTOUCHED and not (spot.name == "partition" and name == "kind"):
                yield _Spot(child(spot.place, name), name, spot.name, value)
    elif isinstance(spot.value, list):
        for index, value in enumerate(spot.value):
            yield _Spot(child(spot.place, index), spot.name, spot.within, value)


def _missing(spot: _Spot, number: int) -> Iterator[tuple[str, _Spot]]:
    """For each object the member of that number, if it must have it, after the place where the loss is reported."""
    below = list(_below(spot))
    lost = below[number] if isinstance(spot.value, dict) and number < len(below) else None
    for each in below:
        if each is not lost:
            yield from _missing(each, number)
    if lost is not None and lost.name not in _OPTIONAL and lost.place not in _TELLING:
        yield spot.place, lost
