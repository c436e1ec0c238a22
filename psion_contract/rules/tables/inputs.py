"""Rules about a model descriptor, a corpus and a sampling policy by themselves."""

from psion_contract.rules.rule import INPUTS, Rule

RULES: tuple[Rule, ...] = (
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
)
