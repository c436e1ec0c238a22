// The rows of a receipt against the corpus and the sampling policy, and against one another.

import type { SamplingPolicy, SourceFamilyReport, TokenizedCorpusManifest } from "../generated/types.js";
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
  remembered,
  sum,
  WHOLE,
} from "./check.js";

const ROWS = "/source_family_reports";

/** The key of a row: no identifier contains "|". */
const pair = (split: string, family: string) => `${split}|${family}`;

/** The entries of a corpus, by their keys. */
const indexOf = remembered(({ splits, source_family_bindings: bindings }: TokenizedCorpusManifest) => {
  const first = firstByKey(bindings, (binding) => binding.source_family_id);
  const families = splits.flatMap(({ split_name: split, source_family_ids: ids }, index) =>
    ids.map((family, place) => {
      return { row: pair(split, family), split, family, at: `/splits/${index}/source_family_ids/${place}` };
    }),
  );
  return {
    splits: firstByKey(splits, (split) => split.split_name),
    bindings: first,
    /** The families of all splits, and the keys of the rows that they need. */
    families,
    rows: new Set(families.map(({ row }) => row)),
    /** The sources of each family. */
    bound: new Map([...first].map(([family, { entry }]) => [family, new Set(entry.source_ids)])),
  };
});

function familiesIn({ splits }: TokenizedCorpusManifest, name: string): string[] {
  const named = splits.filter((split) => split.split_name === name);
  return [...new Set(named.flatMap((split) => split.source_family_ids))];
}

const weightsOf = remembered((policy: SamplingPolicy) =>
  firstByKey(policy.source_family_weights, (weight) => weight.source_family_id),
);

export const COVERAGE_CHECKS = {
  *"duplicate-report-row"({ receipt: { source_family_reports: rows } }) {
    const first = new Map<string, Map<string, number>>();
    for (let index = 0; index < rows.length; index++) {
      const { split_name: split, source_family_id: family } = rows[index]!;
      let families = first.get(split);
      if (!families) first.set(split, (families = new Map()));
      const earlier = families.get(family);
      if (earlier === undefined) {
        families.set(family, index);
        continue;
      }
      const message = `the family ${excerpt(family)} of the split ${excerpt(split)} is reported twice`;
      yield { pointer: `${ROWS}/${index}`, message, related: [["receipt", `${ROWS}/${earlier}`]] };
    }
  },
  *"unknown-split"({ receipt: { source_family_reports: rows }, corpus }) {
    const { splits, bindings, families, rows: needed, bound } = indexOf(corpus);
    const reported = new Set<string>();
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
      const key = pair(row.split_name, row.source_family_id);
      reported.add(key);
      const isInSplit = !split || needed.has(key);
      if (!isInSplit || !binding) {
        const name = excerpt(row.source_family_id);
        const message = isInSplit
          ? `the corpus does not bind the family ${name}; it binds ${listed([...bindings.keys()])}`
          : `the split ${excerpt(row.split_name)} has no family ${name}; it has ${listed(familiesIn(corpus, row.split_name))}`;
        const place = isInSplit ? "/source_family_bindings" : `/splits/${split.index}/source_family_ids`;
        yield {
          rule: "unknown-source-family",
          pointer: `${at}/source_family_id`,
          message,
          actual: row.source_family_id,
          related: [["corpus", place]],
        };
      }
      const known = bound.get(row.source_family_id);
      if (!binding || row.source_ids.every((source) => known!.has(source))) continue;
      for (const [place, source] of row.source_ids.entries()) {
        if (known!.has(source)) continue;
        yield {
          rule: "unknown-source",
          pointer: `${at}/source_ids/${place}`,
          message: `the corpus does not bind the source ${excerpt(source)} to the family ${excerpt(row.source_family_id)}`,
          actual: source,
          related: [["corpus", `/source_family_bindings/${binding.index}/source_ids`]],
        };
      }
    }
    for (const { row, split, family, at } of families) {
      if (reported.has(row)) continue;
      yield {
        rule: "incomplete-coverage",
        pointer: ROWS,
        message: `no row for the family ${excerpt(family)} of the split ${excerpt(split)}`,
        related: [["corpus", at]],
      };
    }
  },
  *"share-total-mismatch"({ receipt: { source_family_reports: rows } }) {
    const bySplit = grouped(rows.entries(), ([, row]) => row.split_name);
    for (const [split, ofSplit] of bySplit) {
      for (const share of ["token share", "sequence share"] as const) yield* total(split, ofSplit, share);
    }
  },
  *"family-cap-exceeded"({ receipt, policy }) {
    const weights = weightsOf(policy);
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
    const weights = weightsOf(policy);
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
