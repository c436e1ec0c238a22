// The report of a check, and the one constructor of a finding (docs/reference/rules).

import { type RuleName, SEVERITIES, type Severity } from "./generated/catalog.js";
import type { Role } from "./kinds.js";

/** The limit of schema violations, and of findings of one check, that are listed for one document. */
export const MAX_FINDINGS = 10_000;

/** A finding without its severity and the name of its text: what the reader, a schema or a rule finds. */
export interface Problem {
  rule: RuleName;
  pointer: string;
  message: string;
  expected?: unknown;
  actual?: unknown;
  /** The other sides of the contradiction. */
  related?: Place[];
}

/** Says that a document has more findings than are listed. */
export function tooMany(pointer: string): Problem {
  return {
    rule: "limit-exceeded",
    pointer,
    message: `more than ${MAX_FINDINGS} findings; the rest are not listed`,
  };
}

/** A finding about the text of that name. Its severity comes from the catalogue. */
export function finding(document: string, { rule, related = [], ...others }: Problem): Finding {
  return { rule, severity: SEVERITIES[rule], document, ...others, related };
}

/** One defect of one document. */
export interface Finding {
  rule: RuleName;
  severity: Severity;
  /** The name of the text, as it was given. */
  document: string;
  /** RFC 6901 pointer, from the root of the text. */
  pointer: string;
  /** What is wrong, for people. The wording may change. */
  message: string;
  /** The correct value, where there is exactly one. */
  expected?: unknown;
  /** The value found, where it is worth quoting. */
  actual?: unknown;
  /** The other sides of the contradiction. */
  related: Place[];
}

/** A place in a text. */
export interface Place {
  document: string;
  pointer: string;
}

/** A contract document that was found. */
export interface DocumentEntry extends Place {
  role: Role;
  /** The name of its schema, which is also its `schema_version`, except for a stage program. */
  kind: string;
  /** False for an input. */
  judged: boolean;
}

/** A rule that could not be applied to a document, because something that it reads is broken or missing. */
export interface Skipped extends Place {
  rule: RuleName;
  reason: string;
}

/** Whether the documents agree with one another and with the digests they carry. It does not say who wrote them. */
export type Verdict = "consistent" | "inconsistent";

/** The result of a check. */
export interface Report {
  verdict: Verdict;
  findings: Finding[];
  skipped: Skipped[];
  documents: DocumentEntry[];
}
