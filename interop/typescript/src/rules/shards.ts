// The shards of a corpus against what the manifest says about all of them.

import type { Shard } from "../generated/types.js";
import { type Apply, type Checks, differs, valueAt } from "./check.js";

export const SHARD_CHECKS = {
  *"shard-bounds-mismatch.ordered"({ corpus: { shards } }) {
    for (const [index, { min_sequence_tokens: min, max_sequence_tokens: max }] of shards.entries()) {
      if (min <= max) continue;
      yield {
        pointer: `/shards/${index}/min_sequence_tokens`,
        message: `the shortest sequence of the shard has ${min} tokens, the longest ${max}`,
        actual: min,
        related: [["corpus", `/shards/${index}/max_sequence_tokens`]],
      };
    }
  },
  *"shard-bounds-mismatch.packed"({ corpus: { shards, packing_policy: packing } }) {
    for (const [index, { max_sequence_tokens: max }] of shards.entries()) {
      if (max <= packing.max_sequence_tokens) continue;
      yield {
        pointer: `/shards/${index}/max_sequence_tokens`,
        message: `a sequence has ${max} tokens, but the packing policy allows ${packing.max_sequence_tokens}`,
        actual: max,
        related: [["corpus", "/packing_policy/max_sequence_tokens"]],
      };
    }
  },
  "shard-version-mismatch.tokenizer-digest": repeats("tokenizer_digest", "/tokenizer/tokenizer_digest"),
  "shard-version-mismatch.source-manifest": repeats(
    "source_manifest_schema_version",
    "/raw_source_schema_version",
  ),
  "shard-version-mismatch.preprocessing": repeats("preprocessing_version", "/preprocessing_version"),
  "shard-version-mismatch.packing-policy": repeats(
    "packing_policy_version",
    "/packing_policy/policy_version",
  ),
} satisfies Checks;

/** Checks that a member of each shard equals a member of the corpus. */
function repeats(name: keyof Shard, pointer: string): Apply {
  return function* ({ corpus }) {
    const expected = valueAt(corpus, pointer);
    for (const [index, shard] of corpus.shards.entries()) {
      if (shard[name] === expected) continue;
      const own = ["corpus", `/shards/${index}/${name}`] as const;
      yield differs(own, ["corpus", pointer], shard[name], expected, (found, wanted) => {
        return `${name} of the shard is ${found}, but the corpus has ${wanted}`;
      });
    }
  };
}
