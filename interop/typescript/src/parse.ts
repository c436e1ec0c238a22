// One document of any kind, read strictly, as a typed value.

import { described } from "./arguments.js";
import { type Documents, KINDS, type Role } from "./kinds.js";
import { type Parsed, parsed, type ParseOptions } from "./parsing.js";
import type { JsonText } from "./reader.js";
import { closest } from "./suggest.js";
import validators from "./generated/validators/all.js";

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
  return parsed(role, validators[role], text, options);
}
