// A config against the model descriptor, corpus and sampling policy that it names.

import { same } from "../json.js";
import type { Documents } from "../kinds.js";
import { modelDescriptorDigest, tokenizerBindingDigest } from "../memory.js";
import { partsOf } from "../pointers.js";
import {
  type Apply,
  type Checks,
  differs,
  equal,
  type Flaw,
  type Place,
  valueAt,
  type Wording,
} from "./check.js";

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

/** The check that a member names the corpus. */
function namesCorpus(own: Place): Apply {
  const wording: Wording = (found, wanted) =>
    `the ${own[0]} names the dataset ${found}, but the corpus is ${wanted}`;
  return equal(own, ["corpus", "/replay_contract/stable_dataset_identity"], wording);
}

export const CONFIG_CHECKS = {
  "model-id-mismatch": equal(
    ["config", "/model_id"],
    ["descriptor", "/model/model_id"],
    (own, other) => `the config names the model ${own}, but its descriptor digest belongs to ${other}`,
  ),
  *"model-descriptor-digest-mismatch"({ config, descriptor }) {
    const actual = config.model_descriptor_digest;
    const expected = modelDescriptorDigest(descriptor);
    if (actual === expected) return;
    const message = `digest D2 of the model descriptor is ${expected}`;
    yield { pointer: "/model_descriptor_digest", message, expected, actual, related: [["descriptor", ""]] };
  },
  "tokenizer-binding-digest-mismatch.config": (documents) =>
    tokenizerBindingFlaws(documents, "/tokenizer_binding_digest"),
  "tokenizer-binding-digest-mismatch.objective": (documents) =>
    tokenizerBindingFlaws(documents, "/objective_config/tokenizer_binding_digest"),
  "dataset-identity-mismatch.config": namesCorpus(["config", "/dataset_identity"]),
  "dataset-identity-mismatch.objective": namesCorpus(["config", "/objective_config/dataset_identity"]),
  "dataset-identity-mismatch.policy": namesCorpus(["policy", "/dataset_identity"]),
  "sampling-policy-mismatch.id": equal(
    ["config", "/sampling_policy_id"],
    ["policy", "/policy_id"],
    (own, other) => `the config names ${own}, but the policy_id of the policy is ${other}`,
  ),
  "sampling-policy-mismatch.version": equal(
    ["config", "/sampling_policy_version"],
    ["policy", "/policy_version"],
    (own, other) => `the config names ${own}, but the policy_version of the policy is ${other}`,
  ),
  "context-length-mismatch": equal(
    ["config", "/objective_config/max_context_tokens"],
    ["descriptor", "/config/max_context"],
    (own, other) => `the objective trains with a context of ${own} tokens, but the model has ${other}`,
  ),
  *"tokenizer-mismatch"({ corpus, descriptor }) {
    for (const [own, other] of TOKENIZER_PAIRS) {
      const actual = valueAt(corpus, own);
      const expected = valueAt(descriptor, other);
      if (same(actual, expected)) continue;
      const name = partsOf(own).at(-1);
      yield differs(
        ["corpus", actual === undefined ? "/tokenizer" : own],
        ["descriptor", expected === undefined ? "/tokenizer_binding" : other],
        actual,
        expected,
        (found, wanted) => `the corpus was tokenized with ${name} ${found}, but the model expects ${wanted}`,
      );
    }
  },
} satisfies Checks;

function* tokenizerBindingFlaws({ config, descriptor }: Documents, pointer: string): Generator<Flaw> {
  const actual = valueAt(config, pointer);
  const expected = tokenizerBindingDigest(descriptor);
  if (actual === expected) return;
  const message = `digest D1 of the model's tokenizer binding is ${expected}`;
  yield { pointer, message, expected, actual, related: [["descriptor", "/tokenizer_binding"]] };
}
