// The rows of a receipt against the corpus, and against one another.

import type { SourceFamilyReport } from "../generated/types.js";
import { type Check, differs, type Flaw, firstByKey, grouped, shown, sum } from "./check.js";

const ROWS = "/source_family_reports";

/** What tells rows apart: no identifier holds a `|`. */
const pair = (split: string, family: string) => `${split}|${family}`;

export const COVERAGE_CHECKS: Check[] = [
  {
    rules: ["duplicate-report-row"],
    judges: "receipt",
    reads: { receipt: [ROWS] },
    *apply({ receipt: { source_family_reports: rows } }) {
      const key = (row: SourceFamilyReport) => pair(row.split_name, row.source_family_id);
      const first = firstByKey(rows, key);
      for (const [index, row] of rows.entries()) {
        const earlier = first.get(key(row))!.index;
        if (earlier === index) continue;
        const message = "reports the split and the family of an earlier row";
        yield { pointer: `${ROWS}/${index}`, message, against: [["receipt", `${ROWS}/${earlier}`]] };
      }
    },
  },
  {
    rules: [
      "unknown-split",
      "split-kind-mismatch",
      "unknown-source-family",
      "unknown-source",
      "incomplete-coverage",
    ],
    judges: "receipt",
    reads: { receipt: [ROWS], corpus: ["/splits", "/source_family_bindings"] },
    *apply({ receipt: { source_family_reports: rows }, corpus }) {
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
          const message = `the corpus has no split ${shown(row.split_name)}`;
          yield { rule: "unknown-split", pointer: `${at}/split_name`, message, actual: row.split_name };
        } else if (row.split_kind !== split.entry.kind) {
          const other = ["corpus", `/splits/${split.index}/kind`] as const;
          const flaw = differs(["receipt", `${at}/split_kind`], other, row.split_kind, split.entry.kind);
          yield { rule: "split-kind-mismatch", ...flaw };
        }
        const listed = !split || families.has(pair(row.split_name, row.source_family_id));
        if (!listed || !binding) {
          const where = listed ? "the corpus does not bind" : "the split does not hold";
          yield {
            rule: "unknown-source-family",
            pointer: `${at}/source_family_id`,
            message: `${where} the family ${shown(row.source_family_id)}`,
            actual: row.source_family_id,
          };
        }
        const bound = new Set(binding?.entry.source_ids);
        for (const [place, source] of row.source_ids.entries()) {
          if (!binding || bound.has(source)) continue;
          yield {
            rule: "unknown-source",
            pointer: `${at}/source_ids/${place}`,
            message: `the corpus does not bind ${shown(source)} to the family ${shown(row.source_family_id)}`,
            actual: source,
            against: [["corpus", `/source_family_bindings/${binding.index}/source_ids`]],
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
            message: `no row is for the family ${shown(family)} in the split ${shown(split.split_name)}`,
            against: [["corpus", `/splits/${index}/source_family_ids/${place}`]],
          };
        }
      }
    },
  },
  {
    rules: ["share-total-mismatch"],
    judges: "receipt",
    reads: { receipt: [ROWS] },
    *apply({ receipt: { source_family_reports: rows } }) {
      const bySplit = grouped(rows.entries(), ([, row]) => row.split_name);
      for (const ofSplit of bySplit.values()) {
        yield* total(ofSplit, "token_share_bps_within_split");
        yield* total(ofSplit, "sequence_share_bps_within_split");
      }
    },
  },
];

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
    against: others.map((other) => ["receipt", other] as const),
  };
}
