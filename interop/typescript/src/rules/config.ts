// Config against model, corpus and policy.

import { same } from "../json.js";
import { modelDescriptorDigest, tokenizerBindingDigest } from "../memory.js";
import { type Check, differs, equal, shown, valueAt } from "./check.js";

/** Corpus members, and the descriptor's of the tokenizer that they must equal. */
const TOKENIZER_PAIRS = [
  ["/tokenizer_id", "/tokenizer_binding/tokenizer_id"],
  ["/tokenizer_version", "/tokenizer_binding/tokenizer_version"],
  ["/tokenizer/family", "/tokenizer_binding/tokenizer_family"],
  ["/tokenizer/tokenizer_digest", "/tokenizer_binding/tokenizer_digest"],
  ["/tokenizer/vocab_size", "/tokenizer_binding/vocab_size"],
  ["/tokenizer/special_tokens_digest", "/tokenizer_binding/special_tokens_digest"],
  ["/tokenizer/template_digest", "/tokenizer_binding/template_digest"],
] as const;

const IDENTITY = ["corpus", "/replay_contract/stable_dataset_identity"] as const;

export const CONFIG_CHECKS: Check[] = [
  equal("model-id-mismatch", "config", ["config", "/model_id"], ["descriptor", "/model/model_id"]),
  {
    rules: ["model-descriptor-digest-mismatch"],
    judges: "config",
    reads: { config: ["/model_descriptor_digest"], descriptor: [""] },
    *apply({ config, descriptor }) {
      const actual = config.model_descriptor_digest;
      const expected = modelDescriptorDigest(descriptor);
      if (actual === expected) return;
      const message = `is ${shown(actual)}, but D2 of the descriptor is ${shown(expected)}`;
      yield { pointer: "/model_descriptor_digest", message, expected, actual, against: [["descriptor", ""]] };
    },
  },
  tokenizerBinding("/tokenizer_binding_digest"),
  tokenizerBinding("/objective_config/tokenizer_binding_digest"),
  equal("dataset-identity-mismatch", "config", ["config", "/dataset_identity"], IDENTITY),
  equal("dataset-identity-mismatch", "config", ["config", "/objective_config/dataset_identity"], IDENTITY),
  equal("dataset-identity-mismatch", "config", ["policy", "/dataset_identity"], IDENTITY),
  equal("sampling-policy-mismatch", "config", ["config", "/sampling_policy_id"], ["policy", "/policy_id"]),
  equal(
    "sampling-policy-mismatch",
    "config",
    ["config", "/sampling_policy_version"],
    ["policy", "/policy_version"],
  ),
  equal(
    "context-length-mismatch",
    "config",
    ["config", "/objective_config/max_context_tokens"],
    ["descriptor", "/config/max_context"],
  ),
  {
    rules: ["tokenizer-mismatch"],
    judges: "config",
    reads: {
      corpus: ["/tokenizer_id", "/tokenizer_version", "/tokenizer"],
      descriptor: ["/tokenizer_binding"],
    },
    *apply({ corpus, descriptor }) {
      for (const [own, other] of TOKENIZER_PAIRS) {
        const stands = valueAt(corpus, own);
        const right = valueAt(descriptor, other);
        if (same(stands, right)) continue;
        yield differs(
          ["corpus", stands === undefined ? "/tokenizer" : own],
          ["descriptor", other],
          stands,
          right,
        );
      }
    },
  },
];

function tokenizerBinding(pointer: string): Check {
  return {
    rules: ["tokenizer-binding-digest-mismatch"],
    judges: "config",
    reads: { config: [pointer], descriptor: ["/tokenizer_binding"] },
    *apply({ config, descriptor }) {
      const actual = valueAt(config, pointer);
      const expected = tokenizerBindingDigest(descriptor);
      if (actual === expected) return;
      const message = `is ${shown(actual)}, but D1 of the descriptor is ${shown(expected)}`;
      yield { pointer, message, expected, actual, against: [["descriptor", "/tokenizer_binding"]] };
    },
  };
}
