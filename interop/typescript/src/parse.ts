// One document, read strictly, as a typed value.

import { checkNames, checkType, described } from "./arguments.js";
import type { Finding } from "./findings.js";
import { SHAPES } from "./generated/shapes.js";
import { ProblemIndex, readerFinding, validated } from "./intake.js";
import { type Documents, KINDS, type Role } from "./kinds.js";
import { type JsonText, type Limits, limitsOf, read } from "./reader.js";
import { typed, typeInPlace, U64_SHAPES } from "./shape.js";
import { closest } from "./suggest.js";
import { Text } from "./text.js";

/** A typed document, or the findings about the text. */
export type Parsed<T> = { ok: true; document: T; findings: [] } | { ok: false; findings: Finding[] };

/** Options of parsing. */
export interface ParseOptions {
  /** The name of the text in findings; by default its role. */
  name?: string;
  /** The limits of the reader. */
  limits?: Partial<Limits>;
}

/**
 * Reads a document of one kind and validates it against its schema. It does not check digests and rules; see
 * `checkDocuments`.
 *
 * @param text - the document and nothing else.
 * @throws TypeError if an argument has the wrong type. What is wrong with the text is a finding.
 */
export function parseDocument<R extends Role>(
  role: R,
  text: JsonText,
  options: ParseOptions = {},
): Parsed<Documents[R]> {
  if (!Object.hasOwn(KINDS, role)) {
    const meant = typeof role === "string" ? closest(role, Object.keys(KINDS)) : undefined;
    const hint = meant === undefined ? "" : `; did you mean ${meant}?`;
    throw new TypeError(
      `the role must be one of ${Object.keys(KINDS).join(", ")}, not ${described(role)}${hint}`,
    );
  }
  checkNames("option", options, ["name", "limits"]);
  checkType("name", options.name, "string");
  const { name = role } = options;
  const reading = read(text, limitsOf(options.limits));
  const { value, problems, json } = reading;
  const source = new Text(name, json, new Set(), 1);
  const findings =
    value === undefined
      ? problems.map((problem) => readerFinding(source, problem))
      : validated(source, { pointer: "", role, value }, new ProblemIndex(problems), reading).findings;
  source.locate();
  if (value === undefined || findings.length) return { ok: false, findings };
  const document = reading.isPlain ? value : typed(value, SHAPES[role]);
  typeInPlace(document, U64_SHAPES[role]);
  return { ok: true, document: document as unknown as Documents[R], findings: [] };
}

/** Reads a receipt and validates it against its schema. */
export function parseReceipt(text: JsonText, options?: ParseOptions): Parsed<Documents["receipt"]> {
  return parseDocument("receipt", text, options);
}
