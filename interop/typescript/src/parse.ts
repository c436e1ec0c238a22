// One document, read strictly, as a typed value.

import { type Finding, severityOf } from "./findings.js";
import { SHAPES } from "./generated/shapes.js";
import type { Documents, Role } from "./kinds.js";
import { type Limits, read } from "./reader.js";
import { violations } from "./schema.js";
import { typed } from "./shape.js";

/** A typed document, or what is wrong with the text. */
export type Parsed<T> = { ok: true; document: T; findings: [] } | { ok: false; findings: Finding[] };

/** How a text is parsed. */
export interface ParseOptions {
  /** What findings call the text; its role unless told. */
  name?: string;
  /** What the reader accepts at most. */
  limits?: Partial<Limits>;
}

/**
 * Reads a document of one kind and holds it to its schema. The rules and digests are another matter: see
 * `checkDocuments`.
 *
 * @param text - the bytes of a file, or a string, that hold the document and nothing else.
 */
export function parseDocument<R extends Role>(
  role: R,
  text: Uint8Array | string,
  { name = role, limits = {} }: ParseOptions = {},
): Parsed<Documents[R]> {
  const { value, problems } = read(text, limits);
  const refused = new Set(problems.map((problem) => problem.pointer));
  const failed =
    value === undefined ? [] : violations(role, value).filter(({ touches }) => !refused.has(touches));
  const findings = [
    ...problems,
    ...failed.map(({ pointer, message }) => ({ rule: "schema-violation", pointer, message })),
  ].map(({ rule, pointer, message }) => ({
    rule,
    severity: severityOf(rule),
    document: name,
    pointer,
    message,
    related: [],
  }));
  if (value === undefined || findings.length) return { ok: false, findings };
  return { ok: true, document: typed(value, SHAPES[role]) as unknown as Documents[R], findings: [] };
}

/** Reads a receipt and holds it to its schema. */
export function parseReceipt(
  text: Uint8Array | string,
  options?: ParseOptions,
): Parsed<Documents["receipt"]> {
  return parseDocument("receipt", text, options);
}
