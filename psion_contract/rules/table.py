"""The one table of rules: names, severities, what each says, and the section of the docs it comes from.

Names are what machines read: never reused, never changed. The table feeds the checker, ``explain``, the
documentation and the tests.
"""

from typing import Literal, NamedTuple

from psion_contract.findings import Severity

Origin = Literal["parity", "stricter", "ours"]


class Rule(NamedTuple):
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
INPUTS = "Inputs on their own"
PROGRAM = "Stage program"

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
        "If the document is meant, raise the limit with --max-bytes, --max-depth, --max-members or --max-lines.",
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
        "Change the value named; `psion-contract schema show` prints what describes each member.",
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
    Rule(
        "vocabulary-size-mismatch",
        "error",
        "The model's vocab_size is not that of its tokenizer binding.",
        "Build the model for the tokenizer that it binds, and correct the number that is wrong.",
        INPUTS,
        "ours",
    ),
    Rule(
        "attention-shape-mismatch",
        "error",
        "The attention does not fit: hidden_size is not head_count times head_dim, kv_head_count does not "
        "divide head_count, or rotary_dim is not head_dim.",
        "Correct the number that does not fit the other ones.",
        INPUTS,
        "ours",
    ),
    Rule(
        "size-anchor-mismatch",
        "error",
        "A number of the model, or its activation, is not the one that its size anchor stands for.",
        "Give the size anchor of the model that was built, or its numbers.",
        INPUTS,
        "ours",
    ),
    Rule(
        "export-contract-mismatch",
        "error",
        "The export's checkpoint file name or format is not that of the checkpoint contract.",
        "An export holds the checkpoint as it is: copy both members from checkpoint_contract.",
        INPUTS,
        "ours",
    ),
    Rule(
        "tensor-layout-digest-mismatch",
        "error",
        "A tensor_layout_digest of the descriptor, the checkpoint's or the export's, is not D6 of the "
        "layout.",
        "If the layout is right, recompute D6 with `psion-contract digest`; else find out what changed it.",
        INPUTS,
        "ours",
    ),
    Rule(
        "parameter-count-mismatch",
        "error",
        "The parameter_count_estimate is not the number of elements of all tensors of the layout.",
        "Add up the products of the dimensions.",
        INPUTS,
        "ours",
    ),
    Rule(
        "tensor-layout-mismatch",
        "error",
        "The tensors are not those that the model's config implies, by name, order and shape.",
        "List every tensor that the config implies, in the order of docs/documents.md.",
        INPUTS,
        "ours",
    ),
    Rule(
        "duplicate-id",
        "error",
        "Two entries of a list of a corpus or a policy carry the same id, a shard names a source twice, or "
        "a source is bound to two families.",
        "Leave one of the two out, or rename it.",
        INPUTS,
        "ours",
    ),
    Rule(
        "corpus-identity-mismatch",
        "error",
        "The corpus' stable_dataset_identity is not its dataset_id, `@` and its dataset_version.",
        "Compose the identity of the two, and name it so in config, policy and receipt.",
        INPUTS,
        "ours",
    ),
    Rule(
        "split-shards-mismatch",
        "error",
        "The splits do not hold the shards that name them: a split lists a shard that is not there or is "
        "another split's, or a shard names a split that is not there, does not list it or is of another "
        "kind.",
        "Let each shard name one split, with its kind, and be listed by it.",
        INPUTS,
        "ours",
    ),
    Rule(
        "split-count-mismatch",
        "error",
        "The sequence_count or the token_count of a split is not the sum over its shards.",
        "Add up the counts of the shards that the split lists.",
        INPUTS,
        "ours",
    ),
    Rule(
        "split-families-mismatch",
        "error",
        "The source families of a split are not exactly those that its shards' lineage holds.",
        "List each family that a shard of the split holds, and no other.",
        INPUTS,
        "ours",
    ),
    Rule(
        "source-binding-mismatch",
        "error",
        "The source family bindings are not exactly the families and sources of the shards' lineage.",
        "Bind each family that a shard holds, with each of its sources, and nothing else.",
        INPUTS,
        "ours",
    ),
    Rule(
        "shard-bounds-mismatch",
        "error",
        "A shard's min_sequence_tokens is above its max_sequence_tokens, or that is above the packing "
        "policy's.",
        "Correct the bounds; if longer sequences are meant, so is another packing policy.",
        INPUTS,
        "ours",
    ),
    Rule(
        "shard-version-mismatch",
        "error",
        "A shard was made with another tokenizer, source manifest schema, preprocessing or packing policy "
        "version than the corpus names.",
        "Make the shard anew with what the corpus names, or correct what it names.",
        INPUTS,
        "ours",
    ),
    Rule(
        "weight-total-mismatch",
        "error",
        "The sampling weights of a policy do not add up to 10000 basis points.",
        "Share out the remainder.",
        INPUTS,
        "ours",
    ),
    Rule(
        "content-class-mismatch",
        "error",
        "The content-class report of a policy does not have exactly one row for each of prose, spec_text "
        "and code.",
        "Give each its row; what does not occur has a share of 0.",
        INPUTS,
        "ours",
    ),
    Rule(
        "content-class-total-mismatch",
        "error",
        "The shares of a policy's content-class report do not add up to 10000 basis points.",
        "Share out the remainder.",
        INPUTS,
        "ours",
    ),
    Rule(
        "content-class-cap-exceeded",
        "error",
        "A content class has a larger share than the caps of its families add up to, or code a larger one "
        "than maximum_code_token_ratio_bps.",
        "Draw less of the class, or raise the cap on purpose, in a new version of the policy.",
        INPUTS,
        "ours",
    ),
    Rule(
        "regression-threshold-mismatch",
        "error",
        "A policy does not have exactly one regression threshold of each kind.",
        "Give each kind one threshold.",
        INPUTS,
        "ours",
    ),
    Rule(
        "weight-coverage-mismatch",
        "error",
        "A policy does not weight exactly the source families that the corpus holds in shards other than "
        "held-out and test ones.",
        "Weight each family that may be trained on, and no other.",
        INPUTS,
        "ours",
    ),
    Rule(
        "cap-coverage-mismatch",
        "error",
        "A policy does not cap exactly the sources that the corpus holds in shards other than held-out and "
        "test ones, or controls a region of a source without a cap.",
        "Cap each source that may be trained on, and no other.",
        INPUTS,
        "ours",
    ),
    Rule(
        "cap-order-mismatch",
        "error",
        "A source has a higher cap than its family, or a region a higher one than its source.",
        "A part may not be allowed more than the whole: lower the cap of the part.",
        INPUTS,
        "ours",
    ),
    Rule(
        "policy-input-mismatch",
        "error",
        "A policy was written for another schema of the corpus or of the raw sources, or another packing "
        "policy version, than the corpus has.",
        "Review the policy for the corpus at hand and name that one's versions.",
        INPUTS,
        "ours",
    ),
    Rule(
        "stage-order-mismatch",
        "error",
        "A stage is not of the kind that follows the one before it, or a program starts with agentic_sft "
        "or rl.",
        "Go through the stages as pretrain, general_sft, agentic_sft, rl, from one of the first two, and "
        "leave none out.",
        PROGRAM,
        "parity",
    ),
    Rule(
        "stage-id-mismatch",
        "error",
        "A stage's stage_id is not the run's id, `-stage-`, the stage's number from 1, `-` and its kind.",
        "Call the stage so, wherever it is named.",
        PROGRAM,
        "ours",
    ),
    Rule(
        "stage-still-active",
        "error",
        "A stage that another one follows is not completed.",
        "Complete a stage before the next one is entered: only the last stage may be active.",
        PROGRAM,
        "parity",
    ),
    Rule(
        "missing-base-checkpoint",
        "error",
        "A stage that follows another one has no base checkpoint.",
        "Enter the stage with the checkpoint that was promoted out of the one before.",
        PROGRAM,
        "parity",
    ),
    Rule(
        "trace-not-admitted",
        "error",
        "A stage holds a trace of a kind that it does not admit.",
        "general_sft admits plain_completion and long_context, agentic_sft tool_call and long_context, "
        "the other stages none: give the trace to the stage that it is for.",
        PROGRAM,
        "parity",
    ),
    Rule(
        "receipt-not-admitted",
        "error",
        "A stage that is no pretrain stage holds a pretrain receipt.",
        "Record receipts in the pretrain stage that they are of.",
        PROGRAM,
        "parity",
    ),
    Rule(
        "trace-stage-mismatch",
        "error",
        "A trace names another stage than the one that holds it.",
        "Move the trace to the stage that accepted it.",
        PROGRAM,
        "ours",
    ),
    Rule(
        "receipt-stage-mismatch",
        "error",
        "A receipt names another stage than the one that holds it.",
        "Record the receipt of this stage, which is made from this stage's config.",
        PROGRAM,
        "parity",
    ),
    Rule(
        "duplicate-trace",
        "error",
        "A stage holds two traces of one trace_id.",
        "Accept each trace once.",
        PROGRAM,
        "stricter",
    ),
    Rule(
        "duplicate-receipt",
        "error",
        "A program holds two receipts of one receipt_digest.",
        "Record each receipt once. Where a record was tried again after a crash, the first try has "
        "succeeded.",
        PROGRAM,
        "stricter",
    ),
    Rule(
        "missing-receipt",
        "error",
        "A completed pretrain stage holds no receipt.",
        "Record a receipt of the stage before the stage is completed.",
        PROGRAM,
        "parity",
    ),
    Rule(
        "missing-trace",
        "error",
        "A completed general_sft or agentic_sft stage holds no trace.",
        "Ingest a trace before the stage is completed.",
        PROGRAM,
        "parity",
    ),
    Rule(
        "program-run-mismatch",
        "error",
        "A trace, receipt, completion, promotion or transition of a program is of another run.",
        "A program is the history of one run: keep what is of another in the program of that one.",
        PROGRAM,
        "parity",
    ),
    Rule(
        "program-family-mismatch",
        "error",
        "A checkpoint of a program is not of the program's checkpoint_family.",
        "A run hands one family of checkpoints from stage to stage: give a checkpoint of that family.",
        PROGRAM,
        "parity",
    ),
    Rule(
        "missing-completion",
        "error",
        "A completed stage has no completion.",
        "Record when the stage was completed and what it held.",
        PROGRAM,
        "ours",
    ),
    Rule(
        "unexpected-completion",
        "error",
        "A completion is of a stage that is not completed, has one already or is not the program's.",
        "Keep one completion for each completed stage.",
        PROGRAM,
        "ours",
    ),
    Rule(
        "completion-stage-mismatch",
        "error",
        "The stage_id or the kind that a completion gives is not that of its stage.",
        "Copy both from the stage.",
        PROGRAM,
        "ours",
    ),
    Rule(
        "completion-count-mismatch",
        "error",
        "A completion does not count the traces or the receipts that its stage holds.",
        "Find out what was added or taken away after the stage was completed: a completed stage admits "
        "nothing more.",
        PROGRAM,
        "ours",
    ),
    Rule(
        "completion-digest-mismatch",
        "error",
        "The completion_digest of a completion is not D7 of its members.",
        "If the members are right, recompute D7 with `psion-contract digest`; else find out what changed "
        "them.",
        PROGRAM,
        "ours",
    ),
    Rule(
        "missing-promotion",
        "error",
        "A stage that another one follows has no promotion.",
        "Record which checkpoint was handed on.",
        PROGRAM,
        "ours",
    ),
    Rule(
        "unexpected-promotion",
        "error",
        "A promotion is out of a stage that no other follows, has one already or is not the program's.",
        "Keep one promotion for each advance from a stage to the next.",
        PROGRAM,
        "ours",
    ),
    Rule(
        "promotion-stage-mismatch",
        "error",
        "The stage id or the kinds that a promotion gives are not those of the two stages.",
        "Copy them from the stage that was left and the one that was entered.",
        PROGRAM,
        "ours",
    ),
    Rule(
        "base-checkpoint-mismatch",
        "error",
        "A stage does not start from the checkpoint that was promoted to it.",
        "Give the same checkpoint reference in the promotion, the transition and the stage.",
        PROGRAM,
        "ours",
    ),
    Rule(
        "unrecorded-checkpoint",
        "error",
        "The checkpoint promoted out of a pretrain stage is not the promoted one of a receipt of the stage.",
        "Promote a checkpoint that a receipt vouches for, or record the receipt of the one that was meant.",
        PROGRAM,
        "stricter",
    ),
    Rule(
        "promotion-digest-mismatch",
        "error",
        "The promotion_digest of a promotion is not D8 of its members.",
        "If the members are right, recompute D8 with `psion-contract digest`; else find out what changed "
        "them.",
        PROGRAM,
        "ours",
    ),
    Rule(
        "missing-transition",
        "error",
        "A stage has no transition into it.",
        "Record when the stage was entered, from where and with which checkpoint.",
        PROGRAM,
        "ours",
    ),
    Rule(
        "unexpected-transition",
        "error",
        "A transition is into a stage that has one already or is not the program's.",
        "Keep one transition for each stage.",
        PROGRAM,
        "ours",
    ),
    Rule(
        "transition-stage-mismatch",
        "error",
        "The stages or the kind that a transition gives are not those of the stage entered and the one "
        "before.",
        "Copy them from the stages.",
        PROGRAM,
        "ours",
    ),
    Rule(
        "transition-checkpoint-mismatch",
        "error",
        "The base_checkpoint of a transition is not that of the stage entered.",
        "Give the same checkpoint reference in the promotion, the transition and the stage.",
        PROGRAM,
        "ours",
    ),
    Rule(
        "transition-digest-mismatch",
        "error",
        "The transition_digest of a transition is not D9 of its members.",
        "If the members are right, recompute D9 with `psion-contract digest`; else find out what changed "
        "them.",
        PROGRAM,
        "ours",
    ),
)

RULES: dict[str, Rule] = {rule.name: rule for rule in _TABLE}
"""Every rule by its name, in the order of the documentation."""
