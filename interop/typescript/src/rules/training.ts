// A sampling policy with the corpus that a config brings it together with.

import type { SourceLineageEntry, TokenizedCorpusManifest } from "../generated/types.js";
import { type Check, equal, type Flaw, firstByKey, shown } from "./check.js";
import { above, CAPS, WEIGHTS } from "./policy.js";

/** The kinds of split that nothing is trained on. */
const NOT_TRAINED_ON = new Set(["held_out", "test"]);

/** Policy members, and the corpus' that they must equal. */
const INPUTS = [
  ["/tokenized_corpus_schema_version", "/schema_version"],
  ["/raw_source_schema_version", "/raw_source_schema_version"],
  ["/packing_policy_version", "/packing_policy/policy_version"],
] as const;

export const TRAINING_CHECKS: Check[] = [
  {
    rules: ["weight-coverage-mismatch"],
    judges: "config",
    reads: { policy: [WEIGHTS], corpus: ["/shards"] },
    apply({ policy, corpus }) {
      const families = policy.source_family_weights.map((weight) => weight.source_family_id);
      const trained = trainedOn(corpus).map((entry) => entry.source_family_id);
      return coverage(WEIGHTS, "source_family_id", families, trained);
    },
  },
  {
    rules: ["cap-coverage-mismatch"],
    judges: "config",
    reads: { policy: [CAPS], corpus: ["/shards"] },
    apply({ policy, corpus }) {
      const sources = policy.source_contribution_caps.map((cap) => cap.source_id);
      const trained = trainedOn(corpus).map((entry) => entry.source_id);
      return coverage(CAPS, "source_id", sources, trained);
    },
  },
  {
    rules: ["cap-order-mismatch"],
    judges: "config",
    reads: { policy: [CAPS, WEIGHTS], corpus: ["/shards"] },
    *apply({ policy, corpus }) {
      const lineage = firstByKey(trainedOn(corpus), (entry) => entry.source_id);
      const weights = firstByKey(policy.source_family_weights, (weight) => weight.source_family_id);
      const caps = firstByKey(policy.source_contribution_caps, (cap) => cap.source_id);
      for (const [source, { index, entry }] of caps) {
        const weight = weights.get(lineage.get(source)?.entry.source_family_id ?? "");
        if (!weight) continue;
        const own = ["policy", `${CAPS}/${index}/maximum_source_token_share_bps`] as const;
        const other = ["policy", `${WEIGHTS}/${weight.index}/maximum_family_token_share_bps`] as const;
        const limit = weight.entry.maximum_family_token_share_bps;
        yield* above(own, entry.maximum_source_token_share_bps, other, limit);
      }
    },
  },
  ...INPUTS.map(([own, other]) =>
    equal("policy-input-mismatch", "config", ["policy", own], ["corpus", other]),
  ),
];

/** The lineage entries that are trained on. */
function trainedOn({ shards }: TokenizedCorpusManifest): SourceLineageEntry[] {
  return shards
    .filter((shard) => !NOT_TRAINED_ON.has(shard.split_kind))
    .flatMap((shard) => shard.source_lineage);
}

/** That a list of the policy is for exactly what the corpus trains on. */
function* coverage(list: string, member: string, values: string[], wanted: string[]): Generator<Flaw> {
  const covered = firstByKey(values, (value) => value);
  const trained = new Set(wanted);
  for (const [value, { index }] of covered) {
    if (trained.has(value)) continue;
    const message = `the corpus has no ${shown(value)} to train on`;
    yield { role: "policy", pointer: `${list}/${index}/${member}`, message, actual: value };
  }
  for (const value of trained) {
    if (covered.has(value)) continue;
    yield { role: "policy", pointer: list, message: `no entry is for ${shown(value)}` };
  }
}
