"""The one table of rules: names, severities, what each says, and the section of the docs it comes from.

Names are what machines read: never reused, never changed. The table feeds the checker, ``explain``, the
documentation and the tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from psion_contract.findings import Severity

Origin = Literal["parity", "stricter", "ours"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the contract.

    Attributes:
        name: kebab-case, states the defect.
        severity: ``error`` decides the verdict, ``warning`` only a strict one.
        sentence: when the rule is broken.
        remedy: what to do about it.
        section: the heading of docs/rules.md it stands under.
        origin: ``parity`` where the Rust implementation has the rule too, ``stricter`` where it accepts
            what this rule rejects, ``ours`` where it does not speak of the matter.
    """

    name: str
    severity: Severity
    sentence: str
    remedy: str
    section: str
    origin: Origin


READING = "Reading"
REFERENCES = "References"
CONFIG = "Config against model, corpus and policy"
RECEIPT = "Receipt against config, corpus and model"

_TABLE: tuple[Rule, ...] = (
    Rule(
        "invalid-json",
        "error",
        "The text is not strict RFC 8259 JSON in UTF-8.",
        "Mend the text at the place named: no byte order mark, no NaN, no comments, no trailing commas, no "
        "unpaired surrogates.",
        READING,
        "parity",
    ),
    Rule(
        "duplicate-member",
        "error",
        "An object gives a member twice, also when one of the two is spelled with escapes.",
        "Keep one of them. Readers differ in which of the two they believe.",
        READING,
        "parity",
    ),
    Rule(
        "non-integer-number",
        "error",
        "A number is written with a fraction, an exponent or as negative zero.",
        "Write the plain integer. No member of the contract holds a fraction; losses are in thousandths, "
        "shares in basis points.",
        READING,
        "parity",
    ),
    Rule(
        "limit-exceeded",
        "error",
        "The document is larger, deeper or longer than the reader's limits.",
        "If the document is meant, raise the limit with --max-bytes, --max-depth or --max-members.",
        READING,
        "stricter",
    ),
    Rule(
        "unknown-kind",
        "error",
        "A document that was named on purpose is of no kind or version that the contract knows.",
        "Give schema_version one of the known values, or do not name the file.",
        READING,
        "ours",
    ),
    Rule(
        "schema-violation",
        "error",
        "The document does not fit the JSON Schema of its kind.",
        "Change the value named; `psion-contract explain` and the schema file describe each member.",
        READING,
        "stricter",
    ),
    Rule(
        "unresolved-reference",
        "error",
        "A document refers to another that is not among those given.",
        "Give the missing document too, with the paths to check or with --inputs.",
        REFERENCES,
        "ours",
    ),
    Rule(
        "ambiguous-reference",
        "error",
        "Two different documents claim the identity that a reference names, and it cannot tell them apart.",
        "Leave out the document that is not meant, or give the two different identities.",
        REFERENCES,
        "ours",
    ),
    Rule(
        "model-id-mismatch",
        "error",
        "The config's model_id is not that of the model descriptor whose digest it gives.",
        "Name the model that the descriptor describes.",
        CONFIG,
        "parity",
    ),
    Rule(
        "model-descriptor-digest-mismatch",
        "error",
        "The config's model_descriptor_digest is not D2 of the model descriptor.",
        "Recompute D2 with `psion-contract digest`, or give the descriptor that was meant.",
        CONFIG,
        "parity",
    ),
    Rule(
        "tokenizer-binding-digest-mismatch",
        "error",
        "A tokenizer_binding_digest of the config, its own or its objective's, is not D1 of the descriptor.",
        "Recompute D1 with `psion-contract digest`.",
        CONFIG,
        "parity",
    ),
    Rule(
        "dataset-identity-mismatch",
        "error",
        "The config, its objective or the sampling policy names another data set than the corpus is.",
        "Name the corpus' replay_contract.stable_dataset_identity everywhere.",
        CONFIG,
        "parity",
    ),
    Rule(
        "sampling-policy-mismatch",
        "error",
        "The id or the version of the sampling policy that the config names is not that of the policy.",
        "Name the policy's policy_id and policy_version.",
        CONFIG,
        "parity",
    ),
    Rule(
        "context-length-mismatch",
        "error",
        "The objective's max_context_tokens is not the model's max_context.",
        "Train with the context length that the descriptor declares.",
        CONFIG,
        "parity",
    ),
    Rule(
        "tokenizer-mismatch",
        "error",
        "The corpus was tokenized with another tokenizer than the model's tokenizer binding names.",
        "Use the corpus that was tokenized for this model, or the model that this corpus was made for.",
        CONFIG,
        "stricter",
    ),
    Rule(
        "config-mismatch",
        "error",
        "One of the eight members that a receipt repeats of its config differs from the config's.",
        "Copy the member from the config that the run was started with, and seal the receipt again.",
        RECEIPT,
        "parity",
    ),
    Rule(
        "objective-config-mismatch",
        "error",
        "The receipt's objective_config is not the config's.",
        "Copy the config's objective_config unchanged.",
        RECEIPT,
        "parity",
    ),
    Rule(
        "duplicate-report-row",
        "error",
        "Two rows report the same source family in the same split.",
        "Merge the rows into one.",
        RECEIPT,
        "parity",
    ),
    Rule(
        "unknown-split",
        "error",
        "A row reports a split that the corpus does not have.",
        "Use the corpus' split names.",
        RECEIPT,
        "parity",
    ),
    Rule(
        "split-kind-mismatch",
        "error",
        "A row gives a split another kind than the corpus does.",
        "Copy the kind from the corpus.",
        RECEIPT,
        "parity",
    ),
    Rule(
        "unknown-source-family",
        "error",
        "A row reports a source family that its split does not hold, or that the corpus does not bind.",
        "Report each split's own families, as the corpus lists them.",
        RECEIPT,
        "parity",
    ),
    Rule(
        "unknown-source",
        "error",
        "A row lists a source that the corpus does not bind to that family.",
        "List sources of the row's own family only.",
        RECEIPT,
        "parity",
    ),
    Rule(
        "incomplete-coverage",
        "error",
        "A source family of a split of the corpus has no row in the receipt.",
        "Report every family of every split, held-out ones too, with the loss measured there.",
        RECEIPT,
        "parity",
    ),
    Rule(
        "share-total-mismatch",
        "error",
        "The token shares or the sequence shares of a split do not add up to 10000 basis points.",
        "Share out the remainder; `psion-contract new receipt` does so from counts.",
        RECEIPT,
        "parity",
    ),
    Rule(
        "replay-contract-mismatch",
        "error",
        "The replay receipt's data set, iteration mode, shard ordering or seed is not the corpus'.",
        "Replay what the corpus' replay_contract declares; another order is another data set.",
        RECEIPT,
        "parity",
    ),
    Rule(
        "replay-digest-mismatch",
        "error",
        "The replay receipt's replay_digest is not D3 of its members.",
        "If the members are right, recompute the digest with `psion-contract seal`; else find out what "
        "changed them.",
        RECEIPT,
        "parity",
    ),
    Rule(
        "replay-not-exact",
        "warning",
        "The replays did not reproduce the order of the data exactly.",
        "Find out why before the checkpoint is trusted: it cannot be reproduced from this receipt.",
        RECEIPT,
        "ours",
    ),
    Rule(
        "lineage-model-mismatch",
        "error",
        "The checkpoint lineage names another model id or descriptor digest than the receipt.",
        "A checkpoint belongs to one model: name the one of the receipt.",
        RECEIPT,
        "parity",
    ),
    Rule(
        "checkpoint-family-mismatch",
        "error",
        "The base checkpoint is of another family than the promoted one.",
        "Resume from a checkpoint of the same family.",
        RECEIPT,
        "parity",
    ),
    Rule(
        "lineage-digest-mismatch",
        "error",
        "The checkpoint lineage's checkpoint_lineage_digest is not D4 of its members.",
        "If the members are right, recompute the digest with `psion-contract seal`; else find out what "
        "changed them.",
        RECEIPT,
        "parity",
    ),
    Rule(
        "checkpoint-order",
        "warning",
        "Checkpoints are out of order: the base is not before the promoted one, both are the same, or one "
        "was durable before it was started.",
        "Check the steps and clocks that the trainer recorded.",
        RECEIPT,
        "ours",
    ),
    Rule(
        "topology-backend-mismatch",
        "error",
        "The execution topology's effective_backend is not the runtime_backend that was delivered.",
        "Record the backend that ran, in both places.",
        RECEIPT,
        "parity",
    ),
    Rule(
        "receipt-digest-mismatch",
        "error",
        "The receipt's receipt_digest is not D5 of its members.",
        "If the members are right, recompute the digest with `psion-contract seal`; else find out what "
        "changed them.",
        RECEIPT,
        "parity",
    ),
    Rule(
        "family-cap-exceeded",
        "warning",
        "A train row's token share is above the sampling policy's cap for that family.",
        "The run drew more of the family than the policy allows: check the sampler.",
        RECEIPT,
        "ours",
    ),
    Rule(
        "unsafe-integer",
        "warning",
        "An integer is above 2^53 - 1, where JavaScript and others that read numbers as doubles round it.",
        "Choose a smaller number (for a seed) or another unit.",
        RECEIPT,
        "ours",
    ),
)

RULES: dict[str, Rule] = {rule.name: rule for rule in _TABLE}
"""Every rule by its name, in the order of the documentation."""
