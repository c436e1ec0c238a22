// Every check of the catalogue, by the role of the document that it judges.

import { CHECK_ENTRIES, type CheckEntry, type CheckId } from "../generated/catalog.js";
import { KINDS, type Role } from "../kinds.js";
import type { Apply } from "./check.js";
import { CONFIG_CHECKS } from "./config.js";
import { CONTINUITY_CHECKS } from "./continuity.js";
import { CORPUS_CHECKS } from "./corpus.js";
import { COVERAGE_CHECKS } from "./coverage.js";
import { DESCRIPTOR_CHECKS } from "./descriptor.js";
import { DUPLICATE_CHECKS } from "./duplicates.js";
import { EXECUTION_CHECKS } from "./execution.js";
import { HISTORY_CHECKS } from "./history.js";
import { NUMBER_CHECKS } from "./numbers.js";
import { POLICY_CHECKS } from "./policy.js";
import { PROGRAM_CHECKS } from "./program.js";
import { RECEIPT_CHECKS } from "./receipt.js";
import { SHARD_CHECKS } from "./shards.js";
import { TRAINING_CHECKS } from "./training.js";

/** A check of the catalogue; it is applied as a whole or skipped as a whole. */
export interface Check extends CheckEntry {
  apply: Apply;
  /** What it reads, as a list. */
  needs: readonly (readonly [Role, readonly string[]])[];
}

// The type makes the build fail where the catalogue has a check that is missing here.
const APPLY: Record<CheckId, Apply> = {
  ...CONFIG_CHECKS,
  ...RECEIPT_CHECKS,
  ...COVERAGE_CHECKS,
  ...EXECUTION_CHECKS,
  ...DESCRIPTOR_CHECKS,
  ...CORPUS_CHECKS,
  ...SHARD_CHECKS,
  ...POLICY_CHECKS,
  ...DUPLICATE_CHECKS,
  ...TRAINING_CHECKS,
  ...PROGRAM_CHECKS,
  ...HISTORY_CHECKS,
  ...CONTINUITY_CHECKS,
  ...NUMBER_CHECKS,
};

const ALL = (Object.keys(CHECK_ENTRIES) as CheckId[]).map((id): Check => {
  const entry: CheckEntry = CHECK_ENTRIES[id];
  const needs = Object.entries(entry.reads) as [Role, readonly string[]][];
  return { ...entry, needs, apply: APPLY[id] };
});

/** The checks of the documents of one role. */
export interface RoleChecks {
  /** In the order of the catalogue. */
  checks: readonly Check[];
  /** The roles of the other documents that they read. */
  needs: readonly Role[];
}

/** The checks by the role of the document that they judge. */
export const CHECKS = Object.fromEntries(
  Object.keys(KINDS).map((role) => {
    const checks = ALL.filter((check) => check.judges === role);
    const needs = new Set(checks.flatMap((check) => check.needs.map(([needed]) => needed)));
    needs.delete(role as Role);
    return [role, { checks, needs: [...needs] }];
  }),
) as unknown as Record<Role, RoleChecks>;
