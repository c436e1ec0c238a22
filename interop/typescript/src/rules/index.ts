// Every check of the catalogue, by the role of the document that it judges.

import { CHECK_ENTRIES, type CheckEntry, type CheckId } from "../generated/catalog.js";
import type { Role } from "../kinds.js";
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

const ALL = (Object.keys(CHECK_ENTRIES) as CheckId[]).map((id): Check => ({
  ...CHECK_ENTRIES[id],
  apply: APPLY[id],
}));

/** The checks that judge a document of the given role, in the order of the catalogue. */
export function checksFor(role: Role): Check[] {
  return ALL.filter((check) => check.judges === role);
}
