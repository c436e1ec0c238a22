"""Rules that hold a config against its model, corpus and policy."""

from psion_contract.rules.rule import CONFIG, Rule

RULES: tuple[Rule, ...] = (
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
)
