"""Vectors of the digests of a program's records, D7 to D9, and of the content digest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tools.pack.base_documents import config
from tools.pack.base_receipts import checkpoint
from tools.pack.vector_builder import Json, vector

_U64 = 2**64 - 1

# A preimage reads best as it is hashed.
# fmt: off


def vectors() -> Iterator[Json]:
    """The vectors, in the order of their files."""
    yield from _completions()
    yield from _promotions()
    yield from _transitions()
    yield from _contents()


def _completions() -> Iterator[Json]:
    def record(**members: Any) -> Any:
        return {
            "run_id": "r",
            "stage_id": "r-stage-1-pretrain",
            "kind": "pretrain",
            "ingested_trace_count": 0,
            "pretrain_run_count": 1,
            "completed_at_ms": 1900,
            "completion_digest": "0" * 64,
            **members,
        }

    start = "psionic_train_stage_completion"
    yield vector(
        "D7", "plain", "The completion of a pretrain stage.", record(), start,
        "|r|r-stage-1-pretrain|pretrain|0|1|1900",
    )
    for kind in ("general_sft", "agentic_sft", "rl"):
        yield vector(
            "D7", kind.replace("_", "-"), f"The kind {kind} of a completion is hashed unchanged.",
            record(kind=kind), start, f"|r|r-stage-1-pretrain|{kind}|0|1|1900",
        )
    yield vector(
        "D7", "largest",
        "A completion with the largest completed_at_ms and counts at the end of their range.",
        record(ingested_trace_count=4294967295, pretrain_run_count=4294967294, completed_at_ms=_U64), start,
        "|r|r-stage-1-pretrain|pretrain|4294967295|4294967294|18446744073709551615",
    )
    yield vector(
        "D7", "as-they-are", "Strings of a completion are hashed unescaped.",
        record(run_id='é"\\', stage_id="京𐐷", completed_at_ms=0), start, '|é"\\|京𐐷|pretrain|0|1|0',
    )


def _promotions() -> Iterator[Json]:
    def record(**members: Any) -> Any:
        return {
            "run_id": "r",
            "from_stage_id": "r-stage-1-pretrain",
            "from_stage_kind": "pretrain",
            "to_stage_kind": "general_sft",
            "checkpoint": checkpoint("s", "p"),
            "promotion_digest": "0" * 64,
            **members,
        }

    start = "psionic_train_stage_promotion"
    yield vector(
        "D8", "plain", "A promotion from pretrain to general_sft.", record(), start,
        "|r|r-stage-1-pretrain|pretrain|general_sft|quay.decoder|s|object-p",
    )
    yield vector(
        "D8", "later",
        "A promotion from agentic_sft to rl, of a checkpoint whose optional members are not in the preimage.",
        record(from_stage_kind="agentic_sft", to_stage_kind="rl", checkpoint=checkpoint("s", "p", _U64, "x",
            _U64, _U64)), start, "|r|r-stage-1-pretrain|agentic_sft|rl|quay.decoder|s|object-p",
    )
    other = checkpoint("ß", "é") | {"checkpoint_family": "京"}
    yield vector(
        "D8", "as-they-are", "Strings of a promotion and of its checkpoint are hashed unescaped.",
        record(run_id="𐐷", from_stage_id='"\\', checkpoint=other), start,
        '|𐐷|"\\|pretrain|general_sft|京|ß|object-é',
    )


def _transitions() -> Iterator[Json]:
    def record(**members: Any) -> Any:
        return {
            "run_id": "r",
            "next_stage_id": "r-stage-1-pretrain",
            "next_stage_kind": "pretrain",
            "transitioned_at_ms": 1000,
            "transition_digest": "0" * 64,
            **members,
        }

    start, base = "psionic_train_stage_transition", checkpoint("s", "p")
    yield vector(
        "D9", "first", "A transition into the first stage has neither previous_stage_id nor base_checkpoint.",
        record(), start, "|r|next|r-stage-1-pretrain|pretrain|1000",
    )
    yield vector(
        "D9", "null", "A null previous_stage_id and a null base_checkpoint leave no trace, like absent ones.",
        record(previous_stage_id=None, base_checkpoint=None), start, "|r|next|r-stage-1-pretrain|pretrain|1000",
    )
    yield vector(
        "D9", "later", "A transition into a later stage has both previous_stage_id and base_checkpoint.",
        record(previous_stage_id="r-stage-1-pretrain", next_stage_id="r-stage-2-general_sft",
            next_stage_kind="general_sft", base_checkpoint=base), start,
        "|r|previous|r-stage-1-pretrain|next|r-stage-2-general_sft|general_sft|checkpoint|s|object-p|1000",
    )
    yield vector(
        "D9", "previous-only", "A transition with a previous_stage_id but without a base_checkpoint.",
        record(previous_stage_id="p", next_stage_kind="agentic_sft"), start,
        "|r|previous|p|next|r-stage-1-pretrain|agentic_sft|1000",
    )
    yield vector(
        "D9", "checkpoint-only",
        "A transition with a base_checkpoint but without a previous_stage_id, at the largest time.",
        record(base_checkpoint=base, next_stage_kind="rl", transitioned_at_ms=_U64), start,
        "|r|next|r-stage-1-pretrain|rl|checkpoint|s|object-p|18446744073709551615",
    )
    yield vector(
        "D9", "as-they-are",
        "Strings of a transition and of its base_checkpoint are hashed unescaped.",
        record(run_id='é"\\', previous_stage_id="京", next_stage_id="𐐷", base_checkpoint=checkpoint("ß", "β", 0,
            "x", 0, 0), transitioned_at_ms=0), start,
        '|é"\\|previous|京|next|𐐷|pretrain|checkpoint|ß|object-β|0',
    )


def _contents() -> Iterator[Json]:
    digest = "0" * 64
    record = config() | {"model_descriptor_digest": digest, "tokenizer_binding_digest": digest}
    record["objective_config"] |= {"tokenizer_binding_digest": digest}
    objective = (
        '"objective_config":{"dataset_identity":"quay-corpus@1","label_smoothing_bps":40,"loss_normalization":"by_target_token",'
        f'"max_context_tokens":2048,"objective_kind":"next_token_prediction","tokenizer_binding_digest":"{digest}"}}'
    )
    yield vector(
        "content", "config", "The members of a config are sorted by name at every level.", record,
        f'{{"dataset_identity":"quay-corpus@1","model_descriptor_digest":"{digest}","model_id":"psion-tidewater-pilot",',
        objective, ',"run_id":"quay","sampling_policy_id":"quay-mix","sampling_policy_version":"1",',
        '"schema_version":"psion.pretrain_stage_config.v1","stage_id":"quay-stage-1-pretrain","stage_kind":"pretrain",',
        f'"tokenizer_binding_digest":"{digest}"}}',
    )
    for slug, description, text, preimage in (
        (
            "nulls",
            "Null members are left out at every level, but null items of arrays are kept.",
            '{"b":null,"a":[null,{"c":null,"d":[]}],"e":{"f":null}}',
            '{"a":[null,{"d":[]}],"e":{}}',
        ),
        (
            "open",
            "Inside cluster_execution null members are kept, and members sorted all the same.",
            '{"x":null,"cluster_execution":{"b":null,"a":{"d":[{"f":null}],"c":null}},"y":{"cluster_execution":null}}',
            '{"cluster_execution":{"a":{"c":null,"d":[{"f":null}]},"b":null},"y":{}}',
        ),
        (
            "sorted",
            "Names are sorted by their UTF-16 code units: U+10437 comes before U+FF5E, and capitals before small letters.",
            '{"\uff5e":1,"𐐷":2,"é":3,"z":4,"a":5,"Z":6,"10":7,"9":8,"":9,"aa":10}',
            '{"":9,"10":7,"9":8,"Z":6,"a":5,"aa":10,"z":4,"é":3,"𐐷":2,"\uff5e":1}',
        ),
        (
            "escapes",
            "Only quotes, backslashes and control characters are escaped, the latter as short as they can be.",
            '{"s":"\\u0008\\u0009\\u000a\\u000c\\u000d\\u0000\\u001F\\u0020\\"\\\\\\/\\u007f\\u0080\\u2028\\uD801\\uDC37\\u00e9<>&"}',
            '{"s":"\\b\\t\\n\\f\\r\\u0000\\u001f \\"\\\\/\u007f\u0080\u2028𐐷é<>&"}',
        ),
        (
            "short-escapes",
            "The eight short escapes of JSON are read, and written as short as they can be.",
            '{"s":"\\"\\\\\\/\\b\\f\\n\\r\\t"}',
            '{"s":"\\"\\\\/\\b\\f\\n\\r\\t"}',
        ),
        (
            "fractions",
            "Numbers with a fraction or an exponent are written as ECMAScript writes a double.",
            '[40.0,4e1,-0.0,-0,0e5,0.5,-2.50,1e-6,1.5e-7,123456789.125,1e20,1e21,-1.25E+30,0.1e1]',
            "[40,40,0,0,0,0.5,-2.5,0.000001,1.5e-7,123456789.125,100000000000000000000,1e+21,-1.25e+30,1]",
        ),
        (
            "doubles",
            "A number with a fraction or an exponent is the nearest double, and null if none is near.",
            "[5e-324,2.2250738585072014e-308,1.7976931348623157e308,9007199254740993.0,0.1e-999,333333333.33333329,1e400,-1e400]",
            "[5e-324,2.2250738585072014e-308,1.7976931348623157e+308,9007199254740992,0,333333333.3333333,null,null]",
        ),
        (
            "escaped-names",
            "Names of members are escaped as other strings are.",
            '{"a\\nb":1,"a\\u0022b":2}',
            '{"a\\nb":1,"a\\"b":2}',
        ),
        (
            "integers",
            "Integers are written exactly, also those that no double holds.",
            '{"n":[0,-1,9007199254740993,18446744073709551615,-9223372036854775809,123456789012345678901234567890]}',
            '{"n":[0,-1,9007199254740993,18446744073709551615,-9223372036854775809,123456789012345678901234567890]}',
        ),
        (
            "literals",
            "True, false, and empty objects, arrays and strings are written without white space.",
            ' { "t" : true , "f" : false , "o" : { } , "l" : [ ] , "s" : "" } ',
            '{"f":false,"l":[],"o":{},"s":"","t":true}',
        ),
        (
            "arrays",
            "Arrays keep their order, while members of objects in them are sorted.",
            '[3,1,2,[{"b":1,"a":2}]]',
            '[3,1,2,[{"a":2,"b":1}]]',
        ),
    ):
        yield vector("content", slug, description, text, preimage)
