// Reads and validates one document of a kind.

import { checkNames, checkType } from "./arguments.js";
import { Finding } from "./findings.js";
import { distinct } from "./distinct.js";
import { SHAPES } from "./generated/shapes.js";
import { isObject, type Json } from "./json.js";
import { type Documents, KINDS, recognise, type Role, TITLES } from "./kinds.js";
import { type JsonText, type Limits, limitsOf, read } from "./reader.js";
import type { Validate } from "./schema.js";
import { typed, typeInPlace, U64_SHAPES } from "./shape.js";
import { Text } from "./text.js";
import { ProblemIndex, readerFinding, validated } from "./validation.js";

/** A typed document, or the findings about the text. */
export type Parsed<T> = { ok: true; document: T; findings: [] } | { ok: false; findings: Finding[] };

/** Options of parsing. */
export interface ParseOptions {
  /** The name of the text in findings; by default its role. */
  name?: string;
  /** The limits of the reader. */
  limits?: Partial<Limits>;
}

/** See `parseDocument`. */
export function parsed<R extends Role>(
  role: R,
  validate: Validate,
  text: JsonText,
  options: ParseOptions,
): Parsed<Documents[R]> {
  checkNames("option", options, ["name", "limits"]);
  checkType("name", options.name, "string");
  const { name = role } = options;
  const reading = read(text, limitsOf(options.limits));
  const { value, problems, json } = reading;
  const source = new Text(name, json, new Set(), 1);
  const all =
    value === undefined
      ? problems.map((problem) => readerFinding(source, problem))
      : (ofAnotherKind(source, role, value) ??
        validated(source, { pointer: "", role, value }, new ProblemIndex(problems), reading, validate)
          .findings);
  const findings = all.filter(distinct());
  source.locate();
  if (value === undefined || findings.length) return { ok: false, findings };
  const document = reading.isPlain ? value : typed(value, SHAPES[role]);
  typeInPlace(document, U64_SHAPES[role]);
  return { ok: true, document: document as unknown as Documents[R], findings: [] };
}

/** The finding that a document is one of another kind, which says more than what each of its members lacks. */
function ofAnotherKind(text: Text, role: Role, value: Json): Finding[] | undefined {
  const found = isObject(value) ? recognise(value) : undefined;
  if (found === undefined || found === role || !isObject(value)) return undefined;
  const hasVersion = "schema_version" in value;
  const pointer = hasVersion ? "/schema_version" : "";
  const message = `this is a ${TITLES[found]}, not a ${TITLES[role]}`;
  const [expected, actual] = [KINDS[role], value["schema_version"]];
  const keyword = hasVersion ? "const" : "required";
  return [new Finding(text, { rule: "schema-violation", keyword, pointer, message, expected, actual })];
}
