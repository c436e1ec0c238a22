// The rows of a receipt against the corpus and the sampling policy, and against one another.

import type { SourceFamilyReport } from "../generated/types.js";
import {
  type Checks,
  differs,
  type Flaw,
  excerpt,
  firstByKey,
  grouped,
  listed,
  offBy,
  type Place,
  sum,
  WHOLE,
} from "./check.js";

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
      const message = `the family ${excerpt(row.source_family_id)} of the split ${excerpt(row.split_name)} is reported twice`;
      yield { pointer: `${ROWS}/${index}`, message, related: [["receipt", `${ROWS}/${earlier}`]] };
    }
  },
  *"unknown-split"({ receipt: { source_family_reports: rows }, corpus }) {
    const splits = firstByKey(corpus.splits, (split) => split.split_name);
    const named = grouped(corpus.splits, (split) => split.split_name);
    const familiesOf = (name: string) => [
      ...new Set(named.get(name)!.flatMap((split) => split.source_family_ids)),
    ];
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
          message: `the corpus has no split ${excerpt(row.split_name)}; it has ${listed([...splits.keys()])}`,
          actual: row.split_name,
          related: [["corpus", "/splits"]],
        };
      } else if (row.split_kind !== split.entry.kind) {
        const other = ["corpus", `/splits/${split.index}/kind`] as const;
        const kind = split.entry.kind;
        const flaw = differs(["receipt", `${at}/split_kind`], other, row.split_kind, kind, () => {
          return `the kind of the split ${excerpt(row.split_name)} is ${kind} in the corpus, not ${row.split_kind}`;
        });
        yield { rule: "split-kind-mismatch", ...flaw };
      }
      const isInSplit = !split || families.has(pair(row.split_name, row.source_family_id));
      if (!isInSplit || !binding) {
        const name = excerpt(row.source_family_id);
        const message = isInSplit
          ? `the corpus does not bind the family ${name}; it binds ${listed([...bindings.keys()])}`
          : `the split ${excerpt(row.split_name)} has no family ${name}; it has ${listed(familiesOf(row.split_name))}`;
        const place = isInSplit ? "/source_family_bindings" : `/splits/${split.index}/source_family_ids`;
        yield {
          rule: "unknown-source-family",
          pointer: `${at}/source_family_id`,
          message,
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
          message: `the corpus does not bind the source ${excerpt(source)} to the family ${excerpt(row.source_family_id)}`,
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
          message: `no row for the family ${excerpt(family)} of the split ${excerpt(split.split_name)}`,
          related: [["corpus", `/splits/${index}/source_family_ids/${place}`]],
        };
      }
    }
  },
  *"share-total-mismatch"({ receipt: { source_family_reports: rows } }) {
    const bySplit = grouped(rows.entries(), ([, row]) => row.split_name);
    for (const [split, ofSplit] of bySplit) {
      yield* total(split, ofSplit, "token share");
      yield* total(split, ofSplit, "sequence share");
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
        message: `the family ${excerpt(row.source_family_id)} has ${share} basis points of the tokens of ${excerpt(row.split_name)}; the policy caps it at ${cap}`,
        expected: cap,
        actual: share,
        related: [["policy", `/source_family_weights/${weight.index}/maximum_family_token_share_bps`]],
      };
    }
  },
  *"code-ratio-exceeded"({ receipt, policy }) {
    const weights = firstByKey(policy.source_family_weights, (weight) => weight.source_family_id);
    const isCode = (row: SourceFamilyReport) =>
      row.split_kind === "train" && weights.get(row.source_family_id)?.entry.content_class === "code";
    const rows = [...receipt.source_family_reports.entries()].filter(([, row]) => isCode(row));
    for (const [split, ofSplit] of grouped(rows, ([, row]) => row.split_name)) {
      const share = sum(ofSplit, ([, row]) => row.token_share_bps_within_split);
      const maximum = policy.maximum_code_token_ratio_bps;
      if (share <= maximum) continue;
      const [first, ...others] = ofSplit.map(([index]) => `${ROWS}/${index}/token_share_bps_within_split`);
      yield {
        pointer: first!,
        message: `code has ${share} basis points of the tokens of ${excerpt(split)}; the policy allows ${maximum}`,
        actual: share,
        related: [
          ...others.map((other): Place => ["receipt", other]),
          ["policy", "/maximum_code_token_ratio_bps"],
        ],
      };
    }
  },
  *"unmeasured-family"({ receipt: { source_family_reports: rows } }) {
    for (const [index, row] of rows.entries()) {
      const isDrawn = row.token_share_bps_within_split > 0 || row.sequence_share_bps_within_split > 0;
      if (isDrawn && row.mean_next_token_loss_milli > 0) continue;
      const why = isDrawn ? "a loss of 0" : "shares of 0";
      const family = `the family ${excerpt(row.source_family_id)} of the split ${excerpt(row.split_name)}`;
      yield { pointer: `${ROWS}/${index}`, message: `${family} has ${why}: nothing was measured` };
    }
  },
} satisfies Checks;

/** The flaw that a share of the rows of a split does not add up to the whole. */
function* total(
  split: string,
  rows: [number, SourceFamilyReport][],
  share: "token share" | "sequence share",
): Generator<Flaw> {
  const member = share === "token share" ? "token_share_bps_within_split" : "sequence_share_bps_within_split";
  const actual = sum(rows, ([, row]) => row[member]);
  if (actual === WHOLE) return;
  const [first, ...others] = rows.map(([index]) => `${ROWS}/${index}/${member}`);
  yield {
    pointer: first!,
    message: `the ${share}s of the split ${excerpt(split)} add up to ${actual} basis points, ${offBy(actual)}`,
    expected: WHOLE,
    actual,
    related: others.map((other) => ["receipt", other]),
  };
}
