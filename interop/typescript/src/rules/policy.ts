// A sampling policy by itself.

import type { SamplingPolicy } from "../generated/types.js";
import { type Check, type Flaw, firstByKey, type Member, shown, sum } from "./check.js";
import { duplicates } from "./duplicates.js";

export const WEIGHTS = "/source_family_weights";
export const CAPS = "/source_contribution_caps";
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
        const own = ["policy", `${CLASSES}/${index}/observed_token_share_bps`] as const;
        const cap = policy.maximum_code_token_ratio_bps;
        yield* above(own, row.observed_token_share_bps, ["policy", "/maximum_code_token_ratio_bps"], cap);
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
    rules: ["cap-coverage-mismatch", "cap-order-mismatch"],
    judges: "policy",
    reads: { policy: [REGIONS, CAPS] },
    apply: ({ policy }) => regionFlaws(policy),
  },
];

function* total(pointer: string, all: number): Generator<Flaw> {
  if (all !== 10000) yield { pointer, message: `add up to ${all} basis points, not to 10000` };
}

/** The flaw that a share is above its cap. */
export function* above(own: Member, actual: number, other: Member, cap: number): Generator<Flaw> {
  if (actual <= cap) return;
  const message = `is ${actual}, above ${cap}`;
  yield { role: own[0], pointer: own[1], message, actual, against: [other] };
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

function* regionFlaws(policy: SamplingPolicy): Generator<Flaw> {
  const caps = firstByKey(policy.source_contribution_caps, (cap) => cap.source_id);
  for (const [index, region] of policy.repetitive_region_controls.entries()) {
    const cap = caps.get(region.source_id);
    if (!cap) {
      const message = `no cap is for the source ${shown(region.source_id)}`;
      yield { pointer: `${REGIONS}/${index}/source_id`, message, actual: region.source_id };
      continue;
    }
    const own = ["policy", `${REGIONS}/${index}/maximum_region_token_share_bps`] as const;
    const other = ["policy", `${CAPS}/${cap.index}/maximum_source_token_share_bps`] as const;
    const limit = cap.entry.maximum_source_token_share_bps;
    for (const flaw of above(own, region.maximum_region_token_share_bps, other, limit)) {
      yield { rule: "cap-order-mismatch", ...flaw };
    }
  }
}
