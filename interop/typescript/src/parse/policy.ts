// Reads one kind of document. A bundle that imports nothing else has no validators of the others.

import validate from "../generated/validators/policy.js";
import type { Documents } from "../kinds.js";
import { type Parsed, parsed, type ParseOptions } from "../parsing.js";
import type { JsonText } from "../reader.js";

/** Reads a policy and validates it against its schema; see `parseDocument`. */
export function parsePolicy(text: JsonText, options: ParseOptions = {}): Parsed<Documents["policy"]> {
  return parsed("policy", validate, text, options);
}
