// A sampling policy by itself.

import { type Checks, excerpt, type Flaw, firstByKey, offBy, type Place, sum, WHOLE } from "./check.js";

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

export const POLICY_CHECKS = {
  "weight-total-mismatch": ({ policy: { source_family_weights: weights } }) =>
    total(
      WEIGHTS,
      "sampling_weight_bps",
      weights.map((weight) => weight.sampling_weight_bps),
    ),
  "content-class-mismatch": ({ policy: { content_class_token_share_report: rows } }) =>
    eachOnce(
      CLASSES,
      "content_class",
      rows.map((row) => row.content_class),
      CONTENT_CLASSES,
    ),
  "content-class-total-mismatch": ({ policy: { content_class_token_share_report: rows } }) =>
    total(
      CLASSES,
      "observed_token_share_bps",
      rows.map((row) => row.observed_token_share_bps),
    ),
  *"content-class-cap-exceeded.classes"({ policy }) {
    for (const [index, row] of policy.content_class_token_share_report.entries()) {
      const families = [...policy.source_family_weights.entries()].filter(
        ([, weight]) => weight.content_class === row.content_class,
      );
      const cap = sum(families, ([, weight]) => weight.maximum_family_token_share_bps);
      if (row.observed_token_share_bps <= cap) continue;
      const caps = families.map(([place]): Place => [
        "policy",
        `${WEIGHTS}/${place}/maximum_family_token_share_bps`,
      ]);
      yield {
        pointer: `${CLASSES}/${index}/observed_token_share_bps`,
        message: `${row.content_class} has ${row.observed_token_share_bps} basis points, but the caps of its families add up to ${cap}`,
        expected: cap,
        actual: row.observed_token_share_bps,
        related: caps.length ? caps : [["policy", WEIGHTS]],
      };
    }
  },
  *"content-class-cap-exceeded.code"({ policy }) {
    for (const [index, row] of policy.content_class_token_share_report.entries()) {
      if (row.content_class !== "code") continue;
      const own = ["policy", `${CLASSES}/${index}/observed_token_share_bps`] as const;
      const cap = policy.maximum_code_token_ratio_bps;
      const actual = row.observed_token_share_bps;
      const message = `code has ${actual} basis points, but the policy allows ${cap}`;
      yield* above(own, actual, cap, message, ["policy", "/maximum_code_token_ratio_bps"]);
    }
  },
  *"code-cap-exceeded"({ policy }) {
    const code = [...policy.source_family_weights.entries()].filter(
      ([, weight]) => weight.content_class === "code",
    );
    const total = sum(code, ([, weight]) => weight.maximum_family_token_share_bps);
    const limit = policy.maximum_code_token_ratio_bps;
    if (total <= limit) return;
    yield {
      pointer: "/maximum_code_token_ratio_bps",
      message: `the caps of the code families add up to ${total} basis points, but the policy allows ${limit}`,
      actual: limit,
      related: code.map(([index]) => ["policy", `${WEIGHTS}/${index}/maximum_family_token_share_bps`]),
    };
  },
  "regression-threshold-mismatch": ({ policy: { regression_thresholds: thresholds } }) =>
    eachOnce(
      THRESHOLDS,
      "regression_kind",
      thresholds.map((threshold) => threshold.regression_kind),
      REGRESSION_KINDS,
    ),
  *"cap-coverage-mismatch.regions"({ policy }) {
    const caps = firstByKey(policy.source_contribution_caps, (cap) => cap.source_id);
    for (const [index, region] of policy.repetitive_region_controls.entries()) {
      const cap = caps.get(region.source_id);
      if (!cap) {
        yield {
          rule: "cap-coverage-mismatch",
          pointer: `${REGIONS}/${index}/source_id`,
          message: `the region's source ${excerpt(region.source_id)} has no cap`,
          actual: region.source_id,
          related: [["policy", CAPS]],
        };
        continue;
      }
      const own = ["policy", `${REGIONS}/${index}/maximum_region_token_share_bps`] as const;
      const other = ["policy", `${CAPS}/${cap.index}/maximum_source_token_share_bps`] as const;
      const limit = cap.entry.maximum_source_token_share_bps;
      const actual = region.maximum_region_token_share_bps;
      const source = excerpt(region.source_id);
      const message = `the cap of the region is ${actual} basis points, above ${limit} of its source ${source}`;
      for (const flaw of above(own, actual, limit, message, other)) {
        yield { rule: "cap-order-mismatch", ...flaw };
      }
    }
  },
} satisfies Checks;

/** The flaw that the numbers of a member of all entries do not add up to the whole. */
function* total(list: string, member: string, numbers: number[]): Generator<Flaw> {
  const all = sum(numbers, (number) => number);
  if (all === WHOLE) return;
  yield {
    pointer: list,
    message: `${member} adds up to ${all} basis points over all rows, ${offBy(all)}`,
    expected: WHOLE,
    actual: all,
    related: numbers.map((_, index) => ["policy", `${list}/${index}/${member}`]),
  };
}

/** The flaw that a share is above its cap. */
export function* above(
  own: Place,
  actual: number,
  cap: number,
  message: string,
  ...related: Place[]
): Generator<Flaw> {
  if (actual <= cap) return;
  yield { role: own[0], pointer: own[1], message, expected: cap, actual, related };
}

/** The flaws of a list that must have exactly one entry for each of the values `wanted`. */
function* eachOnce(list: string, member: string, values: string[], wanted: string[]): Generator<Flaw> {
  const first = firstByKey(values, (value) => value);
  for (const [index, value] of values.entries()) {
    const earlier = first.get(value)!.index;
    if (earlier === index) continue;
    yield {
      pointer: `${list}/${index}/${member}`,
      message: `second row for ${value}`,
      actual: value,
      related: [["policy", `${list}/${earlier}/${member}`]],
    };
  }
  for (const value of wanted) {
    if (!first.has(value)) yield { pointer: list, message: `no row for ${value}` };
  }
}
