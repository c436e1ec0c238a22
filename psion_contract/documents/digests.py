"""Preimages and digests (section 2 of the contract). No other module of the package hashes documents.

A preimage is the exact text whose UTF-8 bytes are hashed. Each ``*_preimage`` function takes a document that
matches its schema and returns that text; `sha256` hashes it.
"""

from collections.abc import Iterator
from functools import cache
from hashlib import sha256 as _sha256
from json import JSONEncoder
from typing import Any, NamedTuple

from psion_contract.documents.kinds import DESCRIPTOR, PROGRAM, RECEIPT, Kind
from psion_contract.documents.serialising import in_contract_order
from psion_contract.reading.json_reader import Json

_ENCODER = JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_OPEN_MEMBER = "cluster_execution"


def sha256(preimage: str) -> str:
    """SHA-256 of the UTF-8 bytes of `preimage`, as 64 lower-case hexadecimal characters."""
    return _sha256(preimage.encode()).hexdigest()


@cache
def enum_name(word: str) -> str:
    """The name of an enum value in preimages: ``held_out`` is ``HeldOut``.

    The parts between underscores are capitalised and joined; an underscore between two digits stays
    (``ggml_q4_0`` is ``GgmlQ4_0``).
    """
    name = ""
    for part in word.split("_"):
        separator = "_" if name[-1:].isdigit() and part[:1].isdigit() else ""
        name += separator + part[:1].upper() + part[1:]
    return name


def canonical_json(value: Any) -> str:
    """JSON without white space, members in their order, escaping only what must be escaped."""
    return _ENCODER.encode(value)


def content_preimage(value: Any) -> str:
    """The RFC 8785 (JCS) form of a document, without null members.

    An absent and a null member mean the same, so they hash the same. Inside ``cluster_execution``, which is never
    interpreted, null is kept. Integers above 2^53 - 1 are written exactly, while RFC 8785 rounds them to doubles.
    """
    return _content(value)


def content_digest(value: Any) -> str:
    """The digest of the whole document: SHA-256 over `content_preimage`."""
    return sha256(content_preimage(value))


def tokenizer_binding_preimage(descriptor: Json) -> str:
    """D1, of a model descriptor."""
    unordered = descriptor["tokenizer_binding"]
    binding = in_contract_order(DESCRIPTOR.version, unordered, "/tokenizer_binding")
    parts = [
        "psion_compact_decoder_tokenizer_binding",
        canonical_json([binding, binding["tokenizer_family"]]),
    ]
    return "|".join(parts)


def model_descriptor_preimage(descriptor: Json) -> str:
    """D2, of a model descriptor."""
    ordered = in_contract_order(DESCRIPTOR.version, descriptor)
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
    return (
        "psion_pretrain_replay_receipt"
        f"|{replay['receipt_id']}"
        f"|{replay['stable_dataset_identity']}"
        f"|{enum_name(replay['iteration_mode'])}"
        f"|{enum_name(replay['shard_ordering'])}"
        f"|{replay['deterministic_shuffle_seed']}"
        f"|{replay['successful_replays']}"
        f"|{'exact' if replay['exact_replay_observed'] else 'non_exact'}"
        f"|{replay['summary']}"
    )


def checkpoint_lineage_preimage(lineage: Json) -> str:
    """D4, of the ``checkpoint_lineage`` of a receipt."""
    promoted, base = lineage["promoted_checkpoint"], lineage.get("base_checkpoint")
    return (
        "psion_pretrain_checkpoint_lineage"
        f"|{lineage['receipt_id']}"
        f"|{promoted['checkpoint_family']}"
        f"|{promoted['stream_id']}"
        f"|{promoted['object_digest']}"
        f"{_base_preimage(base) if base else ''}"
        f"|{lineage['promoted_checkpoint_label']}"
        f"|{lineage['model_id']}"
        f"|{lineage['model_descriptor_digest']}"
    )


def _base_preimage(base: Json) -> str:
    return f"|base|{base['stream_id']}|{base['object_digest']}"


def receipt_preimage(receipt: Json) -> str:
    """D5, of a receipt."""
    delivered, accelerator = receipt.get("delivered_execution"), receipt.get("accelerator_execution")
    return (
        "psion_pretrain_stage_receipt"
        f"|{receipt['run_id']}"
        f"|{receipt['stage_id']}"
        f"|{receipt['model_id']}"
        f"|{receipt['model_descriptor_digest']}"
        f"|{receipt['tokenizer_binding_digest']}"
        f"|{receipt['dataset_identity']}"
        f"|{receipt['sampling_policy_id']}"
        f"|{receipt['sampling_policy_version']}"
        f"|{receipt['replay_receipt']['replay_digest']}"
        f"|{receipt['checkpoint_lineage']['checkpoint_lineage_digest']}"
        f"{_delivered_preimage(delivered) if delivered else ''}"
        f"{_accelerator_preimage(accelerator) if accelerator else ''}"
        f"|{receipt['summary']}"
        f"{_rows_preimage(receipt['source_family_reports'])}"
    )


def _delivered_preimage(delivered: Json) -> str:
    topology = delivered.get("execution_topology")
    devices = [f"|device|{device['stable_device_id']}" for device in delivered["selected_devices"]]
    return (
        f"|backend|{delivered['runtime_backend']}"
        f"{''.join(devices)}"
        f"{_topology_preimage(topology) if topology else ''}"
    )


def _topology_preimage(topology: Json) -> str:
    return f"|topology|{topology['effective_backend']}"


def _accelerator_preimage(accelerator: Json) -> str:
    return (
        "|accelerator"
        f"|{'true' if accelerator['accelerator_backed'] else 'false'}"
        f"|{accelerator['optimizer_steps_completed']}"
        f"|{accelerator['mean_step_latency_ms']}"
    )


def _rows_preimage(rows: list[Json]) -> str:
    return "".join([_row_preimage(row) for row in rows])


def _row_preimage(row: Json) -> str:
    return (
        "|row"
        f"|{row['split_name']}"
        f"|{enum_name(row['split_kind'])}"
        f"|{row['source_family_id']}"
        f"|{row['token_share_bps_within_split']}"
        f"|{row['sequence_share_bps_within_split']}"
        f"|{row['mean_next_token_loss_milli']}"
    )


def tensor_layout_preimage(tensors: list[Json]) -> str:
    """D6, of the ``tensor_layout`` of a model descriptor."""
    return f"psion_compact_decoder_tensor_layout|{''.join([_tensor_preimage(tensor) for tensor in tensors])}"


def _tensor_preimage(tensor: Json) -> str:
    layout = tensor.get("quantized_layout")
    dimensions = [f"{dimension}," for dimension in tensor["shape"]["dims"]]
    return (
        f"{tensor['name']}"
        f"|{tensor['dtype']}"
        f"|{enum_name(tensor['quantization'])}"
        f"|{''.join(dimensions)}"
        f"{_block_preimage(layout) if layout else ''}"
    )


def _block_preimage(layout: Json) -> str:
    return (
        "|QuantizedBlockLayout {"
        f" elements_per_block: {layout['elements_per_block']},"
        f" bytes_per_block: {layout['bytes_per_block']},"
        f" block_count: {layout['block_count']}"
        " }"
    )


def stage_completion_preimage(completion: Json) -> str:
    """D7, of one of the ``completions`` of a stage program."""
    return (
        "psionic_train_stage_completion"
        f"|{completion['run_id']}"
        f"|{completion['stage_id']}"
        f"|{completion['kind']}"
        f"|{completion['ingested_trace_count']}"
        f"|{completion['pretrain_run_count']}"
        f"|{completion['completed_at_ms']}"
    )


def checkpoint_promotion_preimage(promotion: Json) -> str:
    """D8, of one of the ``promotions`` of a stage program."""
    checkpoint = promotion["checkpoint"]
    return (
        "psionic_train_stage_promotion"
        f"|{promotion['run_id']}"
        f"|{promotion['from_stage_id']}"
        f"|{promotion['from_stage_kind']}"
        f"|{promotion['to_stage_kind']}"
        f"|{checkpoint['checkpoint_family']}"
        f"|{checkpoint['stream_id']}"
        f"|{checkpoint['object_digest']}"
    )


def stage_transition_preimage(transition: Json) -> str:
    """D9, of one of the ``transitions`` of a stage program."""
    previous, checkpoint = transition.get("previous_stage_id"), transition.get("base_checkpoint")
    return (
        "psionic_train_stage_transition"
        f"|{transition['run_id']}"
        f"{f'|previous|{previous}' if previous is not None else ''}"
        "|next"
        f"|{transition['next_stage_id']}"
        f"|{transition['next_stage_kind']}"
        f"{_checkpoint_preimage(checkpoint) if checkpoint else ''}"
        f"|{transition['transitioned_at_ms']}"
    )


def _checkpoint_preimage(checkpoint: Json) -> str:
    return f"|checkpoint|{checkpoint['stream_id']}|{checkpoint['object_digest']}"


class Digest(NamedTuple):
    """One digest of one document.

    Attributes:
        id: ``D1`` to ``D9``, or ``content``.
        name: of what is hashed.
        pointer: pointer of the stored value, from the root of the document; None if it is not stored.
        stored: the stored value; None if it is not stored.
        preimage: the hashed text.
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
        """Whether the stored value, if any, differs from the computed one."""
        return self.stored is not None and self.stored != self.computed


def digests_of(kind: Kind, value: Json) -> Iterator[Digest]:
    """The digests that a document stores or implies.

    The digests that a config or receipt quotes from its model descriptor are not included.

    Args:
        kind: kind of the document.
        value: the document, which must match its schema.
    """
    if kind == DESCRIPTOR:
        yield Digest("D1", "tokenizer binding", None, None, tokenizer_binding_preimage(value))
        yield Digest("D2", "model descriptor", None, None, model_descriptor_preimage(value))
        layout = tensor_layout_preimage(value["checkpoint_contract"]["tensor_layout"])
        for part in ("checkpoint_contract", "export_contract"):
            stored = value[part]["tensor_layout_digest"]
            yield Digest("D6", "tensor layout", f"/{part}/tensor_layout_digest", stored, layout)
    elif kind == RECEIPT:
        replay, lineage = value["replay_receipt"], value["checkpoint_lineage"]
        pointer = "/replay_receipt/replay_digest"
        yield Digest("D3", "replay", pointer, replay["replay_digest"], replay_preimage(replay))
        pointer, stored = (
            "/checkpoint_lineage/checkpoint_lineage_digest",
            lineage["checkpoint_lineage_digest"],
        )
        yield Digest("D4", "checkpoint lineage", pointer, stored, checkpoint_lineage_preimage(lineage))
        yield Digest("D5", "receipt", "/receipt_digest", value["receipt_digest"], receipt_preimage(value))
    elif kind == PROGRAM:
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


def _content(value: Any, keep_nulls: bool = False) -> str:
    """Members sorted as in RFC 8785, without null members."""
    if isinstance(value, dict):
        members = [
            f"{canonical_json(name)}:{_content(value[name], keep_nulls or name == _OPEN_MEMBER)}"
            for name in sorted(value, key=utf16_order)
            if keep_nulls or value[name] is not None
        ]
        return f"{{{','.join(members)}}}"
    if isinstance(value, list):
        return f"[{','.join([_content(item, keep_nulls) for item in value])}]"
    return _double(value) if isinstance(value, float) else canonical_json(value)


def _double(value: float) -> str:
    """A number that was written with a fraction or an exponent, as ECMAScript writes it (RFC 8785, 3.2.2.3)."""
    if value - value != 0:  # infinity: ECMAScript writes null
        return "null"
    if value == 0:
        return "0"
    if 1e-6 <= abs(value) < 1e21:
        from decimal import Decimal  # only for documents that are wrong anyway

        whole, _, fraction = format(Decimal(repr(value)), "f").partition(".")
        fraction = fraction.rstrip("0")
        return f"{whole}.{fraction}" if fraction else whole
    mantissa, _, exponent = repr(value).partition("e")
    return f"{mantissa}e{int(exponent):+d}"


def utf16_order(key: str) -> bytes:
    """The sort key of names: UTF-16 code units (RFC 8785, section 3.2.3)."""
    return key.encode("utf-16-be")
