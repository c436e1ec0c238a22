// The rows of a receipt against the corpus and the sampling policy, and against one another.

import type { SourceFamilyReport } from "../generated/types.js";
import { type Checks, differs, type Flaw, firstByKey, grouped, excerpt, sum } from "./check.js";

const ROWS = "/source_family_reports";

/** The key of a row: no identifier contains "|". */
const pair = (split: string, family: string) => `${split}|${family}`;

export const COVERAGE_CHECKS = {
  *"duplicate-report-row"({ receipt: { source_family_reports: rows } }) {
    const key = (row: SourceFamilyReport) => pair(row.split_name, row.source_family_id);
    const first = firstByKey(rows, key);
    for (const [index, row] of rows.entries()) {
      const earlier = first.get(key(row))!.index;
      if (earlier === index) continue;
      const message = "an earlier row reports the same split and family";
      yield { pointer: `${ROWS}/${index}`, message, related: [["receipt", `${ROWS}/${earlier}`]] };
    }
  },
  *"unknown-split"({ receipt: { source_family_reports: rows }, corpus }) {
    const splits = firstByKey(corpus.splits, (split) => split.split_name);
    const bindings = firstByKey(corpus.source_family_bindings, (binding) => binding.source_family_id);
    const families = new Set(
      corpus.splits.flatMap((split) =>
        split.source_family_ids.map((family) => pair(split.split_name, family)),
      ),
    );
    for (const [index, row] of rows.entries()) {
      const at = `${ROWS}/${index}`;
      const split = splits.get(row.split_name);
      const binding = bindings.get(row.source_family_id);
      if (!split) {
        yield {
          rule: "unknown-split",
          pointer: `${at}/split_name`,
          message: `the corpus has no split ${excerpt(row.split_name)}`,
          actual: row.split_name,
          related: [["corpus", "/splits"]],
        };
      } else if (row.split_kind !== split.entry.kind) {
        const other = ["corpus", `/splits/${split.index}/kind`] as const;
        const flaw = differs(["receipt", `${at}/split_kind`], other, row.split_kind, split.entry.kind);
        yield { rule: "split-kind-mismatch", ...flaw };
      }
      const isInSplit = !split || families.has(pair(row.split_name, row.source_family_id));
      if (!isInSplit || !binding) {
        const what = isInSplit ? "the corpus has no binding for" : "the split does not have";
        const place = isInSplit ? "/source_family_bindings" : `/splits/${split.index}/source_family_ids`;
        yield {
          rule: "unknown-source-family",
          pointer: `${at}/source_family_id`,
          message: `${what} the family ${excerpt(row.source_family_id)}`,
          actual: row.source_family_id,
          related: [["corpus", place]],
        };
      }
      const bound = new Set(binding?.entry.source_ids);
      for (const [place, source] of row.source_ids.entries()) {
        if (!binding || bound.has(source)) continue;
        yield {
          rule: "unknown-source",
          pointer: `${at}/source_ids/${place}`,
          message: `the corpus does not bind ${excerpt(source)} to the family ${excerpt(row.source_family_id)}`,
          actual: source,
          related: [["corpus", `/source_family_bindings/${binding.index}/source_ids`]],
        };
      }
    }
    const reported = new Set(rows.map((row) => pair(row.split_name, row.source_family_id)));
    for (const [index, split] of corpus.splits.entries()) {
      for (const [place, family] of split.source_family_ids.entries()) {
        if (reported.has(pair(split.split_name, family))) continue;
        yield {
          rule: "incomplete-coverage",
          pointer: ROWS,
          message: `no row reports the family ${excerpt(family)} of the split ${excerpt(split.split_name)}`,
          related: [["corpus", `/splits/${index}/source_family_ids/${place}`]],
        };
      }
    }
  },
  *"share-total-mismatch"({ receipt: { source_family_reports: rows } }) {
    const bySplit = grouped(rows.entries(), ([, row]) => row.split_name);
    for (const ofSplit of bySplit.values()) {
      yield* total(ofSplit, "token_share_bps_within_split");
      yield* total(ofSplit, "sequence_share_bps_within_split");
    }
  },
  *"family-cap-exceeded"({ receipt, policy }) {
    const weights = firstByKey(policy.source_family_weights, (weight) => weight.source_family_id);
    for (const [index, row] of receipt.source_family_reports.entries()) {
      const weight = weights.get(row.source_family_id);
      const share = row.token_share_bps_within_split;
      if (row.split_kind !== "train" || !weight) continue;
      const cap = weight.entry.maximum_family_token_share_bps;
      if (share <= cap) continue;
      yield {
        pointer: `${ROWS}/${index}/token_share_bps_within_split`,
        message: `is ${share}, but the policy caps the family at ${cap}`,
        actual: share,
        related: [["policy", `/source_family_weights/${weight.index}/maximum_family_token_share_bps`]],
      };
    }
  },
} satisfies Checks;

function* total(
  rows: [number, SourceFamilyReport][],
  member: "token_share_bps_within_split" | "sequence_share_bps_within_split",
): Generator<Flaw> {
  const all = sum(rows, ([, row]) => row[member]);
  if (all === 10000) return;
  const [first, ...others] = rows.map(([index]) => `${ROWS}/${index}/${member}`);
  yield {
    pointer: first!,
    message: `the rows of the split add up to ${all} basis points, not to 10000`,
    related: others.map((other) => ["receipt", other]),
  };
}
