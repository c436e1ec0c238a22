// All checks, by the role of the document that they judge.

import type { Role } from "../kinds.js";
import type { Check } from "./check.js";
import { CONFIG_CHECKS } from "./config.js";
import { CORPUS_CHECKS } from "./corpus.js";
import { COVERAGE_CHECKS } from "./coverage.js";
import { DESCRIPTOR_CHECKS } from "./descriptor.js";
import { HISTORY_CHECKS } from "./history.js";
import { NUMBER_CHECKS } from "./numbers.js";
import { POLICY_CHECKS } from "./policy.js";
import { PROGRAM_CHECKS } from "./program.js";
import { RECEIPT_CHECKS } from "./receipt.js";
import { TRAINING_CHECKS } from "./training.js";

const ALL = [
  ...CONFIG_CHECKS,
  ...RECEIPT_CHECKS,
  ...COVERAGE_CHECKS,
  ...DESCRIPTOR_CHECKS,
  ...CORPUS_CHECKS,
  ...POLICY_CHECKS,
  ...TRAINING_CHECKS,
  ...PROGRAM_CHECKS,
  ...HISTORY_CHECKS,
  ...NUMBER_CHECKS,
];

/** The checks that judge a document of the given role. */
export function checksFor(role: Role): Check[] {
  return ALL.filter((check) => check.judges === role);
}
