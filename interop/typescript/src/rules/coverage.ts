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

/** The pointer of a row, or of a member of it. */
const rowAt = (index: number, member = "") => `${ROWS}/${index}${member}`;

/** A set of families, each of a split. */
class Families {
  private readonly bySplit = new Map<string, Set<string>>();

  add(split: string, family: string): void {
    const families = this.bySplit.get(split);
    if (families) families.add(family);
    else this.bySplit.set(split, new Set([family]));
  }

  has(split: string, family: string): boolean {
    return this.bySplit.get(split)?.has(family) ?? false;
  }
}

/** The entries of a corpus, by their keys. */
const indexOf = remembered(({ splits, source_family_bindings: bindings }: TokenizedCorpusManifest) => {
  const first = firstByKey(bindings, (binding) => binding.source_family_id);
  const families = splits.flatMap(({ split_name: split, source_family_ids: ids }, index) =>
    ids.map((family, place) => {
      return { split, family, at: `/splits/${index}/source_family_ids/${place}` };
    }),
  );
  const needed = new Families();
  for (const { split, family } of families) needed.add(split, family);
  return {
    splits: firstByKey(splits, (split) => split.split_name),
    bindings: first,
    /** The families of all splits, in order and as a set. */
    families,
    needed,
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
      yield { pointer: rowAt(index), message, related: [["receipt", rowAt(earlier)]] };
    }
  },
  *"unknown-split"({ receipt: { source_family_reports: rows }, corpus }) {
    const { splits, bindings, families, needed, bound } = indexOf(corpus);
    const reported = new Families();
    for (const [index, row] of rows.entries()) {
      const split = splits.get(row.split_name);
      const binding = bindings.get(row.source_family_id);
      if (!split) {
        yield {
          rule: "unknown-split",
          pointer: rowAt(index, "/split_name"),
          message: `the corpus has no split ${excerpt(row.split_name)}; it has ${listed([...splits.keys()])}`,
          actual: row.split_name,
          related: [["corpus", "/splits"]],
        };
      } else if (row.split_kind !== split.entry.kind) {
        const other = ["corpus", `/splits/${split.index}/kind`] as const;
        const kind = split.entry.kind;
        const flaw = differs(["receipt", rowAt(index, "/split_kind")], other, row.split_kind, kind, () => {
          return `the kind of the split ${excerpt(row.split_name)} is ${kind} in the corpus, not ${row.split_kind}`;
        });
        yield { rule: "split-kind-mismatch", ...flaw };
      }
      reported.add(row.split_name, row.source_family_id);
      const isInSplit = !split || needed.has(row.split_name, row.source_family_id);
      if (!isInSplit || !binding) {
        const name = excerpt(row.source_family_id);
        const message = isInSplit
          ? `the corpus does not bind the family ${name}; it binds ${listed([...bindings.keys()])}`
          : `the split ${excerpt(row.split_name)} has no family ${name}; it has ${listed(familiesIn(corpus, row.split_name))}`;
        const place = isInSplit ? "/source_family_bindings" : `/splits/${split.index}/source_family_ids`;
        yield {
          rule: "unknown-source-family",
          pointer: rowAt(index, "/source_family_id"),
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
          pointer: rowAt(index, `/source_ids/${place}`),
          message: `the corpus does not bind the source ${excerpt(source)} to the family ${excerpt(row.source_family_id)}`,
          actual: source,
          related: [["corpus", `/source_family_bindings/${binding.index}/source_ids`]],
        };
      }
    }
    for (const { split, family, at } of families) {
      if (reported.has(split, family)) continue;
      yield {
        rule: "incomplete-coverage",
        pointer: ROWS,
        message: `no row for the family ${excerpt(family)} of the split ${excerpt(split)}`,
        related: [["corpus", at]],
      };
    }
  },
  *"share-total-mismatch"({ receipt: { source_family_reports: rows } }) {
    for (const [split, ofSplit] of grouped(rows.keys(), (index) => rows[index]!.split_name)) {
      for (const share of ["token share", "sequence share"] as const)
        yield* total(split, rows, ofSplit, share);
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
        pointer: rowAt(index, "/token_share_bps_within_split"),
        message: `the family ${excerpt(row.source_family_id)} has ${share} basis points of the tokens of ${excerpt(row.split_name)}; the policy caps it at ${cap}`,
        expected: cap,
        actual: share,
        related: [["policy", `/source_family_weights/${weight.index}/maximum_family_token_share_bps`]],
      };
    }
  },
  *"code-ratio-exceeded"({ receipt, policy }) {
    const weights = weightsOf(policy);
    const rows = receipt.source_family_reports;
    const isCode = ({ split_kind: kind, source_family_id: family }: SourceFamilyReport) =>
      kind === "train" && weights.get(family)?.entry.content_class === "code";
    const code = [...rows.keys()].filter((index) => isCode(rows[index]!));
    for (const [split, ofSplit] of grouped(code, (index) => rows[index]!.split_name)) {
      const share = sum(ofSplit, (index) => rows[index]!.token_share_bps_within_split);
      const maximum = policy.maximum_code_token_ratio_bps;
      if (share <= maximum) continue;
      const [first, ...others] = ofSplit.map((index) => rowAt(index, "/token_share_bps_within_split"));
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
      yield { pointer: rowAt(index), message: `${family} has ${why}: nothing was measured` };
    }
  },
} satisfies Checks;

/** The flaw that a share of the rows of a split, which are given by their indexes, does not add up to the whole. */
function* total(
  split: string,
  rows: readonly SourceFamilyReport[],
  ofSplit: readonly number[],
  share: "token share" | "sequence share",
): Generator<Flaw> {
  const member = share === "token share" ? "token_share_bps_within_split" : "sequence_share_bps_within_split";
  const actual = sum(ofSplit, (index) => rows[index]![member]);
  if (actual === WHOLE) return;
  const [first, ...others] = ofSplit.map((index) => rowAt(index, `/${member}`));
  yield {
    pointer: first!,
    message: `the ${share}s of the split ${excerpt(split)} add up to ${actual} basis points, ${offBy(actual)}`,
    expected: WHOLE,
    actual,
    related: others.map((other) => ["receipt", other]),
  };
}
