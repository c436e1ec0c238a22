// What a check reports (docs/rules.md, "Findings").

import type { Role } from "./kinds.js";

/** Whether a finding decides the verdict always, or in strict mode only. */
export type Severity = "error" | "warning";

/** The rules that warn; all others are errors. */
const WARNINGS = new Set(["replay-not-exact", "checkpoint-order", "family-cap-exceeded", "unsafe-integer"]);

/** The severity of a rule. */
export function severityOf(rule: string): Severity {
  return WARNINGS.has(rule) ? "warning" : "error";
}

/** So many schema violations of one document, and so many findings of one check of it, are listed. */
export const MAX_FINDINGS = 10_000;

/** What is said of a document with more. */
export function tooMany(pointer: string): { rule: string; pointer: string; message: string } {
  return {
    rule: "limit-exceeded",
    pointer,
    message: `more than ${MAX_FINDINGS} findings; the rest are not listed`,
  };
}

/** One defect of one document. */
export interface Finding {
  /** Name of the rule that is broken. Names are never changed or reused. */
  rule: string;
  severity: Severity;
  /** Name of the document, as it was given. */
  document: string;
  /** RFC 6901 pointer, from the root of what was given under that name. */
  pointer: string;
  /** What is wrong, for people; its wording may change. */
  message: string;
  /** What would be right, where there is one value to name. */
  expected?: unknown;
  /** What stands there, where it is worth quoting. */
  actual?: unknown;
  /** The other sides of the contradiction. */
  related: Place[];
}

/** Where something stands. */
export interface Place {
  document: string;
  pointer: string;
}

/** A contract document that was found. */
export interface DocumentEntry extends Place {
  role: Role;
  /** Its `schema_version`; of a stage program, the name of its schema. */
  kind: string;
  /** False for a document that was only there to be referred to. */
  judged: boolean;
}

/** A rule that could not be applied to a document, because something it reads is broken or missing. */
export interface Skipped extends Place {
  rule: string;
  reason: string;
}

/** Whether the documents agree with one another and with the digests they carry; never who wrote them. */
export type Verdict = "consistent" | "inconsistent";

/** What came of a check. */
export interface Report {
  verdict: Verdict;
  findings: Finding[];
  skipped: Skipped[];
  documents: DocumentEntry[];
}
