// The report of a check, and the one constructor of a finding (docs/reference/rules).

import { type RuleName, SEVERITIES, type Severity } from "./generated/catalog.js";
import type { CheckReport, ReportFinding } from "./generated/types.js";
import { CHECKER } from "./generated/version.js";
import type { Discarded } from "./claims.js";
import type { Json, JsonObject } from "./json.js";
import type { Role } from "./kinds.js";
import type { Located, Snippet, Text } from "./text.js";

/** The limit of schema violations, and of findings of one check, that are listed for one document. */
export const MAX_FINDINGS = 10_000;

/** How many other sides of one finding are listed. */
const MAX_RELATED = 20;
/** How many characters of a string, and items of a list or object, a finding keeps. */
const [MAX_TEXT, MAX_ITEMS] = [1000, 50];

/** What a finding keeps of a value: nothing that is long or nested. */
function kept(value: unknown): unknown {
  if (typeof value === "string") {
    const characters = value.length > MAX_TEXT ? [...value] : [];
    return characters.length > MAX_TEXT ? `${characters.slice(0, MAX_TEXT - 1).join("")}…` : value;
  }
  if (typeof value !== "object" || value === null) return value;
  const items: unknown[] = Object.values(value);
  if (items.length > MAX_ITEMS || items.some((item) => typeof item === "object" && item !== null)) {
    return undefined;
  }
  return Array.isArray(value)
    ? items.map(kept)
    : Object.fromEntries(Object.entries(value).map(([name, item]) => [name, kept(item)]));
}

/** What the reader, a schema or a rule finds wrong in one text. */
export interface Problem {
  rule: RuleName;
  pointer: string;
  message: string;
  expected?: unknown;
  actual?: unknown;
  /** The other sides of the contradiction. */
  related?: Related[];
  keyword?: string;
  /** Where it is in the text; by default at the value that the pointer leads to. */
  offset?: number;
  /** Where the other occurrence of a repeated member is. */
  other?: number;
  /** What a repeated member replaces. */
  discarded?: Discarded & { start: number; end: number };
}

/** One defect of one document. */
export class Finding {
  readonly rule: RuleName;
  readonly severity: Severity;
  /** The name of the text, as it was given. */
  readonly document: string;
  /** RFC 6901 pointer, from the root of the text. */
  readonly pointer: string;
  /** What is wrong, for people. The wording may change. */
  readonly message: string;
  /** The correct value, where there is exactly one. */
  readonly expected: unknown;
  /** The value found, where it is worth quoting. */
  readonly actual: unknown;
  /** The other sides of the contradiction. */
  readonly related: readonly Related[];
  /** For `schema-violation`, the JSON Schema keyword that fails. */
  readonly keyword: string | undefined;
  /** Line from 1; null where the text has no such value. */
  line: number | null = null;
  /** Column from 1, in characters; null where the text has no such value. */
  column: number | null = null;
  /** The line of the text, or what of a long one is around the place; null where there is no line. */
  snippet: Snippet | null = null;

  constructor(text: Text, problem: Problem) {
    this.rule = problem.rule;
    this.severity = SEVERITIES[problem.rule];
    this.document = text.name;
    this.pointer = problem.pointer;
    this.message = problem.message;
    this.expected = kept(problem.expected);
    this.actual = kept(problem.actual);
    this.related = (problem.related ?? []).slice(0, MAX_RELATED);
    this.keyword = problem.keyword;
    text.add(this, problem.offset);
  }

  /** The finding as `JSON.stringify` writes it: as the schema `psion.check_report.v1` describes it. */
  toJSON(): ReportFinding {
    const { rule, severity, document, pointer, line, column, keyword = null, message } = this;
    const related = this.related.map(({ document, pointer, line, column, snippet, value }) => {
      return { document, pointer, line, column, snippet, value: jsonForm(value) };
    });
    const finding = {
      rule,
      severity,
      document,
      pointer,
      line,
      column,
      snippet: this.snippet,
      keyword,
      message,
      expected: jsonForm(this.expected),
      actual: jsonForm(this.actual),
      related,
      suppression: null,
    };
    return finding;
  }
}

/** A place in a text. */
export interface Place {
  readonly document: string;
  readonly pointer: string;
}

/** The other side of a contradiction. */
export interface Related extends Place, Located {
  /** The value there; undefined where it is null, an object or an array, or where only its place matters. */
  value?: string | number | bigint | boolean;
}

/** The other side of a contradiction, whose line is not looked up yet. */
export function noPlace(document: string, pointer: string): Related {
  return { document, pointer, line: null, column: null, snippet: null };
}

/** A contract document that was found. */
export interface DocumentEntry extends Place {
  role: Role;
  /** The name of its schema, which is also its `schema_version`, except for a stage program. */
  kind: string;
  /** The members by which others refer to it; null where one of them is missing or unusable. */
  identity: Record<string, string> | null;
  /** False for an input. */
  judged: boolean;
  /**
   * Pointers, from the document, of what the reader or the schema found wrong. Where there are none, the value has the
   * type of the role.
   */
  broken: readonly string[];
  /** The document. Where it matches the schema, integers that the contract defines as u64 are bigints. */
  value: JsonObject;
  /** What it refers to; a reference with a broken member is left out. */
  references: readonly ResolvedReference[];
}

/** A reference of a document, and what it means. */
export interface ResolvedReference {
  /** The role of the document referred to. */
  role: Role;
  /** The place of the reference, from the root of the text. */
  pointer: string;
  /** The document found; null if there is none, or more than one. */
  target: (Place & { judged: boolean }) | null;
}

/** A rule that could not be applied to a document, because something that it reads is broken or missing. */
export interface Skipped extends Place {
  rule: RuleName;
  reason: string;
}

/** Why something was ignored; see the schema `psion.check_report.v1`. */
export type LeftAloneReason = CheckReport["left_alone"][number]["reason"];

/** Something ignored: a text without a contract document that claims nothing, or what was not read in a folder. */
export interface LeftAlone {
  name: string;
  reason: LeftAloneReason;
  /** Its own `schema_version`, at most 200 characters of it; null if it has none. */
  kind: string | null;
  /** False for an input. */
  judged: boolean;
}

/** Whether the documents agree with one another and with the digests they carry. It does not say who wrote them. */
export type Verdict = "consistent" | "inconsistent";

/** The result of a check. */
export class Report {
  readonly verdict: Verdict;

  constructor(
    readonly findings: readonly Finding[],
    readonly skipped: readonly Skipped[],
    readonly documents: readonly DocumentEntry[],
    /** What was ignored. */
    readonly leftAlone: readonly LeftAlone[],
    /** Whether warnings decided the verdict too. */
    readonly strict: boolean,
  ) {
    const decides = ({ severity }: Finding) => severity === "error" || strict;
    const isConsistent = documents.some(({ judged }) => judged) && !findings.some(decides);
    this.verdict = isConsistent ? "consistent" : "inconsistent";
  }

  /** The report as `JSON.stringify` writes it: as the schema `psion.check_report.v1` describes it. */
  toJSON(): CheckReport {
    const errors = this.findings.filter(({ severity }) => severity === "error").length;
    const report = {
      schema_version: "psion.check_report.v1" as const,
      checker: CHECKER,
      ok: this.verdict === "consistent",
      verdict: this.verdict,
      outcome: this.verdict, // nothing is suppressed here
      strict: this.strict,
      errors,
      warnings: this.findings.length - errors,
      suppressed: 0,
      findings: this.findings.map((finding) => finding.toJSON()),
      skipped: this.skipped.map(({ rule, document, pointer, reason }) => ({
        rule,
        document,
        pointer,
        reason,
      })),
      documents: this.documents.map(({ document: name, pointer, kind, identity, judged }) => {
        return { name, pointer, kind, identity, judged };
      }),
      left_alone: [...this.leftAlone],
    };
    return report;
  }
}

/**
 * A value that `JSON.stringify` supports. An integer beyond 2^53 - 1, which `JSON.parse` would round, is a string of
 * its digits.
 */
function jsonForm(value: unknown): Json {
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value.toString();
  }
  if (Array.isArray(value)) return value.map(jsonForm);
  if (typeof value !== "object" || value === null) return (value ?? null) as Json;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, jsonForm(member)]));
}

/** Says that a document has more findings than are listed. */
export function tooMany(rule: RuleName, pointer: string): Problem {
  const message = `${rule} is broken in more than ${MAX_FINDINGS} places; the rest are not listed`;
  return { rule: "unlisted-findings", pointer, message };
}
