// A config against the model descriptor, corpus and sampling policy that it names.

import { same } from "../json.js";
import type { Documents } from "../kinds.js";
import { modelDescriptorDigest, tokenizerBindingDigest } from "../memory.js";
import { type Checks, differs, equal, type Flaw, excerpt, valueAt } from "./check.js";

/** Members of the corpus, and the members of the descriptor's tokenizer binding that they must equal. */
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

export const CONFIG_CHECKS = {
  "model-id-mismatch": equal(["config", "/model_id"], ["descriptor", "/model/model_id"]),
  *"model-descriptor-digest-mismatch"({ config, descriptor }) {
    const actual = config.model_descriptor_digest;
    const expected = modelDescriptorDigest(descriptor);
    if (actual === expected) return;
    const message = `is ${excerpt(actual)}, but D2 of the descriptor is ${excerpt(expected)}`;
    yield { pointer: "/model_descriptor_digest", message, expected, actual, related: [["descriptor", ""]] };
  },
  "tokenizer-binding-digest-mismatch.config": (documents) =>
    tokenizerBindingFlaws(documents, "/tokenizer_binding_digest"),
  "tokenizer-binding-digest-mismatch.objective": (documents) =>
    tokenizerBindingFlaws(documents, "/objective_config/tokenizer_binding_digest"),
  "dataset-identity-mismatch.config": equal(["config", "/dataset_identity"], IDENTITY),
  "dataset-identity-mismatch.objective": equal(["config", "/objective_config/dataset_identity"], IDENTITY),
  "dataset-identity-mismatch.policy": equal(["policy", "/dataset_identity"], IDENTITY),
  "sampling-policy-mismatch.id": equal(["config", "/sampling_policy_id"], ["policy", "/policy_id"]),
  "sampling-policy-mismatch.version": equal(
    ["config", "/sampling_policy_version"],
    ["policy", "/policy_version"],
  ),
  "context-length-mismatch": equal(
    ["config", "/objective_config/max_context_tokens"],
    ["descriptor", "/config/max_context"],
  ),
  *"tokenizer-mismatch"({ corpus, descriptor }) {
    for (const [own, other] of TOKENIZER_PAIRS) {
      const actual = valueAt(corpus, own);
      const expected = valueAt(descriptor, other);
      if (same(actual, expected)) continue;
      yield differs(
        ["corpus", actual === undefined ? "/tokenizer" : own],
        ["descriptor", expected === undefined ? "/tokenizer_binding" : other],
        actual,
        expected,
      );
    }
  },
} satisfies Checks;

function* tokenizerBindingFlaws({ config, descriptor }: Documents, pointer: string): Generator<Flaw> {
  const actual = valueAt(config, pointer);
  const expected = tokenizerBindingDigest(descriptor);
  if (actual === expected) return;
  const message = `is ${excerpt(actual)}, but D1 of the descriptor is ${excerpt(expected)}`;
  yield { pointer, message, expected, actual, related: [["descriptor", "/tokenizer_binding"]] };
}
