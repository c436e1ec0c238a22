// One document, read strictly, as a typed value.

import type { Finding } from "./findings.js";
import { SHAPES } from "./generated/shapes.js";
import { objections, reported } from "./intake.js";
import { type Documents, KINDS, type Role } from "./kinds.js";
import { type JsonText, type Limits, read } from "./reader.js";
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
 * @param text - holds the document and nothing else.
 * @throws TypeError an argument is of the wrong type; whatever is wrong with the text is a finding.
 */
export function parseDocument<R extends Role>(
  role: R,
  text: JsonText,
  { name = role, limits = {} }: ParseOptions = {},
): Parsed<Documents[R]> {
  if (!Object.hasOwn(KINDS, role)) {
    throw new TypeError(`the role must be one of ${Object.keys(KINDS).join(", ")}, not ${String(role)}`);
  }
  const { value, problems } = read(text, limits);
  const findings =
    value === undefined
      ? problems.map((problem) => reported(name, problem))
      : objections(name, { pointer: "", role, value }, problems).findings;
  if (value === undefined || findings.length) return { ok: false, findings };
  return { ok: true, document: typed(value, SHAPES[role]) as unknown as Documents[R], findings: [] };
}

/** Reads a receipt and holds it to its schema. */
export function parseReceipt(text: JsonText, options?: ParseOptions): Parsed<Documents["receipt"]> {
  return parseDocument("receipt", text, options);
}
