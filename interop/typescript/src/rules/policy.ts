// A sampling policy by itself, and with the corpus that a config brings it together with.

import type { SamplingPolicy, SourceLineageEntry, TokenizedCorpusManifest } from "../generated/types.js";
import { type Check, equal, type Flaw, firstByKey, shown, sum } from "./check.js";
import { duplicates } from "./duplicates.js";

const WEIGHTS = "/source_family_weights";
const CAPS = "/source_contribution_caps";
const REGIONS = "/repetitive_region_controls";
const CLASSES = "/content_class_token_share_report";
const THRESHOLDS = "/regression_thresholds";

const CONTENT_CLASSES = ["prose", "spec_text", "code"];
const REGRESSION_KINDS = [
  "explanation_quality",
  "spec_interpretation",
  "tradeoff_reasoning",
  "invariant_articulation",
  "coding_fluency",
];

/** The kinds of split that nothing is trained on. */
const NOT_TRAINED_ON = new Set(["held_out", "test"]);

export const POLICY_CHECKS: Check[] = [
  {
    rules: ["duplicate-id"],
    judges: "policy",
    reads: { policy: [WEIGHTS] },
    apply: ({ policy }) => duplicates("policy", WEIGHTS, policy.source_family_weights, ["source_family_id"]),
  },
  {
    rules: ["duplicate-id"],
    judges: "policy",
    reads: { policy: [CAPS] },
    apply: ({ policy }) => duplicates("policy", CAPS, policy.source_contribution_caps, ["source_id"]),
  },
  {
    rules: ["duplicate-id"],
    judges: "policy",
    reads: { policy: [REGIONS] },
    apply({ policy }) {
      const members = ["source_id", "document_id", "section_id"] as const;
      return duplicates("policy", REGIONS, policy.repetitive_region_controls, members);
    },
  },
  {
    rules: ["weight-total-mismatch"],
    judges: "policy",
    reads: { policy: [WEIGHTS] },
    apply: ({ policy }) =>
      total(
        WEIGHTS,
        sum(policy.source_family_weights, (weight) => weight.sampling_weight_bps),
      ),
  },
  {
    rules: ["content-class-mismatch"],
    judges: "policy",
    reads: { policy: [CLASSES] },
    apply({ policy }) {
      const classes = policy.content_class_token_share_report.map((row) => row.content_class);
      return eachOnce(CLASSES, "content_class", classes, CONTENT_CLASSES);
    },
  },
  {
    rules: ["content-class-total-mismatch"],
    judges: "policy",
    reads: { policy: [CLASSES] },
    apply({ policy }) {
      return total(
        CLASSES,
        sum(policy.content_class_token_share_report, (row) => row.observed_token_share_bps),
      );
    },
  },
  {
    rules: ["content-class-cap-exceeded"],
    judges: "policy",
    reads: { policy: [CLASSES, WEIGHTS] },
    *apply({ policy }) {
      for (const [index, row] of policy.content_class_token_share_report.entries()) {
        const families = policy.source_family_weights.filter(
          (weight) => weight.content_class === row.content_class,
        );
        const cap = sum(families, (weight) => weight.maximum_family_token_share_bps);
        if (row.observed_token_share_bps <= cap) continue;
        const message = `is ${row.observed_token_share_bps}, but the caps of the class' families add up to ${cap}`;
        yield {
          pointer: `${CLASSES}/${index}/observed_token_share_bps`,
          message,
          against: [["policy", WEIGHTS]],
        };
      }
    },
  },
  {
    rules: ["content-class-cap-exceeded"],
    judges: "policy",
    reads: { policy: [CLASSES, "/maximum_code_token_ratio_bps"] },
    *apply({ policy }) {
      for (const [index, row] of policy.content_class_token_share_report.entries()) {
        if (row.content_class !== "code") continue;
        yield* above(`${CLASSES}/${index}/observed_token_share_bps`, row.observed_token_share_bps, {
          pointer: "/maximum_code_token_ratio_bps",
          cap: policy.maximum_code_token_ratio_bps,
        });
      }
    },
  },
  {
    rules: ["regression-threshold-mismatch"],
    judges: "policy",
    reads: { policy: [THRESHOLDS] },
    apply({ policy }) {
      const kinds = policy.regression_thresholds.map((threshold) => threshold.regression_kind);
      return eachOnce(THRESHOLDS, "regression_kind", kinds, REGRESSION_KINDS);
    },
  },
  {
    rules: ["weight-coverage-mismatch"],
    judges: "config",
    reads: { policy: [WEIGHTS], corpus: ["/shards"] },
    apply({ policy, corpus }) {
      const families = policy.source_family_weights.map((weight) => weight.source_family_id);
      return coverage(
        WEIGHTS,
        "source_family_id",
        families,
        trainedOn(corpus).map((entry) => entry.source_family_id),
      );
    },
  },
  {
    rules: ["cap-coverage-mismatch"],
    judges: "config",
    reads: { policy: [CAPS], corpus: ["/shards"] },
    apply({ policy, corpus }) {
      const sources = policy.source_contribution_caps.map((cap) => cap.source_id);
      return coverage(
        CAPS,
        "source_id",
        sources,
        trainedOn(corpus).map((entry) => entry.source_id),
      );
    },
  },
  {
    rules: ["cap-coverage-mismatch", "cap-order-mismatch"],
    judges: "policy",
    reads: { policy: [REGIONS, CAPS] },
    apply: ({ policy }) => regionFlaws(policy),
  },
  {
    rules: ["cap-order-mismatch"],
    judges: "config",
    reads: { policy: [CAPS, WEIGHTS], corpus: ["/shards"] },
    *apply({ policy, corpus }) {
      const lineage = firstByKey(trainedOn(corpus), (entry) => entry.source_id);
      const weights = firstByKey(policy.source_family_weights, (weight) => weight.source_family_id);
      for (const [source, { index, entry }] of firstByKey(
        policy.source_contribution_caps,
        (cap) => cap.source_id,
      )) {
        const weight = weights.get(lineage.get(source)?.entry.source_family_id ?? "");
        if (!weight) continue;
        const flaws = above(
          `${CAPS}/${index}/maximum_source_token_share_bps`,
          entry.maximum_source_token_share_bps,
          {
            pointer: `${WEIGHTS}/${weight.index}/maximum_family_token_share_bps`,
            cap: weight.entry.maximum_family_token_share_bps,
          },
        );
        for (const flaw of flaws) yield { role: "policy", ...flaw };
      }
    },
  },
  equal(
    "policy-input-mismatch",
    "config",
    ["policy", "/tokenized_corpus_schema_version"],
    ["corpus", "/schema_version"],
  ),
  equal(
    "policy-input-mismatch",
    "config",
    ["policy", "/raw_source_schema_version"],
    ["corpus", "/raw_source_schema_version"],
  ),
  equal(
    "policy-input-mismatch",
    "config",
    ["policy", "/packing_policy_version"],
    ["corpus", "/packing_policy/policy_version"],
  ),
];

/** The lineage entries that are trained on. */
function trainedOn({ shards }: TokenizedCorpusManifest): SourceLineageEntry[] {
  return shards
    .filter((shard) => !NOT_TRAINED_ON.has(shard.split_kind))
    .flatMap((shard) => shard.source_lineage);
}

function* total(pointer: string, all: number): Generator<Flaw> {
  if (all !== 10000) yield { pointer, message: `add up to ${all} basis points, not to 10000` };
}

function* above(pointer: string, actual: number, { pointer: other, cap }: { pointer: string; cap: number }) {
  if (actual <= cap) return;
  const flaw: Flaw = { pointer, message: `is ${actual}, above ${cap}`, actual, against: [["policy", other]] };
  yield flaw;
}

/** That a list has an entry for each of the values wanted, and one only. */
function* eachOnce(list: string, member: string, values: string[], wanted: string[]): Generator<Flaw> {
  const seen = new Set<string>();
  for (const [index, value] of values.entries()) {
    if (seen.has(value)) {
      yield {
        pointer: `${list}/${index}/${member}`,
        message: `an earlier entry is for ${shown(value)}`,
        actual: value,
      };
    }
    seen.add(value);
  }
  for (const value of wanted) {
    if (!seen.has(value)) yield { pointer: list, message: `no entry is for ${shown(value)}` };
  }
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
    if (!covered.has(value))
      yield { role: "policy", pointer: list, message: `no entry is for ${shown(value)}` };
  }
}

function* regionFlaws({ repetitive_region_controls: regions, source_contribution_caps }: SamplingPolicy) {
  const caps = firstByKey(source_contribution_caps, (cap) => cap.source_id);
  for (const [index, region] of regions.entries()) {
    const cap = caps.get(region.source_id);
    if (!cap) {
      const message = `no cap is for the source ${shown(region.source_id)}`;
      const flaw: Flaw = { pointer: `${REGIONS}/${index}/source_id`, message, actual: region.source_id };
      yield flaw;
      continue;
    }
    const pointer = `${REGIONS}/${index}/maximum_region_token_share_bps`;
    const flaws = above(pointer, region.maximum_region_token_share_bps, {
      pointer: `${CAPS}/${cap.index}/maximum_source_token_share_bps`,
      cap: cap.entry.maximum_source_token_share_bps,
    });
    for (const flaw of flaws) yield { rule: "cap-order-mismatch", ...flaw };
  }
}
