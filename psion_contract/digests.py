"""Every preimage and every hash: the only place that hashes (docs/digests.md, section 2 of the contract).

A preimage is the exact text whose UTF-8 bytes are hashed. Each ``*_preimage`` function takes documents
that fit their schemas and returns that text; `sha256` makes the digest of it.
"""

from collections.abc import Iterator
from functools import cache
from hashlib import sha256 as _sha256
from json import JSONEncoder
from typing import Any, NamedTuple

from psion_contract import schemas
from psion_contract.kinds import DESCRIPTOR, PROGRAM, RECEIPT, Kind

Json = dict[str, Any]

_ENCODER = JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_OPEN_MEMBER = "cluster_execution"


def sha256(preimage: str) -> str:
    """SHA-256 of the UTF-8 bytes of `preimage`, as 64 lower-case hexadecimal characters."""
    return _sha256(preimage.encode()).hexdigest()


@cache
def enum_name(word: str) -> str:
    """The name of an enum value as preimages spell it: ``held_out`` is ``HeldOut``.

    The parts between underscores each start with a capital and are joined; an underscore between two
    digits stays (``ggml_q4_0`` is ``GgmlQ4_0``).
    """
    name = ""
    for part in word.split("_"):
        separator = "_" if name[-1:].isdigit() and part[:1].isdigit() else ""
        name += separator + part[:1].upper() + part[1:]
    return name


def canonical_json(value: Any) -> str:
    """JSON without white space, members in the order they have, only what must be escaped escaped."""
    return _ENCODER.encode(value)


def content_preimage(value: Any) -> str:
    """The RFC 8785 (JCS) form of a document, members that are null left out.

    Absent and null optionals mean the same, so they hash the same; inside ``cluster_execution``, which is
    carried and never interpreted, null is kept. Integers above 2^53 - 1 are written exactly, where RFC
    8785 would have them rounded to a double.
    """
    return canonical_json(_sorted(value))


def content_digest(value: Any) -> str:
    """The digest of everything a document says: SHA-256 over `content_preimage`."""
    return sha256(content_preimage(value))


def tokenizer_binding_preimage(descriptor: Json) -> str:
    """D1, of a model descriptor."""
    stated = descriptor["tokenizer_binding"]
    binding = schemas.in_contract_order(DESCRIPTOR.version, stated, "/tokenizer_binding")
    parts = ["psion_compact_decoder_tokenizer_binding", canonical_json([binding, binding["tokenizer_family"]])]
    return "|".join(parts)


def model_descriptor_preimage(descriptor: Json) -> str:
    """D2, of a model descriptor."""
    ordered = schemas.in_contract_order(DESCRIPTOR.version, descriptor)
    family = ordered["tokenizer_binding"]["tokenizer_family"]
    parts = ["psion_compact_decoder_descriptor", canonical_json([ordered, family])]
    return "|".join(parts)


def tokenizer_binding_digest(descriptor: Json) -> str:
    """The digest D1."""
    return sha256(tokenizer_binding_preimage(descriptor))


def model_descriptor_digest(descriptor: Json) -> str:
    """The digest D2."""
    return sha256(model_descriptor_preimage(descriptor))


def replay_preimage(replay: Json) -> str:
    """D3, of the ``replay_receipt`` of a receipt."""
    parts = [
        "psion_pretrain_replay_receipt",
        replay["receipt_id"],
        replay["stable_dataset_identity"],
        enum_name(replay["iteration_mode"]),
        enum_name(replay["shard_ordering"]),
        str(replay["deterministic_shuffle_seed"]),
        str(replay["successful_replays"]),
        "exact" if replay["exact_replay_observed"] else "non_exact",
        replay["summary"],
    ]
    return "|".join(parts)


def checkpoint_lineage_preimage(lineage: Json) -> str:
    """D4, of the ``checkpoint_lineage`` of a receipt."""
    promoted = lineage["promoted_checkpoint"]
    parts = [
        "psion_pretrain_checkpoint_lineage",
        lineage["receipt_id"],
        promoted["checkpoint_family"],
        promoted["stream_id"],
        promoted["object_digest"],
    ]
    if base := lineage.get("base_checkpoint"):
        parts += ["base", base["stream_id"], base["object_digest"]]
    parts += [lineage["promoted_checkpoint_label"], lineage["model_id"], lineage["model_descriptor_digest"]]
    return "|".join(parts)


def receipt_preimage(receipt: Json) -> str:
    """D5, of a receipt."""
    parts = [
        "psion_pretrain_stage_receipt",
        receipt["run_id"],
        receipt["stage_id"],
        receipt["model_id"],
        receipt["model_descriptor_digest"],
        receipt["tokenizer_binding_digest"],
        receipt["dataset_identity"],
        receipt["sampling_policy_id"],
        receipt["sampling_policy_version"],
        receipt["replay_receipt"]["replay_digest"],
        receipt["checkpoint_lineage"]["checkpoint_lineage_digest"],
    ]
    if delivered := receipt.get("delivered_execution"):
        parts += ["backend", delivered["runtime_backend"]]
        for device in delivered["selected_devices"]:
            parts += ["device", device["stable_device_id"]]
        if topology := delivered.get("execution_topology"):
            parts += ["topology", topology["effective_backend"]]
    if accelerator := receipt.get("accelerator_execution"):
        parts += [
            "accelerator",
            "true" if accelerator["accelerator_backed"] else "false",
            str(accelerator["optimizer_steps_completed"]),
            str(accelerator["mean_step_latency_ms"]),
        ]
    parts += [receipt["summary"]]
    for row in receipt["source_family_reports"]:
        parts += [
            "row",
            row["split_name"],
            enum_name(row["split_kind"]),
            row["source_family_id"],
            f"{row['token_share_bps_within_split']}",
            f"{row['sequence_share_bps_within_split']}",
            f"{row['mean_next_token_loss_milli']}",
        ]
    return "|".join(parts)


def tensor_layout_preimage(tensors: list[Json]) -> str:
    """D6, of the ``tensor_layout`` of a model descriptor."""
    parts = ["psion_compact_decoder_tensor_layout|"]
    for tensor in tensors:
        parts += [tensor["name"], "|", tensor["dtype"], "|", enum_name(tensor["quantization"]), "|"]
        for dimension in tensor["shape"]["dims"]:
            parts += [str(dimension), ","]
        if layout := tensor.get("quantized_layout"):
            parts += [
                "|QuantizedBlockLayout {",
                f" elements_per_block: {layout['elements_per_block']},",
                f" bytes_per_block: {layout['bytes_per_block']},",
                f" block_count: {layout['block_count']}",
                " }",
            ]
    return "".join(parts)


def stage_completion_preimage(completion: Json) -> str:
    """D7, of one of the ``completions`` of a stage program."""
    parts = [
        "psionic_train_stage_completion",
        completion["run_id"],
        completion["stage_id"],
        completion["kind"],
        str(completion["ingested_trace_count"]),
        str(completion["pretrain_run_count"]),
        str(completion["completed_at_ms"]),
    ]
    return "|".join(parts)


def checkpoint_promotion_preimage(promotion: Json) -> str:
    """D8, of one of the ``promotions`` of a stage program."""
    checkpoint = promotion["checkpoint"]
    parts = [
        "psionic_train_stage_promotion",
        promotion["run_id"],
        promotion["from_stage_id"],
        promotion["from_stage_kind"],
        promotion["to_stage_kind"],
        checkpoint["checkpoint_family"],
        checkpoint["stream_id"],
        checkpoint["object_digest"],
    ]
    return "|".join(parts)


def stage_transition_preimage(transition: Json) -> str:
    """D9, of one of the ``transitions`` of a stage program."""
    parts = ["psionic_train_stage_transition", transition["run_id"]]
    if transition.get("previous_stage_id") is not None:
        parts += ["previous", transition["previous_stage_id"]]
    parts += ["next", transition["next_stage_id"], transition["next_stage_kind"]]
    if checkpoint := transition.get("base_checkpoint"):
        parts += ["checkpoint", checkpoint["stream_id"], checkpoint["object_digest"]]
    parts += [str(transition["transitioned_at_ms"])]
    return "|".join(parts)


class Digest(NamedTuple):
    """One digest of one document.

    Attributes:
        id: ``D1`` to ``D9``, or ``content``.
        name: what it is the digest of.
        pointer: where the document stores it, from the document's root; None where it stores none.
        stored: the stored value; None where the document stores none.
        preimage: the text that is hashed.
    """

    id: str
    name: str
    pointer: str | None
    stored: str | None
    preimage: str

    @property
    def computed(self) -> str:
        """The digest of the preimage."""
        return sha256(self.preimage)

    @property
    def differs(self) -> bool:
        """Whether the document stores another value than the computed one."""
        return self.stored is not None and self.stored != self.computed


def digests_of(kind: Kind, value: Json) -> Iterator[Digest]:
    """The digests that a document, which must fit its schema, carries or implies.

    The digests that a config or receipt quotes from another document are not among them.
    """
    if kind is DESCRIPTOR:
        yield Digest("D1", "tokenizer binding", None, None, tokenizer_binding_preimage(value))
        yield Digest("D2", "model descriptor", None, None, model_descriptor_preimage(value))
        layout = tensor_layout_preimage(value["checkpoint_contract"]["tensor_layout"])
        for part in ("checkpoint_contract", "export_contract"):
            stored = value[part]["tensor_layout_digest"]
            yield Digest("D6", "tensor layout", f"/{part}/tensor_layout_digest", stored, layout)
    elif kind is RECEIPT:
        replay, lineage = value["replay_receipt"], value["checkpoint_lineage"]
        pointer = "/replay_receipt/replay_digest"
        yield Digest("D3", "replay", pointer, replay["replay_digest"], replay_preimage(replay))
        pointer, stored = "/checkpoint_lineage/checkpoint_lineage_digest", lineage["checkpoint_lineage_digest"]
        yield Digest("D4", "checkpoint lineage", pointer, stored, checkpoint_lineage_preimage(lineage))
        yield Digest("D5", "receipt", "/receipt_digest", value["receipt_digest"], receipt_preimage(value))
    elif kind is PROGRAM:
        for index, entry in enumerate(value.get("completions") or ()):
            pointer, stored = f"/completions/{index}/completion_digest", entry["completion_digest"]
            yield Digest("D7", "stage completion", pointer, stored, stage_completion_preimage(entry))
        for index, entry in enumerate(value.get("promotions") or ()):
            pointer, stored = f"/promotions/{index}/promotion_digest", entry["promotion_digest"]
            yield Digest("D8", "checkpoint promotion", pointer, stored, checkpoint_promotion_preimage(entry))
        for index, entry in enumerate(value.get("transitions") or ()):
            pointer, stored = f"/transitions/{index}/transition_digest", entry["transition_digest"]
            yield Digest("D9", "stage transition", pointer, stored, stage_transition_preimage(entry))
    yield Digest("content", "whole document", None, None, content_preimage(value))


def _sorted(value: Any, keep_nulls: bool = False) -> Any:
    """Members sorted as RFC 8785 sorts them (by UTF-16 code units), null members left out."""
    if isinstance(value, dict):
        return {
            key: _sorted(value[key], keep_nulls or key == _OPEN_MEMBER)
            for key in sorted(value, key=_utf16)
            if keep_nulls or value[key] is not None
        }
    if isinstance(value, list):
        return [_sorted(item, keep_nulls) for item in value]
    return value


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be")
